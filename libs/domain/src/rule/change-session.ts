/** Step 2 of the rule: the same logical flow again is a refresh or a change, never a match. */
import type { QosSessionModified } from '../events/events';
import { isSameSender, otherPortOf, sends, toldByText, type FlowId, type FlowIdSender, type FlowSender } from '../flow/flow';
import type { FlowTableDecision } from '../scope/flow-table-decision';
import type { SessionAnswer } from '../commands/flow-table-commands';
import type { FlowTableState, Session } from '../scope/flow-table-state';
import { withTemporary } from '../flow/flow-id';
import { sortedFlow } from './configure-session';
import { matchesOf, othersThan, toldOf } from './matches';
import type { SessionTerms } from './session-terms';
import { reject, type Rejection } from '../refusals/rejection';
import { admissionValues, rsvpErrors } from '../refusals/rsvp-errors';
import { isSameTspec } from '../flow/merged-flowspec';
import { leasesChange, renewedLeases } from '../leases/lease-changes';
import { refreshLeases, refreshPaths } from '../leases/leases';
import { periodsBeside } from './commanded-periods';
import { pathsThatGoOn } from './path-quarantines';
import { takeOver } from './take-over';
import { fromTimestamp, quarantineMs, toTimestamp } from '../flow/soft-state';
import { tellViolations } from '../scope/violations-told';

export type Changes = Omit<QosSessionModified, 'type' | 'sessionId' | 'occurredAt'>;

export function changeSession(decision: FlowTableDecision, session: Session, terms: SessionTerms, requested: FlowId): SessionAnswer | Rejection {
  const { state, occurredAt, now } = decision;
  const { sessionId } = session;
  const senders = senderChanges(decision, session, terms, requested);
  if ('rejection' in senders) return senders;
  takeOver(decision, terms, senders.effective ?? session.effective.id);
  // A handoff brings one R for all; whoever commands tells that of the reservation.
  const isApart = terms.refreshes === 'both' && session.reservation !== null && terms.handoffId === undefined;
  const beside = isApart ? periodsBeside(decision, session, terms) : undefined;
  const changes: Changes = { ...termChanges(state, session, terms), ...senders, ...(beside ? beside.told : terms.told) };
  const { refreshes, refreshPeriodMs, merges } = terms;
  const refreshed = beside ? { refreshes, refreshPeriodMs, merges, pathPeriodMs: beside.pathPeriodMs } : terms;

  if (Object.keys(changes).length > 0 || leasesChange(session, refreshed, now)) {
    const leases = renewedLeases(session, refreshed, now);
    decision.emit({ type: 'QosSessionModified', sessionId, ...changes, ...leases, occurredAt, ...(terms.violations?.length && { violations: terms.violations }) });
    if (terms.part !== undefined) refreshLeases(decision, session, 'nothing', terms.part);
    if (terms.refreshes === 'both') refreshPaths(decision, session);
    return answer(state.sessions.get(sessionId)!, 'modified');
  }
  tellViolations(decision, terms.state === 'path-only' ? 'path' : 'resv', sessionId, terms.violations);
  refreshLeases(decision, session, terms.refreshes, terms.part);
  return answer(session, 'refreshed');
}

/**
 * What is left out of the terms stays as it was. A reservation keeps its own traffic when its path is refreshed. An orphaned leg comes
 * back only with a new registration here.
 */
function termChanges(state: FlowTableState, session: Session, terms: SessionTerms): Changes {
  const isOrphaned = session.state === 'orphaned';
  const comesBack = isOrphaned && session.mobileNode !== null && state.visitors.has(session.mobileNode);
  // One that comes back by a path is that path: no reservation stands there any more.
  const isPathOfReservation = terms.state === 'path-only' && session.state !== 'path-only' && !comesBack;
  const becomesLive = terms.state === 'live' && session.state === 'path-only';
  // Most are refreshes that change nothing: the fields are looked at one by one, without an object for each that might change.
  const changes: { -readonly [K in keyof Changes]: Changes[K] } = {};
  if (terms.style !== null && session.style === null) changes.style = terms.style;
  const destinationPort = commandedPort(session, terms);
  if (destinationPort !== undefined) changes.flow = { ...session.flow, destinationPort };
  if (terms.service !== null && terms.service !== session.service) changes.service = terms.service;
  if (terms.tspec !== null && !isPathOfReservation && !isSameTspec(session.tspec, terms.tspec)) changes.tspec = terms.tspec;
  if (becomesLive) changes.state = 'live';
  if (comesBack) Object.assign(changes, { state: terms.state, orphanedUntil: null });
  if (terms.handoffId !== undefined) {
    Object.assign(changes, { handoffId: terms.handoffId, cause: 'handoff', ...(terms.state !== session.state && { state: terms.state }) });
  }
  return changes;
}

/** A label or an SPI that is commanded with another destination port: that is kept and shown (domain.md §2). What is only seen says so by a violation. */
export function commandedPort({ flow }: Pick<Session, 'flow'>, terms: Pick<SessionTerms, 'flow' | 'refreshes' | 'handoffId'>): number | undefined {
  return terms.refreshes === 'both' && terms.handoffId === undefined ? otherPortOf(flow, terms.flow) : undefined;
}

/** Of a session that stands: the terms say nothing else than before. */
export function isPureRefresh(session: Session, { flow, service, tspec, refreshPeriodMs }: Pick<SessionTerms, 'flow' | 'service' | 'tspec' | 'refreshPeriodMs'>): boolean {
  const { senders } = sortedFlow(flow);
  return (
    session.state === 'live' &&
    otherPortOf(session.flow, flow) === undefined &&
    (service === null || service === session.service) &&
    (tspec === null || isSameTspec(session.tspec, tspec)) &&
    (refreshPeriodMs === undefined || refreshPeriodMs === (session.reservation ?? session).refreshPeriodMs) &&
    (!senders || sameSenders(senders, session.flow.senders))
  );
}

const overlapping = { code: rsvpErrors.admissionFailure, value: admissionValues.changeOverlaps };

/**
 * SE: the list changes, the replaced field does not; who leaves is quarantined, who comes may overlap nobody.
 * @param pathsEnd whoever leaves does so because its path ended; otherwise the path stands on and holds its id before the quarantine begins
 */
export function senderChanges(
  decision: FlowTableDecision,
  session: Session,
  terms: Pick<SessionTerms, 'flow' | 'merges'>,
  requested: FlowId,
  at = decision.now,
  pathsEnd = false,
): Changes | Rejection {
  const { state } = decision;
  const flow = sortedFlow(terms.flow);
  if (!flow.senders || sameSenders(flow.senders, session.flow.senders)) return {};
  const effective = session.temporary ? withTemporary(requested, session.temporary) : requested;
  const isOthers = othersThan(session, terms.merges);
  const overlapped = matchesOf(state, effective, isOthers);
  const [first] = overlapped;
  if (first) {
    const detail = `The new list of senders overlaps the ${first.state} id of session ${first.sessionId}; the session stays as it was.`;
    return reject('change-overlaps', detail, { matched: toldOf(overlapped), ...overlapping });
  }
  const senders = sendersThatLeave(session.requested.id, requested, effective);
  if (senders.length === 0) return { flow, requested, effective };
  const left = session.flow.senders?.filter((sender) => !sends(flow, sender)) ?? [];
  const paths = pathsEnd ? [] : pathsThatGoOn(state, session, left, at);
  const from = paths.reduce((latest, { expiresAt }) => Math.max(latest, fromTimestamp(expiresAt!)), at);
  const quarantinedUntil = toTimestamp(from + quarantineMs(state.policy.quarantineSeconds, session.refreshPeriodMs));
  return { flow, requested, effective, sendersLeft: { senders, quarantinedUntil, ...(paths.length > 0 && { paths }) } };
}

/** Both lists are sorted. The list itself is compared, not the ids: a changed policy makes other ids of the same list. */
export function sameSenders(a: readonly FlowSender[], b: readonly FlowSender[] = []): boolean {
  return a.length === b.length && a.every((sender, i) => isSameSender(sender, b[i]!));
}

/** A flow label or a key in the place of what told them covers every sender of its source, or of any source where it names none. */
function sendersThatLeave(before: FlowId, after: FlowId, effective: FlowId): FlowIdSender[] {
  if (!('senders' in before) || !('senders' in after)) return [];
  const isOfSource = 'flowLabel' in effective || 'greKey' in effective;
  if (isOfSource && effective.source === undefined) return [];
  const keyOf = (sender: FlowIdSender): string => (isOfSource ? sender.source : `${sender.source} ${toldByText(sender)}`);
  const kept = new Set(after.senders.map(keyOf));
  return before.senders.filter((sender) => !kept.has(keyOf(sender)));
}

function answer(session: Session, outcome: 'refreshed' | 'modified'): SessionAnswer {
  const { sessionId, temporary, matched, revision } = session;
  return { outcome, sessionId, effective: session.effective.id, temporary, matched, revision };
}
