/**
 * How the value of an extension is laid out (RFC 5944 §1.9–1.11). `plain` and `short` have a length of 8 bits, a short one
 * begins its value with a sub-type; `long` has the sub-type in front of a length of 16 bits.
 */
export type ExtensionLayout = 'plain' | 'short' | 'long';

export interface ExtensionType {
  readonly name: string;
  readonly layout: ExtensionLayout;
}

export const Extension = {
  MOBILE_HOME_AUTHENTICATION: 32,
  MOBILE_FOREIGN_AUTHENTICATION: 33,
  FOREIGN_HOME_AUTHENTICATION: 34,
  GENERALIZED_AUTHENTICATION: 36,
  VENDOR_CRITICAL: 38,
  GRE_KEY: 48,
  MOBILE_NODE_NAI: 131,
  VENDOR_NORMAL: 134,
  REVOCATION_SUPPORT: 137,
} as const;

/** Sub-type of the generalized authentication extension, RFC 4721 §5. */
export const MN_AAA_AUTHENTICATION = 1;

/** Extensions of messages on UDP port 434: the IANA registry "Extensions to Mobile IP Registration Messages". */
export const registrationExtensions: ReadonlyMap<number, ExtensionType> = new Map<number, ExtensionType>([
  [32, { name: 'mobile-home-authentication', layout: 'plain' }],
  [33, { name: 'mobile-foreign-authentication', layout: 'plain' }],
  [34, { name: 'foreign-home-authentication', layout: 'plain' }],
  [36, { name: 'generalized-authentication', layout: 'long' }], // RFC 4721
  [37, { name: 'vendor-critical-old', layout: 'plain' }], // RFC 3025
  [38, { name: 'vendor-critical', layout: 'long' }], // RFC 3115: a reserved byte stands for the sub-type
  [40, { name: 'mn-fa-key-generation-nonce-request', layout: 'long' }], // RFC 3957
  [41, { name: 'mn-fa-key-generation-nonce-reply', layout: 'long' }],
  [42, { name: 'mn-ha-key-generation-nonce-request', layout: 'long' }],
  [43, { name: 'mn-ha-key-generation-nonce-reply', layout: 'long' }],
  [44, { name: 'udp-tunnel-reply', layout: 'short' }], // RFC 3519
  [45, { name: 'foreign-agent-error', layout: 'short' }], // RFC 4636
  [46, { name: 'gfa-ip-address', layout: 'plain' }], // RFC 4857
  [47, { name: 'proxy-mobile-ip-non-skippable', layout: 'long' }], // RFC 5563
  [48, { name: 'gre-key', layout: 'long' }], // RFC 5845
  [129, { name: 'skip-firewall-traversal', layout: 'plain' }], // RFC 2356
  [130, { name: 'encapsulating-delivery-style', layout: 'plain' }], // RFC 3024
  [131, { name: 'mobile-node-nai', layout: 'plain' }], // RFC 2794
  [132, { name: 'mn-fa-challenge', layout: 'plain' }], // RFC 4721
  [133, { name: 'vendor-normal-old', layout: 'plain' }], // RFC 3025
  [134, { name: 'vendor-normal', layout: 'plain' }], // RFC 3115
  [136, { name: 'nai-carrying', layout: 'short' }], // RFC 3846
  [137, { name: 'revocation-support', layout: 'plain' }], // RFC 3543
  [138, { name: 'link-layer-address-registration', layout: 'short' }], // RFC 4881
  [139, { name: 'dynamic-home-agent', layout: 'short' }], // RFC 4433
  [140, { name: 'hierarchical-foreign-agent', layout: 'plain' }], // RFC 4857
  [141, { name: 'replay-protection-style', layout: 'plain' }],
  [142, { name: 'regional-registration-lifetime', layout: 'plain' }],
  [144, { name: 'udp-tunnel-request', layout: 'short' }], // RFC 3519
  [145, { name: 'message-string', layout: 'short' }], // RFC 4917
  [147, { name: 'proxy-mobile-ip-skippable', layout: 'short' }], // RFC 5563
  [148, { name: 'mobile-network', layout: 'short' }], // RFC 5177
  [149, { name: 'trusted-networks-configured', layout: 'short' }], // RFC 5265
  [151, { name: 'service-selection', layout: 'plain' }], // RFC 5446
  [152, { name: 'dual-stack', layout: 'short' }], // RFC 5454
  [255, { name: 'experimental', layout: 'plain' }], // RFC 4064
]);

/** Extensions of ICMP router discovery, a number space of its own (RFC 5944 §1.9); type 0 is a single byte, §2.1.3. */
export const routerDiscoveryExtensions: ReadonlyMap<number, ExtensionType> = new Map<number, ExtensionType>([
  [0, { name: 'one-byte-padding', layout: 'plain' }],
  [16, { name: 'mobility-agent-advertisement', layout: 'plain' }],
  [19, { name: 'prefix-lengths', layout: 'plain' }],
  [24, { name: 'foreign-agent-challenge', layout: 'plain' }], // RFC 4721
  [25, { name: 'foreign-agent-nai', layout: 'plain' }],
]);

/** RFC 5944 §1.9: an unknown extension below 128 makes the message be discarded, one from 128 on is passed over. */
export function isSkippable(type: number): boolean {
  return type >= 128;
}
