import { cn, cn2, configure, dismiss, ff, given, provision, se, timeAt } from './flow-table.testing';
import { admitLegs, leg } from './handoff.testing';

describe('a leg that comes to where it stands, with a list of senders that overlaps another here (domain.md §6)', () => {
  const list = se([cn, 5000], [cn2, 5000]);
  const standing = () => given().visitors('mn-1', 'mn-2').when(0, configure('s1', 'mn-1', se([cn, 5000]))).when(0, configure('o', 'mn-2', se([cn2, 5000])));

  test('begins anew, as any other: temporary', () => {
    standing().when(1, admitLegs('h1', 2n, [leg('s1', list)]))
      .thenEvents('VisitorAdmitted', { type: 'QosSessionReleased', sessionId: 's1', cause: 'handoff' }, { type: 'TemporaryFlowIdAllocated', field: 'destinationPort', matched: [{ sessionId: 'o' }] },
        { type: 'QosSessionConfigured', sessionId: 's1', handoffId: 'h1' })
      .thenAnswer({ outcome: 'admitted', configured: ['s1'], degraded: [] }).thenHeld('o', 's1');
  });
  test('is degraded where nothing is left for it', () => {
    standing().when(0, provision(1n, {}, { destinationPort: null })).when(1, admitLegs('h1', 2n, [leg('s1', list)]))
      .thenEvents('VisitorAdmitted', { type: 'QosSessionReleased', sessionId: 's1' }, { type: 'LegRefused', sessionId: 's1', rejection: 'flow-id-pool-exhausted', matched: [{ sessionId: 'o' }] })
      .thenAnswer({ outcome: 'admitted', configured: [], degraded: [{ sessionId: 's1' }] }).thenHeld('o');
  });
});

describe('a node that registered elsewhere', () => {
  test('has left, as of that registration, and its legs are orphaned with the cause', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, dismiss('mn-1', 7n, { cause: 'superseded', orphanedUntil: timeAt(50) }))
      .thenEvents({ type: 'VisitorLeft', cause: 'superseded', registrationRevision: '7' },
        { type: 'QosSessionModified', sessionId: 's1', state: 'orphaned', orphanedUntil: timeAt(50), cause: 'registration-elsewhere' }).thenHeld('s1 orphaned');
  });
});
