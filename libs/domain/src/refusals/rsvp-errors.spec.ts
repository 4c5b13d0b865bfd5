import { at, cn, cn2, configure, ff, given, path, provision, release, resv, resvTear, se, wf } from '../proof/flow-table.testing';
import { rsvpErrorName, violationOf } from './rsvp-errors';

describe('RSVP error codes, each where its clause says (RFC 2205 App. B)', () => {
  test('01 admission control failure, with a value of our own: no value of the pool is left, or a change would overlap', () => {
    given().visitors('mn-1', 'mn-2').when(0, provision(1n, {}, { sourcePort: null })).when(0, configure('s1', 'mn-1', ff())).when(0, configure('s2', 'mn-2', ff()))
      .thenAnswer({ outcome: 'refused', rejection: { rejection: 'flow-id-pool-exhausted', facts: { code: 1, value: 0x8001 } } } as never);
    given().visitors('mn-1', 'mn-2').when(0, configure('s1', 'mn-1', se([cn, 5000]))).when(0, configure('s2', 'mn-2', se([cn2, 5000])))
      .when(1, configure('x', 'mn-1', se([cn, 5000], [cn2, 5000])))
      .thenAnswer({ outcome: 'refused', rejection: { rejection: 'change-overlaps', facts: { code: 1, value: 0x8002 } } } as never);
  });
  test('02 policy control failure: the node is not registered here', () => {
    given().when(0, configure('s1', 'mn-1', ff())).thenAnswer({ outcome: 'refused', rejection: { rejection: 'no-binding', facts: { code: 2 } } } as never);
  });
  test('03 no path information, 04 no sender information for this reservation', () => {
    given().when(0, resv('s1', 'mn-1', ff())).thenEvents({ violations: [{ name: 'resv-before-path', code: 3 }] })
      .when(1, resv('s2', 'mn-1', ff({ sourcePort: 6000 }))).thenEvents({ violations: [{ name: 'resv-before-path', code: 3 }] })
      .when(2, path('x', 'mn-1', ff())).when(3, resv('s3', 'mn-1', ff({ sourcePort: 7000 }))).thenEvents({ violations: [{ name: 'resv-for-unknown-sender', code: 4 }] });
  });
  test.each([['WF', wf()], ['SE', se([cn, 5000])]])('05 alone, not 04 beside it: %s over a reservation whose sender has a path', (_, shared) => {
    given().when(0, path('s1', 'mn-1', ff())).when(1, resv('x', 'mn-1', ff())).when(2, resv('s3', 'mn-1', shared)).thenTold('violations', [expect.objectContaining({ code: 5 })]);
  });
  test.each([['WF', wf()], ['SE', se([cn, 5000])]])('05 alone, not 04 beside it: FF for a sender whose path a %s took over; of another sender it is 04, too', (_, shared) => {
    given().when(0, path('s1', 'mn-1', ff())).when(1, resv('x', 'mn-1', shared)).when(2, resv('s3', 'mn-1', ff())).thenTold('violations', [expect.objectContaining({ code: 5 })])
      .when(3, resv('s4', 'mn-1', ff({ sourcePort: 6000 }))).thenEvents({ violations: [{ code: 4 }, { code: 5 }] });
  });
  test('05 conflicting style: commanded a refusal, observed a violation', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, configure('s2', 'mn-1', wf()))
      .thenAnswer({ outcome: 'refused', rejection: { rejection: 'style-conflict', facts: { code: 5 } } } as never)
      .when(2, resv('s3', 'mn-1', wf())).thenEvents({ type: 'SignallingObserved', violations: [{ name: 'resv-before-path' }, { name: 'style-conflict', code: 5 }] });
  });
  test('07 conflicting destination ports', () => {
    given().when(0, path('s1', 'mn-1', ff())).when(1, path('s2', 'mn-2', ff({ destinationPort: 0 })))
      .thenEvents({ type: 'SignallingObserved', violations: [{ name: 'port-zero-conflict', code: 7 }] });
  });
  test('08 conflicting sender ports: the path that comes second says so, and is kept', () => {
    given().when(0, path('s1', 'mn-1', ff())).when(1, path('s2', 'mn-1', ff({ sourcePort: 0 })))
      .thenEvents({ type: 'QosSessionConfigured', violations: [{ name: 'sender-port-conflict', code: 8 }] })
      .when(31, path('x', 'mn-1', ff({ sourcePort: 0 }))).thenNothingAppended()
      .when(32, path('s3', 'mn-2', ff({ sourcePort: 0 }))).thenHeld('s1 path-only', 's2 path-only', 's3 path-only');
  });
  test('12 service preempted', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, release('s1', 'preemption')).thenEvents({ type: 'QosSessionReleased', cause: 'preemption', code: 12 });
  });
});

describe('a reservation that was torn has no style (RFC 2205 §2.3)', () => {
  test('ResvTear, then RESV of another style: it takes the path over, with its id', () => {
    given().visitors('mn-2').when(0, path('s1', 'mn-1', ff())).when(1, resv('x', 'mn-1', ff())).when(2, resvTear('mn-1', ff())).thenHeld('s1 path-only')
      .when(3, resv('s2', 'mn-1', wf())).thenEvents({ type: 'QosSessionReleased', sessionId: 's1', cause: 'merged', quarantinedUntil: null }, { type: 'QosSessionConfigured', style: 'WF', matched: [] })
      .thenHeld('s2').when(4, resvTear('mn-1', wf())).when(5, resv('s3', 'mn-1', se([cn, 5000]))).thenNative().thenHeld('s3')
      .when(6, resvTear('mn-1', se([cn, 5000]))).when(7, resv('s4', 'mn-1', ff())).thenNative().thenHeld('s4');
  });
  test('while it stands, another style conflicts', () => {
    given().when(0, path('s1', 'mn-1', ff())).when(1, resv('x', 'mn-1', ff())).when(2, resv('s2', 'mn-1', wf())).thenRefused('style-conflict').thenHeld('s1');
  });
  test('a reservation that ran out has none either', () => {
    const scenario = given().when(0, path('s1', 'mn-1', ff())).when(1, resv('x', 'mn-1', ff()));
    for (const seconds of [60, 120, 180, 230]) scenario.when(seconds, path('x', 'mn-1', ff()));
    scenario.when(240, resv('s2', 'mn-1', wf(), { observedAt: at(240) })).thenNative().thenHeld('s2');
  });
});

describe('names of the error codes and values that are only seen (RFC 2205 App. B)', () => {
  const appendixB: readonly (readonly [code: number, value: number, name: string | null])[] = [
    [0, 0, 'confirmation'],
    [1, 0, 'admission control failure'],
    [1, 1, 'admission control failure: delay bound cannot be met'],
    [1, 2, 'admission control failure: requested bandwidth unavailable'],
    [1, 3, 'admission control failure: MTU in flowspec larger than interface MTU'],
    [1, 4, 'admission control failure'],
    [2, 1, 'policy control failure'],
    [3, 0, 'no path information for this Resv message'],
    [4, 0, 'no sender information for this Resv message'],
    [5, 0, 'conflicting reservation style'],
    [6, 0, 'unknown reservation style'],
    [7, 0, 'conflicting destination ports'],
    [8, 0, 'conflicting sender ports'],
    ...[9, 10, 11].map((reserved) => [reserved, 0, null] as const),
    [12, 0, 'service preempted'],
    [13, 0x0104, 'unknown object class'],
    [14, 0x0104, 'unknown object C-Type'],
    ...[15, 16, 17, 18, 19].map((reserved) => [reserved, 0, null] as const),
    [20, 0, 'reserved for API'],
    [21, 1, 'traffic control error: service conflict'],
    [21, 2, 'traffic control error: service unsupported'],
    [21, 3, 'traffic control error: bad flowspec value'],
    [21, 4, 'traffic control error: bad Tspec value'],
    [21, 5, 'traffic control error: bad ADSPEC value'],
    [21, 0x8000, 'traffic control error'],
    [22, 1, 'traffic control system error'],
    [23, 1, 'RSVP system error'],
    [24, 0, null],
  ];
  test.each(appendixB)('code %d, value %d: %s', (code, value, name) => {
    expect(rsvpErrorName(code, value)).toBe(name);
  });
});

describe('what refused an observed message becomes a violation of the same name', () => {
  test.each([{}, { code: 5 }, { code: 1, value: 0x8002 }])('with the code, and the value, that the refusal has, and nothing else of it: %j', (told) => {
    const refusal = { rejection: 'style-conflict', detail: 'Why.', facts: { ...told, sessionId: 's1' } } as const;
    expect(violationOf(refusal)).toStrictEqual({ name: 'style-conflict', detail: 'Why.', ...told });
  });
});
