/**
 * What a handoff does to the legs in one scope, the old one first (domain.md §6). Each step may be repeated, and may come when the handoff
 * is over here: the state tells that it was done, and what a newer registration or handoff said of the node stands against an older one.
 */
import type { FlowTableDecision } from './flow-table';
import type { FlowTableAnswer } from './flow-table-commands';
import { heldLegOf } from './degraded-legs';
import { settleLeg } from './settle-leg';
import type { EndOldLegs, HandoffLegCommand, HoldLegs, UnholdLegs } from './handoff-leg-commands';
import type { HeldLeg } from './handoff-events';
import { legsToMove, nameOfEnd, withEnd, type LegHold } from './leg-hold';
import { endOldSessions, leaveWithLegs } from './leave-with-legs';
import { admitLegs, endLegs, endLostLegs, endMovedLegs, undoLegs } from './moved-legs';
import { hasLeft, isDisplaced, isOver, isOvertaken, knownOf, leftBy, standsAnew } from './overtaken-handoff';

const done = { outcome: 'done' } as const;

export function handOffLegs(decision: FlowTableDecision, command: HandoffLegCommand): FlowTableAnswer {
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
 * an older handoff still brings is stale. A node that stays bound until the commit is held all the same: it could configure meanwhile.
 */
function holdLegs(decision: FlowTableDecision, command: HoldLegs): FlowTableAnswer {
  const { state, occurredAt } = decision;
  const { handoffId, mobileNode, registrationRevision, staysBound, breaks } = command;
  const before = state.holds.get(mobileNode);
  if (isOver(state, command)) return { outcome: 'over' };
  // Where a command started it, the binding may be refreshed until the commit; else whoever registered here again stays.
  const stays = !staysBound && standsAnew(state, command);
  const isDone = before?.handoffId === handoffId || leftBy(state, mobileNode) >= registrationRevision;
  if (isDone || stays || isDisplaced(state, command)) return heldAnswer(decision, command);
  const legs = legsOf(decision, mobileNode, before);
  const holds = legs.length > 0 || before !== undefined || (staysBound && state.visitors.has(mobileNode));
  if (before) decision.emit({ type: 'LegsUnheld', handoffId: before.handoffId, mobileNode, outcome: 'superseded', occurredAt });
  if (holds) decision.emit({ type: 'LegsHeld', handoffId, mobileNode, legs, registrationRevision: `${registrationRevision}`, occurredAt });
  const leaves = breaks || !(holds || staysBound);
  if (leaves && !hasLeft(state, command)) leaveWithLegs(decision, { ...command, cause: 'handoff', lost: null });
  return heldAnswer(decision, command);
}

/** What stands, in order of arrival, then what an older handoff from here had broken off and brought nowhere yet. */
function legsOf(decision: FlowTableDecision, mobileNode: string, before: LegHold | undefined): HeldLeg[] {
  const { state } = decision;
  const standing = decision.sessionsOf(mobileNode).flatMap((session) => (session.state === 'orphaned' ? [] : [{ ...session, state: session.state }]));
  const here = [...standing, ...state.degraded.ofNode(mobileNode)].sort((a, b) => a.ordinal - b.ordinal).map(heldLegOf);
  const known = new Set(here.map(({ sessionId }) => sessionId));
  return [...here, ...(before?.left ? legsToMove(before).filter(({ sessionId }) => !known.has(sessionId)) : [])];
}

function heldAnswer({ state }: FlowTableDecision, { mobileNode, handoffId }: HandoffLegCommand): FlowTableAnswer {
  const hold = state.holds.get(mobileNode);
  const own = hold?.handoffId === handoffId ? hold : undefined;
  return { outcome: 'held', legs: own ? legsToMove(own) : [], ended: own?.ended ?? [], tookOver: state.takeovers.get(mobileNode)?.handoffId ?? null };
}

function endOldLegs(decision: FlowTableDecision, command: EndOldLegs): FlowTableAnswer {
  const { state, occurredAt } = decision;
  const { handoffId, mobileNode, told, cause } = command;
  const hold = state.holds.get(mobileNode);
  if (hold?.handoffId !== handoffId) {
    const isLeft = isOver(state, command) || isOvertaken(state, command) || standsAnew(state, command) || hasLeft(state, command);
    if (!isLeft) leaveWithLegs(decision, command);
    // One that came home had the handoff before it hold the legs: that one does no more.
    if (hold && !isDisplaced(state, command)) decision.emit({ type: 'LegsUnheld', handoffId: hold.handoffId, mobileNode, outcome: 'superseded', occurredAt });
    return done;
  }
  if (cause === 'handoff' && hold.ended.some((ended) => !told.includes(nameOfEnd(ended)))) return heldAnswer(decision, command);
  // It may have expired here before it was held: that it left by the handoff is recorded all the same, or what is told of an older
  // registration after a crash would bring it back.
  const isUntold = knownOf(state, mobileNode) < hold.registrationRevision;
  if (standsAnew(state, command)) {
    const frozen = new Set(hold.legs.map(({ sessionId }) => sessionId));
    endOldSessions(decision, command, (sessionId) => frozen.has(sessionId));
  } else if (state.visitors.has(mobileNode) || !hold.left || isUntold) {
    leaveWithLegs(decision, command);
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
  if (isOver(state, command) || isDisplaced(state, command)) return done;
  decision.emit({ type: 'LegsUnheld', handoffId, mobileNode, outcome: 'rolled-back', registrationRevision: `${registrationRevision}`, occurredAt });
  if (hold?.handoffId !== handoffId) return done;
  const held = new Set(hold.legs.map(({ sessionId }) => sessionId));
  endLegs(decision, mobileNode, ended, ({ sessionId }) => held.has(sessionId));
  if (!hold.left || visitor === null) return done;
  if (!state.visitors.has(mobileNode)) {
    decision.emit({ type: 'VisitorAdmitted', mobileNode, ...visitor, registrationRevision: `${registrationRevision}`, occurredAt });
  }
  const all = { ...hold, ended: ended.reduce(withEnd, hold.ended) };
  for (const leg of legsToMove(all)) settleLeg(decision, leg, command);
  return done;
}
