/** Foreign agents as their one stream tells them. */
import type { ForeignAgentLearned, ForeignAgentsEvent } from '../events/events';
import { defaultPolicy, defaultPools, type Policy, type Pools } from '../flow/policy';
import { fromTimestamp } from '../flow/soft-state';

export interface ForeignAgent {
  readonly foreignAgent: string;
  readonly name: string | null;
  readonly careOfAddresses: readonly string[];
  readonly pools: Pools;
  readonly policy: Policy;
  /** False: first heard of in a registration or a capture; it learns its care-of addresses from them. */
  readonly provisioned: boolean;
  /** Of its last event. */
  readonly revision: bigint;
  /** Of the event that reported its last reboot; null: none was. Whoever comes to a scope of it comes after that. */
  readonly rebooted: bigint | null;
  /** Care-of address → revision of the last report that named it: one of a time when the agent had other addresses says nothing of this one. */
  readonly rebootedAt: ReadonlyMap<string, bigint>;
  /** `address agent` of what its advertisements named and others have: told once. Absent: nothing. */
  readonly ofOthers?: readonly string[];
  /** Addresses that are about to be taken from it, closed by the event of that revision; null: none. */
  readonly closing: { readonly revision: bigint; readonly careOfAddresses: readonly string[] } | null;
}

export interface ForeignAgentsState {
  readonly revision: bigint;
  readonly lastOccurredAt: number;
  readonly agents: ReadonlyMap<string, ForeignAgent>;
  readonly agentByCareOfAddress: ReadonlyMap<string, string>;
}

export const initialForeignAgents: ForeignAgentsState = {
  revision: -1n,
  lastOccurredAt: Number.NEGATIVE_INFINITY,
  agents: new Map(),
  agentByCareOfAddress: new Map(),
};

export function evolveForeignAgents(state: ForeignAgentsState, event: ForeignAgentsEvent): ForeignAgentsState {
  const revision = state.revision + 1n;
  const lastOccurredAt = Math.max(state.lastOccurredAt, fromTimestamp(event.occurredAt));
  const agents = new Map(state.agents);
  const agentByCareOfAddress = new Map(state.agentByCareOfAddress);
  const { foreignAgent } = event;
  const before = state.agents.get(foreignAgent);
  switch (event.type) {
    case 'ForeignAgentProvisioned': {
      const { name, careOfAddresses, pools, policy } = event;
      for (const address of before?.careOfAddresses ?? []) agentByCareOfAddress.delete(address);
      agents.set(foreignAgent, { foreignAgent, name, careOfAddresses, pools, policy, provisioned: true, revision, closing: null, ...rebootsOf(before) });
      for (const address of careOfAddresses) agentByCareOfAddress.set(address, foreignAgent);
      break;
    }
    case 'ForeignAgentLearned': {
      const learned = { foreignAgent, name: null, careOfAddresses: [], pools: defaultPools, policy: defaultPolicy, provisioned: false, closing: null };
      const known = before ?? { ...learned, revision, ...rebootsOf(before) };
      const ofOthers = [...(known.ofOthers ?? []), ...(event.ofOthers ?? []).map(nameOfOther)];
      // What only others have changes nothing of the agent, nor its revision.
      const changed = event.careOfAddresses.length > 0 ? { careOfAddresses: [...known.careOfAddresses, ...event.careOfAddresses], revision } : {};
      agents.set(foreignAgent, { ...known, ...changed, ...(ofOthers.length > 0 && { ofOthers }) });
      for (const address of event.careOfAddresses) agentByCareOfAddress.set(address, foreignAgent);
      break;
    }
    case 'AgentRebootReported':
      // What is provisioned stays as it was, and with it the agent's revision.
      agents.set(foreignAgent, { ...before!, rebooted: revision, rebootedAt: rebootedNow(before!, event.careOfAddresses, revision) });
      break;
    case 'CareOfAddressesClosed':
      agents.set(foreignAgent, { ...known(before, event), closing: { revision, careOfAddresses: event.careOfAddresses } });
      break;
    case 'CareOfAddressesReopened':
      agents.set(foreignAgent, { ...known(before, event), closing: null });
      break;
    case 'ForeignAgentRemoved':
      agents.delete(foreignAgent);
      for (const address of event.careOfAddresses) agentByCareOfAddress.delete(address);
      break;
  }
  return { revision, lastOccurredAt, agents, agentByCareOfAddress };
}

type OfOther = NonNullable<ForeignAgentLearned['ofOthers']>[number];

export const nameOfOther = ({ careOfAddress, foreignAgent }: OfOther): string => `${careOfAddress} ${foreignAgent}`;

function known(agent: ForeignAgent | undefined, { type, foreignAgent }: ForeignAgentsEvent): ForeignAgent {
  if (!agent) throw new Error(`${type} of ${foreignAgent}, which nobody knows.`);
  return agent;
}

function rebootsOf(agent: ForeignAgent | undefined): Pick<ForeignAgent, 'rebooted' | 'rebootedAt'> {
  return { rebooted: agent?.rebooted ?? null, rebootedAt: agent?.rebootedAt ?? new Map<string, bigint>() };
}

function rebootedNow({ rebootedAt }: ForeignAgent, careOfAddresses: readonly string[], revision: bigint): ReadonlyMap<string, bigint> {
  return new Map([...rebootedAt, ...careOfAddresses.map((careOfAddress) => [careOfAddress, revision] as const)]);
}
