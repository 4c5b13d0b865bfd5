/**
 * Legs that nothing ends by itself: no soft state (R = 0), and a registration without end. Who let go of one while no server ran could tell
 * nobody. After such a time each has a lease, once: whoever has it still says so until then (docs/adr/0020).
 */
import type { FlowTableDecision } from '../scope/flow-table-decision';
import type { ConfirmSession, FlowTableAnswer } from '../commands/flow-table-commands';
import type { FlowTableState, Session } from '../scope/flow-table-state';
import type { Gap } from './gaps';
import { longestStayMs } from './orphaned-legs';
import { sessionDeadline } from '../scope/session';

/** It waits for a word of whoever has it. */
export function isUnconfirmed({ refreshPeriodMs, leaseUntil }: Session): boolean {
  return refreshPeriodMs === 0 && leaseUntil !== null;
}

/** Nothing would ever end it, or the lease that it waits by ran out while nobody could be told: what ran out before has been released. */
export function isInDoubt(state: FlowTableState, session: Session, { to, cause }: Gap): boolean {
  if (cause !== 'outage' || session.refreshPeriodMs !== 0 || session.state === 'orphaned') return false;
  const { leaseUntil, mobileNode } = session;
  if (leaseUntil !== null) return leaseUntil < to;
  const visitor = mobileNode === null ? undefined : state.visitors.get(mobileNode);
  return sessionDeadline(session) === undefined && (visitor?.expiresAt ?? null) === null;
}

/** Milliseconds. As long as an orphaned leg stands that nothing else ends. */
export function confirmedBy(state: FlowTableState, { to }: Gap): number {
  return to + longestStayMs(state);
}

/** A registration of the node here says so of all its sessions: they end with it. @returns false: they are more than one append takes */
export function confirmSessionsOf(decision: FlowTableDecision, mobileNode: string): boolean {
  return decision.sessionsOf(mobileNode).filter(isUnconfirmed).every((session) => {
    if (decision.isFull) return false;
    confirm(decision, session, 'registration');
    return true;
  });
}

export function confirmSession(decision: FlowTableDecision, { sessionId }: ConfirmSession): FlowTableAnswer {
  const session = decision.state.sessions.get(sessionId);
  if (session && isUnconfirmed(session)) confirm(decision, session, 'reconciled');
  return { outcome: 'done' };
}

function confirm(decision: FlowTableDecision, { sessionId }: Session, cause: 'registration' | 'reconciled'): void {
  decision.emit({ type: 'QosSessionModified', sessionId, expiresAt: null, cause, occurredAt: decision.occurredAt });
}
