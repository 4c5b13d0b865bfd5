import type { HandoffRolledBack, HandoffStarted, RejectionName } from '#domain';
import type { SessionLeg, SessionRow } from './ledger-rows';

/** A handoff of `GET /v1/handoffs`. */
export interface HandoffRow extends Pick<HandoffStarted, 'handoffId' | 'mobileNode' | 'kind' | 'cause' | 'from' | 'to' | 'oldLegs' | 'ifRefused' | 'deadline' | 'supersedes'> {
  readonly state: 'started' | 'committed' | 'completed' | 'superseded' | 'rolled-back';
  readonly supersededBy: string | null;
  readonly reason: HandoffRolledBack['reason'] | null;
  readonly detail: string | null;
  readonly startedAt: string;
  readonly committedAt: string | null;
  readonly endedAt: string | null;
  readonly configured: number | null;
  readonly degraded: number | null;
  readonly released: number | null;
  readonly orphaned: number | null;
  readonly gapMs: number | null;
}

/** With every step, and what became of each session. */
export interface Handoff extends HandoffRow {
  readonly steps: readonly HandoffStep[];
  readonly legs: readonly HandoffLeg[];
}

export interface HandoffStep {
  readonly ordinal: number;
  readonly type: string;
  readonly foreignAgent: string | null;
  readonly careOfAddress: string | null;
  readonly sessionId: string | null;
  readonly occurredAt: string;
  readonly stream: string;
  readonly revision: string;
  readonly position: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface HandoffLeg
  extends Pick<SessionRow, 'sessionId' | 'correspondentNode' | 'protocol' | 'destinationPort' | 'sourcePort' | 'flowLabel' | 'spi' | 'senders' | 'style'> {
  readonly outcome: 'configured' | 'degraded' | 'released' | 'orphaned' | 'rolled-back' | 'not-moved';
  readonly from: HandoffLegEnd | null;
  readonly to: HandoffLegEnd | null;
  readonly rejection: RejectionName | null;
  readonly detail: string | null;
  readonly recoveredAt: string | null;
  readonly gapMs: number | null;
}

export interface HandoffLegEnd extends Pick<SessionLeg, 'foreignAgent' | 'careOfAddress' | 'effective' | 'temporary' | 'matched' | 'state' | 'cause'> {
  readonly since: string;
  /** Null: it stands. */
  readonly until: string | null;
}
