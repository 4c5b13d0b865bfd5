/** What is told of a whole scope. */
import type { Policy, Pools } from '../flow/policy';

export interface ScopeProvisioned {
  readonly type: 'ScopeProvisioned';
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  readonly pools: Pools;
  readonly policy: Policy;
  /** Revision of the `foreignAgents` event that says so; a lower one is a no-op. */
  readonly revision: string;
  /** Nothing happened in the scope before: its time begins with the next event that is not so. */
  readonly untouched?: true;
  readonly occurredAt: string;
}

/** The agent lost its state: the visitors and sessions of the scope end in the same append. */
export interface ForeignAgentRebooted {
  readonly type: 'ForeignAgentRebooted';
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  /** Revision of the `foreignAgents` event that says so; a lower one is a no-op. */
  readonly revision?: string;
  readonly occurredAt: string;
}

/** The administrator removed the agent or took the care-of address from it; its sessions were released before. */
export interface ScopeWithdrawn {
  readonly type: 'ScopeWithdrawn';
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  readonly revision: string;
  /** As of ScopeProvisioned. */
  readonly untouched?: true;
  readonly occurredAt: string;
}

/** The care-of address is about to be taken from the agent, and nobody lives there: no session begins here until that is decided. */
export interface ScopeClosed {
  readonly type: 'ScopeClosed';
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  /** Of the `foreignAgents` event that says so; a lower one is a no-op. */
  readonly revision: string;
  /** As of ScopeProvisioned. */
  readonly untouched?: true;
  readonly occurredAt: string;
}

/** The closing is over, and the address stays with the agent: also where the scope was never told of the closing, which then comes too late. */
export interface ScopeReopened {
  readonly type: 'ScopeReopened';
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  /** Of the `foreignAgents` event that began the closing. */
  readonly revision: string;
  /** As of ScopeProvisioned. */
  readonly untouched?: true;
  readonly occurredAt: string;
}
