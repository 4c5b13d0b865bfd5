/** RSVP: RFC 2205, 2207 (GPI), 2210 (IntServ), 2746 (tunnels). */

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
