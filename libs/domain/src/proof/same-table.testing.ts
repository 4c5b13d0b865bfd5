import type { FlowTableAnswer } from '../commands/flow-table-commands';
import type { EndedLeg } from '../commands/handoff-leg-commands';
import type { FlowTableState } from '../scope/flow-table-state';
import type { NaiveLegsAnswer } from './naive-legs.testing';
import type { NaivePool } from './naive-pool.testing';
import type { NaiveScope } from './naive-scope.testing';
import { expectSame } from './scope-life.testing';

export const temporaryFields = ['sourcePort', 'destinationPort', 'flowLabel', 'greKey'] as const;

/** An answer as the naive models give it. */
export function toldBy(answer: FlowTableAnswer): NaiveLegsAnswer {
  const endsOf = (ended: readonly EndedLeg[]): string[] => ended.map(({ sessionId, cause }) => `${sessionId} ${cause}`);
  if (answer.outcome === 'refused') return { outcome: answer.rejection.rejection };
  if (answer.outcome === 'held') {
    const { outcome, legs, ended, tookOver } = answer;
    return { outcome, legs: legs.map(({ sessionId, state }) => `${sessionId} ${state}`), ended: endsOf(ended), tookOver };
  }
  if (answer.outcome === 'admitted') {
    const { outcome, configured, degraded } = answer;
    return { outcome, configured: [...configured].sort(), degraded: degraded.map(({ sessionId }) => sessionId).sort() };
  }
  if (answer.outcome === 'undone') return { outcome: 'undone', ended: endsOf(answer.ended) };
  if (!('sessionId' in answer)) return { outcome: answer.outcome };
  const { outcome, sessionId } = answer;
  if (!('effective' in answer)) return { outcome, sessionId };
  const { effective, temporary, matched } = answer;
  const who = matched.map((match) => `${match.sessionId} ${match.state}`).sort();
  return { outcome, sessionId, effective, temporary, ...(outcome === 'configured' && { matched: who }) };
}

/** Whatever the order of their fields: alike for both, and cheap, since properties ask millions of times. */
const textOf = (id: object): string => JSON.stringify(Object.entries(id).sort(([x], [y]) => (x < y ? -1 : 1)));

interface Leg {
  readonly sessionId: string;
  readonly state: string;
  readonly temporary: { readonly field: string; readonly value: number } | null;
}

const legText = ({ sessionId, state, temporary }: Leg, id: object): string => `${sessionId} ${state} ${temporary ? `${temporary.field} ${temporary.value}` : ''} ${textOf(id)}`;

/** Who is live, with which ids; what is quarantined until when; and the pools. */
export function expectSameTable(state: FlowTableState, model: NaiveScope): void {
  const live = [...state.sessions.values()].map((session) => legText(session, session.effective.id));
  expectSame(live.sort().join(), model.sessions.map((session) => legText(session, session.effective)).sort().join());
  const quarantinesOf = (held: Iterable<{ id: object; until: number }>): string => [...held].map(({ id, until }) => `${textOf(id)} ${until}`).sort().join();
  expectSame(quarantinesOf(state.quarantines.values()), quarantinesOf(model.quarantines));
  for (const field of temporaryFields) expectSame(countsOf(field, state.pools[field]), countsOf(field, model.pools[field]));
}

function countsOf(field: string, { counts: { free, allocated, quarantined, size } }: Pick<NaivePool, 'counts'>): string {
  return `${field}: ${free} free, ${allocated} allocated, ${quarantined} quarantined of ${size}`;
}
