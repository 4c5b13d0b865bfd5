/** Events of the stream `foreignAgents`. */
import type { Policy, Pools } from '../flow/policy';

export interface ForeignAgentProvisioned {
  readonly type: 'ForeignAgentProvisioned';
  readonly foreignAgent: string;
  readonly name: string | null;
  readonly careOfAddresses: readonly string[];
  /** Those that it had and has no more; absent: none, or not told. */
  readonly dropped?: readonly string[];
  readonly pools: Pools;
  readonly policy: Policy;
  readonly occurredAt: string;
}

/** First heard of in a registration or a capture, or a further care-of address of such an agent. */
export interface ForeignAgentLearned {
  readonly type: 'ForeignAgentLearned';
  readonly foreignAgent: string;
  /** Only those that are new. */
  readonly careOfAddresses: readonly string[];
  readonly learnedFrom: 'registration' | 'advertisement' | 'reservation';
  /** Addresses that the advertisement names beside them and that are other agents' already, who keep them. Absent: none that was not told before. */
  readonly ofOthers?: readonly { readonly careOfAddress: string; readonly foreignAgent: string }[];
  readonly occurredAt: string;
}

export interface ForeignAgentRemoved {
  readonly type: 'ForeignAgentRemoved';
  readonly foreignAgent: string;
  readonly careOfAddresses: readonly string[];
  readonly occurredAt: string;
}

/** The agent lost its state. What follows in its scopes and in the streams of its visitors is told there, by this event's revision. */
export interface AgentRebootReported {
  readonly type: 'AgentRebootReported';
  readonly foreignAgent: string;
  readonly careOfAddresses: readonly string[];
  /** `command`: the agent said so; `advertisement`: its sequence number began anew (RFC 5944 §2.3.2). */
  readonly reportedBy: 'command' | 'advertisement';
  /** Of the last advertisement before, and of the one that tells; null where a command did. */
  readonly sequenceNumbers: { readonly before: number; readonly now: number } | null;
  readonly occurredAt: string;
}

/** These addresses are about to be taken from the agent: from here on their scopes begin no session, until they are taken or this is over. */
export interface CareOfAddressesClosed {
  readonly type: 'CareOfAddressesClosed';
  readonly foreignAgent: string;
  readonly careOfAddresses: readonly string[];
  readonly occurredAt: string;
}

/** They stay with the agent. */
export interface CareOfAddressesReopened {
  readonly type: 'CareOfAddressesReopened';
  readonly foreignAgent: string;
  readonly careOfAddresses: readonly string[];
  /** Revision of the event that closed them. */
  readonly closing: string;
  readonly occurredAt: string;
}

export type ForeignAgentsEvent =
  | ForeignAgentProvisioned
  | ForeignAgentLearned
  | ForeignAgentRemoved
  | AgentRebootReported
  | CareOfAddressesClosed
  | CareOfAddressesReopened;
