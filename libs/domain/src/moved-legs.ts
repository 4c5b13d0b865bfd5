/** What a handoff does to the legs in its new scope (domain.md §6). */
import type { QosSessionReleased } from './events';
import { requestedOf } from './configure-session';
import { visitorLeaves } from './empty-scope';
import type { FlowTableDecision } from './flow-table';
import type { FlowTableAnswer } from './flow-table-commands';
import type { Session } from './flow-table-state';
import { heldLegOf } from './degraded-legs';
import { settleLeg } from './settle-leg';
import type { AdmitLegs, EndedLeg, EndLostLegs, EndMovedLegs, HandoffLegCommand, UndoLegs } from './handoff-leg-commands';
import { legsToMove, type LegHold } from './leg-hold';
import { isDisplaced, isOver, isOvertaken, knownOf } from './overtaken-handoff';

const done = { outcome: 'done' } as const;

export function admitLegs(decision: FlowTableDecision, command: AdmitLegs): FlowTableAnswer {
  const { state, occurredAt } = decision;
  const { handoffId, mobileNode, homeAddress, homeAgent, takesUpOwn, registrationRevision, mayBeUndone } = command;
  const isAdmitted = state.takeovers.get(mobileNode)?.handoffId === handoffId;
  if (isAdmitted || isOver(state, command) || isDisplaced(state, command)) return admittedAnswer(decision, command);
  const own = state.holds.get(mobileNode);
  if (isOvertaken(state, command)) {
    // The node has left here again: what an older handoff held here is of no use any more.
    if (own) decision.emit({ type: 'LegsUnheld', handoffId: own.handoffId, mobileNode, outcome: 'superseded', occurredAt });
    return admittedAnswer(decision, command);
  }
  const standing = state.visitors.get(mobileNode);
  const known = knownOf(state, mobileNode);
  // A refresh of the binding here may have been told before: it is the newer one.
  const isNewer = standing !== undefined && known > registrationRevision;
  const expiresAt = isNewer ? (standing.expiresAt === null ? null : new Date(standing.expiresAt).toISOString()) : command.expiresAt;
  const revision = isNewer ? known : registrationRevision;
  decision.emit({
    type: 'VisitorAdmitted', mobileNode, homeAddress, homeAgent, expiresAt, registrationRevision: `${revision}`, handoffId,
    ...(mayBeUndone && { mayBeUndone }), occurredAt,
  });

  if (own) decision.emit({ type: 'LegsUnheld', handoffId: own.handoffId, mobileNode, outcome: 'superseded', occurredAt });
  const brought = new Set(command.legs.map(({ sessionId }) => sessionId));
  const taken = own && takesUpOwn ? legsToMove(own).filter(({ sessionId }) => !brought.has(sessionId)) : [];
  for (const leg of [...command.legs, ...taken]) settleLeg(decision, leg, command);
  if (own && !takesUpOwn) endLeftovers(decision, own, brought);
  return admittedAnswer(decision, command);
}

/** The node took its legs elsewhere and comes back: those that ended there are not taken up again. */
function endLeftovers(decision: FlowTableDecision, own: LegHold, brought: ReadonlySet<string>): void {
  for (const { sessionId } of own.legs) {
    const session = decision.state.sessions.get(sessionId);
    if (session && !brought.has(sessionId)) decision.release(session, 'handoff');
  }
}

function admittedAnswer(decision: FlowTableDecision, { mobileNode, handoffId }: HandoffLegCommand): FlowTableAnswer {
  const configured = decision.sessionsOf(mobileNode).filter((session) => session.handoffId === handoffId).map(({ sessionId }) => sessionId);
  const refused = decision.state.degraded.ofNode(mobileNode).filter((leg) => leg.handoffId === handoffId);
  return { outcome: 'admitted', configured, degraded: refused.map(({ sessionId, rejection, detail }) => ({ sessionId, rejection, detail })) };
}

/** One that timed out at the old scope behind the takeover lives by its lease here. */
export function endMovedLegs(decision: FlowTableDecision, { mobileNode, handoffId, ended }: EndMovedLegs): FlowTableAnswer {
  const takeover = decision.state.takeovers.get(mobileNode);
  const isOutlived = ({ cause, at }: EndedLeg): boolean => cause === 'soft-state-timeout' && takeover?.handoffId === handoffId && at > takeover.at;
  endLegs(decision, mobileNode, ended.filter((end) => !isOutlived(end)), (leg) => leg.handoffId === handoffId);
  return done;
}

/** What ended in another scope ends here by the same cause, where it is the same leg. */
export function endLegs(
  decision: FlowTableDecision,
  mobileNode: string,
  ended: readonly EndedLeg[],
  isMeant: (leg: Pick<Session, 'sessionId' | 'handoffId'>) => boolean,
): void {
  const { state, occurredAt } = decision;
  for (const { sessionId, cause, state: becomes } of ended) {
    const session = state.sessions.get(sessionId);
    const leg = session ?? state.degraded.get(sessionId);
    if (!leg || leg.mobileNode !== mobileNode || !isMeant(leg)) continue;
    if (becomes === undefined && session) decision.release(session, cause as QosSessionReleased['cause']);
    else if (becomes === undefined) decision.emit({ type: 'DegradedLegEnded', sessionId, mobileNode, cause, occurredAt });
    else if (session?.state === 'live') decision.emit({ type: 'QosSessionModified', sessionId, state: becomes, cause, occurredAt });
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
    decision.emit({ type: 'DegradedLegEnded', sessionId, mobileNode, cause, occurredAt });
  }
  decision.emit({ type: 'LegsUnheld', handoffId, mobileNode, outcome: 'committed', registrationRevision: `${registrationRevision}`, occurredAt });
  return done;
}

export function undoLegs(decision: FlowTableDecision, command: UndoLegs): FlowTableAnswer {
  const { state, occurredAt, now } = decision;
  const { handoffId, mobileNode, registrationRevision, isBound } = command;
  const takeover = state.takeovers.get(mobileNode);
  const answer = { outcome: 'undone', ended: (takeover?.handoffId === handoffId && takeover.ended) || [] } as const;
  if (isOver(state, command) || isDisplaced(state, command)) return answer;
  // A registration that was told here since has the node stand here: then only what came with the handoff goes.
  if (!isBound && knownOf(state, mobileNode) < registrationRevision) {
    visitorLeaves(decision, mobileNode, 'handoff-rolled-back', registrationRevision, now);
  } else {
    for (const session of decision.sessionsOf(mobileNode)) if (session.handoffId === handoffId) decision.release(session, 'handoff-rolled-back');
    for (const { sessionId, handoffId: its } of state.degraded.ofNode(mobileNode)) {
      if (its === handoffId) decision.emit({ type: 'DegradedLegEnded', sessionId, mobileNode, cause: 'handoff-rolled-back', occurredAt });
    }
  }
  decision.emit({ type: 'LegsUnheld', handoffId, mobileNode, outcome: 'rolled-back', registrationRevision: `${registrationRevision}`, occurredAt });
  return answer;
}
