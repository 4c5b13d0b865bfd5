import fc from 'fast-check';
import { cn, cn2, configure, ff, given, path, pathTear, provision, resv, resvTear, se, tick, timeAt, wf } from '../proof/flow-table.testing';
import { runs } from '../proof/property-runs.testing';

const second = ff({ correspondentNode: cn2 });
const third = ff({ sourcePort: 7000 });
const senderOf = ({ correspondentNode, sourcePort }: ReturnType<typeof ff>) => ({ correspondentNode, sourcePort });

describe('the paths of the senders of a WF session (RFC 2205 §3.1.5, RFC 2209 §2)', () => {
  const standing = () => given().when(0, path('s1', null, ff())).when(0, path('s2', null, second)).when(1, resv('s3', null, wf()));

  test('the reservation knows those that it merged, each with its own lease', () => {
    standing().thenEvents({ cause: 'merged' }, { cause: 'merged' }, {
      type: 'QosSessionConfigured', paths: [{ ...senderOf(ff()), expiresAt: timeAt(236.25) }, { ...senderOf(second), expiresAt: timeAt(236.25) }],
    }).thenHeld('s3');
  });
  test('one that tears leaves the others; the last one ends the reservation', () => {
    standing().when(2, pathTear(null, ff())).thenEvents({ type: 'QosSessionModified', sessionId: 's3', pathsEnded: [senderOf(ff())], cause: 'path-tear' }).thenHeld('s3')
      .when(3, pathTear(null, second)).thenEvents({ type: 'QosSessionReleased', sessionId: 's3', cause: 'path-tear' }).thenAnswer({ outcome: 'released', sessionId: 's3' }).thenHeld();
  });
  test('what is odd about the tear stands in the event', () => {
    const violations = [{ name: 'checksum-wrong', detail: 'x' }];
    standing().when(2, { ...pathTear(null, ff()), violations }).thenEvents({ pathsEnded: [senderOf(ff())], violations });
    standing().when(2, pathTear(null, ff())).thenWithout('violations');
  });
  test('one that comes later counts, and is told once', () => {
    standing().when(2, path('x', null, third)).thenEvents({ type: 'QosSessionModified', paths: [{ ...senderOf(third), expiresAt: timeAt(238.25) }] })
      .when(3, path('x', null, third)).thenNothingAppended()
      .when(4, pathTear(null, ff())).when(5, pathTear(null, second)).thenHeld('s3').when(6, pathTear(null, third)).thenHeld();
  });
  test('one that comes again after its tear counts again', () => {
    standing().when(2, pathTear(null, ff())).when(3, path('x', null, ff())).thenEvents({ paths: [senderOf(ff())] }).when(4, pathTear(null, second)).thenHeld('s3');
  });
  test('the tear of a sender that is not known is kept as it was seen, and ends nothing', () => {
    standing().when(2, pathTear(null, third)).thenEvents({ type: 'SignallingObserved', message: 'path-tear', sessionId: 's3' }).thenHeld('s3');
    given().when(1, resv('s1', null, wf())).when(2, pathTear(null, ff())).thenEvents('SignallingObserved').thenHeld('s1');
  });
  test('one that is not refreshed lapses as by its tear; the last one ends the reservation, however long another\'s period was', () => {
    const scenario = given().when(0, path('s1', null, ff())).when(0, path('s2', null, second, { refreshPeriodMs: 600_000 })).when(1, resv('s3', null, wf(), { refreshPeriodMs: 600_000 }));
    scenario.when(2, pathTear(null, second)).when(236.25, tick).thenEvents({ type: 'QosSessionReleased', sessionId: 's3', cause: 'soft-state-timeout', occurredAt: timeAt(236.25) }).thenHeld();
    standing().when(60, path('x', null, second)).when(61, resv('x', null, wf())).when(120, path('x', null, second)).when(121, resv('x', null, wf())).when(180, path('x', null, second))
      .when(236.25, tick).thenEvents({ type: 'QosSessionModified', pathsEnded: [senderOf(ff())], cause: 'soft-state-timeout' }).thenHeld('s3');
  });
  test('a reservation that was torn leaves its paths, and the last of them ends the session', () => {
    standing().when(2, resvTear(null, wf())).thenHeld('s3 path-only').when(3, pathTear(null, ff())).thenHeld('s3 path-only').when(4, pathTear(null, second)).thenHeld();
  });
  test('they pass on to a reservation of another style', () => {
    standing().when(2, resvTear(null, wf())).when(3, resv('s4', null, se([cn, 5000], [cn2, 5000])))
      .thenEvents({ cause: 'merged' }, { type: 'QosSessionConfigured', paths: [senderOf(ff()), senderOf(second)] }).thenWithout('violations')
      .when(4, pathTear(null, ff())).thenHeld('s4').when(5, pathTear(null, second)).thenHeld();
  });
  test('who commands a reservation says that its paths stand as well', () => {
    const scenario = given().visitors('mn-1').when(0, configure('s1', 'mn-1', wf())).when(1, path('x', 'mn-1', ff()));
    for (let seconds = 60; seconds < 600; seconds += 60) scenario.when(seconds, configure('x', 'mn-1', wf()));
    scenario.thenHeld('s1').when(601, pathTear('mn-1', ff())).thenHeld();
  });
  test('I7 and so does a change of it, told twice', () => {
    given().visitors('mn-1').when(0, path('s1', 'mn-1', ff())).when(0, resv('s2', 'mn-1', wf())).when(90, configure('x', 'mn-1', wf(), { service: 'controlled-load' }))
      .thenEvents({ type: 'QosSessionModified', service: 'controlled-load' }, { type: 'LeasesExtended', paths: [{ sessionId: 's2', ...senderOf(ff()) }] })
      .when(90, configure('x', 'mn-1', wf(), { service: 'controlled-load' })).thenNothingAppended();
  });
  test('without soft state a path has no time of its own, and its tear counts all the same', () => {
    given().visitors('mn-1').when(0, provision(1n)).when(0, configure('s1', 'mn-1', wf(), { refreshPeriodMs: 0 }))
      .when(1, path('x', 'mn-1', ff())).thenEvents({ paths: [senderOf(ff())] }).when(2, path('x', 'mn-1', ff())).thenNothingAppended()
      .when(99_999, tick).thenHeld('s1').when(100_000, pathTear('mn-1', ff())).thenHeld();
  });

  test('it stands exactly as long as a path of it is known, whatever comes and goes', () => {
    const flows = [ff(), second, third];
    const step = fc.record({ tears: fc.boolean(), sender: fc.nat(2) });
    fc.assert(fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      const scenario = given().when(0, path('s0', null, ff())).when(0, resv('s', null, wf()));
      const known = new Set([0]);
      for (const { tears, sender } of steps) {
        if (known.size === 0) return;
        scenario.when(1, tears ? pathTear(null, flows[sender]!) : path('x', null, flows[sender]!));
        if (tears) known.delete(sender);
        else known.add(sender);
        scenario.thenHeld(...(known.size === 0 ? [] : ['s']));
      }
    }), runs);
  });
});
