import { directAgent, type Binding, type OfHome } from '#domain';
import type { DecodedMessage } from '#signalling';
import type { KnownAgents } from '../processes/known-agents';
import type { Scope } from '../processes/session-directory';
import type { BindingDirectory } from './binding-directory';
import type { NodesOnLinks } from './nodes-on-links';

export interface WhoseSession {
  readonly mobileNode: string | null;
  readonly scope: Scope;
  /** By which binding it came; null: of no node. */
  readonly home: OfHome | null;
  /** Of several nodes with this home address the frame itself told, by its tunnel or its link, which one is meant. */
  readonly isTold: boolean;
}

/** Whose session it is (domain.md §5): of a bound node, of a care-of address, or of neither. */
export async function whoseSession(
  bindings: BindingDirectory,
  agents: KnownAgents,
  links: NodesOnLinks,
  decoded: DecodedMessage,
  observedMs: number,
  destination: string,
): Promise<WhoseSession> {
  const candidates = await bindings.bindingsOf(destination, observedMs);
  const onTheWay = candidates.filter((candidate) => isOnTheWay(candidate, decoded));
  const possible = onTheWay.length > 0 ? onTheWay : candidates;
  const neighbour = possible.length > 1 ? links.nodeOf(decoded) : undefined;
  const binding = possible.find(({ mobileNode }) => mobileNode === neighbour) ?? possible[0];
  if (binding) {
    const { mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress } = binding;
    const isTold = candidates.length > 1 && (mobileNode === neighbour || (onTheWay.length === 1 && decoded.tunnels.length > 0));
    return { mobileNode, scope: { foreignAgent, careOfAddress }, home: { homeAgent, homeAddress }, isTold };
  }
  const foreignAgent = agents.agentOf(destination)?.foreignAgent ?? directAgent;
  return { mobileNode: null, scope: { foreignAgent, careOfAddress: destination }, home: null, isTold: false };
}

/** The tunnel's outer addresses tell two equal home addresses apart; on the link of the nodes there are none. */
function isOnTheWay({ careOfAddress, homeAgent }: Binding, { tunnels, source, destination }: DecodedMessage): boolean {
  const outer = tunnels.flatMap((tunnel) => [tunnel.source, tunnel.destination]);
  if (outer.length === 0) return [source, destination].some((address) => address === careOfAddress || address === homeAgent);
  return outer.includes(careOfAddress) && (outer.includes(homeAgent) || outer.length < 2);
}
