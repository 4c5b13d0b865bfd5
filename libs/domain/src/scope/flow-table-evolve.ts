import type { FlowTableEvent, LeasesExtended, QosSessionConfigured, QosSessionModified, QosSessionReleased, ReservationLease } from '../events/events';
import { logicalFlowKey, styledFlowKey, withTemporary } from '../flow/flow-id';
import type { FlowId, SendersFlowId } from '../flow/flow';
import type { FlowTableState, Session, SessionHolding } from './flow-table-state';
import {
  degradedLeaseExtended, degradedLegEnded, heldLegModified, heldVisitorLeft, legEnded, legRecovered, legRefused, legsHeld, legsUnheld, visitorBrought,
} from './handoff-legs-evolve';
import { tunnelsBack, tunnelsLeft } from './left-tunnels';
import { tunnelObserved } from './tunnels';
import { messageKept } from './kept-messages';
import { openedBy } from './scope-standing';
import { quarantine, quarantineEnded, quarantineName, senderTakenBack, takeBackQuarantine } from './quarantines-evolve';
import { partsExtended, partsTold } from './session-parts-evolve';
import { fromTimestamp } from '../flow/soft-state';
import { violationsTold } from './violations-told';

/** Folds one event into the state of its scope. Needs no clock, no random, no I/O: replaying the stream gives the same state. */
export function evolveFlowTable(state: FlowTableState, event: FlowTableEvent): void {
  // A scope of which nothing else is known has no time yet: a capture that was taken before does not come too late.
  state.advance(isOfUntouched(event) ? Number.NEGATIVE_INFINITY : fromTimestamp(event.occurredAt));
  switch (event.type) {
    case 'ScopeProvisioned':
      state.assign('provisioned', BigInt(event.revision));
      openedBy(state, event);
      state.setPools(event.pools);
      state.setPolicy(event.policy);
      break;
    case 'ScopeWithdrawn':
      state.assign('provisioned', BigInt(event.revision));
      state.assign('standing', 'withdrawn');
      break;
    case 'ScopeClosed':
    case 'ScopeReopened':
      state.assign('closing', BigInt(event.revision));
      state.assign('standing', event.type === 'ScopeClosed' ? 'closed' : 'open');
      break;
    case 'VisitorAdmitted': {
      const { mobileNode, homeAddress, homeAgent } = event;
      openedBy(state, event);
      state.setVisitor({ mobileNode, homeAddress, homeAgent, expiresAt: event.expiresAt === null ? null : fromTimestamp(event.expiresAt) });
      state.registrationRevisions.set(mobileNode, BigInt(event.registrationRevision));
      tunnelsBack(state, mobileNode, fromTimestamp(event.occurredAt));
      visitorBrought(state, event);
      break;
    }
    case 'VisitorLeft':
      state.removeVisitor(event.mobileNode);
      tunnelsLeft(state, event.mobileNode, fromTimestamp(event.occurredAt));
      state.registrationRevisions.set(event.mobileNode, BigInt(event.registrationRevision));
      state.leftRevisions.set(event.mobileNode, BigInt(event.registrationRevision));
      heldVisitorLeft(state, event.mobileNode);
      break;
    case 'TemporaryFlowIdAllocated':
      state.pools[event.field].take(event.value, event.sessionId);
      break;
    case 'QosSessionConfigured':
      sessionConfigured(state, event);
      violationsTold(state, event.sessionId, event.violations);
      break;
    case 'QosSessionModified':
      sessionModified(state, event);
      violationsTold(state, event.sessionId, event.violations);
      break;
    case 'LeasesExtended':
      leasesExtended(state, event);
      break;
    case 'QosSessionReleased':
      sessionReleased(state, event);
      break;
    case 'QuarantineEnded':
      for (const name of event.quarantines) quarantineEnded(state, name);
      break;
    case 'SignallingObserved': {
      const refused = event.detail['refusedFlow'];
      if (typeof refused === 'string') refusalTold(state, refused, String(event.detail['rejection']));
      messageKept(state, event);
      tunnelObserved(state, event);
      violationsTold(state, event.sessionId, event.violations);
      break;
    }
    case 'ForeignAgentRebooted':
      if (event.revision !== undefined) state.assign('rebooted', BigInt(event.revision));
      break;
    case 'LegsHeld':
      legsHeld(state, event);
      break;
    case 'LegsUnheld':
      legsUnheld(state, event);
      break;
    case 'LegRefused':
      legRefused(state, event);
      break;
    case 'DegradedLegEnded':
      degradedLegEnded(state, event);
      break;
    case 'ObservedLate':
      break;
  }
}

/** By its type first: most events are of another, and are not asked for a field that they never have. */
function isOfUntouched(event: FlowTableEvent): boolean {
  switch (event.type) {
    case 'ScopeProvisioned':
    case 'ScopeClosed':
    case 'ScopeReopened':
    case 'ScopeWithdrawn':
      return event.untouched === true;
    default:
      return false;
  }
}

function refusalTold({ refusedFlows }: FlowTableState, flow: string, rejection: string): void {
  const before = refusedFlows.get(flow);
  if (before === undefined) refusedFlows.set(flow, rejection);
  else if (!before.split(' ').includes(rejection)) refusedFlows.set(flow, `${before} ${rejection}`);
}

function sessionConfigured(state: FlowTableState, event: QosSessionConfigured): void {
  if (state.sessions.has(event.sessionId)) throw new Error(`The session ${event.sessionId} is configured already.`);
  if (event.careOfAddress !== state.careOfAddress) throw new Error(`The session ${event.sessionId} is one at ${event.careOfAddress}.`);
  const logicalFlow = logicalFlowKey(event.mobileNode, event.flow, event.style);
  const ordinal = state.nextOrdinal();
  const holding = (id: FlowId): SessionHolding => ({
    id,
    logicalFlow,
    ordinal,
    sessionId: event.sessionId,
    mobileNode: event.mobileNode,
  });
  if (event.reclaimed) takeBackQuarantine(state, logicalFlow, event.effective);
  for (const name of event.reclaimedFrom ?? []) senderTakenBack(state, name, event);
  if (state.refusedFlows.size > 0) state.refusedFlows.delete(styledFlowKey(event.mobileNode, event.flow, event.style));
  legRecovered(state, event.sessionId);
  const requested = holding(event.requested);
  state.addSession({
    sessionId: event.sessionId,
    ordinal,
    mobileNode: event.mobileNode,
    homeAgent: event.homeAgent,
    logicalFlow,
    flow: event.flow,
    style: event.style,
    service: event.service,
    tspec: event.tspec,
    refreshPeriodMs: event.refreshPeriodMs,
    state: event.state,
    isReserved: event.state === 'live',
    requested,
    effective: event.temporary === null ? requested : holding(event.effective),
    temporary: event.temporary,
    matched: event.matched,
    leaseUntil: event.expiresAt === null ? null : fromTimestamp(event.expiresAt),
    reservation: reservationOf(event.reservation),
    pathSeen: event.state === 'path-only' || event.reservation !== undefined,
    orphanedUntil: null,
    handoffId: event.handoffId ?? null,
    revision: state.revision,
  });
  partsTold(state, event);
}

function reservationOf(told: ReservationLease | null | undefined): Session['reservation'] {
  return !told ? null : { refreshPeriodMs: told.refreshPeriodMs, until: fromTimestamp(told.expiresAt) };
}

function sessionOf(state: FlowTableState, { sessionId }: QosSessionModified | QosSessionReleased): Session {
  const session = state.sessions.get(sessionId);
  if (!session) throw new Error(`The scope has no session ${sessionId}.`);
  return session;
}

function sessionModified(state: FlowTableState, event: QosSessionModified): void {
  const before = sessionOf(state, event);
  const held = (holding: SessionHolding, id: FlowId | undefined): SessionHolding => (id === undefined ? holding : { ...holding, id });
  // Field by field: every session has the same fields in the same order, and nothing is copied by name.
  state.replaceSession(before, {
    sessionId: before.sessionId,
    ordinal: before.ordinal,
    mobileNode: before.mobileNode,
    homeAgent: before.homeAgent,
    logicalFlow: before.logicalFlow,
    flow: event.flow ?? before.flow,
    style: event.style ?? before.style,
    service: event.service === undefined ? before.service : event.service,
    tspec: event.tspec === undefined ? before.tspec : event.tspec,
    refreshPeriodMs: event.refreshPeriodMs ?? before.refreshPeriodMs,
    state: event.state ?? before.state,
    isReserved: isReservedAfter(before, event),
    requested: held(before.requested, event.requested),
    effective: held(before.effective, event.effective),
    temporary: before.temporary,
    matched: before.matched,
    leaseUntil: timeOr(event.expiresAt, before.leaseUntil),
    reservation: event.state === 'path-only' ? null : event.reservation === undefined ? before.reservation : reservationOf(event.reservation),
    pathSeen: before.pathSeen || event.reservation !== undefined,
    orphanedUntil: timeOr(event.orphanedUntil, event.state === 'live' ? null : before.orphanedUntil),
    handoffId: event.handoffId ?? before.handoffId,
    revision: state.revision,
  });
  // The lease of those who are left is told: what others refreshed meanwhile does not extend it.
  if (event.requests && (event.reservation !== undefined || event.expiresAt !== undefined)) state.forgetRefreshes(before);
  partsTold(state, event);
  heldLegModified(state, before, event);
  if (event.sendersLeft) {
    const { senders, quarantinedUntil, paths } = event.sendersLeft;
    const left = { ...(before.requested.id as SendersFlowId), senders };
    const id = before.temporary ? withTemporary(left, before.temporary) : left;
    quarantine(state, before, `${before.sessionId}/${state.revision}`, id, null, quarantinedUntil, paths);
  }
}

/** An orphaned leg may lose its reservation, and be orphaned by a further registration elsewhere. */
function isReservedAfter(before: Session, { state, cause, reservation, requests }: QosSessionModified): boolean {
  if (state === 'orphaned') return before.isReserved && cause !== 'resv-tear' && cause !== 'soft-state-timeout';
  return state === undefined ? before.isReserved || Boolean(reservation ?? requests) : state === 'live';
}

function timeOr(text: string | null | undefined, otherwise: number | null): number | null {
  if (text === undefined) return otherwise;
  return text === null ? null : fromTimestamp(text);
}

function leasesExtended(state: FlowTableState, event: LeasesExtended): void {
  const { sessions, reservations = [] } = event;
  const until = fromTimestamp(event.until);
  const at = fromTimestamp(event.occurredAt);
  partsExtended(state, event, until, at);
  for (const sessionId of sessions) {
    const session = state.sessions.get(sessionId);
    if (!session) {
      degradedLeaseExtended(state, sessionId, until);
      continue;
    }
    state.leasesExtended(session.refreshPeriodMs, at);
    state.extendLease(session, until);
  }
  for (const sessionId of reservations) {
    const session = state.sessions.get(sessionId);
    if (!session?.reservation) continue;
    const { refreshPeriodMs } = session.reservation;
    state.leasesExtended(refreshPeriodMs, at);
    state.replaceSession(session, { ...session, reservation: { refreshPeriodMs, until } });
  }
}

function sessionReleased(state: FlowTableState, event: QosSessionReleased): void {
  const session = sessionOf(state, event);
  state.removeSession(session);
  if (state.violationsTold.size > 0) state.violationsTold.delete(session.sessionId);
  const { temporary } = session;
  if (temporary) state.pools[temporary.field].giveBack(temporary.value, event.quarantinedUntil !== null);
  if (event.quarantinedUntil !== null) {
    const { mergedInto: by, mobileNode, senders, paths } = event;
    const { id } = session.effective;
    // What is left of a list or a wildcard that stood here is its senders' still.
    const isOfSenders = session.state !== 'orphaned' && (session.style === 'SE' || session.style === 'WF');
    const owner = by && !isOfSenders ? { ...session, logicalFlow: logicalFlowKey(mobileNode, by.flow, by.style) } : session;
    const left = senders ? { ...(id as SendersFlowId), senders } : id;
    quarantine(state, owner, quarantineName(state, session.sessionId), left, temporary, event.quarantinedUntil, paths);
  }
  legEnded(state, session, event.cause, event.occurredAt);
}
