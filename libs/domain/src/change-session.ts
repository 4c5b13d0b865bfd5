/** Step 2 of the rule: the same logical flow again is a refresh or a change, never a match. */
import type { QosSessionModified } from './events';
import type { FlowId, FlowIdSender } from './flow';
import type { FlowTableDecision } from './flow-table';
import type { SessionAnswer } from './flow-table-commands';
import type { Session, SessionHolding } from './flow-table-state';
import { flowIdText, withTemporary } from './flow-id';
import { sortedFlow, type SessionTerms } from './configure-session';
import { reject, type Rejection } from './rejection';
import { leaseIsShort, leaseUntil, quarantineMs, toTimestamp } from './soft-state';

type Changes = Omit<QosSessionModified, 'type' | 'sessionId' | 'occurredAt'>;

export function changeSession(decision: FlowTableDecision, session: Session, terms: SessionTerms, requested: FlowId): SessionAnswer | Rejection {
  const { state, occurredAt, now } = decision;
  const { sessionId } = session;
  const senders = senderChanges(decision, session, terms, requested);
  if ('rejection' in senders) return senders;
  const changes: Changes = { ...termChanges(session, terms), ...senders };
  const refreshPeriodMs = terms.refreshPeriodMs ?? session.refreshPeriodMs;
  const until = leaseUntil(now, refreshPeriodMs);

  if (Object.keys(changes).length > 0) {
    const expiresAt = until === null ? null : toTimestamp(until);
    decision.emit({ type: 'QosSessionModified', sessionId, ...changes, expiresAt, occurredAt, ...(terms.violations?.length && { violations: terms.violations }) });
    return answer(state.sessions.get(sessionId)!, 'modified');
  }
  extendLease(decision, session);
  return answer(session, 'refreshed');
}

/** A refresh: no event, unless less than L is left of the lease. */
export function extendLease(decision: FlowTableDecision, session: Session): void {
  const until = leaseUntil(decision.now, session.refreshPeriodMs);
  if (until === null || session.leaseUntil === null || !leaseIsShort(session.leaseUntil, decision.now, session.refreshPeriodMs)) return;
  decision.emit({ type: 'LeasesExtended', sessions: [session.sessionId], until: toTimestamp(until), occurredAt: decision.occurredAt });
}

/** What is left out of the terms stays as it was. A reservation keeps its own traffic when its path is refreshed. */
function termChanges(session: Session, terms: SessionTerms): Changes {
  const isPathOfReservation = terms.state === 'path-only' && session.state !== 'path-only';
  const becomesLive = terms.state === 'live' && session.state !== 'live';
  return {
    ...(terms.style !== null && session.style === null && { style: terms.style }),
    ...(terms.service !== null && terms.service !== session.service && { service: terms.service }),
    ...(terms.tspec !== null && !isPathOfReservation && !sameTspec(session.tspec, terms.tspec) && { tspec: terms.tspec }),
    ...(terms.refreshPeriodMs !== undefined && terms.refreshPeriodMs !== session.refreshPeriodMs && { refreshPeriodMs: terms.refreshPeriodMs }),
    ...(becomesLive && { state: 'live' as const }),
  };
}

function sameTspec(a: Session['tspec'], b: NonNullable<Session['tspec']>): boolean {
  return a !== null && a.r === b.r && a.b === b.b && a.p === b.p && a.m === b.m && a.M === b.M;
}

/** SE: the list changes, the replaced field does not; who leaves is quarantined, who comes may overlap nobody. */
function senderChanges(decision: FlowTableDecision, session: Session, terms: SessionTerms, requested: FlowId): Changes | Rejection {
  const { state, now } = decision;
  if (!('senders' in requested) || flowIdText(requested) === flowIdText(session.requested.id)) return {};
  const effective = session.temporary ? withTemporary(requested, session.temporary) : requested;
  const isOthers = (holding: SessionHolding): boolean => holding.logicalFlow !== session.logicalFlow;
  const overlapped = [...state.effectiveIds.overlapping(effective, isOthers), ...state.quarantinedIds.overlapping(effective, isOthers)];
  if (overlapped.length > 0) {
    const matched = overlapped.sort((a, b) => a.ordinal - b.ordinal).map(({ sessionId, mobileNode }) => ({ sessionId, mobileNode }));
    return reject('change-overlaps', 'A sender of the new list overlaps an id that is held or quarantined; the session stays as it was.', { matched });
  }
  const senders = sendersThatLeave(session.effective.id, effective);
  const until = toTimestamp(now + quarantineMs(state.policy.quarantineSeconds, session.refreshPeriodMs));
  return {
    flow: sortedFlow(terms.flow),
    requested,
    effective,
    ...(senders.length > 0 && { sendersLeft: { senders, quarantinedUntil: until } }),
  };
}

function sendersThatLeave(before: FlowId, after: FlowId): FlowIdSender[] {
  if (!('senders' in before) || !('senders' in after)) return [];
  const kept = new Set(after.senders.map((sender) => `${sender.source} ${sender.sourcePort}`));
  return before.senders.filter((sender) => !kept.has(`${sender.source} ${sender.sourcePort}`));
}

function answer(session: Session, outcome: 'refreshed' | 'modified'): SessionAnswer {
  const { sessionId, temporary, matched, revision } = session;
  return { outcome, sessionId, effective: session.effective.id, temporary, matched, revision };
}
