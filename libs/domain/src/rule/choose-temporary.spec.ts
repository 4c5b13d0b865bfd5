import { cn, cn2, configure, esp, ff, given, provision, release, se, wf } from '../proof/flow-table.testing';

const nodes = ['mn-1', 'mn-2', 'mn-3', 'mn-4'];

describe('a flow comes back while ids of its own are quarantined (domain.md §3, step 5)', () => {
  const twice = () => given().visitors(...nodes).when(0, configure('a', 'mn-1', ff())).when(0, configure('b', 'mn-2', ff())).thenTemporary('sourcePort', 49152, 'a')
    .when(1, release('b')).when(1, configure('c', 'mn-3', ff({ sourcePort: 49152 }))).thenTemporary('sourcePort', 49153, 'b q');

  test('its own temporary id is no good while another asked for the same: it gets the next of the pool', () => {
    twice().when(2, configure('b2', 'mn-2', ff())).thenTemporary('sourcePort', 49154, 'a').thenEvents({ choice: 'never-used' }, { reclaimed: false });
  });
  test('of two of its own it is offered the last', () => {
    twice().when(2, configure('b2', 'mn-2', ff())).when(3, release('b2')).when(3, release('c'))
      .when(4, configure('b3', 'mn-2', ff())).thenTemporary('sourcePort', 49154, 'a').thenEvents({ choice: 'reclaimed' }, { reclaimed: true });
  });
  test('a native id of its own is not a temporary one that could be offered', () => {
    given().visitors(...nodes).when(0, configure('a', 'mn-1', esp(7))).when(0, configure('b', 'mn-2', { correspondentNode: cn, protocol: 50 })).thenNative()
      .when(1, release('a')).when(2, provision(1n, { mixedClassifiers: true }))
      .when(3, configure('a2', 'mn-1', esp(7))).thenTemporary('greKey', 1, 'b').thenEvents({ choice: 'never-used' }, { reclaimed: false });
  });
  test('a list that comes back with other senders has another id: what it had stays quarantined', () => {
    given().visitors(...nodes).when(0, configure('a', 'mn-1', se([cn, 5000]))).when(0, configure('b', 'mn-2', se([cn, 5000], [cn2, 1]))).thenTemporary('destinationPort', 49152, 'a')
      .when(1, release('b')).when(2, configure('b2', 'mn-2', se([cn, 5000], [cn2, 2]))).thenTemporary('destinationPort', 49153, 'a').thenEvents({ choice: 'never-used' }, { reclaimed: false })
      .when(3, release('b2')).when(4, configure('b3', 'mn-2', se([cn, 5000], [cn2, 1]))).thenTemporary('destinationPort', 49152, 'a').thenEvents({ choice: 'reclaimed' }, { reclaimed: true });
  });
  test('a temporary id that replaced another field than the one that is replaced now is not offered', () => {
    given().visitors(...nodes).when(0, configure('a', 'mn-1', ff())).when(0, configure('b', 'mn-2', ff())).thenTemporary('sourcePort', 49152, 'a').when(1, release('b'))
      .when(1, configure('w', 'mn-3', wf())).thenTemporary('destinationPort', 49152, 'a', 'b q')
      .when(2, configure('b2', 'mn-2', ff())).thenTemporary('destinationPort', 49153, 'a').thenEffective(`ports ${cn} 17 5000 49153`);
  });
  test('ESP returns within quarantine and has its own SPI again', () => {
    given().visitors(...nodes).when(0, configure('a', 'mn-1', esp(7))).when(1, release('a'))
      .when(2, configure('b', 'mn-2', esp(7))).thenTemporary('greKey', 1, 'a q').thenEvents({}, { reclaimed: false })
      .when(3, configure('a2', 'mn-1', esp(7))).thenNative().thenEvents({ type: 'QosSessionConfigured', reclaimed: true });
  });
});

describe('a pool that has nothing left (flow-id-pool-exhausted)', () => {
  test('the refusal tells its bounds, or that it is empty', () => {
    const exhausted = (range: { first: number; last: number } | null) => given().visitors(...nodes).when(0, provision(1n, {}, { sourcePort: range }))
      .when(0, configure('a', 'mn-1', ff())).when(0, configure('b', 'mn-2', ff())).when(0, configure('c', 'mn-3', ff()));
    exhausted({ first: 50_000, last: 50_000 }).thenAnswer({
      outcome: 'refused', rejection: { detail: expect.stringContaining('sourcePort (50000 to 50000)'), facts: { pool: { first: 50_000, last: 50_000, size: 1, allocated: 1 } } },
    } as never);
    exhausted(null).thenAnswer({ outcome: 'refused', rejection: { detail: expect.stringContaining('sourcePort (empty)'), facts: { pool: { first: null, last: null, size: 0 } } } } as never);
  });
  test('the refusal is RSVP error 01 with a value of this organisation, and names who is in the way', () => {
    given().visitors(...nodes).when(0, provision(1n, {}, { sourcePort: { first: 50_000, last: 50_000 } }))
      .when(0, configure('a', 'mn-1', ff())).when(0, configure('b', 'mn-2', ff())).when(0, configure('c', 'mn-3', ff({ sourcePort: 50_000 }))).thenRefused('flow-id-pool-exhausted')
      .thenAnswer({ outcome: 'refused', rejection: { facts: { code: 1, value: 0x8001, matched: [{ sessionId: 'b', mobileNode: 'mn-2', state: 'live' }] } } } as never);
  });
});
