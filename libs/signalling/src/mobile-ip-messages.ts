/** Mobile IP: RFC 5944, 2794 (NAI), 3024 (T), 3543 (revocation), 5845 (GRE key). */

/** Bits of a registration request in wire order, RFC 5944 §3.3 (T: RFC 3024 §3.1). `r` and `x` are sent as zero. */
export type RegistrationFlag = 'S' | 'B' | 'D' | 'M' | 'G' | 'r' | 'T' | 'x';

export interface MobileIpExtension {
  /** RFC 5944 §1.10; 0–127 may not be skipped, 128–255 may. */
  readonly type: number;
  /**
   * Name of a known type: `mobile-home-authentication`, `mobile-foreign-authentication`, `foreign-home-authentication`,
   * `mobile-node-nai`, `vendor-critical`, `vendor-normal`, `gre-key` …; else `unknown`.
   */
  readonly name: string;
  readonly skippable: boolean;
  /** Sub-type, where the extension has one (long and short formats, RFC 5944 §1.10–1.11). */
  readonly subType: number | null;
  /** Security parameter index of an authentication extension. */
  readonly spi: number | null;
  /** The value as it was on the wire, behind type and length. */
  readonly bytes: Uint8Array;
}

export interface RegistrationRequest {
  readonly kind: 'registration-request';
  readonly flags: readonly RegistrationFlag[];
  /** 0 deregisters, 65535 is infinite. */
  readonly lifetimeSeconds: number;
  readonly homeAddress: string;
  readonly homeAgent: string;
  readonly careOfAddress: string;
  readonly identification: bigint;
  readonly nai: string | null;
  readonly extensions: readonly MobileIpExtension[];
}

export interface RegistrationReply {
  readonly kind: 'registration-reply';
  readonly code: number;
  readonly lifetimeSeconds: number;
  readonly homeAddress: string;
  readonly homeAgent: string;
  readonly identification: bigint;
  readonly nai: string | null;
  readonly extensions: readonly MobileIpExtension[];
}

/** RFC 3543 §3.3. */
export interface RegistrationRevocation {
  readonly kind: 'registration-revocation';
  /** The A bit: the sender is the agent that the home address belongs to … RFC 3543 §3.3; `I` = inform. */
  readonly flags: readonly ('A' | 'I')[];
  readonly homeAddress: string;
  readonly homeDomainAgent: string;
  readonly foreignDomainAgent: string;
  /** RFC 3543: 32-bit identifier of the revocation. */
  readonly revocationIdentifier: number;
  readonly nai: string | null;
  readonly extensions: readonly MobileIpExtension[];
}

/** RFC 3543 §3.4. */
export interface RegistrationRevocationAck {
  readonly kind: 'registration-revocation-ack';
  readonly flags: readonly ('I')[];
  readonly homeAddress: string;
  readonly revocationIdentifier: number;
  readonly nai: string | null;
  readonly extensions: readonly MobileIpExtension[];
}

/** ICMP router advertisement with a mobility agent advertisement extension, RFC 5944 §2.1. */
export interface AgentAdvertisement {
  readonly kind: 'agent-advertisement';
  /** ICMP code: 0 or 16. */
  readonly code: number;
  readonly routerLifetimeSeconds: number;
  readonly routerAddresses: readonly { readonly address: string; readonly preference: number }[];
  /** Absent extension: a plain router advertisement is not a message of ours and is not reported. */
  readonly sequenceNumber: number;
  readonly registrationLifetimeSeconds: number;
  /** R B H F M G r T U X I, RFC 5944 §2.1.1. */
  readonly flags: readonly string[];
  readonly careOfAddresses: readonly string[];
  readonly prefixLengths: readonly number[];
  readonly extensions: readonly MobileIpExtension[];
}

/** ICMP router solicitation, RFC 5944 §2.2. */
export interface AgentSolicitation {
  readonly kind: 'agent-solicitation';
  readonly code: number;
}

export type MobileIpMessage =
  | RegistrationRequest
  | RegistrationReply
  | RegistrationRevocation
  | RegistrationRevocationAck
  | AgentAdvertisement
  | AgentSolicitation;
