import type { DecodedMessage } from '#signalling';
import { readMobileNodeId } from '../mobile-node-id';

/**
 * `homeAddress@homeAgent` is the id of the node that has these addresses and no NAI (domain.md §2): an NAI of that form, which no realm has (its
 * last label is no number, RFC 1123 §2.1), would take that node's id. Who tells one is known by its own addresses, and the NAI is a violation.
 */
export function withoutNaiOfAddresses(decoded: DecodedMessage): DecodedMessage {
  const { message, violations } = decoded;
  if (!('nai' in message) || message.nai === null || readMobileNodeId(message.nai).addresses === null) return decoded;
  const detail = `The NAI ${message.nai} is the id of a node that has none: this one is known by its own addresses.`;
  return { ...decoded, message: { ...message, nai: null }, violations: [...violations, { name: 'nai-of-addresses', detail }] };
}
