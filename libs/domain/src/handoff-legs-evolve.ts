/** What the events of a handoff, and those of sessions meanwhile, change of its holds and of degraded legs. */
import { logicalFlowKey } from './flow-id';
import type { FlowTableState } from './flow-table-state';
import { heldLegOf, type DegradedLeg } from './degraded-legs';
import type { DegradedLegEnded, LegRefused, LegsHeld, LegsUnheld, QosSessionModified, VisitorAdmitted } from './events';
import { withEnded, withoutEnded, type LegHold } from './leg-hold';
import { fromTimestamp } from './soft-state';

export function legsHeld(state: FlowTableState, event: LegsHeld): void {
  const { handoffId, mobileNode, legs } = event;
  const left = !state.visitors.has(mobileNode);
  state.holds.set(mobileNode, { handoffId, registrationRevision: BigInt(event.registrationRevision ?? -1), legs, left, ended: [] });
}

export function legsUnheld(state: FlowTableState, { mobileNode, handoffId }: LegsUnheld): void {
  if (state.holds.get(mobileNode)?.handoffId === handoffId) state.holds.delete(mobileNode);
}

export function legRefused(state: FlowTableState, event: LegRefused): void {
  const { mobileNode, handoffId, rejection, detail } = event;
  const ordinal = state.nextOrdinal();
  addDegraded(state, {
    ...heldLegOf(event),
    mobileNode,
    logicalFlow: logicalFlowKey(mobileNode, event.flow, event.style),
    handoffId,
    ordinal,
    rejection,
    detail,
    leaseUntil: event.expiresAt === null ? null : fromTimestamp(event.expiresAt),
    revision: state.revision,
  });
}

export function addDegraded(state: FlowTableState, leg: DegradedLeg): void {
  const before = state.degraded.get(leg.sessionId)?.leaseUntil ?? undefined;
  state.degraded.set(leg);
  state.schedule({ kind: 'degraded', key: leg.sessionId }, before, leg.leaseUntil ?? undefined);
}

export function degradedLegEnded(state: FlowTableState, { sessionId, mobileNode, cause, occurredAt }: DegradedLegEnded): void {
  const leg = state.degraded.get(sessionId);
  if (leg) state.degraded.delete(leg);
  legEnded(state, mobileNode, sessionId, cause, occurredAt);
}

export function degradedLeaseExtended(state: FlowTableState, sessionId: string, leaseUntil: number): void {
  const leg = state.degraded.get(sessionId);
  if (leg) addDegraded(state, { ...leg, leaseUntil });
}

/** It holds an id now. */
export function legRecovered(state: FlowTableState, sessionId: string): void {
  const leg = state.degraded.get(sessionId);
  if (leg) state.degraded.delete(leg);
}

export function visitorBrought(state: FlowTableState, { mobileNode, handoffId, registrationRevision, occurredAt }: VisitorAdmitted): void {
  if (handoffId === undefined) return;
  state.takeovers.set(mobileNode, { handoffId, registrationRevision: BigInt(registrationRevision), at: fromTimestamp(occurredAt) });
}

export function heldVisitorLeft(state: FlowTableState, mobileNode: string): void {
  change(state, mobileNode, (hold) => ({ ...hold, left: true }));
}

export function legEnded(state: FlowTableState, mobileNode: string | null, sessionId: string, cause: string, occurredAt: string): void {
  change(state, mobileNode, (hold) => withEnded(hold, { sessionId, cause, at: fromTimestamp(occurredAt) }));
}

/** A reservation that is torn leaves a path-only leg; one that is made again leaves nothing to be told. */
export function heldLegModified(state: FlowTableState, mobileNode: string | null, event: QosSessionModified): void {
  if (event.state === 'path-only' && event.cause === 'resv-tear') legEnded(state, mobileNode, event.sessionId, 'resv-tear', event.occurredAt);
  if (event.state === 'live') change(state, mobileNode, (hold) => withoutEnded(hold, event.sessionId));
}

function change(state: FlowTableState, mobileNode: string | null, changed: (hold: LegHold) => LegHold): void {
  if (state.holds.size === 0 || mobileNode === null) return;
  const hold = state.holds.get(mobileNode);
  if (hold) state.holds.set(mobileNode, changed(hold));
}
