import { cn, cn2, ff, given, path, resv, se } from './flow-table.testing';
import type { ObserveOther } from './flow-table-commands';
import type { Flow } from './flow';

const other = (mobileNode: string | null, flow: Flow | null, violations: ObserveOther['violations'] = []): ObserveOther =>
  ({ type: 'ObserveOther', message: 'resv-err', mobileNode, flow, detail: { code: 1 }, violations, observedAt: Number.NaN });

describe('messages that change nothing and are kept', () => {
  test('one of a flow stands with its session, one of a sender with the list that reserved it', () => {
    given().when(0, path('s1', 'mn-1', ff())).when(1, other('mn-1', ff()))
      .thenEvents({ type: 'SignallingObserved', message: 'resv-err', sessionId: 's1', detail: { code: 1, flow: ff() } }).thenHeld('s1 path-only');
    given().when(0, resv('s2', 'mn-1', se([cn, 5000], [cn2, 5000]))).when(1, other('mn-1', ff())).thenEvents({ type: 'SignallingObserved', sessionId: 's2' });
  });
  test('one of no flow that is held, or of none at all, stands with none', () => {
    given().when(0, path('s1', 'mn-1', ff())).when(1, other('mn-1', ff({ sourcePort: 1 }))).thenEvents({ sessionId: null, detail: { flow: ff({ sourcePort: 1 }) } })
      .when(2, other('mn-1', null, [{ name: 'seen', detail: 'x' }])).thenEvents({ sessionId: null, detail: { code: 1 }, violations: [{ name: 'seen' }] })
      .thenAnswer({ outcome: 'done' });
  });
});
