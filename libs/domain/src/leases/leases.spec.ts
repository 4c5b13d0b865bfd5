import fc from 'fast-check';
import type { LeasesExtended } from '../events/events';
import { handleFlowTable } from '../flow-table/flow-table';
import type { FlowTableCommand } from '../commands/flow-table-commands';
import { FlowTableState } from '../scope/flow-table-state';
import { LeaseServers, type RefreshStep } from './lease-servers.testing';
import { admit, at, cn, cn2, configure, ff, given, path, pathTear, resv, resvTear, se, tick, timeAt } from '../proof/flow-table.testing';
import { runsUpTo } from '../proof/property-runs.testing';
import { fromTimestamp, softStateLifetimeMs } from '../flow/soft-state';

const lifetimeSeconds = 157.5;

describe('leases of path and reservation, seen apart (RFC 2205 §2.3, §3.7)', () => {
  const refreshPath = (scenario: ReturnType<typeof given>, ...seconds: number[]) => seconds.forEach((s) => scenario.when(s, path('x', 'mn-1', ff())));

  test('the reservation runs out while its path is refreshed: path-only, and the id stays', () => {
    const scenario = given().visitors('mn-1', 'mn-2').when(0, path('s1', 'mn-1', ff())).when(1, resv('x', 'mn-1', ff()))
      .thenEvents({ type: 'QosSessionModified', state: 'live', reservation: { refreshPeriodMs: 30_000, expiresAt: timeAt(1 + 1.5 * lifetimeSeconds) } });
    refreshPath(scenario, 30, 60, 90, 120, 150, 180, 210, 237);
    scenario.thenHeld('s1').when(237.25, tick)
      .thenEvents({ type: 'QosSessionModified', state: 'path-only', cause: 'soft-state-timeout', occurredAt: timeAt(237.25) }).thenHeld('s1 path-only')
      .when(238, configure('s2', 'mn-2', ff())).thenTemporary('sourcePort', 49152, 's1')
      .when(239, resv('x', 'mn-1', ff())).thenHeld('s1', 's2').when(238 + 236.25, tick).thenHeld();
  });
  test('the path lapses while the reservation is refreshed: the session ends', () => {
    const scenario = given().when(0, path('s1', 'mn-1', ff())).when(1, resv('x', 'mn-1', ff()));
    for (const seconds of [31, 61, 91, 121, 151, 181, 211]) scenario.when(seconds, resv('x', 'mn-1', ff()));
    scenario.when(236.25, tick).thenEvents({ type: 'QosSessionReleased', cause: 'soft-state-timeout', occurredAt: timeAt(236.25) }).thenHeld();
  });
  test('each side has its own refresh period, and a change of one leaves the other', () => {
    given().when(0, path('s1', 'mn-1', ff(), { refreshPeriodMs: 60_000 })).when(1, resv('x', 'mn-1', ff(), { refreshPeriodMs: 30_000 })).thenEvents({ reservation: { refreshPeriodMs: 30_000 } })
      .when(2, resv('x', 'mn-1', ff(), { refreshPeriodMs: 10_000 }))
      .thenEvents({ type: 'QosSessionModified', reservation: { refreshPeriodMs: 10_000, expiresAt: timeAt(2 + 78.75) } })
      .when(3, path('x', 'mn-1', ff(), { refreshPeriodMs: 30_000 })).thenEvents({ type: 'QosSessionModified', refreshPeriodMs: 30_000, expiresAt: timeAt(3 + 236.25) })
      .when(81, tick).thenEvents({ state: 'path-only', occurredAt: timeAt(80.75) }).thenHeld('s1 path-only');
  });
  test('a reservation that was seen without its path has one lease; the first path that is seen tells them apart', () => {
    given().when(0, resv('s1', 'mn-1', ff())).when(100, resv('x', 'mn-1', ff())).thenEvents({ type: 'LeasesExtended', sessions: ['s1'], until: timeAt(336.25) })
      .when(110, path('x', 'mn-1', ff()))
      .thenEvents({ type: 'QosSessionModified', expiresAt: timeAt(346.25), reservation: { refreshPeriodMs: 30_000, expiresAt: timeAt(336.25) } })
      .when(111, path('x', 'mn-1', ff())).thenNothingAppended()
      .when(337, tick).thenEvents({ state: 'path-only' }).thenHeld('s1 path-only');
  });
  test('a reservation of several senders stands beside the longest of their paths; the others leave its list before', () => {
    given().when(0, path('s1', 'mn-1', ff())).when(10, path('s2', 'mn-1', ff({ correspondentNode: cn2 })))
      .when(11, resv('s3', 'mn-1', se([cn, 5000], [cn2, 5000])))
      .thenEvents({ cause: 'merged' }, { cause: 'merged' }, { type: 'QosSessionConfigured', expiresAt: timeAt(246.25), reservation: { expiresAt: timeAt(247.25) } })
      .when(246.25, tick).thenEvents({ type: 'QosSessionModified', cause: 'soft-state-timeout', occurredAt: timeAt(236.25) }, { type: 'QosSessionReleased', cause: 'soft-state-timeout' });
  });
  test('the tear of one sender refreshes nothing', () => {
    given().when(0, path('s1', 'mn-1', ff())).when(0, path('s2', 'mn-1', ff({ correspondentNode: cn2 }))).when(1, resv('s3', 'mn-1', se([cn, 5000], [cn2, 5000])))
      .when(200, pathTear('mn-1', ff({ correspondentNode: cn2 }))).thenEvents({ type: 'QosSessionModified' })
      .when(236.25, tick).thenEvents({ type: 'QosSessionReleased', cause: 'soft-state-timeout' });
  });
  test('a torn reservation has no lease: its path alone decides', () => {
    given().when(0, path('s1', 'mn-1', ff())).when(1, resv('x', 'mn-1', ff())).when(2, resvTear('mn-1', ff())).thenHeld('s1 path-only')
      .when(100, path('x', 'mn-1', ff())).when(336, tick).thenHeld('s1 path-only').when(336.25, tick).thenHeld();
  });
  test('a command refreshes both', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, path('x', 'mn-1', ff())).when(100, configure('x', 'mn-1', ff()))
      .thenEvents({ type: 'LeasesExtended', sessions: ['s1'], reservations: ['s1'], until: timeAt(336.25) }).when(336, tick).thenHeld('s1').when(336.25, tick).thenHeld();
  });
});

describe('a refresh and the end of the lease (domain.md §8)', () => {
  test('just before the deadline it is a refresh, exactly at it the session has ended and is configured anew', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(236.249, configure('s2', 'mn-1', ff())).thenAnswer({ outcome: 'refreshed', sessionId: 's1' });
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(236.25, configure('s2', 'mn-1', ff())).thenAnswer({ outcome: 'configured', sessionId: 's2' })
      .thenEvents({ type: 'QosSessionReleased', sessionId: 's1', cause: 'soft-state-timeout', occurredAt: timeAt(236.25) }, { type: 'QosSessionConfigured', reclaimed: true });
  });
  test('the refresh period changes: the lease is that of the new one', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(10, configure('x', 'mn-1', ff(), { refreshPeriodMs: 10_000 }))
      .thenEvents({ type: 'QosSessionModified', refreshPeriodMs: 10_000, expiresAt: timeAt(88.75) }).when(88.75, tick).thenHeld();
  });
});

describe('leases are extended together (design.md, "Time")', () => {
  test('one event for all that were refreshed lately, its until at most 1.5 · L after the oldest of these refreshes', () => {
    const scenario = given().visitors('mn-1');
    for (const port of [1, 2, 3]) scenario.when(0, configure(`s${port}`, 'mn-1', ff({ sourcePort: port })));
    for (const port of [1, 2]) scenario.when(70 + port, configure('x', 'mn-1', ff({ sourcePort: port }))).thenNothingAppended();
    scenario.when(80, configure('x', 'mn-1', ff({ sourcePort: 3 }))).thenEvents({ type: 'LeasesExtended', sessions: ['s1', 's2', 's3'], until: timeAt(71 + 236.25) });
  });
  test('the next one waits until 30 s after the last (and a second more, for other servers), and is written by then without another refresh', () => {
    const scenario = given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff({ sourcePort: 1 }))).when(0, configure('s2', 'mn-1', ff({ sourcePort: 2 })));
    scenario.when(80, configure('x', 'mn-1', ff({ sourcePort: 1 }))).thenEvents({ sessions: ['s1'] })
      .when(85, configure('x', 'mn-1', ff({ sourcePort: 2 }))).thenNothingAppended().when(110, tick).thenNothingAppended()
      .when(111, tick).thenEvents({ type: 'LeasesExtended', sessions: ['s2'], until: timeAt(85 + 236.25), occurredAt: timeAt(111) });
  });
  test('it does not wait for a lease that is about to end: L is the minimum and wins', () => {
    const scenario = given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff({ sourcePort: 1 }))).when(0, configure('s2', 'mn-1', ff({ sourcePort: 2 })));
    scenario.when(200, configure('x', 'mn-1', ff({ sourcePort: 1 }))).thenEvents({ sessions: ['s1'] })
      .when(201, configure('x', 'mn-1', ff({ sourcePort: 2 }))).when(206.25, tick).thenEvents({ sessions: ['s2'], occurredAt: timeAt(206.25) });
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff({ sourcePort: 1 }))).when(0, configure('s2', 'mn-1', ff({ sourcePort: 2 })))
      .when(220, configure('x', 'mn-1', ff({ sourcePort: 1 }))).when(221, configure('x', 'mn-1', ff({ sourcePort: 2 }))).thenEvents({ sessions: ['s2'] });
  });
  test('whoever is about to forget what it saw has it written first', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff({ sourcePort: 1 }))).when(0, configure('s2', 'mn-1', ff({ sourcePort: 2 })))
      .when(80, configure('x', 'mn-1', ff({ sourcePort: 1 }))).when(85, configure('x', 'mn-1', ff({ sourcePort: 2 }))).thenNothingAppended()
      .when(86, { ...tick, writeWaitingExtensions: true }).thenEvents({ sessions: ['s2'] })
      .when(87, { ...tick, writeWaitingExtensions: true }).thenNothingAppended();
  });

  interface Pattern {
    readonly servers: number;
    readonly refreshPeriodMs: number;
    readonly steps: readonly RefreshStep[];
  }

  /** Sessions that come at any time and are refreshed every 0.5 to 1.5 R (RFC 2205 §3.7), some refreshes lost, each told to any server. */
  function patterns(options: { periods: readonly number[]; servers: readonly number[]; lostInARow: number }): fc.Arbitrary<Pattern> {
    const setting = fc.record({ servers: fc.constantFrom(...options.servers), refreshPeriodMs: fc.constantFrom(...options.periods) });
    const lost = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: options.lostInARow }));
    return setting.chain(({ servers, refreshPeriodMs }) => {
      const interval = fc.tuple(fc.integer({ min: 500, max: 1500 }), lost).map(([part, n]) => Math.round((part / 1_000) * refreshPeriodMs * (1 + n)));
      const refresh = fc.record({ interval, server: fc.integer({ min: 0, max: servers - 1 }) });
      const session = fc.record({ from: fc.integer({ min: 0, max: 8 * refreshPeriodMs }), refreshes: fc.array(refresh, { minLength: 1, maxLength: 30, size: 'max' }) });
      return fc.array(session, { minLength: 1, maxLength: 12, size: 'max' }).map((sessions) => ({
        servers, refreshPeriodMs, steps: sessions.flatMap(({ from, refreshes }, index) => stepsOf(index, from, refreshes)),
      }));
    });
  }

  function stepsOf(session: number, from: number, refreshes: readonly { readonly interval: number; readonly server: number }[]): RefreshStep[] {
    let atMs = from;
    return refreshes.map(({ interval, server }) => ({ session, server, atMs: (atMs += interval) }));
  }

  test('soft state ends between L and 1.5 · L after its last refresh, whichever servers saw the refreshes', () => {
    const any = patterns({ periods: [60, 1_000, 10_000, 22_000, 30_000, 90_000], servers: [1, 2, 3], lostInARow: 5 });
    fc.assert(fc.property(any, ({ servers, refreshPeriodMs, steps }) => {
      const lifetime = softStateLifetimeMs(refreshPeriodMs);
      const { lives } = new LeaseServers(servers, refreshPeriodMs).play(steps);
      expect(lives.length).toBeGreaterThan(0);
      for (const { endedAt, lastRefreshAt } of lives) {
        expect(endedAt - lastRefreshAt).toBeGreaterThanOrEqual(lifetime);
        expect(endedAt - lastRefreshAt).toBeLessThanOrEqual(1.5 * lifetime);
      }
    }), runsUpTo(300));
  });

  test.each([
    ['one server, up to one refresh lost in a row', { servers: [1], lostInARow: 1 }],
    ['two servers that share the refreshes unevenly', { servers: [2], lostInARow: 0 }],
  ])('at most one event every 30 s for R ≥ 30 s: %s', (_, options) => {
    fc.assert(fc.property(patterns({ periods: [30_000, 45_000], ...options }), ({ servers, refreshPeriodMs, steps }) => {
      const times = new LeaseServers(servers, refreshPeriodMs).play(steps).extensions.map(({ occurredAt }) => fromTimestamp(occurredAt) - at(0));
      for (const [index, time] of times.slice(1).entries()) expect(time - times[index]!).toBeGreaterThanOrEqual(30_000);
    }), runsUpTo(200));
  });

  test('a thousand sessions that are refreshed every 30 s for ten minutes cost at most an event every 30 s, and none is named more often than every minute', () => {
    const state = new FlowTableState('fa-1', '198.51.100.1');
    const extensions: LeasesExtended[] = [];
    const tell = (milliseconds: number, command: FlowTableCommand): void => {
      extensions.push(...handleFlowTable(state, command, at(0) + milliseconds).events.filter((event) => event.type === 'LeasesExtended'));
    };
    tell(0, admit('mn-1', 1n));
    for (let n = 0; n < 20; n++) {
      for (let session = 0; session < 1_000; session++) tell(30_000 * n + 30 * session, configure(`s${session}`, 'mn-1', ff({ sourcePort: session })));
    }
    expect(state.sessions.size).toBe(1_000);
    expect(extensions.length).toBeGreaterThan(5);
    expect(extensions.length).toBeLessThanOrEqual(20);
    expect(extensions.flatMap(({ sessions }) => sessions).length).toBeLessThanOrEqual(1_000 * 12);
  });
});
