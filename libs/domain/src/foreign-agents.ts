/** Provisioning, learning and removal of foreign agents: one stream, so that a care-of address belongs to one agent. */
import type { AgentRebootReported, ForeignAgentLearned, ForeignAgentsEvent } from './events';
import { defaultPolicy, defaultPools, type Policy, type Pools } from './policy';
import { reject, type Rejection } from './rejection';
import { fromTimestamp, toTimestamp } from './soft-state';

/** Agent id of what has no foreign agent: a co-located care-of address, or a destination that is no registered node. */
export const directAgent = 'direct';

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

export interface Provision {
  readonly type: 'Provision';
  readonly foreignAgent: string;
  readonly name: string | null;
  readonly careOfAddresses: readonly string[];
  readonly pools: Pools;
  readonly policy: Policy;
}

export interface Learn {
  readonly type: 'Learn';
  /** Null: an agent that is known by one of the addresses, else named after the first. */
  readonly foreignAgent: string | null;
  readonly careOfAddresses: readonly string[];
  readonly learnedFrom: ForeignAgentLearned['learnedFrom'];
}

export interface Remove {
  readonly type: 'Remove';
  readonly foreignAgent: string;
}

export interface ReportReboot extends Pick<AgentRebootReported, 'reportedBy' | 'sequenceNumbers'> {
  readonly type: 'ReportReboot';
  readonly foreignAgent: string;
}

export type ForeignAgentsCommand = Provision | Learn | Remove | ReportReboot;

export type ForeignAgentsAnswer =
  | {
      readonly outcome: 'done';
      readonly agent: ForeignAgent;
      /** Before the command; undefined: it was not known. */
      readonly before: ForeignAgent | undefined;
    }
  | { readonly outcome: 'refused'; readonly rejection: Rejection };

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
      agents.set(foreignAgent, { foreignAgent, name, careOfAddresses, pools, policy, provisioned: true, revision, ...rebootsOf(before) });
      for (const address of careOfAddresses) agentByCareOfAddress.set(address, foreignAgent);
      break;
    }
    case 'ForeignAgentLearned': {
      const learned = { foreignAgent, name: null, careOfAddresses: [], pools: defaultPools, policy: defaultPolicy, provisioned: false };
      const known = before ?? { ...learned, ...rebootsOf(before) };
      agents.set(foreignAgent, { ...known, careOfAddresses: [...known.careOfAddresses, ...event.careOfAddresses], revision });
      for (const address of event.careOfAddresses) agentByCareOfAddress.set(address, foreignAgent);
      break;
    }
    case 'AgentRebootReported':
      // What is provisioned stays as it was, and with it the agent's revision.
      agents.set(foreignAgent, { ...before!, rebooted: revision, rebootedAt: rebootedNow(before!, event.careOfAddresses, revision) });
      break;
    case 'ForeignAgentRemoved':
      agents.delete(foreignAgent);
      for (const address of event.careOfAddresses) agentByCareOfAddress.delete(address);
      break;
  }
  return { revision, lastOccurredAt, agents, agentByCareOfAddress };
}

function rebootsOf(agent: ForeignAgent | undefined): Pick<ForeignAgent, 'rebooted' | 'rebootedAt'> {
  return { rebooted: agent?.rebooted ?? null, rebootedAt: agent?.rebootedAt ?? new Map<string, bigint>() };
}

function rebootedNow({ rebootedAt }: ForeignAgent, careOfAddresses: readonly string[], revision: bigint): ReadonlyMap<string, bigint> {
  return new Map([...rebootedAt, ...careOfAddresses.map((careOfAddress) => [careOfAddress, revision] as const)]);
}

/** @param clock milliseconds */
export function handleForeignAgents(
  state: ForeignAgentsState,
  command: ForeignAgentsCommand,
  clock: number,
): { readonly state: ForeignAgentsState; readonly answer: ForeignAgentsAnswer; readonly events: readonly ForeignAgentsEvent[] } {
  // The agents have no clock in common: what a capture showed of one, years ago or ahead, says nothing of when another is provisioned.
  const occurredAt = toTimestamp(clock);
  const decided = decide(state, command, occurredAt);
  if ('rejection' in decided) return { state, answer: { outcome: 'refused', rejection: decided }, events: [] };
  const after = decided.event ? evolveForeignAgents(state, decided.event) : state;
  const before = state.agents.get(decided.foreignAgent);
  const agent = after.agents.get(decided.foreignAgent) ?? before!;
  return { state: after, answer: { outcome: 'done', agent, before }, events: decided.event ? [decided.event] : [] };
}

type Decided = { readonly foreignAgent: string; readonly event: ForeignAgentsEvent | null };

function decide(state: ForeignAgentsState, command: ForeignAgentsCommand, occurredAt: string): Decided | Rejection {
  switch (command.type) {
    case 'Provision':
      return provision(state, command, occurredAt);
    case 'Learn':
      return learn(state, command, occurredAt);
    case 'ReportReboot': {
      const { foreignAgent, reportedBy, sequenceNumbers } = command;
      const agent = state.agents.get(foreignAgent);
      if (!agent) return unknown(foreignAgent);
      const { careOfAddresses } = agent;
      return { foreignAgent, event: { type: 'AgentRebootReported', foreignAgent, careOfAddresses, reportedBy, sequenceNumbers, occurredAt } };
    }
    case 'Remove': {
      const { foreignAgent } = command;
      const agent = state.agents.get(foreignAgent);
      if (!agent) return unknown(foreignAgent);
      return { foreignAgent, event: { type: 'ForeignAgentRemoved', foreignAgent, careOfAddresses: agent.careOfAddresses, occurredAt } };
    }
  }
}

function unknown(foreignAgent: string): Rejection {
  return reject('foreign-agent-unknown', `No foreign agent has the id ${foreignAgent}.`);
}

/** The same provisioning again appends nothing. */
function provision(state: ForeignAgentsState, command: Provision, occurredAt: string): Decided | Rejection {
  const { type: _type, ...terms } = command;
  const { foreignAgent } = terms;
  const taken = firstTaken(state, foreignAgent, terms.careOfAddresses);
  if (taken) return taken;
  const agent = state.agents.get(foreignAgent);
  if (agent?.provisioned && sameTerms(agent, terms)) return { foreignAgent, event: null };
  const dropped = agent?.careOfAddresses.filter((address) => !terms.careOfAddresses.includes(address)) ?? [];
  return { foreignAgent, event: { type: 'ForeignAgentProvisioned', ...terms, ...(dropped.length > 0 && { dropped }), occurredAt } };
}

function sameTerms(agent: ForeignAgent, terms: Omit<Provision, 'type'>): boolean {
  const { name, careOfAddresses, pools, policy } = agent;
  const sorted = (addresses: readonly string[]): string => [...addresses].sort().join();
  return (
    name === terms.name &&
    sorted(careOfAddresses) === sorted(terms.careOfAddresses) &&
    JSON.stringify([pools, policy]) === JSON.stringify([terms.pools, terms.policy])
  );
}

function learn(state: ForeignAgentsState, command: Learn, occurredAt: string): Decided | Rejection {
  const { careOfAddresses, learnedFrom } = command;
  const owners = careOfAddresses.map((address) => state.agentByCareOfAddress.get(address));
  const foreignAgent = command.foreignAgent ?? owners.find((owner) => owner !== undefined) ?? careOfAddresses[0]!;
  const agent = state.agents.get(foreignAgent);
  // What is provisioned is not learned: an address that it does not have, another's too, is code 77 there.
  const taken = command.foreignAgent === null || agent?.provisioned ? null : firstTaken(state, foreignAgent, careOfAddresses);
  if (taken) return taken;
  const fresh = careOfAddresses.filter((_, index) => owners[index] === undefined);
  const isKnown = agent !== undefined && (fresh.length === 0 || agent.provisioned);
  return { foreignAgent, event: isKnown ? null : { type: 'ForeignAgentLearned', foreignAgent, careOfAddresses: fresh, learnedFrom, occurredAt } };
}

function firstTaken(state: ForeignAgentsState, foreignAgent: string, careOfAddresses: readonly string[]): Rejection | null {
  for (const address of careOfAddresses) {
    const owner = state.agentByCareOfAddress.get(address);
    if (owner !== undefined && owner !== foreignAgent) {
      return reject('care-of-address-taken', `${address} belongs to ${owner}.`, { careOfAddress: address, foreignAgent: owner });
    }
  }
  return null;
}
