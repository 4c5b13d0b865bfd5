/**
 * What the codecs read and write: one type a message, for both directions. Addresses are in canonical text (RFC 5952), numbers
 * are in the unit that their name ends with, 64-bit numbers are bigint. Nothing that a message carried is dropped: what a
 * codec does not interpret stays in `extensions` or `objects` as bytes.
 */

/** A deviation from an RFC that does not prevent reading: kept beside what was seen, never a refusal. */
export interface Violation {
  /** kebab-case, for example `authentication-extension-missing`, `checksum-wrong`, `minimum-policed-unit-zero`. */
  readonly name: string;
  /** One sentence with the values, and the clause where one decides ("RFC 5944 §3.3"). */
  readonly detail: string;
}

// ---- Mobile IP: RFC 5944, 2794 (NAI), 3024 (T), 3543 (revocation), 5845 (GRE key) ----------------------------------------

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

// ---- RSVP: RFC 2205, 2207 (GPI), 2210 (IntServ), 2746 (tunnels) ------------------------------------------------------------

/** The names of RFC 2205 §3.1.1, then those of other RFCs, which are told apart and kept. */
export type RsvpMessageKind =
  | 'path' | 'resv' | 'path-err' | 'resv-err' | 'path-tear' | 'resv-tear' | 'resv-conf'
  | 'bundle' | 'ack' | 'srefresh' | 'hello' | 'notify' | 'integrity-challenge' | 'integrity-response' | 'recovery-path' | 'unknown';

export interface RsvpSession {
  readonly destination: string;
  /** 0 in RSVP-TE, whose sessions have neither protocol nor port. */
  readonly protocol: number;
  /** Port, or the virtual destination port of RFC 2207 where `generalized` is true. */
  readonly destinationPort: number;
  /** RFC 2207: sessions of flows that are told by an SPI. */
  readonly generalized: boolean;
  /** SESSION flags, RFC 2205 A.1 (0x01 E_Police). */
  readonly flags: number;
}

/** SENDER_TEMPLATE or FILTER_SPEC: exactly one of the three selectors is a number, the others are null (RSVP-TE: all null). */
export interface RsvpSender {
  readonly source: string;
  readonly sourcePort: number | null;
  readonly flowLabel: number | null;
  readonly spi: number | null;
}

/** RFC 2215 token bucket: r and p in bytes/s, b in bytes (32-bit floats, p may be Infinity), m and M in bytes. */
export interface TokenBucket {
  readonly r: number;
  readonly b: number;
  readonly p: number;
  readonly m: number;
  readonly M: number;
}

export interface Flowspec {
  readonly service: 'controlled-load' | 'guaranteed';
  readonly tspec: TokenBucket;
  /** Guaranteed only, RFC 2212: R in bytes/s, S in µs. */
  readonly rspec: { readonly R: number; readonly S: number } | null;
}

export interface FlowDescriptor {
  /** Null where the descriptor has none of its own (a tear may leave it out). */
  readonly flowspec: Flowspec | null;
  /** Empty for WF. FF: one. SE: all senders of the list. */
  readonly senders: readonly RsvpSender[];
}

/** An object as it stood on the wire, interpreted or not. */
export interface RsvpObject {
  readonly classNumber: number;
  readonly cType: number;
  /** `session`, `rsvp-hop`, `time-values` …, `unknown`. */
  readonly name: string;
  /** What RFC 2205 §3.10 asks for an unknown class by its high bits; null for a known class. */
  readonly unknownAction: 'reject' | 'ignore' | 'forward' | null;
  /** The body behind the 4-byte header. */
  readonly bytes: Uint8Array;
}

export interface RsvpMessage {
  readonly kind: RsvpMessageKind;
  /** Message type number as on the wire. */
  readonly messageType: number;
  /** RSVP-TE (RFC 3209 and later: LSP tunnel session, label request …): read, told apart, never taken for IntServ. */
  readonly te: boolean;
  /** 1; anything else is a violation. */
  readonly version: number;
  readonly flags: number;
  readonly sendTtl: number;
  /** The byte behind Send_TTL, zero by RFC 2205 §3.1.1; kept, since the checksum covers it. */
  readonly reserved: number;
  readonly checksum: { readonly value: number; readonly state: 'correct' | 'wrong' | 'absent' };
  readonly session: RsvpSession | null;
  readonly hop: { readonly address: string; readonly lih: number } | null;
  readonly refreshPeriodMs: number | null;
  readonly sender: RsvpSender | null;
  readonly senderTspec: TokenBucket | null;
  /** Interpreted ADSPEC (RFC 2210 §3.3), where one is carried. */
  readonly adspec: Adspec | null;
  readonly style: 'FF' | 'SE' | 'WF' | null;
  readonly flowDescriptors: readonly FlowDescriptor[];
  readonly error: { readonly node: string; readonly flags: number; readonly code: number; readonly value: number } | null;
  readonly confirm: { readonly receiver: string } | null;
  readonly scope: readonly string[];
  /** RFC 2746: the end-to-end session that travels in a tunnel session, and the tunnel session's sender. */
  readonly sessionAssoc: { readonly session: RsvpSession; readonly sender: RsvpSender } | null;
  /** Every object in wire order, interpreted or not. */
  readonly objects: readonly RsvpObject[];
  /** The messages of a bundle (RFC 2961 §3), in wire order; empty in any other. */
  readonly bundled: readonly RsvpMessage[];
}

export interface Adspec {
  readonly breakBit: boolean;
  readonly hops: number | null;
  /** Path bandwidth estimate, bytes/s. */
  readonly bandwidth: number | null;
  /** Minimum path latency, µs. */
  readonly latencyMicroseconds: number | null;
  readonly pathMtu: number | null;
  readonly guaranteed: {
    readonly breakBit: boolean;
    readonly Ctot: number | null;
    readonly Dtot: number | null;
    readonly Csum: number | null;
    readonly Dsum: number | null;
  } | null;
  readonly controlledLoad: { readonly breakBit: boolean } | null;
}

// ---- What a capture yields ---------------------------------------------------------------------------------------------

export type SignallingMessage = MobileIpMessage | RsvpMessage;

/** One tunnel header around the message, outermost first. */
export interface Encapsulation {
  readonly kind: 'ip-in-ip' | 'gre' | 'minimal' | 'udp';
  readonly source: string;
  readonly destination: string;
  /** GRE key (RFC 2890), where present. */
  readonly key: number | null;
  /** UDP ports where the tunnel is IP in UDP (RFC 2746 §6.1, RFC 3519). */
  readonly ports: { readonly source: number; readonly destination: number } | null;
}

export interface DecodedMessage {
  /** 1-based number of the frame in its capture. */
  readonly frame: number;
  /** Nanoseconds since 1970, as fine as the capture has it. */
  readonly timeNs: bigint;
  /** Digits of the fraction of a second that the capture's clock has: 6 or 9 (pcapng may have others). */
  readonly timeDigits: number;
  /** Of the IP header that carries the message itself. */
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number | null;
  readonly destinationPort: number | null;
  readonly tunnels: readonly Encapsulation[];
  readonly protocol: 'mobile-ip' | 'rsvp';
  readonly message: SignallingMessage;
  /**
   * The bytes by which this message is known again on another link: without TTL, tunnel, hop, integrity and checksum
   * (Mobile IP: the UDP payload up to the first extension that an agent may add or strip; RSVP: header without Send_TTL and
   * checksum, objects without RSVP_HOP and INTEGRITY).
   */
  readonly identity: Uint8Array;
  readonly violations: readonly Violation[];
}

/** A frame that should hold signalling and cannot be read, or a capture record that cannot. */
export interface UnreadableFrame {
  readonly frame: number;
  readonly timeNs: bigint | null;
  readonly error: string;
  /** Byte offset in the frame (or in the file, where the record itself is broken) at which reading stopped. */
  readonly offset: number;
}

export type DecodeResult = DecodedMessage | UnreadableFrame;

export function isUnreadable(result: DecodeResult): result is UnreadableFrame {
  return 'error' in result;
}
