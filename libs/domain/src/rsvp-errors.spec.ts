import { at, cn, cn2, configure, ff, given, path, provision, release, resv, resvTear, se, wf } from './flow-table.testing';
import { rsvpErrorName } from './rsvp-errors';

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
      .when(1, resv('s2', 'mn-1', ff({ sourcePort: 6000 }))).thenEvents({ violations: [{ name: 'resv-for-unknown-sender', code: 4 }] });
  });
  test('05 conflicting style: commanded a refusal, observed a violation', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, configure('s2', 'mn-1', wf()))
      .thenAnswer({ outcome: 'refused', rejection: { rejection: 'style-conflict', facts: { code: 5 } } } as never)
      .when(2, resv('s3', 'mn-1', wf())).thenEvents({ type: 'SignallingObserved', violations: [{ name: 'resv-for-unknown-sender' }, { name: 'style-conflict', code: 5 }] });
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

describe('names of the error codes that are only seen', () => {
  test('of the code, and of its value where the standard names that', () => {
    expect([rsvpErrorName(21, 4), rsvpErrorName(21, 0x8000), rsvpErrorName(1, 2), rsvpErrorName(99, 1)])
      .toEqual([expect.stringMatching(/^[^:]+: bad Tspec value$/), expect.not.stringContaining(':'), expect.stringContaining(': requested bandwidth unavailable'), null]);
  });
});
