/**
 * What the codecs read and write: one type a message, for both directions. Addresses are in canonical text (RFC 5952), numbers
 * are in the unit that their name ends with, 64-bit numbers are bigint. Nothing that a message carried is dropped: what a
 * codec does not interpret stays in `extensions` or `objects` as bytes.
 */
import type { MobileIpMessage } from './mobile-ip-messages';
import type { RsvpMessage } from './rsvp-messages';

export * from './mobile-ip-messages';
export * from './rsvp-messages';

/** A deviation from an RFC that does not prevent reading: kept beside what was seen, never a refusal. */
export interface Violation {
  /** kebab-case, for example `authentication-extension-missing`, `checksum-wrong`, `minimum-policed-unit-zero`. */
  readonly name: string;
  /** One sentence with the values, and the clause where one decides ("RFC 5944 §3.3"). */
  readonly detail: string;
  /** The RSVP error code, and value, that a router answers with where the standard has one (RFC 2205 App. B). */
  readonly code?: number;
  readonly value?: number;
}

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
  /** Hardware addresses of the Ethernet frame around it, six bytes each; null on links of another kind. */
  readonly link: { readonly source: Uint8Array; readonly destination: Uint8Array } | null;
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
