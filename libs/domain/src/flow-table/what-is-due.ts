/** What ends by itself: leases, bindings, quarantines, each at its own deadline; and what a time without a server puts off. */
import { visitorLeaves } from '../legs/empty-scope';
import type { FlowTableDecision } from '../scope/flow-table-decision';
import type { Session } from '../scope/flow-table-state';
import { endReservation } from '../leases/end-reservation';
import { extendOverGap, type Gap } from '../leases/gaps';
import { extendDue, nextExtension } from '../leases/leases';
import { pathLapses } from '../observed/observe-path';
import { requestEnds } from '../observed/reservation-requests';
import { sessionDeadline } from '../scope/session';
import type { SessionPart } from '../scope/session-parts';
import { toTimestamp } from '../flow/soft-state';

/**
 * Before anything that fell due in a gap. A scope that was decided since, on whatever server, has been told; what happened before it is
 * decided before it.
 * @returns false: it is more than one append takes
 */
export function coverGaps(decision: FlowTableDecision, gaps: readonly Gap[]): boolean {
  const { state, now } = decision;
  for (const gap of gaps) {
    if (gap.to <= Math.max(state.lastOccurredAt, state.gapsCoveredTo)) continue;
    if (gap.from > now) return true;
    if (!emitDue(decision, gap.from) || !extendOverGap(decision, gap)) return false;
    state.assign('gapsCoveredTo', gap.to);
  }
  return true;
}

/**
 * Expiries in the order of their deadlines, each with its own; with the stream’s time where it was told of too late.
 * @returns false: more is due than one append takes
 */
export function emitDue(decision: FlowTableDecision, now = decision.now): boolean {
  const { state } = decision;
  while (!decision.isFull) {
    const extension = nextExtension(state);
    if (extension && extension.at <= now && extension.at <= (state.indexes.deadlines.first()?.rank ?? Infinity)) {
      extendDue(decision, extension.refreshPeriodMs, Math.max(extension.at, state.lastOccurredAt));
      continue;
    }
    const due = state.indexes.deadlines.takeDue(now);
    if (!due) return true;
    const { kind, key } = due.item;
    const at = Math.max(due.rank, state.lastOccurredAt);
    switch (kind) {
      case 'session':
        softStateEnds(decision, state.sessions.get(key)!, due.rank, at);
        break;
      case 'part':
        partLapses(decision, state.parts.get(key)!, at);
        break;
      case 'visitor':
        // Taken from the queue, it is due still.
        if (!visitorLeaves(decision, key, 'registration-expiry', state.registrationRevisions.get(key)!, at)) state.schedule(due.item, undefined, due.rank);
        break;
      case 'degraded':
        decision.endDegraded(state.degraded.get(key)!, 'soft-state-timeout', at);
        break;
      case 'quarantine':
        decision.emit({ type: 'QuarantineEnded', quarantines: [key], occurredAt: toTimestamp(at) });
        break;
    }
  }
  return false;
}

function partLapses(decision: FlowTableDecision, part: SessionPart, at: number): void {
  if (part.kind === 'path') pathLapses(decision, part, at);
  else requestEnds(decision, decision.state.sessions.get(part.sessionId)!, part, { at, cause: 'soft-state-timeout', violations: [] });
}

/** Path state that lapses ends the session; a reservation that lapses leaves its path. */
function softStateEnds(decision: FlowTableDecision, session: Session, due: number, at: number): void {
  const { sessionId } = session;
  if (due === session.orphanedUntil) decision.release(session, 'registration-expiry', at);
  else if (due === session.leaseUntil) decision.release(session, 'soft-state-timeout', at);
  else {
    endReservation(decision, session, 'soft-state-timeout', at);
    // Its deadline was taken from the queue; that of its path stands.
    decision.state.schedule({ kind: 'session', key: sessionId }, undefined, sessionDeadline(decision.state.sessions.get(sessionId)!));
  }
}
