import type { Adspec } from '../flow/adspec';
import { cn, cn2, configure, dismiss, ff, given, path, pathTear, provision, resv, se, tick, timeAt, tspec, wf } from '../proof/flow-table.testing';
import { admitLegs, leg } from '../legs/handoff.testing';

const adspec: Adspec = { breakBit: false, hops: 1, bandwidth: null, latencyMicroseconds: null, pathMtu: 1_500, guaranteed: null, controlledLoad: null };
const second = ff({ correspondentNode: cn2 });
const third = ff({ correspondentNode: '192.0.2.9' });
const both = se([cn, 5000], [cn2, 5000]);
const portless = { correspondentNode: cn2, protocol: 17, destinationPort: 5004, flowLabel: 0 };
const sender = (correspondentNode: string, sourcePort = 5000) => ({ correspondentNode, sourcePort });
const violations = [{ name: 'seen', detail: 'x' }];
const lease = (seconds: number) => ({ refreshPeriodMs: 30_000, expiresAt: timeAt(seconds + 236.25) });

/** Paths of two senders at 0 and 10 s, reserved as one list at 11 s. */
const listed = () => given().visitors('mn-1', 'mn-2').when(0, path('s1', 'mn-1', ff())).when(10, path('s2', 'mn-1', second)).when(11, resv('s3', 'mn-1', both));
/** Seen from the home agent on, the two are one sender, whose id another node holds. */
const overtaken = () => listed().when(12, provision(1n, { outerSource: 'home-agent' })).when(13, configure('s4', 'mn-2', third)).thenNative();

describe('sender ports zero and not zero in one session (RFC 2205 §3.2, error 08)', () => {
  const conflict = (words: string) => [{ name: 'sender-port-conflict', code: 8, detail: expect.stringContaining(words) }];
  test.each([
    [5000, 0, 'Sender port 0 beside another in one session'],
    [0, 5000, 'Sender port 5000 beside zero in one session'],
  ])('port %d, then %d: told of the one that comes second', (first, next, words) => {
    given().when(0, path('s1', 'mn-1', ff({ sourcePort: first }))).when(1, path('s2', 'mn-1', ff({ correspondentNode: cn2, sourcePort: next }))).thenTold('violations', conflict(words));
  });
  test('one sender of a list is enough', () => {
    given().when(0, resv('s1', 'mn-1', se([cn, 0], [cn2, 5000]))).when(1, path('s2', 'mn-1', third)).thenTold('violations', conflict('Sender port 5000 beside zero'));
  });
  test('a path that names no port conflicts with none, whichever comes first', () => {
    given().when(0, path('s1', 'mn-1', ff({ sourcePort: 0 }))).when(1, path('s2', 'mn-1', portless)).thenWithout('violations').thenHeld('s1 path-only', 's2 path-only');
    given().when(0, path('s1', 'mn-1', portless)).when(1, path('s2', 'mn-1', ff({ sourcePort: 0 }))).thenWithout('violations').thenHeld('s1 path-only', 's2 path-only');
  });
});

describe('PATH of what stands already', () => {
  test('what the path to an orphaned leg advertises says nothing of the session, which is elsewhere', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, dismiss('mn-1', 2n, { cause: 'superseded', orphanedUntil: timeAt(100) }))
      .when(2, path('x', 'mn-1', ff(), { adspec })).thenWithout('adspec').thenHeld('s1 orphaned');
  });
  test('of a sender that a list covers: what is odd about it is told as of a PATH, and with what is new', () => {
    listed().when(12, path('x', 'mn-1', ff(), { violations })).thenEvents({ type: 'SignallingObserved', message: 'path', sessionId: 's3' })
      .when(13, path('x', 'mn-1', second, { adspec, violations })).thenTold('paths', [{ ...sender(cn2), ...lease(13), adspec }]).thenTold('violations', violations)
      .when(14, path('x', 'mn-1', ff(), { adspec })).thenTold('paths', [{ ...sender(cn), ...lease(14), adspec }]).thenWithout('violations');
  });
  test('no path gives soft state to a list that was configured without; one that had none has it from its first that does', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', both, { refreshPeriodMs: 0 })).when(1, path('x', 'mn-1', ff())).thenNothingAppended();
    given().when(0, path('s1', 'mn-1', ff(), { refreshPeriodMs: 0, adspec })).when(1, resv('s2', 'mn-1', se([cn, 5000])))
      .when(2, path('x', 'mn-1', ff())).thenTold('paths', [{ ...sender(cn), ...lease(2) }]);
  });
});

describe('what the sender announces (RFC 2205 §8: SENDER_TSPEC) beside what is reserved', () => {
  const [more, most] = [{ ...tspec, r: 500_000 }, { ...tspec, r: 700_000, m: 0 }];
  test('of a session that is live, another Tspec is told, once, and the reserved one stands', () => {
    const scenario = given().when(0, path('s1', 'mn-1', ff())).when(1, resv('x', 'mn-1', ff())).thenWithout('senderTspec').when(31, path('x', 'mn-1', ff())).thenNothingAppended()
      .when(61, path('x', 'mn-1', ff(), { tspec: more })).thenEvents({ type: 'QosSessionModified' }).thenTold('senderTspec', more).thenWithout('tspec').when(62, path('x', 'mn-1', ff(), { tspec: more })).thenNothingAppended()
      .when(63, path('x', 'mn-1', ff(), { tspec: most, violations })).thenTold('senderTspec', most).thenTold('violations', violations);
    expect(scenario.state.sessions.get('s1')!.tspec).toEqual(tspec);
    scenario.when(64, path('x', 'mn-1', ff(), { tspec: null })).thenNothingAppended();
  });
  test('where less is reserved than was announced, the reservation tells both: the same PATH again is a refresh', () => {
    given().when(0, path('s1', 'mn-1', ff(), { tspec: more })).when(1, resv('x', 'mn-1', ff())).thenTold('tspec', tspec).thenTold('senderTspec', more)
      .when(2, path('x', 'mn-1', ff(), { tspec: more })).thenNothingAppended().when(3, path('x', 'mn-1', ff())).thenTold('senderTspec', tspec);
  });
  test('of a list each sender announces its own', () => {
    given().when(0, path('s1', 'mn-1', ff(), { tspec: more })).when(0, path('s2', 'mn-1', second)).when(1, resv('s3', 'mn-1', both))
      .thenTold('paths', [{ ...sender(cn), ...lease(0), tspec: more }, { ...sender(cn2), ...lease(0) }])
      .when(2, path('x', 'mn-1', ff(), { tspec: more })).thenNothingAppended().when(2, path('x', 'mn-1', second)).thenNothingAppended()
      .when(3, path('x', 'mn-1', second, { tspec: more })).thenTold('paths', [{ ...sender(cn2), ...lease(3), tspec: more }]).thenWithout('tspec');
  });
});

describe('R of each hop of one path (RFC 2205 §3.7: each node chooses it)', () => {
  const via = (previousHop: string, refreshPeriodMs: number) => ({ previousHop, refreshPeriodMs });
  const hop = (name: string, refreshPeriodMs: number) => ({ hop: name, refreshPeriodMs });

  test.each([[30_000, 10_000], [10_000, 30_000]])('a path that is seen on two links (R = %d, %d ms) is told once of each, and stands by the longest', (one, other) => {
    const scenario = given().when(0, path('s1', 'mn-1', ff(), via('192.0.2.1', one))).thenTold('previousHops', [hop('192.0.2.1', one)])
      .when(0, path('x', 'mn-1', ff(), via('198.51.100.1', other))).thenTold('previousHops', [hop('198.51.100.1', other)]);
    expect(scenario.state.sessions.get('s1')!.refreshPeriodMs).toBe(30_000);
    for (const seconds of [10, 30, 60]) for (const seen of [via('192.0.2.1', one), via('198.51.100.1', other)]) scenario.when(seconds, path('x', 'mn-1', ff(), seen)).thenNothingAppended();
  });
  test('a hop that changes its R is told, and the longest may be another one then', () => {
    given().when(0, path('s1', 'mn-1', ff(), via('192.0.2.1', 30_000))).when(0, path('x', 'mn-1', ff(), via('198.51.100.1', 10_000))).thenWithout('refreshPeriodMs')
      .when(1, path('x', 'mn-1', ff(), via('192.0.2.1', 20_000))).thenTold('refreshPeriodMs', 20_000).thenTold('previousHops', [hop('192.0.2.1', 20_000)])
      .when(2, path('x', 'mn-1', ff(), via('192.0.2.1', 5_000))).thenTold('refreshPeriodMs', 10_000).thenTold('expiresAt', timeAt(80.75));
  });
  test('one that has the R of the session need not be told, nor does a session that was recorded before hops were', () => {
    given().when(0, path('s1', 'mn-1', ff(), via('192.0.2.1', 30_000))).when(0, path('x', 'mn-1', ff(), via('198.51.100.1', 30_000))).thenNothingAppended();
    given().when(0, path('s1', 'mn-1', ff())).when(1, path('x', 'mn-1', ff(), via('192.0.2.1', 30_000))).thenNothingAppended()
      .when(2, path('x', 'mn-1', ff(), via('192.0.2.1', 10_000))).thenTold('refreshPeriodMs', 10_000).thenTold('previousHops', [hop('192.0.2.1', 10_000)]);
  });
  test('what is known of it passes on to the list that covers it, and is the sender\'s there', () => {
    const scenario = given().when(0, path('s1', 'mn-1', ff(), via('192.0.2.1', 30_000))).when(0, path('x', 'mn-1', ff(), via('198.51.100.1', 10_000))).when(1, resv('s2', 'mn-1', se([cn, 5000])))
      .thenTold('paths', [{ ...sender(cn), ...lease(0), previousHops: [hop('192.0.2.1', 30_000), hop('198.51.100.1', 10_000)] }]);
    for (const seconds of [10, 20]) for (const seen of [via('192.0.2.1', 30_000), via('198.51.100.1', 10_000)]) scenario.when(seconds, path('x', 'mn-1', ff(), seen)).thenNothingAppended();
    scenario.when(21, path('x', 'mn-1', ff(), via('192.0.2.1', 60_000))).thenTold('paths', [{ ...sender(cn), refreshPeriodMs: 60_000, expiresAt: timeAt(493.5), previousHops: [hop('192.0.2.1', 60_000)] }]);
  });
  test('a list that is configured without soft state is given none by a hop, whatever its R', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', both, { refreshPeriodMs: 0 })).when(1, path('x', 'mn-1', ff(), via('192.0.2.1', 30_000))).thenNothingAppended();
  });
  test('links that are told apart are few: the oldest is forgotten', () => {
    const scenario = given().when(0, path('s1', 'mn-1', ff(), via('h0', 60_000)));
    for (let n = 1; n <= 8; n++) scenario.when(n, path('x', 'mn-1', ff(), via(`h${n}`, n * 1_000)));
    scenario.thenTold('refreshPeriodMs', 8_000);
  });
});

describe('I7 a path beside a reservation that no RESV showed', () => {
  test('a degraded leg that gets its id in the decision that made the path takes nothing of it: the same PATH again changes nothing', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', se([cn2, 7000]))).when(1, admitLegs('h1', 2n, [leg('s2', wf(), { style: 'WF' })])).thenEvents('VisitorAdmitted', { type: 'LegRefused', rejection: 'style-conflict' })
      .when(236.25, path('s3', 'mn-1', ff())).thenEvents({ sessionId: 's1', cause: 'soft-state-timeout' }, { type: 'QosSessionConfigured', sessionId: 's3' }, 'TemporaryFlowIdAllocated', { sessionId: 's2' })
      .when(236.25, path('x', 'mn-1', ff())).thenNothingAppended().thenHeld('s3 path-only', 's2')
      .when(237, pathTear('mn-1', ff())).thenEvents({ type: 'QosSessionReleased', sessionId: 's3', cause: 'path-tear' });
  });
  test('a commanded one takes it over: its PATH is that of its sender, and its PathTear ends it', () => {
    given().visitors('mn-1').when(0, path('s1', 'mn-1', ff())).when(1, configure('s2', 'mn-1', wf())).when(100, path('x', 'mn-1', ff()))
      .thenEvents({ type: 'QosSessionModified', sessionId: 's2', reservation: lease(1) }, { type: 'LeasesExtended', paths: [{ sessionId: 's2', correspondentNode: cn, sourcePort: 5000 }] }).thenHeld('s2')
      .when(101, pathTear('mn-1', ff())).thenEvents({ sessionId: 's2', cause: 'path-tear' }).thenHeld();
  });
});

describe('PathTear (RFC 2205 §3.1.5)', () => {
  test('of a single path it is answered as released', () => {
    given().when(0, path('s1', null, ff())).when(1, pathTear(null, ff())).thenAnswer({ outcome: 'released', sessionId: 's1', revision: 1n });
  });
  test('of a sender of a list it leaves the others reserved; of the last one it is answered as released', () => {
    listed().when(12, pathTear('mn-1', second)).thenAnswer({ outcome: 'done' }).thenWithout('violations').thenHeld('s3')
      .when(13, pathTear('mn-1', ff())).thenEvents({ type: 'QosSessionReleased', cause: 'path-tear' }).thenAnswer({ outcome: 'released', sessionId: 's3', revision: 8n }).thenHeld();
  });
  test('of a sender of a wildcard it is answered as done while others are left, and as released with the last', () => {
    given().when(0, path('s1', 'mn-1', ff())).when(1, path('s2', 'mn-1', second)).when(2, resv('s3', 'mn-1', wf()))
      .when(3, pathTear('mn-1', second)).thenAnswer({ outcome: 'done' }).when(4, pathTear('mn-1', ff())).thenAnswer({ outcome: 'released', sessionId: 's3' });
  });
  test('what was odd about it is told with the list that is left', () => {
    listed().when(12, { ...pathTear('mn-1', second), violations }).thenTold('cause', 'path-tear').thenTold('violations', violations);
  });
  test('of nothing that is held it is kept with its flow', () => {
    given().when(0, pathTear('mn-1', ff())).thenEvents({ type: 'SignallingObserved', message: 'path-tear', sessionId: null }).thenTold('detail', { flow: ff() }).thenAnswer({ outcome: 'done' });
  });
  test('a list that cannot stand as it would be seen now stays as it was, and the refusal is told', () => {
    overtaken().when(14, { ...pathTear('mn-1', second), violations }).thenRefused('change-overlaps').thenHeld('s3', 's4')
      .thenEvents({ type: 'SignallingObserved', message: 'path-tear', sessionId: 's3', violations: [...violations, { name: 'change-overlaps', code: 1 }] }).thenTold('detail', { flow: second });
  });
});

describe('a path of a list that lapses (RFC 2205 §2.3)', () => {
  test('leaves the list with nothing odd about it', () => {
    const scenario = listed();
    for (const seconds of [60, 120, 180]) scenario.when(seconds, path('x', 'mn-1', second)).when(seconds, resv('x', 'mn-1', both));
    scenario.when(236.25, tick).thenTold('flow', se([cn2, 5000])).thenTold('cause', 'soft-state-timeout').thenWithout('violations').thenHeld('s3');
  });
  test('leaves a wildcard with nothing odd about it', () => {
    const scenario = given().when(0, path('s1', 'mn-1', ff())).when(10, path('s2', 'mn-1', second)).when(11, resv('s3', 'mn-1', wf()));
    for (const seconds of [60, 120, 180]) scenario.when(seconds, path('x', 'mn-1', second)).when(seconds, resv('x', 'mn-1', wf()));
    scenario.when(236.25, tick).thenTold('pathsEnded', [sender(cn)]).thenWithout('violations').thenHeld('s3');
  });
  test('the last one ends the session, though one that tore would have stood longer', () => {
    listed().when(20, pathTear('mn-1', second)).when(60, resv('x', 'mn-1', se([cn, 5000]))).when(236.25, tick)
      .thenEvents('QuarantineEnded', { type: 'QosSessionReleased', sessionId: 's3', cause: 'soft-state-timeout', occurredAt: timeAt(236.25) }).thenHeld();
  });
  test('where the rest of the list cannot stand as it would be seen now, it stays, and its path has no time of its own any more', () => {
    const scenario = overtaken();
    for (const seconds of [60, 120, 180]) scenario.when(seconds, path('x', 'mn-1', second)).when(seconds, resv('x', 'mn-1', both)).when(seconds, configure('x', 'mn-2', third));
    scenario.when(236.25, tick).thenTold('type', 'QosSessionModified').thenTold('paths', [sender(cn)]).thenWithout('flow').thenTold('occurredAt', timeAt(236.25))
      .thenTold('violations', [{ name: 'change-overlaps', code: 1, value: 0x8002, detail: expect.any(String) }]).thenHeld('s3', 's4')
      .when(240, tick).thenNothingAppended();
  });
});
