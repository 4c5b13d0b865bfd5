import { evolveFlowTable } from './flow-table-evolve';
import { at, configure, ff, given, path, tick, timeAt, tspec } from './flow-table.testing';
import { admitLegs, leg } from './handoff.testing';
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
