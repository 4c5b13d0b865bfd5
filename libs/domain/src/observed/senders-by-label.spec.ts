import type { Flow, FlowSender } from '../flow/flow';
import { admitLegs, leg } from '../legs/handoff.testing';
import { cn, cn2, configure, dismiss, esp, ff, FlowTableScenario, given, path, pathTear, provision, resv, resvTear, se, tick, timeAt } from '../proof/flow-table.testing';

/** SE reservations whose senders a flow label (RFC 2205 A.9, C-Type 3) or an SPI (RFC 2207) tells: one session, as of ports. */
const [a, b] = ['2001:db8::7', '2001:db8::8'];
const label = (correspondentNode: string, flowLabel: number): FlowSender => ({ correspondentNode, flowLabel });
const [five, sixth]: FlowSender[] = [label(a, 5), label(b, 6)];
const to = { protocol: 17, destinationPort: 5004 };
const list = (...senders: FlowSender[]): Flow => ({ ...to, senders });
const one = (sender: FlowSender): Flow => ({ ...to, ...sender });
const refusedAs = (rejection: string) => ({ outcome: 'refused', rejection: { rejection } }) as never;
const six = () => new FlowTableScenario('2001:db8:1::1').when(0, provision(1n));
const reserved = () => six().visitors('mn-1', 'mn-2').when(0, path('s1', 'mn-1', one(five!))).when(0, path('s2', 'mn-1', one(sixth!)))
  .when(1, resv('s3', 'mn-1', list(five!, sixth!)));

describe('a list of labels is one session (RFC 2205 §1.3)', () => {
  test('it takes the paths of its senders over, and holds the id of each', () => {
    reserved().thenEvents({ cause: 'merged', quarantinedUntil: null }, { cause: 'merged', quarantinedUntil: null }, {
      style: 'SE', flow: list(five!, sixth!), effective: { destination: '2001:db8:1::1', protocol: 17, senders: [{ source: a, flowLabel: 5 }, { source: b, flowLabel: 6 }] }, temporary: null,
    }).thenWithout('violations').thenHeld('s3');
  });
  test('the same again is a refresh, whatever the order', () => {
    reserved().when(2, resv('x', 'mn-1', list(sixth!, five!))).thenNothingAppended();
  });
  test('a newcomer with the label of one of its senders gets a label that is nobody\'s', () => {
    reserved().when(2, configure('s4', 'mn-2', one(sixth!))).thenTemporary('flowLabel', 1, 's3');
  });
  test('a list that collides is told by one label of any source, which no sender has', () => {
    six().visitors('mn-1', 'mn-2').when(0, configure('s1', 'mn-1', one(label(b, 1)))).when(1, configure('s2', 'mn-2', list(five!, label(b, 1)))).thenTemporary('flowLabel', 2, 's1')
      .thenTold('effective', { destination: '2001:db8:1::1', flowLabel: 2 });
  });
  test('FF of the same node to its port conflicts (error 05), and so does a list beside FF', () => {
    reserved().when(2, resv('x', 'mn-1', one(five!))).thenAnswer(refusedAs('style-conflict')).thenHeld('s3');
    six().visitors('mn-1').when(0, configure('s1', 'mn-1', one(five!))).when(1, configure('x', 'mn-1', list(sixth!))).thenAnswer(refusedAs('style-conflict'))
      .when(2, configure('x', 'mn-1', { ...to, destinationPort: 5006, senders: [sixth!] })).thenNative();
  });
  test('a sender may be told by its port beside others that labels tell; a sender without a path is told', () => {
    const port = { correspondentNode: a, sourcePort: 5000 };
    reserved().when(2, resv('x', 'mn-1', list(five!, sixth!, port))).thenTold('violations', [expect.objectContaining({ name: 'resv-for-unknown-sender', code: 4 })])
      .when(3, configure('s4', 'mn-2', one(port))).thenTemporary('flowLabel', 1, 's3');
  });
  test('a port that comes into a list of labels is judged for port zero as any other', () => {
    six().visitors('mn-1', 'mn-2').when(0, configure('s1', 'mn-1', { ...to, destinationPort: 0, senders: [five!] })).when(1, configure('s2', 'mn-2', one({ correspondentNode: a, sourcePort: 1 }))).thenNative()
      .when(2, configure('x', 'mn-1', { ...to, destinationPort: 0, senders: [five!, { correspondentNode: a, sourcePort: 0 }] })).thenAnswer(refusedAs('port-zero-conflict'));
  });
});

describe('who leaves a list of labels', () => {
  test('by its PathTear it leaves the others reserved, and its id is quarantined; the last one ends the session', () => {
    reserved().when(2, pathTear('mn-1', one(five!))).thenTold('sendersLeft', { senders: [{ source: a, flowLabel: 5 }], quarantinedUntil: timeAt(2 + 157.5) })
      .when(3, configure('s4', 'mn-2', one(five!))).thenTemporary('flowLabel', 1, 's3 q')
      .when(4, pathTear('mn-1', one(sixth!))).thenEvents({ sessionId: 's3', cause: 'path-tear' }).thenHeld('s4');
  });
  test('by a ResvTear of it alone: its path stands, and takes its id back', () => {
    reserved().when(2, resvTear('mn-1', list(five!))).thenTold('cause', 'resv-tear').thenTold('flow', list(sixth!))
      .when(3, path('s4', 'mn-1', one(five!))).thenTold('reclaimedFrom', [expect.stringMatching(/^s3\//u)]).thenHeld('s3', 's4 path-only');
  });
  test('by the end of its path, apart from the others', () => {
    reserved().when(120, path('x', 'mn-1', one(sixth!))).when(121, resv('x', 'mn-1', list(five!, sixth!)))
      .when(237, tick).thenTold('cause', 'soft-state-timeout').thenTold('flow', list(sixth!)).thenHeld('s3');
  });
});

test('a list of SPIs that collides is told by one GRE key, of any source where it has several', () => {
  const spis = (...senders: FlowSender[]): Flow => ({ protocol: 50, destinationPort: 9, senders });
  const [seven, eight] = [{ correspondentNode: cn, spi: 7 }, { correspondentNode: cn2, spi: 8 }];
  given().visitors('mn-1', 'mn-2').when(0, configure('s1', 'mn-1', esp(7))).when(1, configure('s2', 'mn-2', spis(seven, eight))).thenTemporary('greKey', 1, 's1')
    .thenTold('effective', { destination: '198.51.100.1', protocol: 47, greKey: 1 })
    .when(2, configure('x', 'mn-2', spis(seven))).thenTold('effective', { source: cn, destination: '198.51.100.1', protocol: 47, greKey: 1 });
});
test('a list of a protocol without ports is told by its sources', () => {
  const icmp = { protocol: 1, senders: [{ correspondentNode: cn }, { correspondentNode: cn2 }] };
  given().visitors('mn-1', 'mn-2').when(0, configure('s1', 'mn-1', icmp)).thenNative()
    .when(1, configure('s2', 'mn-2', { correspondentNode: cn2, protocol: 1 })).thenTemporary('greKey', 1, 's1');
});
test('a handoff brings a list of labels, and an orphan holds it', () => {
  six().when(1, admitLegs('h1', 2n, [leg('s1', list(five!, sixth!), { style: 'SE' })])).thenHeld('s1')
    .when(2, dismiss('mn-1', 3n, { cause: 'superseded', orphanedUntil: timeAt(200) })).thenHeld('s1 orphaned').visitors('mn-2')
    .when(3, configure('s2', 'mn-2', one(five!))).thenTemporary('flowLabel', 1, 's1');
});
test('lists of next hops that meet are one of all senders', () => {
  const from = (nextHop: string) => ({ nextHop, node: '2001:db8:1::1' });
  six().when(0, path('s1', 'mn-1', one(five!))).when(0, path('s2', 'mn-1', one(sixth!))).when(1, resv('s3', 'mn-1', list(five!), from('2001:db8:9::1')))
    .when(2, resv('x', 'mn-1', list(sixth!), from('2001:db8:9::2'))).thenTold('flow', list(five!, sixth!)).thenHeld('s3')
    .when(3, { ...resvTear('mn-1', list(five!)), ...from('2001:db8:9::1') }).thenTold('flow', list(sixth!));
});
test('ports are as before: FF beside a list of them conflicts', () => {
  given().visitors('mn-1').when(0, configure('s1', 'mn-1', se([cn, 5000]))).thenNative().when(1, configure('x', 'mn-1', ff())).thenAnswer(refusedAs('style-conflict'));
});
