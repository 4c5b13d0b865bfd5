import type { MobileIpMessage } from '#signalling';
import { readMobileNodeId } from '../mobile-node-id';
import type { Sighted } from './sighted';

interface Seen<M> {
  readonly sighted: Sighted;
  readonly message: M;
}

/**
 * `homeAddress@homeAgent` is the id of the node that has these addresses and no NAI (domain.md §2): an NAI of that form, which no realm has (its
 * last label is no number, RFC 1123 §2.1), would take that node's id. Who tells one is known by its own addresses, and the NAI is a violation.
 */
export function withoutNaiOfAddresses<M extends MobileIpMessage>(sighted: Sighted, message: M): Seen<M> {
  if (!('nai' in message) || message.nai === null || readMobileNodeId(message.nai).addresses === null) return { sighted, message };
  const detail = `The NAI ${message.nai} is the id of a node that has none: this one is known by its own addresses.`;
  const { decoded } = sighted;
  const told = { ...decoded, violations: [...decoded.violations, { name: 'nai-of-addresses', detail }] };
  return { sighted: { ...sighted, decoded: told }, message: { ...message, nai: null } };
}
