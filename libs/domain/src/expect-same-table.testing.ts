import { fingerprint } from './fingerprint.testing';
import type { FlowTableState } from './flow-table-state';
import type { NaiveScope } from './naive-scope.testing';
import { expectSame } from './scope-life.testing';

const fields = ['sourcePort', 'destinationPort', 'flowLabel', 'greKey'] as const;

const idsOf = (sessions: Iterable<{ sessionId: string; state: string; effective: unknown }>, idOf: (effective: never) => unknown): string =>
  [...sessions].map((s) => fingerprint([s.sessionId, s.state, idOf(s.effective as never)])).sort().join();

/** Sessions with their ids, quarantines with their ends, and pools. */
export function expectSameTable(state: FlowTableState, model: NaiveScope): void {
  expectSame(idsOf(state.sessions.values(), ({ id }: { id: unknown }) => id), idsOf(model.sessions, (id) => id));
  const quarantinesOf = (held: Iterable<{ id: unknown; until: number }>): string =>
    [...held].map(({ id, until }) => fingerprint([id, until])).sort().join();
  expectSame(quarantinesOf(state.quarantines.values()), quarantinesOf(model.quarantines));
  for (const field of fields) expectSame(fingerprint([field, state.pools[field].counts]), fingerprint([field, model.pools[field].counts]));
}
