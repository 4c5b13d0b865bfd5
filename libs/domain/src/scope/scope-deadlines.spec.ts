import type { Flow } from '../flow/flow';
import { handleFlowTable } from '../flow-table/flow-table';
import { flowTableOfSnapshot, snapshotOfFlowTable, type FlowTableSnapshot } from './flow-table-snapshot';
import { admit, at, cn, cn2, configure, ff, given, path, provision, release, resv, tick, timeAt } from '../proof/flow-table.testing';
import { admitLegs, leg } from '../legs/handoff.testing';
import { nextDeadline } from '../leases/leases';
import type { Policy } from '../flow/policy';

/** L · 1.5 for R = 30 s. */
const lease = 236.25;
const one = (sourcePort: number, terms: Partial<Flow> = {}): Flow => ff({ sourcePort, ...terms });
const list: Flow = { protocol: 17, destinationPort: 9, senders: [{ correspondentNode: cn, sourcePort: 1 }, { correspondentNode: cn2, sourcePort: 1 }] };

/** Of each kind of deadline at least one at the same instant; in no order of their kinds, and of their names. */
const everyKind = () => given().when(0, provision(1n, { quarantineSeconds: lease }, { sourcePort: null })).visitors('mn-2')
  .when(0, configure('q', 'mn-2', one(7004))).when(0, release('q'))
  .when(0, configure('o1', 'mn-2', one(1), { refreshPeriodMs: 0 })).when(0, configure('o2', 'mn-2', one(2), { refreshPeriodMs: 0 }))
  .when(0, admitLegs('h1', 2n, [leg('d2', one(2)), leg('d1', one(1))]))
  .when(0, configure('b', 'mn-2', one(7002))).when(0, configure('a', 'mn-2', one(7003)))
  .when(0, path('p1', null, one(1, { destinationPort: 9 })))
  .when(0, admit('mn-4', 1n, { expiresAt: timeAt(lease) })).when(0, admit('mn-3', 1n, { expiresAt: timeAt(lease) }))
  .when(0, configure('v', 'mn-3', one(7001), { refreshPeriodMs: 0 }))
  .when(100, path('p2', null, one(1, { destinationPort: 9, correspondentNode: cn2 }))).when(100, resv('p3', null, list));

const ends = [
  { type: 'VisitorLeft', mobileNode: 'mn-3', cause: 'registration-expiry' }, { type: 'QosSessionReleased', sessionId: 'v', cause: 'registration-expiry' },
  { type: 'VisitorLeft', mobileNode: 'mn-4', cause: 'registration-expiry' },
  { type: 'QosSessionReleased', sessionId: 'a', cause: 'soft-state-timeout' }, { type: 'QosSessionReleased', sessionId: 'b', cause: 'soft-state-timeout' },
  { type: 'QosSessionModified', sessionId: 'p3', cause: 'soft-state-timeout' },
  { type: 'DegradedLegEnded', sessionId: 'd1', cause: 'soft-state-timeout' }, { type: 'DegradedLegEnded', sessionId: 'd2', cause: 'soft-state-timeout' },
  { type: 'QuarantineEnded', quarantines: ['q'] },
].map((event) => ({ ...event, occurredAt: timeAt(lease) }));

describe('what ends at one instant', () => {
  test('registrations with their sessions, then soft state, of senders after sessions, of degraded legs after them; quarantines last; each by name', () => {
    everyKind().when(lease - 0.001, tick).thenNothingAppended().when(lease, tick).thenEvents(...ends);
  });
  test('I13 a server that was started just now ends the same, in the same order', () => {
    const { state } = everyKind();
    const started = flowTableOfSnapshot(JSON.parse(JSON.stringify(snapshotOfFlowTable(state))) as FlowTableSnapshot);
    expect(nextDeadline(started)).toBe(at(lease));
    expect(handleFlowTable(started, tick, at(lease - 0.001)).events).toEqual([]);
    const { events } = handleFlowTable(started, tick, at(lease));
    expect(events).toMatchObject(ends);
    expect(events).toEqual(handleFlowTable(state, tick, at(lease)).events);
  });
  test('what has no end has no deadline: no soft state, an infinite registration', () => {
    const { state } = given().visitors('mn-1').when(0, configure('a', 'mn-1', ff(), { refreshPeriodMs: 0 }));
    expect([nextDeadline(state), nextDeadline(flowTableOfSnapshot(snapshotOfFlowTable(state)))]).toEqual([null, null]);
  });
});

describe('what outlives what it stood with has its own end', () => {
  test('the path its reservation', () => {
    given().when(0, path('s1', null, ff(), { refreshPeriodMs: 60_000 })).when(1, resv('x', null, ff()))
      .when(1 + lease, tick).thenEvents({ type: 'QosSessionModified', state: 'path-only' }).thenWithout('violations')
      .when(2 * lease - 0.001, tick).thenNothingAppended().when(2 * lease, tick).thenEvents({ type: 'QosSessionReleased', sessionId: 's1', cause: 'soft-state-timeout' });
  });
  test('I13 so it has on a server that was started just now', () => {
    const { state } = given().when(0, path('s1', null, ff(), { refreshPeriodMs: 60_000 })).when(1, resv('x', null, ff()));
    const started = flowTableOfSnapshot(snapshotOfFlowTable(state));
    expect(handleFlowTable(started, tick, at(1 + lease)).events).toMatchObject([{ type: 'QosSessionModified', state: 'path-only' }]);
    expect(nextDeadline(started)).toBe(at(2 * lease));
    expect(handleFlowTable(started, tick, at(2 * lease)).events).toMatchObject([{ type: 'QosSessionReleased', sessionId: 's1' }]);
  });
  test('the reservation of one next hop that of another', () => {
    const from = (nextHop: string) => ({ nextHop, node: '198.51.100.1', service: 'controlled-load' }) as const;
    given().when(1, resv('s1', 'mn-1', ff(), from('10.0.0.1'))).when(100, resv('x', 'mn-1', ff(), from('10.0.0.2')))
      .when(1 + lease, tick).thenEvents({ type: 'QosSessionModified', cause: 'soft-state-timeout', requests: [{ nextHop: '10.0.0.2' }] }).thenWithout('violations')
      .when(100 + lease, tick).thenEvents({ type: 'QosSessionReleased', sessionId: 's1', cause: 'soft-state-timeout' });
  });
});

describe('an extension of leases that waits, and what ends meanwhile', () => {
  /** `s2` is refreshed at 85 s and waits until 111 s. */
  const waiting = (policy: Partial<Policy> = {}) => given().visitors('mn-1').when(0, provision(1n, policy)).when(0, configure('s1', 'mn-1', one(1)))
    .when(0, configure('s2', 'mn-1', one(2))).when(80, configure('x', 'mn-1', one(1))).thenEvents({ type: 'LeasesExtended', sessions: ['s1'] })
    .when(85, configure('x', 'mn-1', one(2))).thenNothingAppended();

  test.each([[110, ['VisitorLeft', 'LeasesExtended']], [111, ['LeasesExtended', 'VisitorLeft']], [112, ['LeasesExtended', 'VisitorLeft']]])('a server that comes late writes both in the order in which they fell due, at one instant what stands before what ends (until %d s)', (seconds, told) => {
    waiting().when(90, admit('mn-2', 1n, { expiresAt: timeAt(seconds) })).when(200, tick)
      .thenEvents(...told.map((type) => ({ type, occurredAt: timeAt(type === 'VisitorLeft' ? seconds : 111) })));
  });
  test('where nobody is left that it would be for, nothing is written and nothing waits', () => {
    const scenario = waiting({ quarantineSeconds: 0 }).when(90, release('s1')).when(90, release('s2')).when(111, tick).thenNothingAppended();
    expect(nextDeadline(scenario.state)).toBeNull();
  });
});
