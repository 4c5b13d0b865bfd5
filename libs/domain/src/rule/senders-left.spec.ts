import type { Adspec } from '../flow/adspec';
import { cn, cn2, configure, ff, given, path, pathTear, provision, release, resv, resvTear, se, tick, timeAt, tspec, wf } from '../proof/flow-table.testing';

const adspec: Adspec = { breakBit: false, hops: 1, bandwidth: null, latencyMicroseconds: null, pathMtu: 1_500, guaranteed: null, controlledLoad: null };
const second = ff({ correspondentNode: cn2 });
const both = se([cn, 5000], [cn2, 5000]);
const first = se([cn, 5000]);

describe('a sender that leaves an SE list while its path stands (domain.md §5: path state holds the id)', () => {
  /** s3 is the reservation of both; the path of the second was refreshed last at 0 s and stands until 236.25 s. */
  const dropped = (quarantineSeconds: number | null = null) => given().visitors('mn-1', 'mn-2', 'mn-3').when(0, provision(1n, { quarantineSeconds }))
    .when(0, path('s1', 'mn-1', ff())).when(0, path('s2', 'mn-1', second)).when(1, resv('s3', 'mn-1', both)).when(2, resv('x', 'mn-1', first));

  test('I12 its quarantine is counted from when its path can stand no longer, and the event says why', () => {
    dropped().thenEvents({
      type: 'QosSessionModified', flow: first,
      sendersLeft: {
        senders: [{ source: cn2, sourcePort: 5000 }], quarantinedUntil: timeAt(236.25 + 157.5),
        paths: [{ correspondentNode: cn2, sourcePort: 5000, refreshPeriodMs: 30_000, expiresAt: timeAt(236.25) }],
      },
    });
    dropped(0).thenEvents({ sendersLeft: { quarantinedUntil: timeAt(236.25) } })
      .when(236, configure('s4', 'mn-2', second)).thenTemporary('sourcePort', 49152, 's3 q').when(237, configure('s5', 'mn-3', second)).thenNative();
  });
  test('I1 I2 its PATH takes back its own id, natively, and holds it', () => {
    dropped().when(30, path('s4', 'mn-1', second)).thenNative().thenEvents({ type: 'QosSessionConfigured', state: 'path-only', reclaimed: true, reclaimedFrom: [expect.stringMatching(/^s3\//)] })
      .thenHeld('s3', 's4 path-only').when(31, configure('s5', 'mn-2', second)).thenTemporary('sourcePort', 49152, 's4')
      .when(500, tick).thenHeld();
    expect(dropped().when(30, path('s4', 'mn-1', second)).state.quarantines.size).toBe(0);
  });
  test('I1 the RESV that names it again merges the path, and nothing is quarantined', () => {
    const { state } = dropped().when(30, path('s4', 'mn-1', second)).when(31, resv('x', 'mn-1', both))
      .thenEvents({ type: 'QosSessionReleased', sessionId: 's4', cause: 'merged', quarantinedUntil: null }, { type: 'QosSessionModified', flow: both }).thenWithout('violations').thenHeld('s3')
      .when(32, configure('s5', 'mn-2', second)).thenTemporary('sourcePort', 49152, 's3');
    expect(state.quarantines.size).toBe(0);
  });
  test('named again before its PATH came it is a sender whose path is known, with the lease that it had', () => {
    dropped().when(20, resv('x', 'mn-1', both)).thenWithout('violations')
      .thenEvents({ type: 'QosSessionModified', flow: both, paths: [{ correspondentNode: cn2, sourcePort: 5000, expiresAt: timeAt(236.25) }] })
      .when(25, resv('x', 'mn-1', both)).thenNothingAppended().when(30, path('x', 'mn-1', second)).thenNothingAppended().thenHeld('s3');
  });
  test('what was told of its path goes with it, and comes back with it', () => {
    const told = { correspondentNode: cn2, sourcePort: 5000, refreshPeriodMs: 30_000, expiresAt: timeAt(236.25), adspecs: [adspec], previousHops: [{ hop: '10.0.0.1', refreshPeriodMs: 30_000 }], tspec: { ...tspec, b: 9 } };
    given().visitors('mn-1').when(0, path('s1', 'mn-1', ff())).when(0, path('s2', 'mn-1', second, { adspec, previousHop: '10.0.0.1', tspec: { ...tspec, b: 9 } }))
      .when(1, resv('s3', 'mn-1', both)).when(2, resv('x', 'mn-1', first)).thenEvents({ sendersLeft: { paths: [told] } }).when(3, resv('x', 'mn-1', both)).thenTold('paths', [told]);
    dropped().when(3, resv('x', 'mn-1', both)).thenTold('paths', [{ correspondentNode: cn2, sourcePort: 5000, refreshPeriodMs: 30_000, expiresAt: timeAt(236.25) }]);
  });
  test('several that left come back each with its own', () => {
    const third = se([cn, 5000], [cn2, 5000], [cn2, 6000]);
    given().visitors('mn-1').when(0, path('s1', 'mn-1', ff())).when(0, path('s2', 'mn-1', second)).when(1, path('s4', 'mn-1', ff({ correspondentNode: cn2, sourcePort: 6000 })))
      .when(1, resv('s3', 'mn-1', third)).when(2, resv('x', 'mn-1', first))
      .when(3, resv('x', 'mn-1', third)).thenEvents({ paths: [{ sourcePort: 5000, expiresAt: timeAt(236.25) }, { sourcePort: 6000, expiresAt: timeAt(237.25) }] }).thenWithout('violations');
  });
  test('that left twice comes back with the later of its leases', () => {
    dropped().when(20, resv('x', 'mn-1', both)).when(50, path('x', 'mn-1', second, { refreshPeriodMs: 60_000 })).when(60, resv('x', 'mn-1', first)).when(70, resv('x', 'mn-1', both))
      .thenEvents({ paths: [{ sourcePort: 5000, refreshPeriodMs: 60_000, expiresAt: timeAt(50 + 472.5) }] });
  });
  test('named again when its path can stand no longer, it is a sender without one (error 04)', () => {
    dropped().when(150, path('x', 'mn-1', ff())).when(150, resv('x', 'mn-1', first)).when(236, resv('x', 'mn-1', both)).thenWithout('violations');
    dropped().when(150, path('x', 'mn-1', ff())).when(150, resv('x', 'mn-1', first)).when(236.25, resv('x', 'mn-1', both)).thenTold('violations', [expect.objectContaining({ code: 4 })]);
  });
  test('whoever never had a path, or tore it, leaves as before', () => {
    given().when(1, resv('s3', 'mn-1', both)).when(2, resv('x', 'mn-1', first)).thenEvents({ sendersLeft: { quarantinedUntil: timeAt(2 + 157.5) } });
    const torn = dropped().when(3, resv('x', 'mn-1', both)).when(4, pathTear('mn-1', second)).thenEvents({ cause: 'path-tear', sendersLeft: { quarantinedUntil: timeAt(4 + 157.5) } });
    torn.when(5, path('s4', 'mn-1', second)).thenNative();
  });
  test('of two that left with one event the other one stays quarantined', () => {
    const third: [string, number] = [cn2, 6000];
    const { state } = given().visitors('mn-2').when(0, path('s1', 'mn-1', second)).when(1, resv('s3', 'mn-1', se([cn, 5000], [cn2, 5000], third))).when(2, resv('x', 'mn-1', first))
      .when(3, path('s4', 'mn-1', second)).thenNative()
      .when(4, configure('s5', 'mn-2', ff({ correspondentNode: cn2, sourcePort: 6000 }))).thenTemporary('sourcePort', 49152, 's3 q');
    expect([...state.quarantines.values()].map(({ id, paths }) => [id, paths])).toMatchObject([[{ senders: [{ source: cn2, sourcePort: 6000 }] }, []]]);
  });
  test('one of several next hops that ends takes no path with it', () => {
    const from = (nextHop: string) => ({ nextHop, node: '198.51.100.1' });
    given().when(0, path('s1', 'mn-1', ff())).when(0, path('s2', 'mn-1', second)).when(1, resv('s3', 'mn-1', first, from('10.0.0.1'))).when(1, resv('x', 'mn-1', both, from('10.0.0.2')))
      .when(2, { ...resvTear('mn-1', both), ...from('10.0.0.2') }).thenEvents({ cause: 'resv-tear', sendersLeft: { paths: [{ correspondentNode: cn2 }] } })
      .when(30, path('s4', 'mn-1', second)).thenNative();
  });
  test('another node\'s path has no part in it, nor a reservation of the node that is no path', () => {
    dropped().when(30, path('s4', 'mn-2', second)).thenTemporary('sourcePort', 49152, 's3 q');
    dropped().when(3, release('s3')).when(30, configure('s4', 'mn-1', second)).thenTemporary('sourcePort', 49152, 's3 q');
  });
});

describe('path state belongs to whichever shared reservation of its node covers it', () => {
  test('a list that was released takes none of its senders from their own paths', () => {
    const { state } = given().visitors('mn-1', 'mn-2').when(0, configure('s3', 'mn-1', both)).when(1, release('s3')).when(2, path('s4', 'mn-1', second)).thenNative()
      .when(3, configure('s5', 'mn-2', ff())).thenTemporary('sourcePort', 49152, 's3 q');
    expect([...state.quarantines.keys()]).toEqual(['s3']);
    expect([...state.quarantines.values()]).toMatchObject([{ id: { senders: [{ source: cn }] } }]);
  });
  test('a wildcard stays quarantined for others, and the node\'s own path has its id natively', () => {
    given().visitors('mn-1', 'mn-2').when(0, configure('s3', 'mn-1', wf())).when(1, release('s3')).when(2, path('s4', 'mn-1', second)).thenNative().thenEvents({ reclaimed: false })
      .when(3, path('s5', 'mn-2', ff())).thenTemporary('destinationPort', 49152, 's3 q');
  });
  test('where another holds the id too the path is given a temporary one, and looks for itself alone', () => {
    given().visitors('mn-1', 'mn-2').when(0, configure('s1', 'mn-2', second)).when(1, configure('s3', 'mn-1', se([cn, 1], [cn2, 5000]))).thenTemporary('destinationPort', 49152, 's1')
      .when(2, release('s3')).when(3, path('s4', 'mn-1', second)).thenTemporary('sourcePort', 49152, 's1');
  });
  test('a path to another port is no sender of the list', () => {
    given().visitors('mn-1').when(0, configure('s3', 'mn-1', both)).when(1, release('s3'))
      .when(2, path('s4', 'mn-1', ff({ destinationPort: 5006 }))).thenNative().thenEvents({ reclaimed: false });
  });
});
