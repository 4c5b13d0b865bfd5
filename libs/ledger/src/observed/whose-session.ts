import { directAgent, type Binding } from '#domain';
import type { DecodedMessage } from '#signalling';
import type { KnownAgents } from '../known-agents';
import type { Scope } from '../session-directory';
import type { BindingDirectory } from './binding-directory';

/** Whose session it is (domain.md §5): of a bound node, of a care-of address, or of neither. */
export async function whoseSession(
  bindings: BindingDirectory,
  agents: KnownAgents,
  decoded: DecodedMessage,
  observedMs: number,
  destination: string,
): Promise<{ readonly mobileNode: string | null; readonly scope: Scope }> {
  const candidates = await bindings.bindingsOf(destination, observedMs);
  const binding = candidates.find((candidate) => isOnTheWay(candidate, decoded)) ?? candidates[0];
  if (binding) {
    const { mobileNode, foreignAgent, careOfAddress } = binding;
    return { mobileNode, scope: { foreignAgent, careOfAddress } };
  }
  const foreignAgent = agents.agentOf(destination)?.foreignAgent ?? directAgent;
  return { mobileNode: null, scope: { foreignAgent, careOfAddress: destination } };
}

/** The tunnel's outer addresses tell two equal home addresses apart. */
function isOnTheWay({ careOfAddress, homeAgent }: Binding, { tunnels, source, destination }: DecodedMessage): boolean {
  const outer = tunnels.flatMap((tunnel) => [tunnel.source, tunnel.destination]);
  if (outer.length === 0) return [source, destination].some((address) => address === careOfAddress || address === homeAgent);
  return outer.includes(careOfAddress) && (outer.includes(homeAgent) || outer.length < 2);
}
