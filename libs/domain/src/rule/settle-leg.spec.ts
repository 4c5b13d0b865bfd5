import { careOf, cn, cn2, configure, dismiss, ff, given, provision, release, se, timeAt } from '../proof/flow-table.testing';
import type { AdmitLegs } from '../commands/handoff-leg-commands';
import type { HeldLeg } from '../events/handoff-events';
import { admitLegs, leg, undo } from '../legs/handoff.testing';
import type { Allocator } from '../flow/policy';

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

describe('a leg that the new scope refuses (domain.md §6)', () => {
  const scarce = (policy: Parameters<typeof provision>[1] = {}) => given().when(0, provision(1n, policy, { sourcePort: null })).visitors('mn-2')
    .when(0, configure('o', 'mn-2', ff(), { refreshPeriodMs: 0 }));
  const home = { homeAddress: '10.0.0.5', homeAgent: '203.0.113.1' };
  const requested = { source: cn, destination: careOf, protocol: 17, sourcePort: 5000, destinationPort: 5004 };

  test.each<[string, Partial<AdmitLegs>, Partial<HeldLeg>, object]>([
    ['ends with its lease and its registration', { expiresAt: timeAt(600) }, {}, { expiresAt: timeAt(1 + 236.25), registrationExpiresAt: timeAt(600) }],
    ['without soft state, and where the registration has no end, it stands', { expiresAt: null }, { refreshPeriodMs: 0 }, { expiresAt: null, registrationExpiresAt: null }],
  ])('%s', (_, terms, legTerms, ends) => {
    scarce().when(1, admitLegs('h1', 2n, [leg('s1', ff(), legTerms)], terms))
      .thenEvents('VisitorAdmitted', { ...leg('s1', ff(), legTerms), type: 'LegRefused', handoffId: 'h1', mobileNode: 'mn-1', ...home, requested, ...ends });
  });
  test.each<[string, Allocator | null, Allocator]>([['as the policy says', null, 'home-agent'], ['as the command says', 'ledger', 'ledger']])('who allocates what it gets at once: %s', (_, allocator, allocatedBy) => {
    given().when(0, provision(1n, { allocator: 'home-agent' })).visitors('mn-2').when(0, configure('o', 'mn-2', ff()))
      .when(1, admitLegs('h1', 2n, [leg('s1')], { allocator }))
      .thenEvents('VisitorAdmitted', { type: 'TemporaryFlowIdAllocated', allocatedBy }, 'QosSessionConfigured');
  });
  test('who allocates what it gets later: as the policy says then', () => {
    scarce().when(1, admitLegs('h1', 2n, [leg('s1')], { allocator: 'ledger' })).when(2, provision(2n, { allocator: 'home-agent' }))
      .thenEvents('ScopeProvisioned', { type: 'TemporaryFlowIdAllocated', allocatedBy: 'home-agent' }, { handoffId: 'h1' });
  });
  test('lives as long as it is asked for: its lease is extended when less than L is left of it', () => {
    const asked = (seconds: number, refreshPeriodMs: number) => scarce().when(0, admitLegs('h1', 2n, [leg('s1', ff(), { refreshPeriodMs })]))
      .when(seconds, configure('x', 'mn-1', ff())).thenRefused('flow-id-pool-exhausted');
    asked(78.75, 30_000).thenNothingAppended();
    asked(78.751, 30_000).thenEvents({ type: 'LeasesExtended', sessions: ['s1'], until: timeAt(78.751 + 236.25) });
    asked(1_000, 0).thenNothingAppended();
  });
  test('lives by a lease of its own once it has an id: none is extended then', () => {
    scarce({ quarantineSeconds: 60 }).when(1, admitLegs('h1', 2n, [leg('s1')])).when(100, release('o')).when(160, configure('x', 'mn-1', ff()))
      .thenEvents('QuarantineEnded', { type: 'QosSessionConfigured', sessionId: 's1' });
  });
  test('gets an id at once where what ends leaves nothing in its way: a port beside port 0 of its protocol', () => {
    given().visitors('mn-2').when(0, configure('o', 'mn-2', ff({ destinationPort: 0 }))).when(1, admitLegs('h1', 2n, [leg('s1')]))
      .thenAnswer({ outcome: 'admitted', degraded: [{ sessionId: 's1', rejection: 'port-zero-conflict' }] })
      .when(2, release('o')).thenEvents({ type: 'QosSessionReleased', sessionId: 'o' }, { type: 'QosSessionConfigured', sessionId: 's1' });
  });
  test('and where it does so with its node', () => {
    given().visitors('mn-2').when(0, configure('o', 'mn-2', ff({ destinationPort: 0 }))).when(1, admitLegs('h1', 2n, [leg('s1')])).when(2, dismiss('mn-2', 2n))
      .thenEvents('VisitorLeft', 'QosSessionReleased', { type: 'QosSessionConfigured', sessionId: 's1' });
  });
  test('gets the one value that a sender, which leaves a list, had asked for and did not get', () => {
    given().when(0, provision(1n, {}, { sourcePort: { first: 49152, last: 49152 } })).visitors('mn-2', 'mn-3').when(0, configure('w', 'mn-3', ff()))
      .when(0, configure('v', 'mn-3', ff({ correspondentNode: cn2 })))
      .when(0, configure('list', 'mn-2', se([cn, 5000], [cn2, 49152]))).thenTemporary('destinationPort', 49152, 'w')
      .when(1, admitLegs('h1', 2n, [leg('s1', ff({ correspondentNode: cn2 }))]))
      .thenAnswer({ outcome: 'admitted', degraded: [{ sessionId: 's1', rejection: 'flow-id-pool-exhausted' }] })
      .when(2, configure('x', 'mn-2', se([cn, 5000])))
      .thenEvents({ type: 'QosSessionModified', sessionId: 'list' }, { type: 'TemporaryFlowIdAllocated', sessionId: 's1', value: 49152 }, { type: 'QosSessionConfigured', sessionId: 's1' });
  });
  test('stands for its flow: another session of it that is brought is not moved', () => {
    scarce({ quarantineSeconds: 60 }).when(1, admitLegs('h1', 2n, [leg('s1')])).when(2, release('o')).thenHeld()
      .when(62, admitLegs('h2', 4n, [leg('s9')])).thenAnswer({ outcome: 'admitted', configured: [], degraded: [] })
      .thenEvents('QuarantineEnded', 'VisitorAdmitted', { type: 'QosSessionConfigured', sessionId: 's1', handoffId: 'h1' }).thenHeld('s1');
  });
  test('one that an older handoff left degraded is judged afresh: it is degraded by the newer one, which tells it, or has an id now', () => {
    const scenario = given().when(0, provision(1n, {}, { sourcePort: null, destinationPort: null })).visitors('mn-2').when(0, configure('o', 'mn-2', ff()))
      .when(1, admitLegs('h1', 2n, [leg('s1')])).thenAnswer({ outcome: 'admitted', degraded: [{ sessionId: 's1' }] });
    scenario.when(2, admitLegs('h3', 6n, [leg('s1')])).thenEvents('VisitorAdmitted', { type: 'LegRefused', sessionId: 's1', handoffId: 'h3' })
      .thenAnswer({ outcome: 'admitted', configured: [], degraded: [{ sessionId: 's1', rejection: 'flow-id-pool-exhausted' }] })
      .when(3, undo('h3', 7n)).thenEvents('VisitorLeft', { type: 'DegradedLegEnded', sessionId: 's1', cause: 'handoff-rolled-back' }, 'LegsUnheld');
    expect(scenario.state.degraded.size).toBe(0);
  });
  test('I23 of two sessions of one flow the first is degraded, and none comes to life when it ends', () => {
    const scenario = scarce({ quarantineSeconds: 0 }).when(1, admitLegs('h1', 2n, [leg('s1'), leg('s2')]))
      .thenEvents('VisitorAdmitted', { type: 'LegRefused', sessionId: 's1' }).thenAnswer({ outcome: 'admitted', degraded: [{ sessionId: 's1' }] });
    expect(scenario.state.degraded.all()).toHaveLength(1);
    scenario.when(2, release('o')).thenEvents('QosSessionReleased', 'QuarantineEnded', { type: 'QosSessionConfigured', sessionId: 's1' })
      .when(3, release('s1')).thenEvents({ type: 'QosSessionReleased', sessionId: 's1' }, 'QuarantineEnded').thenHeld();
  });
});

describe('a leg whose flow is of the other address family than the care-of address (domain.md §2)', () => {
  const v6 = '2001:db8::7';
  test.each<[string, string | undefined, HeldLeg]>([
    ['IPv4 at an IPv6 one', '2001:db8:99::1', leg('s1')],
    ['a list of IPv4 senders at an IPv6 one', '2001:db8:99::1', leg('s1', se([cn, 5000], [cn2, 5000]))],
    ['IPv6 at an IPv4 one', undefined, leg('s1', ff({ correspondentNode: v6 }))],
    ['an IPv6 flow label at an IPv4 one', undefined, leg('s1', { correspondentNode: v6, protocol: 17, flowLabel: 7 })],
  ])('is degraded with the refusal, whatever is free, and tried again in vain: %s', (_, there, brought) => {
    const scenario = given(there).when(1, admitLegs('h1', 2n, [brought])).thenEvents('VisitorAdmitted', { type: 'LegRefused', sessionId: 's1', rejection: 'address-family-differs' })
      .thenAnswer({ outcome: 'admitted', configured: [], degraded: [{ sessionId: 's1', rejection: 'address-family-differs' }] }).thenHeld();
    scenario.when(2, provision(1n)).thenEvents('ScopeProvisioned').thenHeld();
  });
  test('is none of a wildcard, which names no sender', () => {
    given('2001:db8:99::1').when(1, admitLegs('h1', 2n, [{ ...leg('s1', { protocol: 17, destinationPort: 5004 }), style: 'WF' }])).thenHeld('s1');
  });
});

describe('a leg that comes to where its flow is served', () => {
  test('by another session, which no handoff left behind: that one stays as it is', () => {
    given().visitors('mn-1').when(0, configure('own', 'mn-1', ff())).when(1, admitLegs('h1', 2n, [leg('s1', ff(), { service: 'controlled-load' })]))
      .thenEvents('VisitorAdmitted').thenHeld('own').thenAnswer({ outcome: 'admitted', configured: [], degraded: [] });
  });
  test('by itself, still or again: under the terms that were brought', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, admitLegs('h1', 2n, [leg('s1', ff(), { service: 'controlled-load' })]))
      .thenEvents('VisitorAdmitted', { type: 'QosSessionModified', sessionId: 's1', service: 'controlled-load', handoffId: 'h1' }).thenHeld('s1');
  });
});
