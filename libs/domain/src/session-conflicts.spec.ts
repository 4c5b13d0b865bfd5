import { cn, cn2, configure, ff, given, path, resv, resvTear, se, wf } from './flow-table.testing';

const refusedBeside = (rejection: string, sessionId: string) => ({ outcome: 'refused', rejection: { rejection, facts: { sessionId } } }) as never;

describe('styles of one node on one port (domain.md §3, step 1)', () => {
  test('a path has no style: whatever is asked for stands beside it', () => {
    given().visitors('mn-1').when(0, path('a', 'mn-1', ff())).when(1, configure('b', 'mn-1', wf())).thenTemporary('destinationPort', 49152, 'a');
  });
  test('a command is judged on all that hold an id: also on a reservation that was torn', () => {
    given().visitors('mn-1').when(0, path('a', 'mn-1', ff())).when(1, resv('x', 'mn-1', ff())).when(2, resvTear('mn-1', ff()))
      .when(3, configure('b', 'mn-1', wf())).thenAnswer(refusedBeside('style-conflict', 'a')).thenNothingAppended();
  });
  test('a reservation that was torn and comes back conflicts with what took another style meanwhile', () => {
    given().when(0, path('a', 'mn-1', ff())).when(1, resv('x', 'mn-1', ff())).when(2, resvTear('mn-1', ff())).thenHeld('a path-only')
      .when(3, path('b', 'mn-1', ff({ correspondentNode: cn2 }))).when(4, resv('c', 'mn-1', se([cn2, 5000]))).thenHeld('a path-only', 'c')
      .when(5, resv('x', 'mn-1', ff())).thenAnswer(refusedBeside('style-conflict', 'c')).thenHeld('a path-only', 'c');
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
      .when(1, configure('zero', 'mn-2', { ...v6, sourcePort: 1, destinationPort: 0 })).thenAnswer(refusedBeside('port-zero-conflict', 'udp'));
  });
  test('and the other way round', () => {
    given().visitors('mn-1', 'mn-2').when(0, configure('other', 'mn-1', ff({ protocol: 6, destinationPort: 0 }))).when(0, configure('zero', 'mn-1', ff({ destinationPort: 0 })))
      .when(1, configure('b', 'mn-2', ff())).thenAnswer(refusedBeside('port-zero-conflict', 'zero'))
      .when(1, configure('b', 'mn-2', { correspondentNode: cn, protocol: 1 })).thenNative();
  });
});
