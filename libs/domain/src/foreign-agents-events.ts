/** Events of the stream `foreignAgents`. */
import type { Policy, Pools } from './policy';

export interface ForeignAgentProvisioned {
  readonly type: 'ForeignAgentProvisioned';
  readonly foreignAgent: string;
  readonly name: string | null;
  readonly careOfAddresses: readonly string[];
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
  readonly occurredAt: string;
}

export interface ForeignAgentRemoved {
  readonly type: 'ForeignAgentRemoved';
  readonly foreignAgent: string;
  readonly careOfAddresses: readonly string[];
  readonly occurredAt: string;
}

export type ForeignAgentsEvent = ForeignAgentProvisioned | ForeignAgentLearned | ForeignAgentRemoved;
