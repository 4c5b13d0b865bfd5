/** What no packet can carry, in one list for all: a message that says so is told with the violation, and tells nobody of a flow. */
import type { RsvpSender, RsvpSession, Violation } from '../messages';

/** Encapsulating security payload and authentication header. */
export const protocolsWithSpi: ReadonlySet<number> = new Set([50, 51]);

export function isPossibleSession(session: RsvpSession): boolean {
  return impossibleOfSession(session).next().done === true;
}

/** Nor has a protocol other than ESP and AH an SPI, which the session's own violations tell. */
export function isPossibleSender(session: RsvpSession, sender: RsvpSender): boolean {
  const hasSpi = sender.spi === null || protocolsWithSpi.has(session.protocol);
  return isPossibleSession(session) && hasSpi && impossibleOfSender(session, sender).next().done === true;
}

export function* impossibleOfSession({ destination, protocol }: RsvpSession): Generator<Violation, void> {
  if (unspecified.has(destination)) yield { name: 'session-address-zero', detail: `The session's address is ${destination} (RFC 2205 A.1: must be non-zero).` };
  if (protocol === 0) yield { name: 'session-protocol-zero', detail: "The session's protocol is 0 (RFC 2205 A.1: must be non-zero)." };
}

export function* impossibleOfSender({ destination }: RsvpSession, { source, flowLabel, spi }: RsvpSender): Generator<Violation, void> {
  if (destination.includes(':') !== source.includes(':')) {
    yield { name: 'address-family-mixed', detail: `Session ${destination} and sender ${source} are of two families (RFC 2205 A.9).` };
  }
  if (unspecified.has(source)) yield { name: 'sender-address-zero', detail: `A sender's address is ${source} (RFC 2205 A.9: must be non-zero).` };
  if (flowLabel !== null && flowLabel > maximumFlowLabel) {
    yield { name: 'flow-label-too-large', detail: `Flow label ${flowLabel} has more than 20 bits (RFC 8200 §3).` };
  }
  if (spi === 0) yield { name: 'spi-zero', detail: 'SPI 0 is never sent (RFC 4303 §2.1).' };
}

const unspecified: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** RFC 8200 §3: 20 bits, of the 24 of the object (RFC 2205 A.9). */
const maximumFlowLabel = 0xf_ffff;
