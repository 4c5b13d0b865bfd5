import type { Adspec } from '../flow/adspec';
import { cn, cn2, ff, given, icmp, path, resv, resvTear, se, timeAt, wf } from '../proof/flow-table.testing';

const adspec = (hops: number): Adspec =>
  ({ breakBit: false, hops, bandwidth: null, latencyMicroseconds: null, pathMtu: 1_500, guaranteed: null, controlledLoad: null });
const second = ff({ correspondentNode: cn2 });
const both = se([cn, 5000], [cn2, 5000]);
const sender = (correspondentNode: string, sourcePort = 5000) => ({ correspondentNode, sourcePort });
const lease = (seconds: number) => ({ refreshPeriodMs: 30_000, expiresAt: timeAt(seconds + 236.25) });
const violations = [{ name: 'seen', detail: 'x' }];
const told = (name: string, code: number) => ({ name, code, detail: expect.any(String) });

/** Two paths of one node, at 0 and 1 s. */
const twoPaths = () => given().when(0, path('s1', 'mn-1', ff(), { adspec: adspec(1) })).when(1, path('s2', 'mn-1', second));

describe('path state of what is reserved for (RFC 2205 App. B: errors 03 and 04)', () => {
  test('a list of senders whose paths were all seen, by whichever session, is in order', () => {
    twoPaths().when(2, resv('s3', 'mn-1', both)).thenWithout('violations').when(3, resv('x', 'mn-1', both)).thenNothingAppended();
  });
  test('a protocol without ports is one session, whose path may be another sender\'s', () => {
    given().when(0, path('s1', 'mn-1', icmp({ correspondentNode: cn2 }))).when(1, resv('s2', 'mn-1', icmp())).thenTold('violations', [told('resv-for-unknown-sender', 4)])
      .when(2, resv('x', 'mn-1', icmp({ correspondentNode: cn2 }))).thenWithout('violations');
  });
  test('what was odd before the rule looked is told first', () => {
    given().when(0, resv('s1', 'mn-1', ff(), { violations })).thenTold('violations', [...violations, told('resv-before-path', 3)]);
  });
});

describe('what a reservation takes over (RFC 2205 §1.3)', () => {
  test('a list takes the paths that it names, and leaves those of others', () => {
    twoPaths().when(2, resv('s3', 'mn-1', se([cn, 5000]))).thenEvents({ sessionId: 's1', cause: 'merged' }, 'QosSessionConfigured').thenHeld('s2 path-only', 's3');
  });
  test('a wildcard takes all, in order of arrival, and a torn reservation of another style with them', () => {
    twoPaths().when(2, resv('x', 'mn-1', ff())).when(3, resvTear('mn-1', ff())).when(4, resv('s3', 'mn-1', wf()))
      .thenEvents({ sessionId: 's2', cause: 'merged' }, { sessionId: 's1', cause: 'merged' }, { sessionId: 's3' }).thenHeld('s3');
  });
  test('a torn reservation of the same style is another session', () => {
    given().when(0, path('s1', 'mn-1', ff())).when(1, resv('x', 'mn-1', ff())).when(2, resvTear('mn-1', ff())).when(3, resv('s2', 'mn-1', second)).thenHeld('s1 path-only', 's2');
  });
  test('what stands it does not take', () => {
    given().when(0, resv('s1', 'mn-1', both)).when(1, resv('s2', 'mn-1', ff())).thenRefused('style-conflict').thenHeld('s1');
  });
});

describe('what is known of the paths that pass on', () => {
  test('of a list each path keeps its own lease, and what it advertised if it did', () => {
    twoPaths().when(2, resv('s3', 'mn-1', both)).thenTold('paths', [{ ...sender(cn), ...lease(0), adspecs: [adspec(1)] }, { ...sender(cn2), ...lease(1) }]);
  });
  test('a path without soft state has no lease to pass on', () => {
    given().when(0, path('s1', 'mn-1', ff(), { refreshPeriodMs: 0 })).when(1, resv('s2', 'mn-1', se([cn, 5000]))).thenWithout('paths');
    given().when(0, path('s1', 'mn-1', ff(), { refreshPeriodMs: 0, adspec: adspec(1) })).when(1, resv('s2', 'mn-1', se([cn, 5000]))).thenTold('paths', [{ ...sender(cn), adspecs: [adspec(1)] }]);
  });
  test('under a wildcard as well, of which they are all that is known', () => {
    twoPaths().when(2, resv('s3', 'mn-1', wf())).thenTold('paths', [{ ...sender(cn), ...lease(0), adspecs: [adspec(1)] }, { ...sender(cn2), ...lease(1) }]);
    given().when(0, path('s1', 'mn-1', ff(), { refreshPeriodMs: 0 })).when(1, resv('s2', 'mn-1', wf())).thenTold('paths', [sender(cn)]);
  });
  test('from a wildcard that was torn to a list: of the senders that the list names, and of no other', () => {
    twoPaths().when(2, resv('s3', 'mn-1', wf())).when(3, path('x', 'mn-1', second, { adspec: adspec(2) })).when(4, resvTear('mn-1', wf()))
      .when(5, resv('s4', 'mn-1', se([cn2, 5000]))).thenTold('paths', [{ ...sender(cn2), ...lease(3), adspecs: [adspec(2)] }]);
  });
  test('from a list that was torn to a wildcard', () => {
    twoPaths().when(2, resv('s3', 'mn-1', both)).when(3, resvTear('mn-1', both)).when(4, resv('s4', 'mn-1', wf()))
      .thenTold('paths', [{ ...sender(cn), ...lease(0), adspecs: [adspec(1)] }, { ...sender(cn2), ...lease(1) }]);
  });
  test('a single flow is its own path: none is told beside it, and its request is told without any', () => {
    twoPaths().when(2, resv('s3', 'mn-1', wf())).when(3, resvTear('mn-1', wf())).when(4, resv('s4', 'mn-1', ff(), { nextHop: '10.0.0.1', node: '198.51.100.1' }))
      .thenTold('paths', undefined).thenTold('requests', [expect.objectContaining({ nextHop: '10.0.0.1' })]);
  });
  test('a path that names no source port is one of port 0, which a wildcard takes', () => {
    const portless = { correspondentNode: cn, protocol: 17, destinationPort: 5004, flowLabel: 0 };
    given().when(0, path('s1', 'mn-1', portless, { adspec: adspec(1) })).when(1, resv('s2', 'mn-1', wf())).thenEvents({ cause: 'merged' }, { paths: [{ correspondentNode: cn, sourcePort: 0, adspecs: [adspec(1)] }] }).thenHeld('s2');
  });
});

describe('ResvTear (RFC 2205 §3.1.6)', () => {
  test('leaves the path, is answered as released, and tells what was odd about it', () => {
    const live = () => given().when(0, path('s1', 'mn-1', ff())).when(1, resv('x', 'mn-1', ff()));
    live().when(2, resvTear('mn-1', ff())).thenTold('cause', 'resv-tear').thenWithout('violations').thenAnswer({ outcome: 'released', sessionId: 's1', revision: 2n }).thenHeld('s1 path-only');
    live().when(2, { ...resvTear('mn-1', ff()), violations }).thenTold('violations', violations);
  });
  test('of what is not reserved it is kept with its flow, beside the session if there is one', () => {
    given().when(0, resvTear('mn-1', ff())).thenEvents({ type: 'SignallingObserved', message: 'resv-tear', sessionId: null }).thenTold('detail', { flow: ff() }).thenAnswer({ outcome: 'done' })
      .when(1, path('s1', 'mn-1', ff())).when(2, resvTear('mn-1', ff())).thenEvents({ type: 'SignallingObserved', sessionId: 's1' });
  });
});
