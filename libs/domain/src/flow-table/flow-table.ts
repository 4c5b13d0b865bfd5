/** The flow table of one scope: what each command comes to (domain.md §3). */
import type { FlowTableEvent } from '../events/events';
import { closedTo, closeScope, reopenScope, toldWithdrawn } from '../rule/closed-scope';
import { configureSession } from '../rule/configure-session';
import { endsOfAppend } from '../events/append-bounds';
import type { DismissVisitor, FlowTableAnswer, FlowTableCommand, AdmitVisitor, ProvisionScope, ReleaseSession } from '../commands/flow-table-commands';
import { rebootScope, visitorLeaves, withdrawScope } from '../legs/empty-scope';
import { endReservation } from '../leases/end-reservation';
import { FlowTableDecision } from '../scope/flow-table-decision';
import { admittedUntil, type FrameTime } from '../scope/own-time';
import type { Gap } from '../leases/gaps';
import { writeWaitingExtensions } from '../leases/leases';
import type { FlowTableState, Session } from '../scope/flow-table-state';
import { endsElsewhere, legsToMove } from '../scope/leg-hold';
import { handOffLegs } from '../legs/handoff-legs';
import { endDegradedLegs } from '../legs/leave-with-legs';
import { observeSignalling } from '../observed/observe-signalling';
import { orphanedUntil, renewOrphansOf } from '../leases/orphaned-legs';
import { reject } from '../refusals/rejection';
import { noteFreed, noteOtherHome, retryDegraded } from '../legs/retry-degraded';
import { confirmSession, confirmSessionsOf } from '../leases/unconfirmed-legs';
import { coverGaps, emitDue } from './what-is-due';

/**
 * Emits what is due by `now`, then decides, then emits what that made due at once (a quarantine of 0 s). The state is changed in
 * place: the caller begins its journal before and confirms or unwinds after.
 * @param clock milliseconds
 * @param gaps in which no refresh could be told, the earliest first; of an observed scope none, whose clock is its frames
 * @param frame null: it was not observed
 */
export function handleFlowTable(
  state: FlowTableState,
  command: FlowTableCommand,
  clock: number,
  gaps: readonly Gap[] = [],
  frame: FrameTime | null = null,
): Decided {
  const now = Math.max(frame === null ? timeOf(command, clock) : clock, state.lastOccurredAt);
  const decision = new FlowTableDecision(state, now, frame?.ahead ?? Math.max(0, state.lastOccurredAt - clock), frame?.at ?? null);
  const isTold = coverGaps(decision, gaps) && emitDue(decision);
  const due = decision.events.length;
  const answer = isTold ? decide(decision, command) : 'goes-on';
  // What follows from a decision that came to nothing follows from what was due.
  const isOfCommand = decision.events.length > due;
  if (answer === 'goes-on') {
    noteFreed(decision);
  } else {
    emitDue(decision);
    retryDegraded(decision);
  }
  const { events } = decision;
  return { answer: answer === 'goes-on' ? done : answer, events, due: isOfCommand ? due : events.length, goesOn: answer === 'goes-on' };
}

/** A registration is told to its scope behind its own append, which may take its time: it holds from when it was accepted. */
function timeOf(command: FlowTableCommand, clock: number): number {
  return command.type === 'AdmitVisitor' ? Math.min(clock, command.acceptedAt ?? clock) : clock;
}

export interface Decided {
  readonly answer: FlowTableAnswer;
  readonly events: readonly FlowTableEvent[];
  /** So many of the events, the first ones, were due, whatever the command. */
  readonly due: number;
  /** There is more to write than one append takes: the command is to be told again behind these events, and its answer is that one's. */
  readonly goesOn: boolean;
}

function decide(decision: FlowTableDecision, command: FlowTableCommand): FlowTableAnswer | 'goes-on' {
  switch (command.type) {
    case 'ProvisionScope':
      return provisionScope(decision, command);
    case 'WithdrawScope':
      return withdrawScope(decision, command);
    case 'CloseScope':
      return closeScope(decision, command);
    case 'ReopenScope':
      return reopenScope(decision, command);
    case 'RebootScope':
      return rebootScope(decision, command);
    case 'AdmitVisitor':
      return admitVisitor(decision, command);
    case 'DismissVisitor':
      return dismissVisitor(decision, command);
    case 'ConfigureSession':
      return configureSession(decision, command);
    case 'ReleaseSession':
      return releaseSession(decision, command);
    case 'ConfirmSession':
      return confirmSession(decision, command);
    case 'ObservePath':
    case 'ObserveReservation':
    case 'ObservePathTear':
    case 'ObserveReservationTear':
    case 'ObserveOther':
    case 'ObserveTunnel':
      return observeSignalling(decision, command);
    case 'HoldLegs':
    case 'AdmitLegs':
    case 'EndMovedLegs':
    case 'EndOldLegs':
    case 'EndLostLegs':
    case 'UnholdLegs':
    case 'UndoLegs':
      return handOffLegs(decision, command);
    case 'Tick':
      return command.writeWaitingExtensions && !writeWaitingExtensions(decision) ? 'goes-on' : done;
  }
}

const done = { outcome: 'done' } as const;

function provisionScope(decision: FlowTableDecision, command: ProvisionScope): FlowTableAnswer {
  const { state, occurredAt } = decision;
  const { pools, policy, revision } = command;
  if (revision > state.provisioned) {
    const { foreignAgent, careOfAddress } = state;
    decision.emit({ type: 'ScopeProvisioned', foreignAgent, careOfAddress, pools, policy, revision: `${revision}`, ...decision.untouched, occurredAt });
  }
  return done;
}

function admitVisitor(decision: FlowTableDecision, command: AdmitVisitor): FlowTableAnswer | 'goes-on' {
  const { state, occurredAt } = decision;
  const { mobileNode, homeAddress, homeAgent, registrationRevision, acceptedAt, asOf = acceptedAt } = command;
  if (isStale(state, mobileNode, registrationRevision)) return done;
  const refusal = closedTo(state, command, 'withdrawn');
  if (refusal) return refusal;
  if (!confirmSessionsOf(decision, mobileNode)) return 'goes-on';
  const until = admittedUntil(decision, command.expiresAt, asOf);
  if (!renewOrphansOf(decision, mobileNode, until.expiresAt)) return 'goes-on';
  const visit = { mobileNode, homeAddress, homeAgent, ...until, registrationRevision: `${registrationRevision}` };
  const before = state.visitors.get(mobileNode);
  decision.emit({ type: 'VisitorAdmitted', ...visit, ...(!command.isObserved && toldWithdrawn(state)), occurredAt });
  noteOtherHome(decision, before);
  return done;
}

/** Recorded for a node that never came, too: its registration may still be on the way and must then be stale. */
function dismissVisitor(decision: FlowTableDecision, command: DismissVisitor): FlowTableAnswer | 'goes-on' {
  const { state, occurredAt, now } = decision;
  const { mobileNode, cause, registrationRevision } = command;
  if (isStale(state, mobileNode, registrationRevision)) return done;
  if (cause !== 'superseded') return visitorLeaves(decision, mobileNode, cause, registrationRevision, now) ? done : 'goes-on';
  const orphan = (session: Session): void => {
    const until = orphanedUntil(decision, session, command);
    const { sessionId } = session;
    decision.emit({ type: 'QosSessionModified', sessionId, state: 'orphaned', orphanedUntil: until, cause: 'registration-elsewhere', occurredAt });
  };
  const sessions = decision.sessionsOf(mobileNode);
  const isLarge = sessions.length > endsOfAppend;
  const standing = isLarge ? sessions.filter((session) => session.state !== 'orphaned') : sessions;
  if (standing.length > endsOfAppend) {
    standing.slice(0, endsOfAppend).forEach(orphan);
    return 'goes-on';
  }
  decision.emit({ type: 'VisitorLeft', mobileNode, cause, registrationRevision: `${registrationRevision}`, occurredAt });
  standing.forEach(orphan);
  endDegradedLegs(decision, mobileNode, cause);
  return done;
}

/** A repeated or overtaken second append of the registration process. */
function isStale(state: FlowTableState, mobileNode: string, revision: bigint): boolean {
  const known = state.registrationRevisions.get(mobileNode);
  return known !== undefined && revision <= known;
}

/** Owner-checked and idempotent: a second release is answered as done and appends nothing. */
function releaseSession(decision: FlowTableDecision, command: ReleaseSession): FlowTableAnswer {
  const { state } = decision;
  const { sessionId, cause, claimedBy, leftBy, mergedInto } = command;
  const session = state.sessions.get(sessionId) ?? state.degraded.get(sessionId);
  if (!session) {
    const ends = endHeldLeg(decision, command);
    return { outcome: ends ? 'released' : 'already-released', sessionId, revision: ends ? state.revision : null };
  }
  if (claimedBy !== null && claimedBy !== session.mobileNode) {
    const detail = `The session belongs to ${session.mobileNode ?? 'no known node'}, not to ${claimedBy}.`;
    return { outcome: 'refused', rejection: reject('not-owner', detail, { owner: session.mobileNode }) };
  }
  // A leg that stands by its own at another binding of the node (RFC 5944, S) is torn by itself.
  if (leftBy !== undefined && cause !== 'administrator' && standsByItself(state, session, leftBy)) return { outcome: 'already-released', sessionId, revision: session.revision };
  if (!('effective' in session)) {
    // It holds no id that path state could keep.
    decision.endDegraded(session, cause);
  } else if (cause === 'resv-tear') {
    if (!session.isReserved) return { outcome: 'already-released', sessionId, revision: session.revision };
    endReservation(decision, session, cause);
  } else {
    decision.release(session, cause, decision.now, { ...endsElsewhere(session, cause), ...(mergedInto && { mergedInto }) });
    // Orphaned by a break, it may be held all the same.
    endHeldLeg(decision, command);
  }
  return { outcome: 'released', sessionId, revision: state.revision };
}

/** It stands here no more, but a handoff holds it still, broken off: whoever comes after that one would bring it back. */
function endHeldLeg(decision: FlowTableDecision, { sessionId, cause, leftBy }: ReleaseSession): boolean {
  const hold = leftBy === undefined ? undefined : decision.state.holds.get(leftBy);
  if (!hold || !legsToMove(hold).some((leg) => leg.sessionId === sessionId)) return false;
  decision.emit({ type: 'DegradedLegEnded', sessionId, mobileNode: leftBy!, cause, occurredAt: decision.occurredAt });
  return true;
}

/** Neither orphaned nor held by a handoff, and its node is registered here. */
function standsByItself({ visitors, holds }: FlowTableState, { sessionId, state }: Pick<Session, 'sessionId' | 'state'>, mobileNode: string): boolean {
  const isHeld = holds.get(mobileNode)?.legs.some((leg) => leg.sessionId === sessionId) ?? false;
  return state !== 'orphaned' && !isHeld && visitors.has(mobileNode);
}
