import type { Flow, FlowSender } from '../flow/flow';
import { cn, cn2, configure, given, path, provision, release, resv } from '../proof/flow-table.testing';

/** What a list or a wildcard of the node gave back, and a PATH of the node that is told otherwise (ADR 34). */
const [a, b] = ['2001:db8::7', '2001:db8::8'];
const to = { protocol: 17, destinationPort: 5004 };
const port = (correspondentNode = a): FlowSender => ({ correspondentNode, sourcePort: 5000 });
const label = (flowLabel: number, correspondentNode = a): FlowSender => ({ correspondentNode, flowLabel });
const list = (...senders: FlowSender[]): Flow => ({ ...to, senders });
const one = (sender: FlowSender): Flow => ({ ...to, ...sender });
const six = (mixedClassifiers = false) => given('2001:db8:1::1').when(0, provision(1n, { mixedClassifiers })).visitors('mn-1', 'mn-2');

describe('a path and the temporary id that its node\'s list gave back', () => {
  /** The list of the one sender collides with s1, and is told by label 1 until it is released. */
  const labelled = () => six().when(0, configure('s1', 'mn-2', one(port()))).when(1, configure('s2', 'mn-1', list(port()))).thenTemporary('flowLabel', 1, 's1').when(2, release('s2'));

  test('I2 a path that is told by that very label is other traffic: it gets a label of its own', () => {
    labelled().when(3, path('s3', 'mn-1', one(label(1)))).thenTemporary('flowLabel', 2, 's2 q').thenWithout('reclaimedFrom');
  });
  test('the same label of another source is nobody\'s', () => {
    labelled().when(3, path('s3', 'mn-1', one(label(1, b)))).thenNative();
  });
  test('I2 a list of several sources leaves its label to none of them', () => {
    six().when(0, configure('s1', 'mn-2', one(port()))).when(1, configure('s2', 'mn-1', list(port(), label(7, b)))).thenTemporary('flowLabel', 1, 's1').when(2, release('s2'))
      .when(3, path('s3', 'mn-1', one(label(1, b)))).thenTemporary('flowLabel', 2, 's2 q').when(4, path('s4', 'mn-1', one(label(7, b)))).thenNative();
  });
  test('I12 a sender that left a list with its key is not given it while it is quarantined', () => {
    const spi = (correspondentNode: string, value: number): Flow => ({ protocol: 50, correspondentNode, spi: value });
    const spis = (...senders: FlowSender[]): Flow => ({ protocol: 50, senders });
    const [seven, eight] = [{ correspondentNode: cn, spi: 7 }, { correspondentNode: cn2, spi: 8 }];
    given().when(0, provision(1n, { quarantineSeconds: 0 }, { greKey: { first: 1, last: 1 } })).visitors('mn-1', 'mn-2').when(0, configure('s1', 'mn-2', spi(cn, 7), { refreshPeriodMs: 0 }))
      .when(0, resv('s2', 'mn-1', spis(seven, eight))).thenTemporary('greKey', 1, 's1').when(1, path('x', 'mn-1', spi(cn, 7)))
      .when(2, resv('x', 'mn-1', spis(eight))).when(3, release('s2'))
      .when(4, path('s3', 'mn-1', spi(cn, 7))).thenRefused('flow-id-pool-exhausted').when(238, path('s3', 'mn-1', spi(cn, 7))).thenTemporary('greKey', 1, 's1');
  });
});

describe('a path and what other senders of its node\'s list gave back', () => {
  test('I2 where it needs a temporary id, it is none that another of them had', () => {
    six().when(0, configure('s1', 'mn-2', one(port()))).when(0, configure('s2', 'mn-1', list(label(1)))).thenNative().when(1, release('s2'))
      .when(2, path('s3', 'mn-1', one(port()))).thenTemporary('flowLabel', 2, 's1');
  });
  test('I2 with mixedClassifiers a port and a label of one source are not told apart, though one list named both', () => {
    six(true).when(0, configure('s2', 'mn-1', list(port(), label(5)))).thenNative().when(1, release('s2'))
      .when(2, path('s3', 'mn-1', one(port()))).thenTemporary('flowLabel', 1, 's2 q').thenWithout('reclaimedFrom');
  });
  test('its own id is no other sender\'s: it takes that back, and is not kept from labels by it', () => {
    six(true).when(0, configure('s2', 'mn-1', list(port(), port(b)))).when(1, release('s2'))
      .when(2, path('s3', 'mn-1', one(port()))).thenNative().thenTold('reclaimedFrom', ['s2']);
  });
});

describe('a path and a wildcard of its node', () => {
  test('what it held as it was asked for is every sender\'s own', () => {
    six(true).when(0, configure('s2', 'mn-1', to)).thenNative().when(1, release('s2')).when(2, path('s3', 'mn-1', one(port()))).thenNative();
  });
  test('I2 the temporary label of a wildcard is not, where a label may be any port\'s', () => {
    const labelled = () => six(true).when(0, configure('s1', 'mn-2', one(label(5)))).when(1, configure('s2', 'mn-1', to)).thenTemporary('flowLabel', 1, 's1').when(2, release('s2'));
    labelled().when(3, path('s3', 'mn-1', one(port(b)))).thenTemporary('flowLabel', 2, 's2 q');
    labelled().when(200, path('s3', 'mn-1', one(port(b)))).thenNative();
  });
});
