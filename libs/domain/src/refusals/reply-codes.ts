/** Codes of registration replies with the names of RFC 5944 §3.4 and the RFCs that added to them, and who sends each. */
/** `nobody`: the range is given to no agent. */
export type ReplyCodeOrigin = 'accepted' | 'foreign-agent' | 'home-agent' | 'gateway-foreign-agent' | 'nobody';

export interface ReplyCode {
  readonly code: number;
  readonly name: string;
  readonly origin: ReplyCodeOrigin;
}

const table: readonly (readonly [number, ReplyCodeOrigin, string])[] = [
  [0, 'accepted', 'registration accepted'],
  [1, 'accepted', 'registration accepted, but simultaneous mobility bindings unsupported'],
  [64, 'foreign-agent', 'reason unspecified'],
  [65, 'foreign-agent', 'administratively prohibited'],
  [66, 'foreign-agent', 'insufficient resources'],
  [67, 'foreign-agent', 'mobile node failed authentication'],
  [68, 'foreign-agent', 'home agent failed authentication'],
  [69, 'foreign-agent', 'requested lifetime too long'],
  [70, 'foreign-agent', 'poorly formed request'],
  [71, 'foreign-agent', 'poorly formed reply'],
  [72, 'foreign-agent', 'requested encapsulation unavailable'],
  [73, 'foreign-agent', 'reserved and unavailable'],
  [74, 'foreign-agent', 'requested reverse tunnel unavailable'],
  [75, 'foreign-agent', 'reverse tunnel is mandatory and T bit not set'],
  [76, 'foreign-agent', 'mobile node too distant'],
  [77, 'foreign-agent', 'invalid care-of address'],
  [78, 'foreign-agent', 'registration timeout'],
  [79, 'foreign-agent', 'delivery style not supported'],
  [80, 'foreign-agent', 'home network unreachable'],
  [81, 'foreign-agent', 'home agent host unreachable'],
  [82, 'foreign-agent', 'home agent port unreachable'],
  [88, 'foreign-agent', 'home agent unreachable'],
  [89, 'foreign-agent', 'vendor specific reason'],
  [90, 'foreign-agent', 'nonzero home agent address required'],
  [96, 'foreign-agent', 'nonzero home address required'],
  [97, 'foreign-agent', 'missing NAI'],
  [98, 'foreign-agent', 'missing home agent'],
  [99, 'foreign-agent', 'missing home address'],
  [100, 'foreign-agent', 'unable to interpret vendor extension sent by the mobile node'],
  [101, 'foreign-agent', 'unable to interpret vendor extension sent by the home agent'],
  [104, 'foreign-agent', 'unknown challenge'],
  [105, 'foreign-agent', 'missing challenge'],
  [106, 'foreign-agent', 'stale challenge'],
  [107, 'foreign-agent', 'missing mobile-foreign key generation nonce reply'],
  [108, 'foreign-agent', 'mobile node failed AAA authentication'],
  [109, 'foreign-agent', 'home agent sent wrong challenge in reply'],
  [127, 'foreign-agent', 'experimental use'],
  [128, 'home-agent', 'reason unspecified'],
  [129, 'home-agent', 'administratively prohibited'],
  [130, 'home-agent', 'insufficient resources'],
  [131, 'home-agent', 'mobile node failed authentication'],
  [132, 'home-agent', 'foreign agent failed authentication'],
  [133, 'home-agent', 'registration identification mismatch'],
  [134, 'home-agent', 'poorly formed request'],
  [135, 'home-agent', 'too many simultaneous mobility bindings'],
  [136, 'home-agent', 'unknown home agent address'],
  [137, 'home-agent', 'requested reverse tunnel unavailable'],
  [138, 'home-agent', 'reverse tunnel is mandatory and T bit not set'],
  [139, 'home-agent', 'requested encapsulation unavailable'],
  [140, 'home-agent', 'unable to interpret vendor extension sent by the mobile node'],
  [141, 'home-agent', 'unable to interpret vendor extension sent by the foreign agent'],
  [142, 'home-agent', 'requested UDP tunnel encapsulation unavailable'],
  [143, 'home-agent', 'register with redirected home agent'],
  [144, 'home-agent', 'mobile node failed AAA authentication'],
  [149, 'home-agent', 'proxy registrations not supported'],
  [150, 'home-agent', 'proxy registrations administratively prohibited'],
  [192, 'home-agent', 'experimental use'],
  [194, 'foreign-agent', 'invalid home agent address'],
];

const byCode = new Map(table.map(([code, origin, name]) => [code, { code, origin, name }]));

/** The last code of each range; a gateway foreign agent is one above others (RFC 4857). */
const ranges: readonly (readonly [last: number, ReplyCodeOrigin])[] = [
  [63, 'nobody'], [127, 'foreign-agent'], [192, 'home-agent'], [200, 'gateway-foreign-agent'], [255, 'nobody'],
];

/** An unlisted code is classified by its range (RFC 5944 §6.4) and named `unassigned`. */
export function replyCode(code: number): ReplyCode {
  const known = byCode.get(code);
  if (known) return known;
  const [, origin] = ranges.find(([last]) => code <= last)!;
  return { code, origin, name: 'unassigned' };
}

/** Who denied it and why, in one sentence. */
export function denialSentence(code: number): string {
  const { name, origin } = replyCode(code);
  if (origin === 'nobody') return `The code ${code} is unassigned: it accepts nothing (RFC 5944 §3.4).`;
  return `The ${origin.replaceAll('-', ' ')} answered ${code}, ${name}.`;
}

/** RFC 5944 §3.4: only 0 and 1 accept. */
export function isAccepted(code: number): boolean {
  return code === 0 || code === 1;
}
