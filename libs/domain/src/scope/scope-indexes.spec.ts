import type { TunnelAssociation } from '../events/events';
import type { Flow } from '../flow/flow';
import { cn, cn2, configure, ff, given, path, pathTear, provision, release } from '../proof/flow-table.testing';

const list = (destinationPort: number, ...senders: (readonly [string, number])[]): Flow =>
  ({ protocol: 17, destinationPort, senders: senders.map(([correspondentNode, sourcePort]) => ({ correspondentNode, sourcePort })) });
const association = (sourcePort: number): TunnelAssociation =>
  ({ session: { destination: '10.0.0.5', protocol: 17, destinationPort: 5004 }, tunnel: { source: '203.0.113.1', sourcePort } });

describe('what a decision sees of its scope is what stands there', () => {
  /** `b` asked for port 5004 and has 5003 in its place; a sender left its list and another came. Whoever asks for 5011 needs another port, too. */
  const asked = () => given().visitors('mn-1', 'mn-2', 'mn-3', 'mn-4', 'mn-5').when(0, provision(1n, {}, { destinationPort: { first: 5003, last: 5010 } }))
    .when(0, configure('a', 'mn-1', list(5004, [cn, 5000])))
    .when(0, configure('b', 'mn-2', list(5004, [cn, 5000], [cn2, 1]))).thenTemporary('destinationPort', 5003, 'a')
    .when(1, configure('x', 'mn-2', list(5004, [cn, 5000], [cn2, 2]))).thenAnswer({ outcome: 'modified', sessionId: 'b' })
    .when(2, configure('c', 'mn-3', list(5011, [cn2, 1], [cn2, 2]))).thenNative();

  test('what a list asks for since it changed is chosen for nobody, what it asked for before is free', () => {
    asked().when(3, configure('d', 'mn-4', list(5011, [cn2, 2]))).thenTemporary('destinationPort', 5005, 'c')
      .when(4, configure('e', 'mn-5', list(5011, [cn2, 1]))).thenTemporary('destinationPort', 5004, 'c');
  });
  test('a session that ended asks for nothing any more', () => {
    asked().when(3, release('b')).when(4, configure('d', 'mn-4', list(5011, [cn2, 2]))).thenTemporary('destinationPort', 5004, 'c');
  });
  test('the owner of a quarantined value is who gave it back last, not one whose quarantine is over', () => {
    given().visitors('mn-1', 'mn-2', 'mn-3').when(0, provision(1n, { quarantineSeconds: 60 }))
      .when(1, path('s1', 'mn-1', ff(), { association: association(50_000) })).when(2, pathTear('mn-1', ff()))
      .when(63, path('s2', 'mn-2', ff({ correspondentNode: cn2 }), { association: association(50_000) })).when(64, pathTear('mn-2', ff({ correspondentNode: cn2 })))
      .when(65, path('s3', 'mn-3', ff({ sourcePort: 9 }), { association: association(50_000) }))
      .thenEvents({ violations: [{ name: 'network-id-overlaps', detail: expect.stringContaining('held by session s2') }] });
  });
});
