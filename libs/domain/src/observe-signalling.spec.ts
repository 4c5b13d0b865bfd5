import { cn, cn2, ff, given, path, pathTear, resv, se } from './flow-table.testing';
import type { ObserveOther } from './flow-table-commands';
import type { Flow } from './flow';

const odd = (...names: string[]) => ({ violations: names.map((name) => ({ name, detail: 'x' })) });
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

describe('a refresh that changes nothing, and is odd', () => {
  test('tells each violation of a session once, and none that the session was made with', () => {
    given().when(0, path('s1', 'mn-1', ff(), odd('a'))).when(1, path('x', 'mn-1', ff(), odd('a'))).thenNothingAppended()
      .when(2, path('x', 'mn-1', ff(), odd('a', 'b'))).thenEvents({ type: 'SignallingObserved', message: 'path', sessionId: 's1', violations: odd('b').violations })
      .thenAnswer({ outcome: 'refreshed' }).thenHeld('s1 path-only')
      .when(3, path('x', 'mn-1', ff(), odd('b'))).thenNothingAppended()
      .when(4, resv('x', 'mn-1', ff(), odd('c'))).when(5, resv('x', 'mn-1', ff(), odd('c'))).thenNothingAppended()
      .when(6, resv('x', 'mn-1', ff(), odd('d'))).thenEvents({ type: 'SignallingObserved', message: 'resv', violations: odd('d').violations });
  });
  test('of a sender that a list covers, too; what happens under the same address later is told anew', () => {
    given().when(0, path('s1', 'mn-1', ff())).when(1, resv('s2', 'mn-1', se([cn, 5000], [cn2, 5000])))
      .when(2, path('x', 'mn-1', ff(), odd('a'))).thenEvents({ type: 'SignallingObserved', message: 'path', sessionId: 's2', violations: odd('a').violations })
      .when(3, path('x', 'mn-1', ff(), odd('a'))).thenNothingAppended()
      .when(4, path('x', 'mn-1', ff({ correspondentNode: cn2 }), odd('b'))).thenEvents({ type: 'QosSessionModified', violations: odd('b').violations })
      .when(5, path('x', 'mn-1', ff({ correspondentNode: cn2 }), odd('b'))).thenNothingAppended();
    given().when(0, path('s1', null, ff(), odd('a'))).when(1, pathTear(null, ff())).when(2, path('s2', null, ff())).when(3, path('x', null, ff(), odd('a')))
      .thenEvents({ type: 'SignallingObserved', sessionId: 's2', violations: odd('a').violations });
  });
});
