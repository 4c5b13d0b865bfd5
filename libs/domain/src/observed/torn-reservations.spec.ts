import { admitLegs, leg } from '../legs/handoff.testing';
import { cn, cn2, configure, ff, given, path, pathTear, provision, resv, resvTear, se, tick, timeAt, wf } from '../proof/flow-table.testing';

const second = ff({ correspondentNode: cn2 });
const [first, other, both] = [se([cn, 5000]), se([cn2, 5000]), se([cn, 5000], [cn2, 5000])];
const sender = (correspondentNode: string) => ({ correspondentNode, sourcePort: 5000 });
const lease = (seconds: number) => ({ refreshPeriodMs: 30_000, expiresAt: timeAt(seconds + 236.25) });
const unknownSender = [{ name: 'resv-for-unknown-sender', code: 4 }];

/** Paths of one node's two senders, at 0 and 1 s, reserved together at 2 s; torn at 3 s. */
const torn = (shared = both, quarantineSeconds: number | null = null) => given().visitors('mn-1', 'mn-2', 'mn-3').when(0, provision(1n, { quarantineSeconds }))
  .when(0, path('s1', 'mn-1', ff())).when(1, path('s2', 'mn-1', second)).when(2, resv('s3', 'mn-1', shared)).when(3, resvTear('mn-1', shared)).thenHeld('s3 path-only');

describe('a reservation that is torn, and made anew in another style for fewer senders (domain.md §5: path state holds the id)', () => {
  test('I12 of a list who is left out is quarantined from the end of its path, and who is reserved for takes its id along', () => {
    torn().when(4, resv('s4', 'mn-1', ff())).thenNative().thenWithout('violations').thenHeld('s4').thenEvents(
      {
        type: 'QosSessionReleased', sessionId: 's3', cause: 'merged', quarantinedUntil: timeAt(237.25 + 157.5), senders: [{ source: cn2, sourcePort: 5000 }],
        paths: [{ ...sender(cn2), ...lease(1) }],
      },
      { type: 'QosSessionConfigured', sessionId: 's4', style: 'FF', expiresAt: timeAt(236.25), reservation: { expiresAt: timeAt(240.25) } },
    );
    expect([...torn().when(4, resv('s4', 'mn-1', ff())).state.quarantines.values()]).toMatchObject([{ id: { senders: [{ source: cn2 }] } }]);
  });
  test('I12 without a quarantine nobody has it before the path has ended', () => {
    torn(both, 0).when(4, resv('s4', 'mn-1', ff())).when(237, configure('s5', 'mn-2', second)).thenTemporary('sourcePort', 49152, 's3 q')
      .when(238, configure('s6', 'mn-3', second)).thenNative();
  });
  test.each([['a list', both, ff()], ['a wildcard', wf(), ff()], ['a wildcard', wf(), first]])(
    'I1 I9 the path that %s had goes on with its id: another node finds it taken, and its next PATH has it', (_, shared, reserved) => {
      torn(shared).when(4, resv('s4', 'mn-1', reserved)).thenNative().thenHeld('s4')
        .when(5, configure('s5', 'mn-2', second)).thenTemporary(shared === both ? 'sourcePort' : 'destinationPort', 49152, 's3 q')
        .when(6, path('s6', 'mn-1', second)).thenNative().thenHeld('s4', 's5', 's6 path-only');
    },
  );
  test.each([['list', both, 'SE' as const], ['wildcard', wf(), 'WF' as const]])('so it does where a handoff had brought the %s', (_, shared, style) => {
    given().when(0, admitLegs('h1', 1n, [leg('s3', shared, { style })])).when(1, path('x', 'mn-1', second)).when(2, resvTear('mn-1', shared)).thenHeld('s3 path-only')
      .when(3, resv('s4', 'mn-1', ff())).thenNative().thenEvents({ cause: 'merged', broughtBy: 'h1', paths: [sender(cn2)] }, {}).when(4, path('s5', 'mn-1', second)).thenNative().thenHeld('s4', 's5 path-only');
  });
  test('of a list its PATH takes the id back out of quarantine', () => {
    expect(torn().when(4, resv('s4', 'mn-1', ff())).when(6, path('s6', 'mn-1', second)).thenEvents({ reclaimed: true, reclaimedFrom: ['s3'] }).state.quarantines.size).toBe(0);
  });
  test('I12 a wildcard is no list\'s and no single flow\'s: it is quarantined for all others, from the end of the paths that are left out', () => {
    torn(wf()).when(4, resv('s4', 'mn-1', first)).thenEvents({
      cause: 'merged', effective: { destinationPort: 5004 }, quarantinedUntil: timeAt(237.25 + 157.5), paths: [{ ...sender(cn2), ...lease(1) }],
    }, { paths: [{ ...sender(cn), ...lease(0) }] }).when(5, configure('s5', 'mn-2', ff({ sourcePort: 9 }))).thenTemporary('destinationPort', 49152, 's3 q');
    torn(wf()).when(4, resv('s4', 'mn-1', both)).thenEvents({ cause: 'merged', quarantinedUntil: timeAt(4 + 157.5) }, {}).thenWithout('senders');
  });
  test('a list passes on to a wildcard whole', () => {
    expect(torn().when(4, resv('s4', 'mn-1', wf())).thenNative().thenEvents({ cause: 'merged', quarantinedUntil: null }, { paths: [sender(cn), sender(cn2)] }).state.quarantines.size).toBe(0);
  });
  test('who was never seen is left out without a path: its quarantine begins at once', () => {
    given().when(0, path('s1', 'mn-1', ff())).when(1, resv('s2', 'mn-1', both)).when(2, resvTear('mn-1', both)).when(3, resv('s3', 'mn-1', ff()))
      .thenEvents({ cause: 'merged', quarantinedUntil: timeAt(3 + 157.5), senders: [{ source: cn2, sourcePort: 5000 }] }, {}).thenWithout('paths');
  });
  test('a temporary id is quarantined whole, and tells the paths that are left out', () => {
    given().visitors('mn-1', 'mn-2').when(0, configure('s0', 'mn-2', second)).when(0, path('s1', 'mn-1', ff())).when(1, path('s2', 'mn-1', second)).thenTemporary('sourcePort', 49152, 's0')
      .when(2, resv('s3', 'mn-1', both)).thenTemporary('destinationPort', 49152, 's0').when(3, resvTear('mn-1', both)).when(4, resv('s4', 'mn-1', ff())).thenNative()
      .thenEvents({ temporary: { value: 49152 }, quarantinedUntil: timeAt(237.25 + 157.5), paths: [{ ...sender(cn2), ...lease(1) }] }, {}).thenWithout('senders');
  });
});

describe('each sender of FF in turn, behind a torn list or wildcard', () => {
  test.each([['list', both], ['wildcard', wf()]])('no sender of a %s whose path stands is unknown, and each has its own id and the lease of its path', (_, shared) => {
    torn(shared).when(4, resv('s4', 'mn-1', ff())).thenWithout('violations').when(4, resv('s5', 'mn-1', second)).thenNative().thenWithout('violations')
      .thenEvents({ type: 'QosSessionConfigured', sessionId: 's5', expiresAt: timeAt(237.25), reservation: { expiresAt: timeAt(240.25) } }).thenHeld('s4', 's5')
      .when(5, resv('x', 'mn-1', second)).thenNothingAppended().when(236.25, tick).thenHeld('s5').when(237.25, tick).thenHeld();
  });
  test.each([['list', both], ['wildcard', wf()]])('a sender of which no path was seen is told as that behind a %s, and takes none over', (_, shared) => {
    torn(shared).when(4, resv('s4', 'mn-1', ff({ sourcePort: 9 }))).thenEvents(...(shared === both ? [] : [{ cause: 'merged' }]), { violations: unknownSender, expiresAt: timeAt(240.25) })
      .thenWithout('reservation');
  });
  test('a path that ended since is none', () => {
    torn().when(4, resv('s4', 'mn-1', ff())).when(230, path('x', 'mn-1', ff())).when(237.5, resv('s5', 'mn-1', second)).thenTemporary('sourcePort', 49152, 's3 q')
      .thenTold('violations', [expect.objectContaining(unknownSender[0]!)]).thenWithout('reservation');
  });
  test('a list behind FF that was torn knows the path that was left out, and a wildcard stands on it', () => {
    const left = () => torn().when(4, resv('s4', 'mn-1', ff())).when(5, resvTear('mn-1', ff()));
    left().when(6, resv('s5', 'mn-1', both)).thenNative().thenWithout('violations').thenTold('paths', [{ ...sender(cn), ...lease(0) }, { ...sender(cn2), ...lease(1) }]).thenHeld('s5');
    left().when(6, resv('s5', 'mn-1', other)).thenNative().thenWithout('violations').thenHeld('s4 path-only', 's5');
    left().when(6, resv('s5', 'mn-1', wf())).thenNative().thenWithout('violations').thenHeld('s5')
      .when(7, pathTear('mn-1', ff())).thenHeld('s5').when(8, pathTear('mn-1', second)).thenHeld();
  });
});
