/** What a scope knows of handoffs that a step of one may lag behind (domain.md §6): every step may come late, and more than once. */
import type { FlowTableState } from '../scope/flow-table-state';

/** Which handoff asks, of whom, and by which revision of the node's stream. */
export interface OfHandoff {
  readonly handoffId: string;
  readonly mobileNode: string;
  readonly registrationRevision: bigint;
}

/** It ended here before. */
export function isOver(state: FlowTableState, { handoffId, mobileNode }: OfHandoff): boolean {
  return state.endedHandoffs.get(mobileNode)?.handoffId === handoffId;
}

/** A newer handoff holds the node here, brought it here, or has ended here. */
export function isDisplaced(state: FlowTableState, { handoffId, mobileNode, registrationRevision }: OfHandoff): boolean {
  const others = [state.holds.get(mobileNode), state.takeovers.get(mobileNode), state.endedHandoffs.get(mobileNode)];
  return others.some((other) => other && other.handoffId !== handoffId && other.registrationRevision > registrationRevision);
}

/** Displaced, or the node left by a newer word: also where it came back since. A newer word by which it stands here still does no harm. */
export function isOvertaken(state: FlowTableState, step: OfHandoff): boolean {
  return isDisplaced(state, step) || leftBy(state, step.mobileNode) > step.registrationRevision;
}

/** The node left by this word or a newer one, and did not come back. */
export function hasLeft(state: FlowTableState, { mobileNode, registrationRevision }: OfHandoff): boolean {
  return !state.visitors.has(mobileNode) && knownOf(state, mobileNode) >= registrationRevision;
}

/** A newer registration has the node stand here: the older word that it leaves is not meant for that one. */
export function standsAnew(state: FlowTableState, { mobileNode, registrationRevision }: OfHandoff): boolean {
  return state.visitors.has(mobileNode) && knownOf(state, mobileNode) > registrationRevision;
}

/** Revision of the last word of the node's registration here; -1n: none. */
export function knownOf(state: FlowTableState, mobileNode: string): bigint {
  return state.registrationRevisions.get(mobileNode) ?? -1n;
}

/** -1n: it never left. */
export function leftBy(state: FlowTableState, mobileNode: string): bigint {
  return state.leftRevisions.get(mobileNode) ?? -1n;
}
