import {
  fieldRanges, logicalFlowKey, type FlowId, type FlowTableEvent, type FlowTableState, type QosSessionConfigured, type Session, type TemporaryField,
  type TemporaryFlowId,
} from '#domain';
import { naiveOverlaps } from '#domain/testing';
import { holds } from './broken-invariant';

const textOf = (value: unknown): string => JSON.stringify(value, (_, field: unknown) => (typeof field === 'bigint' ? String(field) : field));

/** I1, I2, I4, I5 and I6 of one scope, pair by pair. */
export function checkScope(state: FlowTableState): void {
  const sessions = [...state.sessions.values()];
  const quarantines = [...state.quarantines.values()];
  for (const [i, a] of sessions.entries()) {
    for (const b of sessions.slice(i + 1)) {
      holds('I1', !naiveOverlaps(a.effective.id, b.effective.id, false), () => `${a.sessionId} and ${b.sessionId} both have ${textOf(a.effective.id)}`);
    }
    for (const q of quarantines) {
      const isOwn = q.logicalFlow === a.logicalFlow || isOfItsReservation(a, q.logicalFlow) || isOfItsPath(a, q);
      holds('I2', isOwn || !naiveOverlaps(a.effective.id, q.id, false), () => `${a.sessionId} has ${textOf(a.effective.id)}, which is quarantined as ${q.name}`);
    }
  }
  checkPools(state);
}

/** Of a list or a wildcard: the value of a path of its node that it took over is quarantined, with an id that it may cover (ADR 37). */
export function isOfItsPath({ style, mobileNode }: Session, of: { readonly mobileNode: string | null; readonly temporary: TemporaryFlowId | null }): boolean {
  return (style === 'SE' || style === 'WF') && of.mobileNode === mobileNode && of.temporary !== null;
}

/** Of a path: what a list or a wildcard of its node gave back was never another's (ADR 23); FF without one may have taken the wildcard over (ADR 37). */
export function isOfItsReservation({ mobileNode, pathSeen, flow, style }: Session, logicalFlow: string): boolean {
  const styles = flow.sourcePort === undefined ? (['SE'] as const) : (['SE', 'WF'] as const);
  const mayBe = pathSeen || style === 'FF';
  return mayBe && flow.correspondentNode !== undefined && styles.some((shared) => logicalFlowKey(mobileNode, flow, shared) === logicalFlow);
}

function checkPools(state: FlowTableState): void {
  const temporaries = [...state.sessions.values()].flatMap(({ sessionId, temporary }) => (temporary ? [{ sessionId, ...temporary }] : []));
  for (const { sessionId, field, value } of temporaries) {
    holds('I4', state.pools[field].ownerOf(value) === sessionId, () => `${field} ${value} of ${sessionId} belongs to ${state.pools[field].ownerOf(value)}`);
    const { first, last } = fieldRanges[field];
    holds('I6', value >= first && value <= last, () => `${field} ${value} of ${sessionId} lies outside its field`);
  }
  for (const [field, pool] of Object.entries(state.pools) as [TemporaryField, (typeof state.pools)[TemporaryField]][]) {
    const range = pool.currentRange;
    const isInside = (value: number): boolean => range !== null && value >= range.first && value <= range.last;
    const out = new Set(temporaries.filter((t) => t.field === field && isInside(t.value)).map(({ value }) => value)).size;
    const kept = [...state.quarantines.values()].flatMap(({ temporary: t }) => (t?.field === field && isInside(t.value) ? [t.value] : []));
    const { allocated, quarantined, free, size } = pool.counts;
    const counted = `${allocated} allocated, ${quarantined} quarantined, ${free} free of ${size}`;
    holds('I5', allocated === out && quarantined === kept.length && free === size - out - kept.length, () => `${field}: ${counted}; ${out} are out, ${kept.length} kept`);
  }
}

/**
 * I3: a temporary id exactly where something matched, in the field that the table of domain.md §2 names, or the next one where a WF that is
 * temporary itself asked for the port (ADR 0011).
 */
export function checkConfigured(event: QosSessionConfigured, append: readonly FlowTableEvent[], sessions: Iterable<Session>): void {
  const { sessionId, temporary, matched, requested, effective } = event;
  const told = append.findLast((e) => e.type === 'TemporaryFlowIdAllocated' && e.sessionId === sessionId);
  const allocation = told?.type === 'TemporaryFlowIdAllocated' ? told : null;
  const byNetwork = allocation?.choice === 'network';
  holds('I3', byNetwork || (temporary !== null) === matched.length > 0, () => `${sessionId} matched ${matched.length}, and its temporary id is ${textOf(temporary)}`);
  for (const match of matched) holds('I3', naiveOverlaps(requested, match.effective, false), () => `${textOf(requested)} does not overlap ${textOf(match.effective)}`);
  if (temporary === null) {
    holds('I3', textOf(requested) === textOf(effective), () => `${sessionId} is native, and ${textOf(requested)} became ${textOf(effective)}`);
    return;
  }
  const asked = [...sessions].filter((session) => session.sessionId !== sessionId && session.temporary !== null).map((session) => session.requested.id);
  const wildcards = [...matched.map((match) => match.effective), ...asked.filter((id) => naiveOverlaps(requested, id, false))].filter(isWildcard);
  const field = fieldOf(requested, wildcards.length > 0);
  holds('I3', byNetwork || temporary.field === field, () => `${temporary.field} was replaced in ${textOf(requested)}, not ${field}`);
  holds('I4', allocation?.value === temporary.value && allocation.field === temporary.field, () => `${sessionId} has ${textOf(temporary)}, which no event allocated`);
}

function fieldOf(requested: FlowId, matchesWildcard: boolean): TemporaryField {
  if (requested.destination.includes(':')) return 'flowLabel';
  if (!('destinationPort' in requested)) return 'greKey';
  return 'sourcePort' in requested && !matchesWildcard ? 'sourcePort' : 'destinationPort';
}

const isWildcard = (id: FlowId): boolean => 'destinationPort' in id && !('sourcePort' in id) && !('senders' in id);
