/** X of step 3 (domain.md §3): what is held or quarantined and overlaps, and whose of it counts. */
import { matchesThatFit } from '../events/decision-weight';
import type { Match } from '../events/events';
import type { FlowId } from '../flow/flow';
import { logicalFlowKey } from '../flow/flow-id';
import type { FlowTableState, Quarantine, Session, SessionHolding } from '../scope/flow-table-state';
import { countsForPath, isQuarantineOf, sharedFlowsOf } from './path-quarantines';
import type { SessionTerms } from './session-terms';

/** Whether what a holding holds of an id that is asked for is another's. */
export type IsOthers = (holding: SessionHolding, asked: FlowId) => boolean;

/**
 * Whose holdings count: not those of the session itself, nor of what it merges, nor what its logical flow gave back. A torn list of the
 * node beside its wildcard is the same logical flow and stands all the same (ADR 35).
 */
export function othersThan({ sessionId, logicalFlow }: Pick<SessionHolding, 'sessionId' | 'logicalFlow'>, merges: readonly Session[]): IsOthers {
  const isOthers: IsOthers = (holding) => (isGivenBack(holding) ? holding.logicalFlow !== logicalFlow : holding.sessionId !== sessionId);
  if (merges.length === 0) return isOthers;
  const merged = new Set(merges.map((session) => session.sessionId));
  return (holding, asked) => !merged.has(holding.sessionId) && isOthers(holding, asked);
}

const isGivenBack = (holding: SessionHolding): holding is Quarantine => 'until' in holding;

/** Of a session that comes: what a reservation gave back that a path belongs to counts but for the path's own. */
export function othersThanNewcomer(state: FlowTableState, terms: Terms, requested: FlowId, merges: readonly Session[] = terms.merges): IsOthers {
  const { sessionId, mobileNode, flow, style } = terms;
  const shared = sharedFlowsOf(terms);
  const isOthers = othersThan({ sessionId, logicalFlow: logicalFlowKey(mobileNode, flow, style) }, merges);
  if (shared.length === 0) return isOthers;
  const { mixedClassifiers } = state.policy;
  return (holding, asked) => {
    if (!isOthers(holding, asked)) return false;
    return !isQuarantineOf(holding, shared) || countsForPath(holding, requested, asked, mixedClassifiers);
  };
}

type Terms = Pick<SessionTerms, 'sessionId' | 'mobileNode' | 'flow' | 'style' | 'merges' | 'path'>;

/** A WF may overlap every session of a scope; no event, answer or row takes as many. The first came first. */
const mostMatchesTold = 100;

export function toldOf(matched: readonly Match[]): readonly Match[] {
  return matchesThatFit(matched, mostMatchesTold);
}

/** X of step 3: sessions that hold an overlapping effective id, then quarantined ids, each in order of arrival. */
export function matchesOf(state: FlowTableState, requested: FlowId, isOthers: IsOthers): readonly Match[] {
  const live = state.indexes.effectiveIds.overlapping(requested, isOthers);
  const quarantined = state.indexes.quarantinedIds.overlapping(requested, isOthers);
  if (live.length === 0 && quarantined.length === 0) return noMatch;
  return [...live.sort(inOrder).map((holding) => matchOf(holding, 'live')), ...quarantined.sort(inOrderOfEnd).map((holding) => matchOf(holding, 'quarantined'))];
}

const noMatch: readonly Match[] = [];
const inOrder = (a: SessionHolding, b: SessionHolding): number => a.ordinal - b.ordinal;
/** A session may have several, as where a sender left its list: an index that was unwound does not keep their order. */
const inOrderOfEnd = (a: Quarantine, b: Quarantine): number => inOrder(a, b) || a.until - b.until || (a.name < b.name ? -1 : 1);
const matchOf = ({ sessionId, mobileNode, id }: SessionHolding, state: Match['state']): Match => ({ sessionId, mobileNode, state, effective: id });
