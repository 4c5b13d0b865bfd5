import { evolveFlowTable } from '../scope/flow-table-evolve';
import { at, cn, cn2, configure, ff, given, path, resv, se, tick, timeAt, tspec, wf } from '../proof/flow-table.testing';
import { admitLegs, leg } from '../legs/handoff.testing';
import { nextDeadline } from './leases';

const more = { ...tspec, r: 20_000 };

describe('an extension', () => {
  test.each([[30_000, 'earlier than the lease stood'], [0, 'of a session that had none']])('is taken at its word (R = %d ms), be it %s', (refreshPeriodMs) => {
    const { state } = given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff(), { refreshPeriodMs }));
    evolveFlowTable(state, { type: 'LeasesExtended', sessions: ['s1'], until: timeAt(100), occurredAt: timeAt(1) });
    expect(nextDeadline(state)).toBe(at(100));
  });
});

describe('what a change says of the leases', () => {
  test('a change renews the lease, and says nothing of one that stands the same', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(0, configure('x', 'mn-1', ff(), { tspec: more }))
      .thenEvents('QosSessionModified').thenWithout('expiresAt').thenWithout('refreshPeriodMs').thenWithout('reservation')
      .when(1, configure('x', 'mn-1', ff())).thenEvents({ type: 'QosSessionModified', expiresAt: timeAt(237.25) }).thenWithout('refreshPeriodMs').thenWithout('reservation');
  });
  test('no message gives soft state to what was configured without', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff(), { refreshPeriodMs: 0 })).when(1, path('x', 'mn-1', ff())).thenNothingAppended()
      .when(9_999, tick).thenNothingAppended().thenHeld('s1');
  });
  test('a refresh that waits to be written is not written once the session is refreshed at another period', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff({ sourcePort: 1 }))).when(0, configure('s2', 'mn-1', ff({ sourcePort: 2 })))
      .when(80, configure('x', 'mn-1', ff({ sourcePort: 1 }))).thenEvents({ sessions: ['s1'] }).when(85, configure('x', 'mn-1', ff({ sourcePort: 2 }))).thenNothingAppended()
      .when(86, configure('x', 'mn-1', ff({ sourcePort: 2 }), { refreshPeriodMs: 10_000 })).thenEvents({ type: 'QosSessionModified', refreshPeriodMs: 10_000, expiresAt: timeAt(164.75) })
      .when(111, tick).thenNothingAppended();
  });
  test('a leg that comes back to where it stands takes the state that it is brought in; the same state is not told again', () => {
    const standing = () => given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff()));
    standing().when(1, admitLegs('h1', 2n, [leg('s1', ff(), { state: 'path-only' })]))
      .thenEvents('VisitorAdmitted', { type: 'QosSessionModified', handoffId: 'h1', cause: 'handoff', state: 'path-only' }).thenHeld('s1 path-only');
    standing().when(1, admitLegs('h1', 2n, [leg('s1')])).thenEvents('VisitorAdmitted', { type: 'QosSessionModified', handoffId: 'h1', cause: 'handoff' }).thenWithout('state').thenHeld('s1');
  });
  test('a degraded leg without soft state stays without when it is asked for again', () => {
    given().visitors('mn-2').when(0, configure('o', 'mn-2', ff(), { refreshPeriodMs: 0 }))
      .when(0, { type: 'ProvisionScope', revision: 1n, policy: given().state.policy, pools: { sourcePort: null, destinationPort: null, flowLabel: null, greKey: null } })
      .when(1, admitLegs('h1', 2n, [leg('s1', ff(), { refreshPeriodMs: 0 })])).thenEvents('VisitorAdmitted', { type: 'LegRefused', expiresAt: null })
      .when(9_999, configure('x', 'mn-1', ff())).thenRefused('flow-id-pool-exhausted').thenNothingAppended();
  });
});

describe('path and reservation are refreshed apart (RFC 2205 §2.3)', () => {
  const seconds = (refreshPeriodMs: number): number => (refreshPeriodMs * 5.25 * 1.5) / 1000;
  const paths = (one: number, other: number) => given().when(0, path('s1', 'mn-1', ff(), { refreshPeriodMs: one })).when(0, path('s2', 'mn-1', ff({ correspondentNode: cn2 }), { refreshPeriodMs: other }));
  const both = se([cn, 5000], [cn2, 5000]);

  test('a command refreshes both, each at its own period: the one that it tells is the reservation\'s', () => {
    const apart = () => given().visitors('mn-1').when(0, path('s1', 'mn-1', ff(), { refreshPeriodMs: 60_000, service: 'guaranteed' })).when(1, resv('x', 'mn-1', ff(), { service: 'guaranteed' }));
    apart().when(2, configure('x', 'mn-1', ff())).thenNothingAppended().thenAnswer({ outcome: 'refreshed' });
    apart().when(2, configure('x', 'mn-1', ff(), { refreshPeriodMs: 10_000 }))
      .thenEvents({ type: 'QosSessionModified', expiresAt: timeAt(2 + seconds(60_000)), reservation: { refreshPeriodMs: 10_000, expiresAt: timeAt(2 + seconds(10_000)) } }).thenWithout('refreshPeriodMs');
    apart().when(2, configure('x', 'mn-1', ff(), { refreshPeriodMs: 0 })).thenEvents({ type: 'QosSessionModified', refreshPeriodMs: 0, expiresAt: null, reservation: null });
  });
  test.each([[60_000, 30_000, 60_000], [30_000, 60_000, 60_000]])('several paths (R = %d, %d ms) under one reservation: the session has the longest period, and keeps it', (one, other, longest) => {
    paths(one, other).when(1, resv('s3', 'mn-1', both))
      .thenEvents({ cause: 'merged' }, { cause: 'merged' }, { type: 'QosSessionConfigured', refreshPeriodMs: longest, expiresAt: timeAt(seconds(longest)), reservation: { refreshPeriodMs: 30_000, expiresAt: timeAt(237.25) } })
      .when(2, path('x', 'mn-1', ff(), { refreshPeriodMs: one })).thenWithout('refreshPeriodMs').when(3, path('x', 'mn-1', ff({ correspondentNode: cn2 }), { refreshPeriodMs: other })).thenWithout('refreshPeriodMs');
  });
  test('the first path that is seen of a WF reservation may come more seldom than it, the next one not more often', () => {
    const listed = (refreshPeriodMs: number) => path('x', 'mn-1', ff(), { refreshPeriodMs });
    given().when(0, resv('s1', 'mn-1', wf())).when(1, listed(60_000)).thenEvents({ refreshPeriodMs: 60_000, reservation: { refreshPeriodMs: 30_000, expiresAt: timeAt(236.25) } })
      .when(2, listed(30_000)).thenWithout('refreshPeriodMs').when(3, listed(90_000)).thenEvents({ refreshPeriodMs: 90_000 });
  });
  test('a path that comes to a reservation without one brings its lease; one without soft state brings none', () => {
    const grown = (refreshPeriodMs: number) => given().when(0, resv('s1', 'mn-1', se([cn, 5000]))).when(1, path('s2', 'mn-1', ff({ correspondentNode: cn2 }), { refreshPeriodMs }))
      .when(2, resv('x', 'mn-1', both));
    grown(60_000).thenEvents({ cause: 'merged' }, { type: 'QosSessionModified', refreshPeriodMs: 60_000, expiresAt: timeAt(1 + seconds(60_000)), reservation: { refreshPeriodMs: 30_000, expiresAt: timeAt(238.25) } });
    grown(0).thenEvents({ cause: 'merged' }, { type: 'QosSessionModified', expiresAt: timeAt(238.25) }).thenWithout('refreshPeriodMs').thenWithout('reservation');
  });
  test('of a commanded session no path was seen: a reservation that is seen renews its one lease', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, resv('x', 'mn-1', ff(), { refreshPeriodMs: 60_000 }))
      .thenEvents({ type: 'QosSessionModified', refreshPeriodMs: 60_000, expiresAt: timeAt(1 + seconds(60_000)) }).thenWithout('reservation');
  });
  test('so it is where a command came between a path and a reservation: the one lease stands for both', () => {
    given().visitors('mn-1').when(0, path('s1', 'mn-1', ff())).when(1, configure('x', 'mn-1', ff())).thenHeld('s1').when(2, resv('x', 'mn-1', ff(), { refreshPeriodMs: 60_000 }))
      .thenEvents({ type: 'QosSessionModified', refreshPeriodMs: 60_000, expiresAt: timeAt(2 + seconds(60_000)) }).thenWithout('reservation');
  });
  test('who commands a list says that all of it stands: the paths of its senders are refreshed with it', () => {
    paths(30_000, 30_000).visitors('mn-1').when(1, resv('s3', 'mn-1', both)).when(2, configure('x', 'mn-1', both)).when(100, configure('x', 'mn-1', both))
      .thenEvents({
        type: 'LeasesExtended', sessions: ['s3'], reservations: ['s3'], until: timeAt(336.25),
        paths: [{ sessionId: 's3', correspondentNode: cn, sourcePort: 5000 }, { sessionId: 's3', correspondentNode: cn2, sourcePort: 5000 }],
      });
  });
});
