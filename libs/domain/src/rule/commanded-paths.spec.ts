import type { Adspec } from '../flow/adspec';
import type { Flow } from '../flow/flow';
import { admitLegs, hold, leg } from '../legs/handoff.testing';
import { cn, cn2, configure, ff, FlowTableScenario, given, path, pathTear, provision, resv, se, tick, timeAt, tspec, wf } from '../proof/flow-table.testing';

const adspec: Adspec = { breakBit: false, hops: 1, bandwidth: null, latencyMicroseconds: null, pathMtu: 1_500, guaranteed: null, controlledLoad: null };
const second = ff({ correspondentNode: cn2 });
const [first, both] = [se([cn, 5000]), se([cn, 5000], [cn2, 5000])];
const sender = (correspondentNode: string, sourcePort = 5000) => ({ correspondentNode, sourcePort });
const lease = (seconds: number, refreshPeriodMs = 30_000) => ({ refreshPeriodMs, expiresAt: timeAt(seconds + (7.875 * refreshPeriodMs) / 1_000) });
const seen = () => given().visitors('mn-1', 'mn-2').when(0, path('s1', 'mn-1', ff()));
const six = (): FlowTableScenario => new FlowTableScenario('2001:db8:1::1').when(0, provision(1n)).visitors('mn-1');
const mergedInto = (...paths: object[]) => [{ type: 'QosSessionReleased', sessionId: 's1', cause: 'merged', quarantinedUntil: null }, { type: 'QosSessionConfigured', sessionId: 's2', paths }];

describe('a list or a wildcard that is commanded takes its node\'s paths over (ADR 33)', () => {
  test.each([['a list', first], ['a wildcard', wf()]])('%s has their ids natively, whoever else asked for them meanwhile', (_, flow) => {
    seen().when(1, configure('s2', 'mn-1', flow)).thenNative().thenEvents(...mergedInto({ ...sender(cn), ...lease(1) })).thenHeld('s2')
      .when(2, configure('s3', 'mn-2', second)).when(2, configure('s4', 'mn-2', ff())).thenTemporary(flow === first ? 'sourcePort' : 'destinationPort', flow === first ? 49152 : 49153, 's2');
  });
  test('a path that it does not name keeps its id beside the list, until the list names it', () => {
    seen().when(0, path('s2', 'mn-1', second)).when(1, configure('s3', 'mn-1', first)).thenNative().thenHeld('s2 path-only', 's3')
      .when(2, configure('x', 'mn-1', both)).thenNative('modified').thenEvents({ sessionId: 's2', cause: 'merged', quarantinedUntil: null }, { type: 'QosSessionModified', sessionId: 's3', flow: both, paths: [{ ...sender(cn2), ...lease(2) }] }).thenHeld('s3');
  });
  test('a path of another node is a stranger', () => {
    seen().when(1, configure('s2', 'mn-2', first)).thenTemporary('destinationPort', 49152, 's1').thenHeld('s1 path-only', 's2');
  });
  test('where it collides with a third, it has a temporary id, and that of the path is quarantined', () => {
    given().visitors('mn-1', 'mn-2').when(0, configure('s0', 'mn-2', ff())).when(0, path('s1', 'mn-1', ff())).thenTemporary('sourcePort', 49152, 's0')
      .when(1, configure('s2', 'mn-1', first)).thenTemporary('destinationPort', 49152, 's0').thenEvents({ sessionId: 's1', cause: 'merged', quarantinedUntil: timeAt(158.5) }, 'TemporaryFlowIdAllocated', 'QosSessionConfigured').thenHeld('s0', 's2');
  });
  test('one that is refused leaves them as they are', () => {
    seen().when(0, provision(1n, {}, { destinationPort: { first: 1, last: 1 } })).when(0, configure('s3', 'mn-2', second)).when(1, configure('s4', 'mn-2', { ...ff(), destinationPort: 1 }))
      .when(1, configure('x', 'mn-1', both)).thenRefused('flow-id-pool-exhausted').thenNothingAppended().thenHeld('s1 path-only', 's3', 's4');
    seen().when(0, configure('s3', 'mn-2', second)).when(1, configure('s4', 'mn-1', se([cn, 1]))).when(2, configure('x', 'mn-1', both)).thenRefused('change-overlaps').thenHeld('s1 path-only', 's3', 's4');
  });
  test('labels pass on to a list, and to no wildcard', () => {
    const label: Flow = { correspondentNode: '2001:db8::7', protocol: 17, destinationPort: 5004, flowLabel: 5 };
    six().when(0, path('s1', 'mn-1', label)).when(1, configure('s2', 'mn-1', wf())).thenNative().thenHeld('s1 path-only', 's2');
    six().when(0, path('s1', 'mn-1', label)).when(1, configure('s2', 'mn-1', { protocol: 17, destinationPort: 5004, senders: [{ correspondentNode: '2001:db8::7', flowLabel: 5 }] })).thenNative().thenHeld('s2');
  });
  test('what was advertised and announced passes on with it; a RESV for the sender misses no path', () => {
    seen().when(1, path('x', 'mn-1', ff(), { adspec, tspec: { ...tspec, b: 9 } })).when(2, configure('s2', 'mn-1', first)).thenTold('paths', [{ ...sender(cn), ...lease(2), adspecs: [adspec], tspec: { ...tspec, b: 9 } }])
      .when(3, resv('x', 'mn-1', first)).thenWithout('violations').thenHeld('s2');
  });
});

describe('the leases of paths that a command took over', () => {
  test('I7 they begin anew with it, each with its own period: the same command again changes nothing', () => {
    const scenario = seen().when(0, path('s2', 'mn-1', second, { refreshPeriodMs: 60_000 })).when(200, configure('s3', 'mn-1', both, { refreshPeriodMs: 10_000 }))
      .thenTold('paths', [{ ...sender(cn), ...lease(200) }, { ...sender(cn2), ...lease(200, 60_000) }]).thenTold('expiresAt', timeAt(278.75)).thenWithout('reservation');
    for (let n = 0; n < 2; n++) scenario.when(200, configure('x', 'mn-1', both, { refreshPeriodMs: 10_000 })).thenAnswer({ outcome: 'refreshed', sessionId: 's3' }).thenNothingAppended();
  });
  test('I7 so do those of senders that left the list before and stand', () => {
    given().visitors('mn-1').when(0, path('s1', 'mn-1', ff())).when(0, path('s2', 'mn-1', second)).when(1, configure('s3', 'mn-1', both)).when(2, configure('x', 'mn-1', first))
      .when(200, configure('x', 'mn-1', both)).thenEvents({ type: 'QosSessionModified', paths: [{ ...sender(cn2), ...lease(200) }] }, { type: 'LeasesExtended', paths: [{ sessionId: 's3', ...sender(cn) }] })
      .when(200, configure('x', 'mn-1', both)).thenNothingAppended();
  });
  test('without soft state there is nothing that lapses', () => {
    seen().when(1, configure('s2', 'mn-1', first, { refreshPeriodMs: 0 })).thenTold('paths', [sender(cn)]).thenTold('expiresAt', null)
      .when(1, configure('x', 'mn-1', first, { refreshPeriodMs: 0 })).thenNothingAppended().when(9_000, tick).thenHeld('s2');
    given().visitors('mn-1').when(0, configure('s2', 'mn-1', se([cn2, 1]), { refreshPeriodMs: 0 })).when(0, path('s1', 'mn-1', ff()))
      .when(1, configure('x', 'mn-1', se([cn, 5000], [cn2, 1]), { refreshPeriodMs: undefined as never })).thenTold('paths', [sender(cn)]).when(9_000, tick).thenHeld('s2');
  });
  test('its PathTear takes the sender from the list, and ends what it was the last of', () => {
    seen().when(1, configure('s2', 'mn-1', both)).when(2, pathTear('mn-1', ff())).thenEvents({ type: 'QosSessionModified', sessionId: 's2', cause: 'path-tear', flow: se([cn2, 5000]) }).thenHeld('s2');
    seen().when(1, configure('s2', 'mn-1', wf())).when(2, pathTear('mn-1', ff())).thenEvents({ type: 'QosSessionReleased', sessionId: 's2', cause: 'path-tear' }).thenHeld();
  });
});

describe('a path that is taken over', () => {
  test('I11 and is what the command replaces ends once', () => {
    seen().when(1, configure('s2', 'mn-1', first, { replaces: 's1' })).thenNative().thenEvents(...mergedInto({ ...sender(cn), ...lease(1) })).thenHeld('s2');
    seen().when(0, path('s3', 'mn-1', second)).when(1, configure('s2', 'mn-1', first, { replaces: 's3' })).thenEvents(...mergedInto({}), { type: 'QosSessionReleased', sessionId: 's3', cause: 'replaced' }).thenHeld('s2');
  });
  test('of a node that is handed off from here stays: its list is refreshed and no more', () => {
    const beside = () => given().visitors('mn-1').when(0, configure('s1', 'mn-1', se([cn2, 7000]))).when(1, admitLegs('h1', 2n, [leg('s2', wf(), { style: 'WF' })])).when(236.25, path('s3', 'mn-1', ff())).thenHeld('s3 path-only', 's2');
    beside().when(237, configure('x', 'mn-1', wf())).thenEvents({ sessionId: 's3', cause: 'merged' }, { sessionId: 's2', paths: [{ ...sender(cn), ...lease(237) }] }).thenHeld('s2');
    beside().when(237, hold('h2', 3n)).when(238, configure('x', 'mn-1', wf())).thenAnswer({ outcome: 'refreshed' }).thenNothingAppended().thenHeld('s3 path-only', 's2');
  });
});
