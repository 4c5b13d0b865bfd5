import fc from 'fast-check';
import { arbitraryLife } from '../proof/arbitrary-scopes.testing';
import { fingerprint } from '../proof/fingerprint.testing';
import { at, cn2, configure, ff, given, path, pathTear, resv, se, tick, timeAt } from '../proof/flow-table.testing';
import { runsUpTo } from '../proof/property-runs.testing';
import { liveThrough, replay } from '../proof/scope-life.testing';

describe('F13 events that come out of order, twice or late', () => {
  test('F13 a message older than the last event of its scope is kept as ObservedLate and changes nothing', () => {
    for (const late of [path('x', 'mn-2', ff()), resv('x', 'mn-1', se([cn2, 5000])), pathTear('mn-1', ff())]) {
      given().when(10, path('s1', 'mn-1', ff())).when(20, { ...late, observedAt: at(9) })
        .thenEvents({ type: 'ObservedLate', message: late.type, observedAt: timeAt(9), occurredAt: timeAt(20) }).thenHeld('s1 path-only');
    }
  });
  test('F13 at the same instant as the last event it is not late', () => {
    given().when(10, path('s1', 'mn-1', ff())).when(10, path('s2', 'mn-2', ff())).thenTemporary('sourcePort', 49152, 's1');
  });
  test('F13 a refresh twice appends nothing, whether it comes once or ten times', () => {
    const scenario = given().when(0, path('s1', 'mn-1', ff()));
    for (let n = 0; n < 10; n++) scenario.when(20, path('x', 'mn-1', ff())).thenNothingAppended();
    scenario.when(236.25, tick).thenHeld().thenEvents({ type: 'QosSessionReleased', occurredAt: timeAt(236.25) });
  });
  test('F13 a refresh whose lease expired comes too late: the session ended in its own time, and a new one begins with its id', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(500, configure('s2', 'mn-1', ff())).thenNative()
      .thenEvents({ type: 'QosSessionReleased', sessionId: 's1', occurredAt: timeAt(236.25) }, { type: 'QuarantineEnded' }, { type: 'QosSessionConfigured', sessionId: 's2' });
  });
  test('F13 a release twice is answered as done', () => {
    given().when(0, path('s1', null, ff())).when(1, pathTear(null, ff())).thenEvents('QosSessionReleased').when(1, pathTear(null, ff())).thenEvents('SignallingObserved');
  });
  test('F13 whatever order it came in, the events replay to the same state', () => {
    const lives = arbitraryLife({ observed: true, maxLength: 30 });
    fc.assert(fc.property(lives, fc.array(fc.integer({ min: -300, max: 300 }), { minLength: 30, maxLength: 30 }), (life, shifts) => {
      const steps = life.steps.map(({ seconds, command }, index) => ({
        seconds: Math.max(0, seconds + shifts[index % shifts.length]!),
        command: 'observedAt' in command ? { ...command, observedAt: command.observedAt + 1_000 * shifts[(index * 7) % shifts.length]! } : command,
      }));
      const shuffled = { ...life, steps };
      const { state, events } = liveThrough(shuffled);
      expect(fingerprint(replay(shuffled, events))).toBe(fingerprint(state));
      const times = events.filter((event) => !('untouched' in event)).map(({ occurredAt }) => occurredAt);
      expect(times).toEqual([...times].sort());
    }), runsUpTo(300));
  });
});

describe('F14 clocks that are set', () => {
  test('F14 the clock goes back by an hour: the scope stays at its last moment, and leases last no shorter', () => {
    given().visitors('mn-1', 'mn-2').when(3_600, configure('s1', 'mn-1', ff())).when(60, configure('s2', 'mn-2', ff())).thenEvents({ occurredAt: timeAt(3_600) }, { expiresAt: timeAt(3_836.25) })
      .when(300, tick).thenNothingAppended().thenHeld('s1', 's2').when(3_836, tick).thenHeld('s1', 's2').when(3_836.25, tick).thenHeld();
  });
  test('F14 a leap second is a second in which time stands still', () => {
    given().visitors('mn-1').when(10, configure('s1', 'mn-1', ff())).when(9.5, configure('x', 'mn-1', ff())).thenAnswer({ outcome: 'refreshed' }).thenNothingAppended()
      .when(246.249, tick).thenHeld('s1').when(246.25, tick).thenHeld();
  });
  test.each(['Europe/Berlin', 'America/New_York', 'UTC'])('F14 the night in which summer time begins is as long as any other: %s', (zone) => {
    const before = process.env['TZ'];
    process.env['TZ'] = zone;
    try {
      const nights = ['2026-03-29T00:59:00Z', '2026-03-08T06:59:00Z', '2026-10-25T00:59:00Z'].map((text) => (Date.parse(text) - at(0)) / 1_000);
      for (const night of nights) {
        given().visitors('mn-1').when(night, configure('s1', 'mn-1', ff())).thenEvents({ expiresAt: timeAt(night + 236.25) })
          .when(night + 236.249, tick).thenHeld('s1').when(night + 236.25, tick).thenEvents({ occurredAt: timeAt(night + 236.25) }).thenHeld();
      }
    } finally {
      if (before === undefined) delete process.env['TZ'];
      else process.env['TZ'] = before;
    }
  });
});
