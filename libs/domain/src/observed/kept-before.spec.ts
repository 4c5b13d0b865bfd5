import type { ObserveOther } from '../commands/flow-table-commands';
import { evolveFlowTable } from '../scope/flow-table-evolve';
import { FlowTableState } from '../scope/flow-table-state';
import { messagesKept } from '../scope/kept-messages';
import { flowTableOfSnapshot, snapshotOfFlowTable, type FlowTableSnapshot } from '../scope/flow-table-snapshot';
import { fingerprint } from '../proof/fingerprint.testing';
import { careOf, cn, cn2, configure, ff, given, path, provision, resv, se, timeAt } from '../proof/flow-table.testing';

const odd = (...names: string[]) => names.map((name) => ({ name, detail: 'x' }));
const senseless = (digest: string | undefined, violations = odd('checksum-wrong')): ObserveOther =>
  ({ type: 'ObserveOther', message: 'path', mobileNode: 'mn-1', flow: null, detail: { session: {} }, ...(digest && { digest }), violations, observedAt: Number.NaN });

describe('a message that makes no sense, and is refreshed', () => {
  test('given the first, when it comes again and again, then it is counted and no event, also behind other messages', () => {
    const scope = given().when(0, senseless('a1')).thenEvents({ type: 'SignallingObserved', message: 'path', digest: 'a1', violations: odd('checksum-wrong') }).thenAnswer({ outcome: 'done' });
    for (let n = 1; n < 20; n++) scope.when(30 * n, senseless('a1')).thenNothingAppended().thenAnswer({ outcome: 'kept-before' });
    scope.when(700, path('s1', 'mn-1', ff())).when(701, senseless('b2')).thenEvents('SignallingObserved')
      .when(702, senseless('a1')).thenNothingAppended().when(703, senseless('b2')).thenNothingAppended();
  });
  test('given the first, when other bytes come or something else is odd about them, then that is told', () => {
    given().when(0, senseless('a1')).when(30, senseless('a2')).thenEvents({ digest: 'a2' })
      .when(60, senseless('a1', odd('checksum-wrong', 'trailing-bytes'))).thenEvents({ digest: 'a1', violations: odd('checksum-wrong', 'trailing-bytes') })
      .when(90, senseless('a1')).thenEvents({ digest: 'a1' }).when(120, senseless('a1')).thenNothingAppended();
  });
  test('given the first, when its repeat is out of time, then it is counted like any', () => {
    given().when(0, senseless('a1')).when(60, path('s1', 'mn-1', ff())).when(30, { ...senseless('a1') }).thenNothingAppended().thenAnswer({ outcome: 'kept-before' })
      .when(31, { ...senseless('b2'), observedAt: 0 }).thenEvents('ObservedLate');
  });
  test('given one by which nothing is known again, when it comes again, then it is told again', () => {
    given().when(0, senseless(undefined)).thenWithout('digest').when(30, senseless(undefined)).thenEvents('SignallingObserved');
  });
  test('given more than are kept, when they have all come, then the first ones are forgotten, and the one that was told again is not; a snapshot says the same', () => {
    const state = new FlowTableState('fa-1', careOf);
    const told = (digest: string): void => evolveFlowTable(state, { type: 'SignallingObserved', message: 'path', sessionId: null, detail: {}, digest, violations: odd('a'), occurredAt: timeAt(0) });
    for (let n = 0; n < messagesKept; n++) told(`d${n}`);
    told('d0');
    for (const digest of ['e0', 'e1']) told(digest);
    const again = flowTableOfSnapshot(JSON.parse(JSON.stringify(snapshotOfFlowTable(state))) as FlowTableSnapshot);
    expect(fingerprint(again)).toBe(fingerprint(state));
    expect(again.keptMessages.size).toBe(messagesKept);
    expect(['d0', 'd1', 'd2', 'd3', 'e1'].map((digest) => again.keptMessages.has(digest))).toEqual([true, false, false, true, true]);
  });
});

describe('a flow that the rule refuses, and is refreshed', () => {
  test('given its path and its reservation are refused for two reasons, when they come in turns, then each is told once', () => {
    const none = provision(1n, {}, { sourcePort: null, destinationPort: null });
    const path2 = path('x', 'mn-2', ff());
    const resv2 = resv('x', 'mn-2', ff());
    const scope = given().visitors('mn-1', 'mn-2').when(0, none).when(0, configure('s1', 'mn-1', ff())).when(0, configure('s2', 'mn-2', se([cn, 1], [cn2, 1])))
      .when(1, path2).thenRefused('flow-id-pool-exhausted').thenEvents('SignallingObserved')
      .when(2, resv2).thenRefused('style-conflict').thenEvents('SignallingObserved');
    for (let n = 1; n < 5; n++) {
      scope.when(30 * n, path2).thenRefused('flow-id-pool-exhausted').thenNothingAppended();
      scope.when(30 * n + 1, resv2).thenRefused('style-conflict').thenNothingAppended();
    }
  });
});
