/**
 * What a handoff does to the legs in one scope (domain.md §6). Each step may be repeated: the state tells that it was done, and what a
 * newer registration or handoff said of the node stands against an older one.
 */
import type { FlowTableDecision } from './flow-table';
import type { FlowTableAnswer } from './flow-table-commands';
import { heldLegOf } from './degraded-legs';
import { settleLeg } from './settle-leg';
import type { AdmitLegs, EndMovedLegs, EndOldLegs, HandoffLegCommand, HoldLegs, UnholdLegs } from './handoff-leg-commands';
import type { HeldLeg } from './handoff-events';
import { legsToMove, type LegHold } from './leg-hold';
import { leaveWithLegs } from './leave-with-legs';

const done = { outcome: 'done' } as const;

export function handOffLegs(decision: FlowTableDecision, command: HandoffLegCommand): FlowTableAnswer {
  switch (command.type) {
    case 'HoldLegs':
      return holdLegs(decision, command);
    case 'AdmitLegs':
      return admitLegs(decision, command);
    case 'EndMovedLegs':
      return endMovedLegs(decision, command);
    case 'EndOldLegs':
      return endOldLegs(decision, command);
    case 'UnholdLegs':
      return unholdLegs(decision, command);
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
  if (before?.handoffId === handoffId || isOvertaken(decision, command)) return heldAnswer(decision, command);
  const legs = legsOf(decision, mobileNode, before);
  const holds = legs.length > 0 || before !== undefined || (staysBound && state.visitors.has(mobileNode));
  if (before) decision.emit({ type: 'LegsUnheld', handoffId: before.handoffId, mobileNode, outcome: 'superseded', occurredAt });
  if (holds) decision.emit({ type: 'LegsHeld', handoffId, mobileNode, legs, registrationRevision: `${registrationRevision}`, occurredAt });
  const leaves = breaks || !(holds || staysBound);
  if (leaves && !hasLeft(decision, command)) leaveWithLegs(decision, { ...command, cause: 'handoff' });
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

function admitLegs(decision: FlowTableDecision, command: AdmitLegs): FlowTableAnswer {
  const { state, occurredAt } = decision;
  const { handoffId, mobileNode, homeAddress, homeAgent, takesUpOwn, registrationRevision } = command;
  if (state.takeovers.get(mobileNode)?.handoffId === handoffId || isOvertaken(decision, command)) return admittedAnswer(decision, command);
  const standing = state.visitors.get(mobileNode);
  const known = state.registrationRevisions.get(mobileNode) ?? -1n;
  // A refresh of the binding here may have been told before: it is the newer one.
  const isNewer = standing !== undefined && known > registrationRevision;
  const expiresAt = isNewer ? (standing.expiresAt === null ? null : new Date(standing.expiresAt).toISOString()) : command.expiresAt;
  const revision = isNewer ? known : registrationRevision;
  decision.emit({ type: 'VisitorAdmitted', mobileNode, homeAddress, homeAgent, expiresAt, registrationRevision: `${revision}`, handoffId, occurredAt });

  const own = state.holds.get(mobileNode);
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
function endMovedLegs(decision: FlowTableDecision, { mobileNode, handoffId, ended }: EndMovedLegs): FlowTableAnswer {
  const { state, occurredAt } = decision;
  const takeover = state.takeovers.get(mobileNode);
  for (const { sessionId, cause, at } of ended) {
    const isOutlived = cause === 'soft-state-timeout' && takeover?.handoffId === handoffId && at > takeover.at;
    const session = state.sessions.get(sessionId);
    if (isOutlived || (session && session.handoffId !== handoffId)) continue;
    if (session && cause === 'resv-tear') {
      if (session.state === 'live') decision.emit({ type: 'QosSessionModified', sessionId, state: 'path-only', cause, occurredAt });
    } else if (session) {
      decision.release(session, cause as Parameters<FlowTableDecision['release']>[1]);
    } else if (state.degraded.get(sessionId)?.handoffId === handoffId && cause !== 'resv-tear') {
      decision.emit({ type: 'DegradedLegEnded', sessionId, mobileNode, cause, occurredAt });
    }
  }
  return done;
}

function endOldLegs(decision: FlowTableDecision, command: EndOldLegs): FlowTableAnswer {
  const { state, occurredAt } = decision;
  const { handoffId, mobileNode, told } = command;
  const hold = state.holds.get(mobileNode);
  const isOwn = hold?.handoffId === handoffId;
  if (isOwn && hold.ended.some(({ sessionId }) => !told.includes(sessionId))) return heldAnswer(decision, command);
  const mayLeave = isOwn || !isOvertaken(decision, command);
  // It may have expired here before it was held: that it left by the handoff is recorded all the same, or what is told of an older
  // registration after a crash would bring it back.
  const isUntold = isOwn && (state.registrationRevisions.get(mobileNode) ?? -1n) < hold.registrationRevision;
  const isThere = state.visitors.has(mobileNode) || (isOwn ? !hold.left || isUntold : !hasLeft(decision, command));
  if (mayLeave && isThere) leaveWithLegs(decision, command);
  if (isOwn) decision.emit({ type: 'LegsUnheld', handoffId, mobileNode, outcome: 'committed', occurredAt });
  return done;
}

function unholdLegs(decision: FlowTableDecision, command: UnholdLegs): FlowTableAnswer {
  const { state, occurredAt } = decision;
  const { handoffId, mobileNode, visitor, registrationRevision } = command;
  const hold = state.holds.get(mobileNode);
  if (hold?.handoffId !== handoffId) return done;
  decision.emit({ type: 'LegsUnheld', handoffId, mobileNode, outcome: 'rolled-back', occurredAt });
  if (!hold.left || visitor === null) return done;
  if (!state.visitors.has(mobileNode)) {
    decision.emit({ type: 'VisitorAdmitted', mobileNode, ...visitor, registrationRevision: `${registrationRevision}`, occurredAt });
  }
  for (const leg of legsToMove(hold)) settleLeg(decision, leg, command);
  return done;
}

/** A newer handoff held or brought the node here, or it left by a newer word. A newer word by which it stands here does no harm. */
function isOvertaken({ state }: FlowTableDecision, { mobileNode, handoffId, registrationRevision }: HandoffLegCommand): boolean {
  const others = [state.holds.get(mobileNode), state.takeovers.get(mobileNode)];
  if (others.some((other) => other && other.handoffId !== handoffId && other.registrationRevision > registrationRevision)) return true;
  return !state.visitors.has(mobileNode) && (state.registrationRevisions.get(mobileNode) ?? -1n) > registrationRevision;
}

function hasLeft({ state }: FlowTableDecision, { mobileNode, registrationRevision }: HandoffLegCommand): boolean {
  return !state.visitors.has(mobileNode) && (state.registrationRevisions.get(mobileNode) ?? -1n) >= registrationRevision;
}
