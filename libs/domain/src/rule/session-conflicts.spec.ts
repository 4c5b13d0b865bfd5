import { admitLegs, leg } from '../legs/handoff.testing';
import { admit, cn, cn2, configure, dismiss, ff, given, path, release, resv, resvTear, se, timeAt, wf } from '../proof/flow-table.testing';

const refusedBeside = (rejection: string, sessionId: string, words = '') =>
  ({ outcome: 'refused', rejection: { rejection, detail: expect.stringContaining(words), facts: { sessionId } } }) as never;

describe('styles of one node on one port (domain.md §3, step 1)', () => {
  test('a path has no style: what covers it takes it over, and what does not stands beside it', () => {
    given().visitors('mn-1').when(0, path('a', 'mn-1', ff())).when(1, configure('b', 'mn-1', wf())).thenNative().thenHeld('b');
    given().visitors('mn-1').when(0, path('a', 'mn-1', ff())).when(1, configure('b', 'mn-1', se([cn2, 1]))).thenNative().thenHeld('a path-only', 'b');
  });
  test('a command is judged on all that hold an id: also on a reservation that was torn', () => {
    given().visitors('mn-1').when(0, path('a', 'mn-1', ff())).when(1, resv('x', 'mn-1', ff())).when(2, resvTear('mn-1', ff()))
      .when(3, configure('b', 'mn-1', wf())).thenAnswer(refusedBeside('style-conflict', 'a')).thenNothingAppended();
  });
  test('and on every one of them: a torn one of its own style beside it hides none of another', () => {
    given().visitors('mn-1').when(0, path('a', 'mn-1', ff())).when(1, resv('x', 'mn-1', ff())).when(2, resvTear('mn-1', ff()))
      .when(3, path('b', 'mn-1', ff({ correspondentNode: cn2 }))).when(4, resv('c', 'mn-1', se([cn2, 5000]))).thenHeld('a path-only', 'c')
      .when(5, configure('d', 'mn-1', ff({ sourcePort: 7000 }))).thenAnswer(refusedBeside('style-conflict', 'c')).thenNothingAppended()
      .when(6, resvTear('mn-1', se([cn2, 5000]))).when(7, configure('d', 'mn-1', ff({ sourcePort: 7000 }))).thenAnswer(refusedBeside('style-conflict', 'c'))
      .when(8, configure('d', 'mn-1', ff({ sourcePort: 7000, destinationPort: 5006 }))).thenNative();
  });
  test('a reservation that was torn and comes back conflicts with what took another style meanwhile', () => {
    given().when(0, path('a', 'mn-1', ff())).when(1, resv('x', 'mn-1', ff())).when(2, resvTear('mn-1', ff())).thenHeld('a path-only')
      .when(3, path('b', 'mn-1', ff({ correspondentNode: cn2 }))).when(4, resv('c', 'mn-1', se([cn2, 5000]))).thenHeld('a path-only', 'c')
      .when(5, resv('x', 'mn-1', ff())).thenAnswer(refusedBeside('style-conflict', 'c')).thenHeld('a path-only', 'c');
  });
  test('a command for a reservation that was torn is judged on the others, not on itself', () => {
    given().visitors('mn-1').when(0, path('a', 'mn-1', ff())).when(1, resv('x', 'mn-1', ff())).when(2, resvTear('mn-1', ff()))
      .when(3, path('b', 'mn-1', ff({ correspondentNode: cn2 }))).when(4, resv('c', 'mn-1', se([cn2, 5000])))
      .when(5, configure('x', 'mn-1', ff())).thenAnswer(refusedBeside('style-conflict', 'c'));
    given().visitors('mn-1').when(0, configure('a', 'mn-1', ff())).when(1, release('a', 'resv-tear')).when(2, configure('x', 'mn-1', ff())).thenNative('modified').thenHeld('a');
  });
  test('a reservation that stands is not judged again by what was torn before it came', () => {
    given().visitors('mn-1').when(0, path('a', 'mn-1', ff())).when(1, resv('x', 'mn-1', ff())).when(2, resvTear('mn-1', ff()))
      .when(3, path('b', 'mn-1', ff({ correspondentNode: cn2 }))).when(4, resv('c', 'mn-1', se([cn2, 5000])))
      .when(5, configure('x', 'mn-1', se([cn2, 5000]))).thenAnswer({ outcome: 'modified', sessionId: 'c' }).thenHeld('a path-only', 'c');
  });
  test('what a handoff brings of a reservation that was torn is a path, in whatever order it comes with those that stand', () => {
    const [torn, live] = [leg('a', ff(), { state: 'path-only' }), leg('b', se([cn2, 1]))];
    for (const legs of [[torn, live], [live, torn]]) {
      given().when(0, admitLegs('h1', 1n, legs)).thenEvents('VisitorAdmitted', 'QosSessionConfigured', 'QosSessionConfigured')
        .thenAnswer({ outcome: 'admitted', configured: legs.map(({ sessionId }) => sessionId), degraded: [] }).thenHeld(...legs.map(({ sessionId }) => (sessionId === 'a' ? 'a path-only' : 'b')));
    }
    given().visitors('mn-1').when(0, configure('c', 'mn-1', se([cn2, 1]))).when(1, admitLegs('h1', 2n, [torn])).thenAnswer({ configured: ['a'], degraded: [] } as never).thenHeld('c', 'a path-only');
  });
  test('two that stand in different styles conflict, whatever brings them', () => {
    given().when(0, admitLegs('h1', 1n, [leg('a'), leg('b', se([cn2, 1]))])).thenEvents('VisitorAdmitted', 'QosSessionConfigured', { type: 'LegRefused', sessionId: 'b', rejection: 'style-conflict' });
    given().visitors('mn-1').when(0, configure('c', 'mn-1', se([cn2, 1]))).when(1, admitLegs('h1', 2n, [leg('a')])).thenEvents({}, { type: 'LegRefused', sessionId: 'a', rejection: 'style-conflict' });
  });
  test('a path that was orphaned has no style yet: when its node comes back it is judged as any other', () => {
    given().visitors('mn-1').when(0, path('a', 'mn-1', ff())).when(1, dismiss('mn-1', 2n, { cause: 'superseded', orphanedUntil: timeAt(200) })).thenHeld('a orphaned')
      .when(2, admit('mn-1', 3n)).when(3, configure('b', 'mn-1', wf())).thenNative().thenHeld('b')
      .when(4, configure('x', 'mn-1', ff())).thenAnswer(refusedBeside('style-conflict', 'b'));
  });
  test('the refusal names the style that is in the way', () => {
    given().visitors('mn-1').when(0, configure('a', 'mn-1', ff())).when(1, configure('b', 'mn-1', se([cn2, 1])))
      .thenAnswer({ outcome: 'refused', rejection: { facts: { sessionId: 'a', style: 'FF', code: 5 } } } as never);
  });
  test('of one style there may be several', () => {
    given().visitors('mn-1').when(0, configure('a', 'mn-1', ff())).when(1, configure('b', 'mn-1', ff({ correspondentNode: cn2 }))).thenNative();
  });
});

describe('destination port zero beside another', () => {
  test('the refusal tells the first of the protocol that is in the way, whatever has no port or is of another protocol', () => {
    const v6 = { correspondentNode: '2001:db8::7', protocol: 17 };
    given('2001:db8:1::1').visitors('mn-1', 'mn-2').when(0, configure('tcp', 'mn-1', { ...v6, protocol: 6, sourcePort: 1, destinationPort: 9 }))
      .when(0, configure('label', 'mn-1', { ...v6, flowLabel: 1 })).when(0, configure('udp', 'mn-1', { ...v6, sourcePort: 1, destinationPort: 9 }))
      .when(1, configure('zero', 'mn-2', { ...v6, sourcePort: 1, destinationPort: 0 })).thenAnswer(refusedBeside('port-zero-conflict', 'udp', 'port 0 cannot stand beside a non-zero'));
  });
  test('a label or an SPI has no port that identifies, and stands beside port zero', () => {
    given('2001:db8:1::1').visitors('mn-1', 'mn-2').when(0, configure('zero', 'mn-1', { correspondentNode: '2001:db8::7', protocol: 17, sourcePort: 1, destinationPort: 0 }))
      .when(1, configure('label', 'mn-2', { correspondentNode: '2001:db8::7', protocol: 17, flowLabel: 1, destinationPort: 9 })).thenNative();
  });
  test('and the other way round', () => {
    given().visitors('mn-1', 'mn-2').when(0, configure('other', 'mn-1', ff({ protocol: 6, destinationPort: 0 }))).when(0, configure('zero', 'mn-1', ff({ destinationPort: 0 })))
      .when(1, configure('b', 'mn-2', ff())).thenAnswer(refusedBeside('port-zero-conflict', 'zero', 'port 5004 cannot stand beside a zero'))
      .when(1, configure('b', 'mn-2', { correspondentNode: cn, protocol: 1 })).thenNative();
  });
});
