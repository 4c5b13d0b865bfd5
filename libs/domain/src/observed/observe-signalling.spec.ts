import { at, cn, cn2, ff, given, path, pathTear, resv, se, timeAt, wf } from '../proof/flow-table.testing';
import type { ObserveOther } from '../commands/flow-table-commands';
import type { Flow } from '../flow/flow';

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
    given().when(0, path('s1', 'mn-1', ff())).when(1, other('mn-1', ff({ sourcePort: 1 }))).thenEvents({ sessionId: null }).thenTold('detail', { code: 1, flow: ff({ sourcePort: 1 }) }).thenWithout('violations')
      .when(2, other('mn-1', null, [{ name: 'seen', detail: 'x' }])).thenEvents({ sessionId: null, violations: [{ name: 'seen' }] }).thenTold('detail', { code: 1 })
      .thenAnswer({ outcome: 'done' });
  });
});

describe('a message that the rule refuses', () => {
  const portZero = ff({ destinationPort: 0 });
  const refusal = { name: 'port-zero-conflict', detail: expect.any(String), code: 7 };
  test.each([['path', path('x', 'mn-2', portZero, odd('a'))], ['resv', resv('x', 'mn-2', portZero, odd('a'))]] as const)('%s: kept with its flow and the refusal, behind what was odd about it', (message, observed) => {
    given().when(0, path('s1', 'mn-1', ff())).when(1, observed).thenRefused('port-zero-conflict').thenTold('type', 'SignallingObserved').thenTold('message', message).thenTold('sessionId', null)
      .thenTold('detail', { flow: portZero, refusedFlow: 'ports 192.0.2.7 17 5000 0 mn-2', rejection: 'port-zero-conflict' })
      .thenTold('violations', [...odd('a').violations, ...(message === 'resv' ? [expect.objectContaining({ name: 'resv-before-path' })] : []), refusal]);
  });
});

describe('a message that is late', () => {
  test('is kept whole, but for what its event says already', () => {
    const { type, observedAt, ...rest } = other('mn-1', ff());
    given().when(10, path('s1', 'mn-1', ff())).when(11, { type, observedAt: at(9), ...rest }).thenTold('message', type).thenTold('observedAt', timeAt(9)).thenTold('detail', rest)
      .thenAnswer({ outcome: 'done' });
    expect(observedAt).toBeNaN();
  });
});

describe('which reservation a sender belongs to', () => {
  test('a wildcard has every sender, a list those that it names, by source and port', () => {
    given().when(0, resv('s1', 'mn-1', wf())).when(1, other('mn-1', ff({ sourcePort: 1 }))).thenTold('sessionId', 's1');
    const list = given().when(0, resv('s1', 'mn-1', se([cn, 5000])));
    for (const none of [ff({ sourcePort: 1 }), ff({ correspondentNode: cn2 })]) list.when(1, other('mn-1', none)).thenTold('sessionId', null);
  });
  test('a flow that names no port is one of port 0, which a wildcard has', () => {
    const portless = { correspondentNode: cn, protocol: 17, destinationPort: 5004, flowLabel: 0 };
    given().when(0, resv('s1', 'mn-1', wf())).when(1, other('mn-1', portless)).thenTold('sessionId', 's1').thenWithout('violations');
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
