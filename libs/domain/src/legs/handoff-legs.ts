/**
 * What a handoff does to the legs in one scope, the old one first (domain.md §6). Each step may be repeated, and may come when the handoff
 * is over here: the state tells that it was done, and what a newer registration or handoff said of the node stands against an older one.
 */
import { endsOfAppend, legsToldInFull } from '../events/append-bounds';
import { thatAreToldInFull, thatComeInOneAppend } from '../events/decision-weight';
import { toldWithdrawn } from '../rule/closed-scope';
import { sessionOf } from '../rule/configure-session';
import type { FlowTableDecision } from '../scope/flow-table-decision';
import type { FlowTableAnswer } from '../commands/flow-table-commands';
import { admittedUntil } from '../scope/own-time';
import { heldLegOf } from '../scope/degraded-legs';
import type { FlowTableState } from '../scope/flow-table-state';
import { settleLeg } from '../rule/settle-leg';
import type { EndedLeg, EndOldLegs, HandoffLegCommand, HoldLegs, UnholdLegs } from '../commands/handoff-leg-commands';
import type { HeldLeg, HeldLegEnd } from '../events/handoff-events';
import { toTimestamp } from '../flow/soft-state';
import { causesOfSession, legsToMove, nameOfEnd, withEnd, type LegHold } from '../scope/leg-hold';
import { endOldSessions, leaveWithLegs } from './leave-with-legs';
import { admitLegs, endLegs, endLostLegs, endMovedLegs, goneBefore, undoLegs } from './moved-legs';
import { hasLeft, isDisplaced, isOver, isOvertaken, knownOf, leftBy, standsAnew } from './overtaken-handoff';

const done = { outcome: 'done' } as const;

export function handOffLegs(decision: FlowTableDecision, command: HandoffLegCommand): FlowTableAnswer | 'goes-on' {
  switch (command.type) {
    case 'HoldLegs':
      return holdLegs(decision, command);
    case 'AdmitLegs':
      return admitLegs(decision, command);
    case 'EndMovedLegs':
      return endMovedLegs(decision, command);
    case 'EndLostLegs':
      return endLostLegs(decision, command);
    case 'EndOldLegs':
      return endOldLegs(decision, command);
    case 'UnholdLegs':
      return unholdLegs(decision, command);
    case 'UndoLegs':
      return undoLegs(decision, command);
  }
}

/**
 * Nothing to hold where the node has no legs: it leaves at once, and is recorded to have left also where it never came, so that what
 * an older handoff still brings is stale. A node that stays bound until the commit is held all the same, also where the scope is yet to be told
 * of its registration: it could configure meanwhile.
 */
function holdLegs(decision: FlowTableDecision, command: HoldLegs): FlowTableAnswer {
  const { state, occurredAt } = decision;
  const { handoffId, mobileNode, registrationRevision, staysBound, breaks, isBroughtAway } = command;
  const before = state.holds.get(mobileNode);
  if (isOver(state, command)) return { outcome: 'over' };
  // Where a command started it, the binding may be refreshed until the commit; else whoever registered here again stays, but for what an older
  // handoff had frozen: that goes on.
  const stays = !staysBound && standsAnew(state, command);
  const isDone = before?.handoffId === handoffId || leftBy(state, mobileNode) >= registrationRevision;
  if (isDone || (stays && !before) || isDisplaced(state, command)) {
    const goesOn = breaks && before?.handoffId === handoffId && !before.left && !standsAnew(state, command);
    if (goesOn) leaveWithLegs(decision, { ...command, cause: 'handoff', lost: null });
    return heldAnswer(decision, command);
  }
  const known = new Set(before?.legs.map(({ sessionId }) => sessionId));
  const legs = legsOf(decision, mobileNode, before).filter(({ sessionId }) => !(isBroughtAway || stays) || known.has(sessionId));
  const holds = legs.length > 0 || before !== undefined || staysBound;
  const superseded = before && ({ type: 'LegsUnheld', handoffId: before.handoffId, mobileNode, outcome: 'superseded', occurredAt } as const);
  // Those that are told by their ids alone are looked up where they stand, which is in no older hold.
  const [inFull, others] = splitLegs(state, legs);
  if (superseded) decision.emit(superseded);
  if (holds) {
    const ended = endedBefore(before, legs);
    const told = {
      legs: inFull, ...(others.length > 0 && { others: others.map(({ sessionId }) => sessionId) }), ...(ended.length > 0 && { ended }),
    };
    decision.emit({ type: 'LegsHeld', handoffId, mobileNode, ...told, registrationRevision: `${registrationRevision}`, occurredAt });
  }
  const leaves = !stays && (breaks || !(holds || staysBound));
  // A long list fills its append.
  const mayLeave = leaves && legs.length <= endsOfAppend && !decision.isFull && !hasLeft(state, command);
  const more = mayLeave && !leaveWithLegs(decision, { ...command, cause: 'handoff', lost: null });
  return heldAnswer(decision, command, more);
}

/** Sessions that ended for good: where an older handoff had brought them they may stand yet, and whoever comes next tells it. */
function endedBefore(before: LegHold | undefined, legs: readonly HeldLeg[]): HeldLegEnd[] {
  const standing = new Set(legs.map(({ sessionId }) => sessionId));
  const isOver = ({ sessionId, cause, state }: EndedLeg): boolean => causesOfSession.has(cause) && (state === 'path-only' || !standing.has(sessionId));
  const ended = before?.ended.filter(isOver) ?? [];
  return ended.map((end) => ({ ...end, at: toTimestamp(end.at) }));
}

/** What stands nowhere any more, or as an orphan alone, is told in full. */
function splitLegs(state: FlowTableState, legs: readonly HeldLeg[]): readonly [readonly HeldLeg[], readonly HeldLeg[]] {
  const stands = ({ sessionId }: HeldLeg): boolean => {
    const session = state.sessions.get(sessionId);
    return session ? session.state !== 'orphaned' : state.degraded.get(sessionId) !== undefined;
  };
  const gone = legs.filter((leg) => !stands(leg));
  const standing = legs.filter(stands);
  const inFull = Math.max(0, legsToldInFull - gone.length);
  const first = thatAreToldInFull(standing, inFull);
  return [[...first, ...gone], standing.slice(first.length)];
}

/**
 * What is reserved, what stands as a path alone and what waits for an id, each in order of arrival, then what an older handoff from here had
 * broken off and brought nowhere yet: no call gives way in the new scope to what carries none.
 */
function legsOf(decision: FlowTableDecision, mobileNode: string, before: LegHold | undefined): HeldLeg[] {
  const { state } = decision;
  const standing = decision.sessionsOf(mobileNode).flatMap((session) => (session.state === 'orphaned' ? [] : [{ ...session, state: session.state }]));
  standing.sort((a, b) => Number(a.state === 'path-only') - Number(b.state === 'path-only') || a.ordinal - b.ordinal);
  const here = [...standing, ...state.degraded.ofNode(mobileNode)].map(heldLegOf);
  const known = new Set(here.map(({ sessionId }) => sessionId));
  return [...here, ...(before ? legsToMove(before).filter(({ sessionId }) => !known.has(sessionId)) : [])];
}

/** @param leaves orphans that it leaves with are more than one append takes */
function heldAnswer({ state }: FlowTableDecision, command: HoldLegs | EndOldLegs, leaves = false): FlowTableAnswer {
  const { mobileNode, handoffId } = command;
  const hold = state.holds.get(mobileNode);
  const own = hold?.handoffId === handoffId ? hold : undefined;
  const takeover = state.takeovers.get(mobileNode);
  const more = own !== undefined && command.type === 'HoldLegs' && command.breaks && !own.left && !standsAnew(state, command);
  return {
    outcome: 'held', legs: own ? legsToMove(own) : [], ended: own?.ended ?? [], tookOver: takeover?.isComplete ? takeover.handoffId : null,
    gone: goneBefore(takeover), more: more || leaves,
  };
}

function endOldLegs(decision: FlowTableDecision, command: EndOldLegs): FlowTableAnswer {
  const { state, occurredAt } = decision;
  const { handoffId, mobileNode, told } = command;
  const hold = state.holds.get(mobileNode);
  if (hold?.handoffId !== handoffId) {
    if (isOver(state, command)) return done;
    const isLeft = isOvertaken(state, command) || standsAnew(state, command) || hasLeft(state, command);
    if (!isLeft && !leaveWithLegs(decision, command)) return { outcome: 'more' };
    // One that came home had the handoff before it hold the legs: that one does no more.
    if (hold && !isDisplaced(state, command)) decision.emit({ type: 'LegsUnheld', handoffId: hold.handoffId, mobileNode, outcome: 'superseded', occurredAt });
    return done;
  }
  if (hold.ended.some((ended) => !told.includes(nameOfEnd(ended)))) return heldAnswer(decision, command);
  // It may have expired here before it was held: that it left by the handoff is recorded all the same, or what is told of an older
  // registration after a crash would bring it back.
  const isUntold = knownOf(state, mobileNode) < hold.registrationRevision;
  if (standsAnew(state, command)) {
    const frozen = new Set(hold.legs.map(({ sessionId }) => sessionId));
    // No orphans: the node is registered here, and what it asks for here is another session from now on.
    endOldSessions(decision, { ...command, oldLegs: 'release' }, (sessionId) => frozen.has(sessionId));
  } else if (state.visitors.has(mobileNode) || isUntold) {
    if (!leaveWithLegs(decision, command)) return { outcome: 'more' };
  } else {
    // What was observed of it since it left.
    endOldSessions(decision, command);
  }
  decision.emit({ type: 'LegsUnheld', handoffId, mobileNode, outcome: 'committed', occurredAt });
  return done;
}

function unholdLegs(decision: FlowTableDecision, command: UnholdLegs): FlowTableAnswer {
  const { state, occurredAt } = decision;
  const { handoffId, mobileNode, visitor, registrationRevision, ended } = command;
  const hold = state.holds.get(mobileNode);
  const own = hold?.handoffId === handoffId ? hold : undefined;
  if (isOver(state, command) || isDisplaced(state, command)) {
    // A newer one came here and is over: what it found held is held by nobody else.
    if (own) decision.emit({ type: 'LegsUnheld', handoffId, mobileNode, outcome: 'superseded', occurredAt });
    return done;
  }
  // Bound here, unless a newer word had it leave meanwhile; it may have left by the handoff before this scope knew of it.
  const comesBack = visitor !== null && !state.visitors.has(mobileNode) && knownOf(state, mobileNode) < registrationRevision;
  const stands = comesBack || state.visitors.has(mobileNode);
  const broken = own && stands ? brokenLegs(decision, mobileNode, { ...own, ended: ended.reduce(withEnd, own.ended) }) : [];
  const some = thatComeInOneAppend(broken);
  const more = some.length < broken.length;
  const told = { handoffId, mobileNode, outcome: 'rolled-back', registrationRevision: `${registrationRevision}`, occurredAt } as const;
  if (!more) decision.emit({ type: 'LegsUnheld', ...told });
  const held = new Set(own?.legs.map(({ sessionId }) => sessionId));
  endLegs(decision, mobileNode, ended, ({ sessionId }) => held.has(sessionId));
  if (comesBack) {
    const until = admittedUntil(decision, visitor.expiresAt, command.asOf);
    decision.emit({ type: 'VisitorAdmitted', mobileNode, ...visitor, ...until, registrationRevision: `${registrationRevision}`, ...toldWithdrawn(state), occurredAt });
  }
  for (const leg of some) settleLeg(decision, leg, command);
  return more ? { outcome: 'more' } : done;
}

/** What was held and stands here no more, though it did not end: the break took it. */
function brokenLegs({ state }: FlowTableDecision, mobileNode: string, hold: LegHold): HeldLeg[] {
  const serves = (leg: HeldLeg): boolean => {
    const standing = sessionOf(state, mobileNode, leg.flow, leg.style);
    return (standing !== undefined && standing.state !== 'orphaned') || state.degraded.get(leg.sessionId) !== undefined;
  };
  return legsToMove(hold).filter((leg) => !serves(leg));
}
