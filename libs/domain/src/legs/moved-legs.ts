/** What a handoff does to the legs in its new scope (domain.md §6). */
import type { QosSessionReleased, VisitorAdmitted } from '../events/events';
import { thatComeInOneAppend, thatEndInOneAppend } from '../events/decision-weight';
import { closedTo, toldWithdrawn } from '../rule/closed-scope';
import { requestedOf, sessionOf } from '../rule/configure-session';
import { visitorLeaves } from './empty-scope';
import type { FlowTableDecision } from '../scope/flow-table-decision';
import { toTimestamp } from '../flow/soft-state';
import { admittedUntil } from '../scope/own-time';
import type { FlowTableAnswer } from '../commands/flow-table-commands';
import type { FlowTableState, Session } from '../scope/flow-table-state';
import { heldLegOf } from '../scope/degraded-legs';
import { noteOtherHome } from './retry-degraded';
import { settleLeg } from '../rule/settle-leg';
import type { AdmitLegs, EndedLeg, EndLostLegs, EndMovedLegs, HandoffLegCommand, UndoLegs } from '../commands/handoff-leg-commands';
import type { HeldLeg } from '../events/handoff-events';
import { causesOfSession, legsToMove, type LegHold, type Takeover } from '../scope/leg-hold';
import { isDisplaced, isOver, isOvertaken, knownOf, standsAnew } from './overtaken-handoff';
import { renewOrphansOf } from '../leases/orphaned-legs';

const done = { outcome: 'done' } as const;

export function admitLegs(decision: FlowTableDecision, command: AdmitLegs): FlowTableAnswer | 'goes-on' {
  const { state, occurredAt } = decision;
  const { mobileNode, part } = command;
  const takeover = takeoverOf(state, command);
  if (isOver(state, command) || isDisplaced(state, command)) return admittedAnswer(decision, command, false);
  const own = state.holds.get(mobileNode);
  // Its registration may have ended between two appends of legs.
  const isGone = takeover !== undefined && !state.visitors.has(mobileNode);
  if (isGone || isOvertaken(state, command)) {
    // The node has left here again: what an older handoff held here is of no use any more.
    if (own) decision.emit({ type: 'LegsUnheld', handoffId: own.handoffId, mobileNode, outcome: 'superseded', occurredAt });
    return admittedAnswer(decision, command, false);
  }
  const isNext = takeover ? !takeover.isComplete && part === takeover.parts : part === 0;
  if (!isNext) return admittedAnswer(decision, command, false);
  const refusal = closedTo(state, command, 'closed', 'withdrawn');
  if (refusal) return refusal;
  const taken = own && command.isLast ? takenUp(decision, own, command) : { legs: [], leftovers: [], more: false };
  const more = !command.isLast || taken.more;
  // What was left orphaned here, and neither comes back with one of its legs nor gives way to it.
  const legs = [...command.legs, ...taken.legs];
  const givesWay = legs.flatMap((leg) => sessionOf(state, mobileNode, leg.flow, leg.style) ?? []);
  const comes = new Set([...legs, ...givesWay, ...taken.leftovers].map(({ sessionId }) => sessionId));
  if (!more && !renewOrphansOf(decision, mobileNode, endOfVisit(decision, command).expiresAt, comes)) return 'goes-on';
  admitVisitorWithLegs(decision, command, more);
  if (own && !more) decision.emit({ type: 'LegsUnheld', handoffId: own.handoffId, mobileNode, outcome: 'superseded', occurredAt });
  // First what is left over: it is over where it was brought, and would stand for another session of its flow that comes now.
  for (const { sessionId } of taken.leftovers) {
    const session = state.sessions.get(sessionId);
    if (session && session.handoffId !== command.handoffId) decision.release(session, 'handoff');
  }
  for (const leg of legs) settleLeg(decision, leg, command);
  return admittedAnswer(decision, command, true);
}

function takeoverOf(state: FlowTableState, { mobileNode, handoffId }: Pick<HandoffLegCommand, 'mobileNode' | 'handoffId'>): Takeover | undefined {
  const takeover = state.takeovers.get(mobileNode);
  return takeover?.handoffId === handoffId ? takeover : undefined;
}

function admitVisitorWithLegs(decision: FlowTableDecision, command: AdmitLegs, more: boolean): void {
  const { state, occurredAt } = decision;
  const { handoffId, mobileNode, registrationRevision, mayBeUndone, part } = command;
  const standing = state.visitors.get(mobileNode);
  const isNewer = standsAnew(state, command);
  const until = endOfVisit(decision, command);
  const revision = isNewer ? knownOf(state, mobileNode) : registrationRevision;
  const { homeAddress, homeAgent } = isNewer ? standing! : command;
  decision.emit({
    type: 'VisitorAdmitted', mobileNode, homeAddress, homeAgent, ...until, registrationRevision: `${revision}`, handoffId,
    ...(mayBeUndone && { mayBeUndone }),
    ...(!command.isObserved && toldWithdrawn(state)), ...((more || part > 0) && { part }), ...(more && { more }), occurredAt,
  });
  noteOtherHome(decision, standing);
}

/** A refresh of the binding here may have been told before, or one of another home: it is the newer one. */
function endOfVisit(decision: FlowTableDecision, command: AdmitLegs): Pick<VisitorAdmitted, 'expiresAt' | 'bindingExpiresAt'> {
  const { state } = decision;
  if (!standsAnew(state, command)) return admittedUntil(decision, command.expiresAt, command.asOf);
  const { expiresAt } = state.visitors.get(command.mobileNode)!;
  return { expiresAt: expiresAt === null ? null : toTimestamp(expiresAt) };
}

interface Taken {
  readonly legs: readonly HeldLeg[];
  readonly leftovers: readonly Session[];
  /** One append does not take them all. */
  readonly more: boolean;
}

/**
 * The node comes back to where an older handoff holds its legs: they are taken up again, unless they ended where it took them; then what
 * was not brought from there is left over.
 */
function takenUp(decision: FlowTableDecision, own: LegHold, { legs: brought, takesUpOwn, mobileNode, handoffId }: AdmitLegs): Taken {
  const { state } = decision;
  const isOf = (leg: { readonly handoffId: string | null } | undefined): boolean => leg?.handoffId === handoffId;
  const ended = takeoverOf(state, { mobileNode, handoffId })?.ended ?? [];
  const known = new Set([...brought, ...ended].map(({ sessionId }) => sessionId));
  const isBrought = (sessionId: string): boolean => known.has(sessionId) || isOf(state.sessions.get(sessionId)) || isOf(state.degraded.get(sessionId));
  if (takesUpOwn) {
    const legs = legsToMove(own).filter(({ sessionId }) => !isBrought(sessionId));
    const some = thatComeInOneAppend(legs);
    return { legs: some, leftovers: [], more: some.length < legs.length };
  }
  const leftovers = own.legs.flatMap(({ sessionId }) => (isBrought(sessionId) ? [] : (state.sessions.get(sessionId) ?? [])));
  const some = thatEndInOneAppend(leftovers);
  return { legs: [], leftovers: some, more: some.length < leftovers.length };
}

function admittedAnswer(decision: FlowTableDecision, command: AdmitLegs, isDone: boolean): FlowTableAnswer {
  const { state } = decision;
  const { mobileNode, handoffId } = command;
  const takeover = takeoverOf(state, command);
  const mayGoOn = takeover && !takeover.isComplete && state.visitors.has(mobileNode) && !isOver(state, command) && !isOvertaken(state, command);
  const configured = decision.sessionsOf(mobileNode).filter((session) => session.handoffId === handoffId).map(({ sessionId }) => sessionId);
  const refused = state.degraded.ofNode(mobileNode).filter((leg) => leg.handoffId === handoffId);
  const degraded = refused.map(({ sessionId, rejection, detail }) => ({ sessionId, rejection, detail }));
  return { outcome: 'admitted', configured, degraded, gone: goneBefore(takeover), nextPart: mayGoOn ? takeover.parts : null, isDone };
}

/** Sessions that ended here before all of their handoff had come. */
export function goneBefore(takeover: Takeover | undefined): string[] {
  if (!takeover?.ended || takeover.isComplete) return [];
  return takeover.ended.filter((ended) => ended.state === undefined).map(({ sessionId }) => sessionId);
}

/** One that timed out at the old scope behind the takeover lives by its lease here. */
export function endMovedLegs(decision: FlowTableDecision, { mobileNode, handoffId, ended }: EndMovedLegs): FlowTableAnswer {
  const { state } = decision;
  const takeover = takeoverOf(state, { mobileNode, handoffId });
  const isOutlived = ({ cause, at }: EndedLeg): boolean => cause === 'soft-state-timeout' && takeover !== undefined && at > takeover.at;
  // One that an older handoff left degraded here stays so where its session comes again: it is the same leg.
  const isDegraded = ({ sessionId }: Pick<Session, 'sessionId'>): boolean => state.degraded.get(sessionId) !== undefined;
  // A session that is over is so in every leg, also in one that an older handoff had brought.
  const over = new Set(ended.filter(({ cause }) => causesOfSession.has(cause)).map(({ sessionId }) => sessionId));
  const isMeant = (leg: Pick<Session, 'sessionId' | 'handoffId'>): boolean =>
    leg.handoffId === handoffId || (takeover !== undefined && ((over.has(leg.sessionId) && leg.handoffId !== null) || isDegraded(leg)));
  endLegs(decision, mobileNode, ended.filter((end) => !isOutlived(end)), isMeant);
  return done;
}

/**
 * What ended in another scope ends here by the same cause, where it is the same leg. With its reservation a degraded leg ends as well, also one
 * that came without: it holds no id that path state could keep (docs/adr/0013), and what is told again finds it gone.
 */
export function endLegs(
  decision: FlowTableDecision,
  mobileNode: string,
  ended: readonly EndedLeg[],
  isMeant: (leg: Pick<Session, 'sessionId' | 'handoffId'>) => boolean,
): void {
  const { state, occurredAt } = decision;
  for (const { sessionId, cause, state: becomes } of ended) {
    const session = state.sessions.get(sessionId);
    const degraded = state.degraded.get(sessionId);
    const leg = session ?? degraded;
    if (!leg || leg.mobileNode !== mobileNode || !isMeant(leg)) continue;
    if (!session) decision.endDegraded(degraded!, cause);
    else if (becomes === undefined) decision.release(session, cause as QosSessionReleased['cause']);
    else if (session.state === 'live') decision.emit({ type: 'QosSessionModified', sessionId, state: becomes, cause, occurredAt });
  }
}

/** Refused and ended in one append, so that their history ends here. Done once: the handoff is over here then. */
export function endLostLegs(decision: FlowTableDecision, command: EndLostLegs): FlowTableAnswer {
  const { state, occurredAt } = decision;
  const { handoffId, mobileNode, homeAddress, homeAgent, legs, cause, registrationRevision } = command;
  if (isOver(state, command) || isOvertaken(state, command)) return done;
  const detail = `${mobileNode} was to be served at ${state.careOfAddress}, where its registration had ended.`;
  for (const leg of legs) {
    const { sessionId } = leg;
    if (state.sessions.has(sessionId) || state.degraded.get(sessionId)) continue;
    decision.emit({
      ...heldLegOf(leg),
      type: 'LegRefused', handoffId, mobileNode, homeAddress, homeAgent, registrationExpiresAt: null, requested: requestedOf(state, { ...leg, mobileNode }),
      rejection: 'no-binding', detail, matched: [], expiresAt: null, occurredAt,
    });
    decision.endDegraded(state.degraded.get(sessionId)!, cause);
  }
  decision.emit({ type: 'LegsUnheld', handoffId, mobileNode, outcome: 'committed', registrationRevision: `${registrationRevision}`, occurredAt });
  return done;
}

export function undoLegs(decision: FlowTableDecision, command: UndoLegs): FlowTableAnswer {
  const { state, occurredAt, now } = decision;
  const { handoffId, mobileNode, registrationRevision, isBound } = command;
  const ended = (takeoverOf(state, command)?.ended ?? []).filter(({ cause }) => causesOfSession.has(cause));
  const answer = { outcome: 'undone', ended } as const;
  if (isOver(state, command) || isDisplaced(state, command)) return answer;
  // A registration that was told here since has the node stand here: then only what came with the handoff goes.
  const leaves = !isBound && knownOf(state, mobileNode) < registrationRevision;
  const sessions = decision.sessionsOf(mobileNode).filter((session) => leaves || session.handoffId === handoffId);
  const some = thatEndInOneAppend(sessions);
  if (some.length < sessions.length) {
    for (const session of some) decision.release(session, 'handoff-rolled-back');
    return { outcome: 'more' };
  }
  if (leaves) {
    visitorLeaves(decision, mobileNode, 'handoff-rolled-back', registrationRevision, now);
  } else {
    for (const session of sessions) decision.release(session, 'handoff-rolled-back');
    for (const leg of state.degraded.ofNode(mobileNode)) if (leg.handoffId === handoffId) decision.endDegraded(leg, 'handoff-rolled-back');
  }
  decision.emit({ type: 'LegsUnheld', handoffId, mobileNode, outcome: 'rolled-back', registrationRevision: `${registrationRevision}`, occurredAt });
  return answer;
}
