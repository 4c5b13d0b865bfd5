import type { Match, TemporaryFlowIdAllocated } from '../events/events';
import type { FlowId, TemporaryFlowId } from '../flow/flow';
import { flowIdText, withTemporary } from '../flow/flow-id';
import type { SessionTerms } from './session-terms';
import type { FlowTableState } from '../scope/flow-table-state';
import type { IsOthers } from './matches';
import { sharedFlowsOf } from './path-quarantines';
import { searchKindOf } from '../pool/pool-searches';
import { reject, type Rejection } from '../refusals/rejection';
import { admissionValues, rsvpErrors } from '../refusals/rsvp-errors';

export interface ChosenTemporary {
  readonly temporary: TemporaryFlowId;
  readonly choice: TemporaryFlowIdAllocated['choice'];
}

/** Step 5: the flow's own quarantined id first, then the pool's order. Nothing is drawn: the same state chooses the same. */
export function chooseTemporary(
  state: FlowTableState,
  terms: SessionTerms,
  logicalFlow: string,
  requested: FlowId,
  field: TemporaryFlowId['field'],
  isOthers: IsOthers,
): ChosenTemporary | null {
  const pool = state.pools[field];
  const isFree = (value: number): boolean => isFreeOf(state, withTemporary(requested, { field, value }), isOthers);
  const names = state.indexes.quarantinesByLogicalFlow.get(logicalFlow);
  const own = names === undefined ? [] : [...names].map((name) => state.quarantines.get(name)!).sort((a, b) => b.ordinal - a.ordinal);
  for (const { temporary, id } of own) {
    if (temporary?.field !== field || !pool.offers(temporary.value)) continue;
    const isSame = flowIdText(withTemporary(requested, temporary)) === flowIdText(id);
    if (isSame && isFree(temporary.value)) return { temporary, choice: 'reclaimed' };
  }
  // What is the flow's own refuses others and not itself: then it looks for itself alone.
  const isShared = sharedFlowsOf(terms).some((flow) => state.indexes.quarantinesByLogicalFlow.get(flow) !== undefined);
  const isAlone = own.length > 0 || isShared || terms.merges.length > 0 || state.policy.mixedClassifiers;
  const chosen = pool.choose(isFree, isAlone ? null : searchKindOf(requested, field));
  return chosen && { temporary: { field, value: chosen.value }, choice: chosen.choice };
}

/** Overlaps no live effective id, no quarantined id of another flow, no live requested id and none that the network told late. */
export function isFreeOf(state: FlowTableState, id: FlowId, isOthers: IsOthers): boolean {
  return (
    !state.indexes.effectiveIds.overlapsAny(id, isOthers) &&
    !state.indexes.quarantinedIds.overlapsAny(id, isOthers) &&
    !state.indexes.requestedIds.overlapsAny(id, isOthers) &&
    !state.indexes.lateIds.overlapsAny(id, isOthers)
  );
}

const poolExhausted = { code: rsvpErrors.admissionFailure, value: admissionValues.flowIdPoolExhausted };

export function exhausted(state: FlowTableState, field: TemporaryFlowId['field'], matched: readonly Match[]): Rejection {
  const range = state.pools[field].currentRange;
  const { free, allocated, quarantined, size } = state.pools[field].counts;
  const pool = { field, first: range?.first ?? null, last: range?.last ?? null, size, free, allocated, quarantined };
  const what = range === null ? 'empty' : `${range.first} to ${range.last}`;
  const detail = `The pool of ${field} (${what}) at ${state.careOfAddress} has no value that overlaps nothing.`;
  return reject('flow-id-pool-exhausted', detail, { pool, matched: matched.map(({ sessionId, mobileNode, state: held }) => ({ sessionId, mobileNode, state: held })), ...poolExhausted });
}
