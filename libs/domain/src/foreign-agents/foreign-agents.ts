/** Provisioning, learning and removal of foreign agents: one stream, so that a care-of address belongs to one agent. */
import type { AgentRebootReported, ForeignAgentLearned, ForeignAgentsEvent } from '../events/events';
import { evolveForeignAgents, nameOfOther, type ForeignAgent, type ForeignAgentsState } from './foreign-agents-state';
import type { Policy, Pools } from '../flow/policy';
import { reject, type Rejection } from '../refusals/rejection';
import { toTimestamp } from '../flow/soft-state';

/** Agent id of what has no foreign agent: a co-located care-of address, or a destination that is no registered node. */
export const directAgent = 'direct';

/** Addresses are taken from an agent where they are closed for that. */
interface Taking {
  /** Revision of the closing; null: none yet. Absent: they are taken whoever lives there. */
  readonly closing?: bigint | null;
}

export interface Provision extends Taking {
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

export interface Remove extends Taking {
  readonly type: 'Remove';
  readonly foreignAgent: string;
}

export interface ReportReboot extends Pick<AgentRebootReported, 'reportedBy' | 'sequenceNumbers'> {
  readonly type: 'ReportReboot';
  readonly foreignAgent: string;
}

/** Nothing, where a closing of the agent is open (one at a time), or an address is not the agent's: whatever ends a closing tells its addresses. */
export interface CloseAddresses {
  readonly type: 'CloseAddresses';
  readonly foreignAgent: string;
  readonly careOfAddresses: readonly string[];
}

/** Nothing, where that closing is over. */
export interface ReopenAddresses {
  readonly type: 'ReopenAddresses';
  readonly foreignAgent: string;
  readonly closing: bigint;
}

export type ForeignAgentsCommand = Provision | Learn | Remove | ReportReboot | CloseAddresses | ReopenAddresses;

export type ForeignAgentsAnswer =
  | {
      readonly outcome: 'done';
      readonly agent: ForeignAgent;
      /** Before the command; undefined: it was not known. */
      readonly before: ForeignAgent | undefined;
    }
  /** Nothing was changed: these addresses of the agent are to be closed first. */
  | { readonly outcome: 'to-close'; readonly agent: ForeignAgent; readonly careOfAddresses: readonly string[] }
  | { readonly outcome: 'refused'; readonly rejection: Rejection };

/** @param clock milliseconds */
export function handleForeignAgents(
  state: ForeignAgentsState,
  command: ForeignAgentsCommand,
  clock: number,
): { readonly state: ForeignAgentsState; readonly answer: ForeignAgentsAnswer; readonly events: readonly ForeignAgentsEvent[] } {
  // The agents have no clock in common: what a capture showed of one, years ago or ahead, says nothing of when another is provisioned.
  const occurredAt = toTimestamp(clock);
  const decided = decide(state, command, occurredAt);
  if ('toClose' in decided) return { state, answer: { outcome: 'to-close', agent: decided.agent, careOfAddresses: decided.toClose }, events: [] };
  if ('rejection' in decided) return { state, answer: { outcome: 'refused', rejection: decided }, events: [] };
  const after = decided.event ? evolveForeignAgents(state, decided.event) : state;
  const before = state.agents.get(decided.foreignAgent);
  const agent = after.agents.get(decided.foreignAgent) ?? before!;
  return { state: after, answer: { outcome: 'done', agent, before }, events: decided.event ? [decided.event] : [] };
}

type Decided = { readonly foreignAgent: string; readonly event: ForeignAgentsEvent | null };
type Unclosed = { readonly agent: ForeignAgent; readonly toClose: readonly string[] };

function decide(state: ForeignAgentsState, command: ForeignAgentsCommand, occurredAt: string): Decided | Unclosed | Rejection {
  switch (command.type) {
    case 'Provision':
      return provision(state, command, occurredAt);
    case 'Learn':
      return learn(state, command, occurredAt);
    default:
      return ofKnown(state.agents.get(command.foreignAgent), command, occurredAt);
  }
}

/** What is told of an agent that there is. */
function ofKnown(
  agent: ForeignAgent | undefined,
  command: Exclude<ForeignAgentsCommand, Provision | Learn>,
  occurredAt: string,
): Decided | Unclosed | Rejection {
  const { foreignAgent } = command;
  if (!agent) return unknown(foreignAgent);
  const { careOfAddresses, closing } = agent;
  switch (command.type) {
    case 'ReportReboot': {
      const { reportedBy, sequenceNumbers } = command;
      return { foreignAgent, event: { type: 'AgentRebootReported', foreignAgent, careOfAddresses, reportedBy, sequenceNumbers, occurredAt } };
    }
    case 'Remove':
      if (!mayTake(agent, careOfAddresses, command)) return { agent, toClose: careOfAddresses };
      return { foreignAgent, event: { type: 'ForeignAgentRemoved', foreignAgent, careOfAddresses, occurredAt } };
    case 'CloseAddresses':
      if (closing || command.careOfAddresses.some((address) => !careOfAddresses.includes(address))) return { foreignAgent, event: null };
      return { foreignAgent, event: { type: 'CareOfAddressesClosed', foreignAgent, careOfAddresses: command.careOfAddresses, occurredAt } };
    case 'ReopenAddresses': {
      if (closing?.revision !== command.closing) return { foreignAgent, event: null };
      const closed = { careOfAddresses: closing.careOfAddresses, closing: `${closing.revision}` };
      return { foreignAgent, event: { type: 'CareOfAddressesReopened', foreignAgent, ...closed, occurredAt } };
    }
  }
}

/** What came to the agent since it was closed was not asked. */
function mayTake({ closing }: ForeignAgent, careOfAddresses: readonly string[], taking: Taking): boolean {
  if (taking.closing === undefined || careOfAddresses.length === 0) return true;
  return closing?.revision === taking.closing && careOfAddresses.every((address) => closing.careOfAddresses.includes(address));
}

function unknown(foreignAgent: string): Rejection {
  return reject('foreign-agent-unknown', `No foreign agent has the id ${foreignAgent}.`);
}

/** The same provisioning again appends nothing. */
function provision(state: ForeignAgentsState, command: Provision, occurredAt: string): Decided | Unclosed | Rejection {
  const { type: _type, closing: _closing, ...terms } = command;
  const { foreignAgent } = terms;
  const taken = firstTaken(state, foreignAgent, terms.careOfAddresses);
  if (taken) return taken;
  const agent = state.agents.get(foreignAgent);
  if (agent?.provisioned && sameTerms(agent, terms)) return { foreignAgent, event: null };
  const dropped = agent?.careOfAddresses.filter((address) => !terms.careOfAddresses.includes(address)) ?? [];
  if (agent && !mayTake(agent, dropped, command)) return { agent, toClose: dropped };
  return { foreignAgent, event: { type: 'ForeignAgentProvisioned', ...terms, ...(dropped.length > 0 && { dropped }), occurredAt } };
}

function sameTerms(agent: ForeignAgent, terms: Omit<Provision, 'type' | 'closing'>): boolean {
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
  const isAdvertised = command.foreignAgent === null && learnedFrom === 'advertisement';
  const ofOthers = isAdvertised ? untoldOfOthers(careOfAddresses, owners, foreignAgent, agent) : [];
  const learned = agent?.provisioned ? [] : fresh;
  if (agent !== undefined && learned.length === 0 && ofOthers.length === 0) return { foreignAgent, event: null };
  const told = { careOfAddresses: learned, learnedFrom, ...(ofOthers.length > 0 && { ofOthers }) };
  return { foreignAgent, event: { type: 'ForeignAgentLearned', foreignAgent, ...told, occurredAt } };
}

/** An advertisement ties its addresses to one agent (domain.md §5); what others have by registrations, or as they were provisioned, stays theirs. */
function untoldOfOthers(
  careOfAddresses: readonly string[],
  owners: readonly (string | undefined)[],
  foreignAgent: string,
  agent: ForeignAgent | undefined,
): NonNullable<ForeignAgentLearned['ofOthers']> {
  const others = careOfAddresses.flatMap((careOfAddress, index) => {
    const owner = owners[index];
    return owner === undefined || owner === foreignAgent ? [] : [{ careOfAddress, foreignAgent: owner }];
  });
  return others.filter((other) => !agent?.ofOthers?.includes(nameOfOther(other)));
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
