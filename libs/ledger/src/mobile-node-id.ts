import { parseAddress } from '#domain';
import { maximumNaiBytes } from '#signalling';

/** `homeAddress@homeAgent` in canonical spelling, and whether the id is of that kind; an NAI stays as it is (RFC 4282 §2.4: case may matter). */
export function readMobileNodeId(id: string): { readonly id: string; readonly addresses: { readonly homeAddress: string; readonly homeAgent: string } | null } {
  const at = id.lastIndexOf('@');
  const homeAddress = parseAddress(id.slice(0, Math.max(at, 0)));
  const homeAgent = parseAddress(id.slice(at + 1));
  if (at < 0 || !homeAddress || !homeAgent) return { id, addresses: null };
  return { id: `${homeAddress.canonical}@${homeAgent.canonical}`, addresses: { homeAddress: homeAddress.canonical, homeAgent: homeAgent.canonical } };
}

/** Why nobody registers under this id, in one sentence; null: it may be. */
export function mobileNodeIdFault(id: string): string | null {
  if (parseAddress(id)) return 'A home address alone names no node, two may have the same: it is followed by @ and its home agent.';
  if (new TextEncoder().encode(id).length > maximumNaiBytes) return `An NAI has at most ${maximumNaiBytes} octets (RFC 4282).`;
  return id.endsWith('@') ? 'An NAI has a realm behind its @, or no @ (RFC 4282).' : null;
}
