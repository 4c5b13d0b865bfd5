import { handleFlowTable } from '../flow-table/flow-table';
import type { FlowTableCommand } from '../commands/flow-table-commands';
import { admit, at, careOf, cn, cn2, configure, dismiss, esp, ff, given, icmp, path, provision, release, resv, se, tick, timeAt, wf } from '../proof/flow-table.testing';

const nodes = ['mn-1', 'mn-2', 'mn-3'];

describe('the rule of a scope (domain.md §3): order of the steps', () => {
  test('1 no registration here: no-binding', () => {
    given().when(0, configure('s1', 'mn-1', ff())).thenRefused('no-binding').thenNothingAppended();
  });
  test('1 a registration that just expired: no-binding, and its end is recorded with its deadline', () => {
    given()
      .when(0, admit('mn-1', 1n, { expiresAt: timeAt(60) }))
      .when(60, configure('s1', 'mn-1', ff())).thenRefused('no-binding')
      .thenEvents({ type: 'VisitorLeft', cause: 'registration-expiry', occurredAt: timeAt(60) });
  });
  test('2 the same node re-sends: a refresh without an event', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff()))
      .when(30, configure('s2', 'mn-1', ff())).thenNative('refreshed').thenAnswer({ sessionId: 's1' }).thenNothingAppended();
  });
  test('2 same flow, new Tspec: modified, and the effective id stays', () => {
    const more = { r: 20_000, b: 2_000, p: 'Infinity', m: 0, M: 1_500 } as const;
    given().visitors(...nodes).when(0, configure('s1', 'mn-1', ff())).when(0, configure('s2', 'mn-2', ff()))
      .when(1, configure('s3', 'mn-2', ff(), { tspec: more })).thenAnswer({ outcome: 'modified', sessionId: 's2' })
      .thenEffective(`ports ${cn} 17 49152 5004`).thenEvents({ type: 'QosSessionModified', tspec: more })
      .when(2, configure('s4', 'mn-2', ff(), { tspec: more })).thenAnswer({ outcome: 'refreshed' }).thenNothingAppended();
  });
  test('4 and 5 the case of the patent: two nodes, one correspondent node, the same ports', () => {
    given().visitors(...nodes)
      .when(0, configure('s1', 'mn-1', ff())).thenNative().thenEffective(`ports ${cn} 17 5000 5004`).thenEvents('QosSessionConfigured')
      .when(0, configure('s2', 'mn-2', ff())).thenTemporary('sourcePort', 49152, 's1').thenEffective(`ports ${cn} 17 49152 5004`)
      .thenEvents({ type: 'TemporaryFlowIdAllocated', choice: 'never-used', allocatedBy: 'foreign-agent' }, 'QosSessionConfigured')
      .when(0, configure('s3', 'mn-3', ff())).thenTemporary('sourcePort', 49153, 's1');
  });
  test('6 a pool of one and of none: exhausted, and clean', () => {
    given().visitors(...nodes)
      .when(0, provision(1n, {}, { sourcePort: { first: 50_000, last: 50_000 } }))
      .when(0, configure('s1', 'mn-1', ff())).when(0, configure('s2', 'mn-2', ff())).thenTemporary('sourcePort', 50_000, 's1')
      .when(0, configure('s3', 'mn-3', ff())).thenRefused('flow-id-pool-exhausted').thenNothingAppended()
      .when(0, provision(2n, {}, { sourcePort: null }))
      .when(0, configure('s3', 'mn-3', ff())).thenRefused('flow-id-pool-exhausted')
      .when(0, configure('s4', 'mn-3', ff({ sourcePort: 1 }))).thenNative();
  });
  test('I21 exhaustion ends after one release plus quarantine', () => {
    given().visitors(...nodes).when(0, provision(1n, {}, { sourcePort: { first: 50_000, last: 50_000 } }))
      .when(0, configure('s1', 'mn-1', ff(), { refreshPeriodMs: 0 })).when(0, configure('s2', 'mn-2', ff()))
      .when(10, release('s2')).when(167, configure('s3', 'mn-3', ff(), { refreshPeriodMs: 0 })).thenRefused('flow-id-pool-exhausted')
      .when(168, configure('s3', 'mn-3', ff(), { refreshPeriodMs: 0 })).thenTemporary('sourcePort', 50_000, 's1');
  });
});

describe('the rule, case by case', () => {
  test('two nodes with one home address and different home agents are two nodes', () => {
    const home = { homeAddress: '10.0.0.5' };
    given()
      .when(0, admit('10.0.0.5@203.0.113.1', 1n, { ...home, homeAgent: '203.0.113.1' })).when(0, admit('10.0.0.5@203.0.113.2', 1n, { ...home, homeAgent: '203.0.113.2' }))
      .when(0, configure('s1', '10.0.0.5@203.0.113.1', ff())).thenNative()
      .when(0, configure('s2', '10.0.0.5@203.0.113.2', ff())).thenTemporary('sourcePort', 49152, 's1');
  });
  test('a native newcomer equals another\'s temporary id: it becomes temporary, the other keeps its own (I9)', () => {
    given().visitors(...nodes).when(0, configure('s1', 'mn-1', ff())).when(0, configure('s2', 'mn-2', ff()))
      .when(0, configure('s3', 'mn-3', ff({ sourcePort: 49152 }))).thenTemporary('sourcePort', 49153, 's2')
      .thenHeld('s1', 's2', 's3');
  });
  test('a temporary id never takes what another asked for', () => {
    given().visitors(...nodes).when(0, configure('s1', 'mn-1', ff({ sourcePort: 49152 }))).when(0, configure('s2', 'mn-1', ff()))
      .when(0, configure('s3', 'mn-2', ff())).thenTemporary('sourcePort', 49153, 's2');
  });
  test('A native, B temporary, A ends, C asks for the same: quarantine makes C temporary, B keeps its own', () => {
    given().visitors(...nodes).when(0, configure('s1', 'mn-1', ff())).when(0, configure('s2', 'mn-2', ff())).when(1, release('s1'))
      .when(2, configure('s3', 'mn-3', ff())).thenTemporary('sourcePort', 49153, 's1 q')
      .when(3, configure('s4', 'mn-2', ff())).thenAnswer({ outcome: 'refreshed', temporary: { field: 'sourcePort', value: 49152 } });
  });
  test('A returns within quarantine and reclaims its native id, as a new session', () => {
    given().visitors(...nodes).when(0, configure('s1', 'mn-1', ff())).when(1, release('s1'))
      .when(2, configure('s2', 'mn-1', ff())).thenNative().thenEvents({ type: 'QosSessionConfigured', sessionId: 's2', reclaimed: true })
      .when(3, configure('s3', 'mn-2', ff())).thenTemporary('sourcePort', 49152, 's2');
  });
  test('a list of the node whose wildcard is quarantined, and a wildcard behind its list, are the same logical flow: native, and nobody else\'s', () => {
    const list = se([cn, 5000]);
    given().visitors(...nodes).when(0, configure('s1', 'mn-1', wf())).when(1, release('s1')).when(2, configure('s2', 'mn-1', list)).thenNative()
      .when(3, configure('s3', 'mn-2', ff({ correspondentNode: cn2 }))).thenTemporary('destinationPort', 49152, 's1 q');
    given().visitors(...nodes).when(0, configure('s1', 'mn-1', list)).when(1, release('s1')).when(2, configure('s2', 'mn-1', wf())).thenNative()
      .when(3, configure('s3', 'mn-1', list)).thenRefused('style-conflict').when(4, release('s2')).when(5, configure('s3', 'mn-1', list)).thenNative().thenEvents({ reclaimed: true });
  });
  test('B returns within quarantine and is offered its own temporary id first', () => {
    given().visitors(...nodes).when(0, configure('s1', 'mn-1', ff())).when(0, configure('s2', 'mn-2', ff())).when(1, release('s2'))
      .when(2, configure('s3', 'mn-3', ff())).thenTemporary('sourcePort', 49153, 's1')
      .when(3, configure('s4', 'mn-2', ff())).thenTemporary('sourcePort', 49152, 's1')
      .thenEvents({ type: 'TemporaryFlowIdAllocated', choice: 'reclaimed' }, { type: 'QosSessionConfigured', reclaimed: true });
  });
  test('quarantine ends at max(120 s, the session\'s own L), and the values come back least recently released first', () => {
    const pool = { sourcePort: { first: 50_000, last: 50_001 } };
    given().visitors(...nodes).when(0, provision(1n, {}, pool)).when(0, configure('s1', 'mn-1', ff(), { refreshPeriodMs: 0 }))
      .when(0, configure('s2', 'mn-2', ff())).when(0, configure('s3', 'mn-3', ff()))
      .when(1, release('s3')).when(2, release('s2'))
      .when(158, tick).thenNothingAppended()
      .when(159, tick).thenEvents({ type: 'QuarantineEnded', quarantines: ['s3'], occurredAt: new Date(at(158.5)).toISOString() })
      .when(160, tick).thenEvents({ type: 'QuarantineEnded', quarantines: ['s2'] })
      .when(161, configure('s4', 'mn-2', ff())).thenTemporary('sourcePort', 50_001, 's1').thenEvents({ choice: 'least-recently-released' }, {});
  });
  test('quarantineSeconds 0: an id is free in the append that released it', () => {
    given().visitors(...nodes).when(0, provision(1n, { quarantineSeconds: 0 })).when(0, configure('s1', 'mn-1', ff()))
      .when(1, release('s1')).thenEvents('QosSessionReleased', 'QuarantineEnded')
      .when(1, configure('s2', 'mn-2', ff())).thenNative();
  });
  test('a later policy leaves running quarantines alone', () => {
    given().visitors(...nodes).when(0, provision(1n, { quarantineSeconds: 500 })).when(0, configure('s1', 'mn-1', ff())).when(0, release('s1'))
      .when(1, provision(2n, { quarantineSeconds: 0 })).when(499, configure('s2', 'mn-2', ff())).thenTemporary('sourcePort', 49152, 's1 q')
      .when(500, configure('s3', 'mn-3', ff())).thenNative();
  });
  test('the pool changes while ids are out: they stay, and do not come back', () => {
    given().visitors(...nodes).when(0, configure('s1', 'mn-1', ff(), { refreshPeriodMs: 0 })).when(0, configure('s2', 'mn-2', ff()))
      .when(0, provision(1n, { quarantineSeconds: 0 }, { sourcePort: { first: 50_000, last: 50_000 } }))
      .when(1, configure('s3', 'mn-2', ff())).thenAnswer({ outcome: 'refreshed', temporary: { field: 'sourcePort', value: 49152 } })
      .when(2, configure('s4', 'mn-3', ff())).thenTemporary('sourcePort', 50_000, 's1')
      .when(3, release('s2')).when(4, configure('s5', 'mn-2', ff())).thenRefused('flow-id-pool-exhausted');
  });
  test('source port 0 equals only 0', () => {
    given().visitors(...nodes).when(0, configure('s1', 'mn-1', ff({ sourcePort: 0 }))).when(0, configure('s2', 'mn-2', ff())).thenNative()
      .when(0, configure('s3', 'mn-3', ff({ sourcePort: 0 }))).thenTemporary('sourcePort', 49152, 's1');
  });
  test('another protocol, destination port or source is no match', () => {
    given().visitors(...nodes).when(0, configure('s1', 'mn-1', ff()))
      .when(0, configure('s2', 'mn-2', ff({ protocol: 6 }))).thenNative()
      .when(0, configure('s3', 'mn-2', ff({ destinationPort: 5006 }))).thenNative()
      .when(0, configure('s4', 'mn-2', ff({ correspondentNode: cn2 }))).thenNative();
  });
  test.each([['ICMP', icmp()], ['OSPF', icmp({ protocol: 89 })], ['ESP', esp(7)]])('%s without ports: a GRE key is allocated', (_, flow) => {
    given().visitors(...nodes).when(0, configure('s1', 'mn-1', flow)).thenNative()
      .when(0, configure('s2', 'mn-2', flow)).thenTemporary('greKey', 1, 's1').thenEffective(`gre-key ${cn} 1`)
      .when(0, configure('s3', 'mn-3', flow)).thenTemporary('greKey', 2, 's1');
  });
  test('ESP: the virtual destination port does not separate packets; another SPI does', () => {
    given().visitors(...nodes).when(0, configure('s1', 'mn-1', { ...esp(7), destinationPort: 1 }))
      .when(0, configure('s2', 'mn-2', { ...esp(7), destinationPort: 2 })).thenTemporary('greKey', 1, 's1')
      .when(0, configure('s3', 'mn-3', esp(8))).thenNative();
  });
  test('ESP rekey: the new session replaces the old one, which is released after it', () => {
    given().visitors('mn-1', 'mn-2').when(0, configure('s1', 'mn-1', esp(7)))
      .when(1, configure('s2', 'mn-2', esp(8), { replaces: 's1' })).thenRefused('not-owner')
      .when(1, configure('s2', 'mn-1', esp(8), { replaces: 's1' })).thenNative()
      .thenEvents({ type: 'QosSessionConfigured', replaces: 's1' }, { type: 'QosSessionReleased', sessionId: 's1', cause: 'replaced' })
      .when(2, configure('s3', 'mn-1', esp(8), { replaces: 's1' })).thenAnswer({ outcome: 'refreshed', sessionId: 's2' }).thenNothingAppended();
  });
  test('a session to be replaced that another scope has is its owner\'s to replace; one that nobody has is refused', () => {
    const elsewhere = (owner: string | null) => configure('s2', 'mn-1', esp(8), { replaces: 's1', replacedElsewhere: owner === null ? null : { owner } });
    given().visitors('mn-1').when(1, elsewhere('mn-2')).thenRefused('not-owner').when(1, elsewhere(null)).thenRefused('session-unknown').thenNothingAppended()
      .when(1, elsewhere('mn-1')).thenEvents({ type: 'QosSessionConfigured', sessionId: 's2', replaces: 's1' });
  });
  test('WF arrives where FF lives: a destination port is allocated; FF arrives where WF lives: too', () => {
    given().visitors(...nodes).when(0, configure('s1', 'mn-1', ff()))
      .when(0, configure('s2', 'mn-2', wf())).thenTemporary('destinationPort', 49152, 's1').thenEffective('wildcard 17 49152');
    given().visitors(...nodes).when(0, configure('s1', 'mn-1', wf()))
      .when(0, configure('s2', 'mn-2', ff())).thenTemporary('destinationPort', 49152, 's1').thenEffective(`ports ${cn} 17 5000 49152`);
  });
  test('outerSource home-agent: two correspondent nodes behind one home agent collide as well', () => {
    given().visitors(...nodes).when(0, provision(1n, { outerSource: 'home-agent' })).when(0, configure('s1', 'mn-1', ff())).thenEffective('ports 203.0.113.1 17 5000 5004')
      .when(0, configure('s2', 'mn-1', ff({ correspondentNode: cn2 }))).thenTemporary('sourcePort', 49152, 's1');
  });
  test('outerSource home-agent: a session that came by the second home agent of its node collides with what comes by that one, and keeps its own', () => {
    const [first, second] = ['203.0.113.1', '203.0.113.2'] as const;
    const by = (homeAgent: string) => ({ home: { homeAgent, homeAddress: '10.0.0.6' } });
    const bound = () => given().when(0, provision(1n, { outerSource: 'home-agent' })).when(0, admit('mn-1', 1n, { homeAgent: first })).when(0, admit('mn-2', 1n, { homeAgent: second }));
    bound().when(1, path('s1', 'mn-1', ff(), by(second))).thenEffective(`ports ${second} 17 5000 5004`).thenEvents({ homeAgent: second })
      .when(2, path('s2', 'mn-2', ff(), by(second))).thenTemporary('sourcePort', 49152, 's1');
    bound().when(1, path('s1', 'mn-1', ff(), by(first))).when(2, path('s2', 'mn-2', ff())).thenNative();
    const list = () => bound().when(1, resv('s1', 'mn-1', se([cn, 5000]), by(second))).thenEffective(`senders ${second} 5000 17 5004`);
    list().when(2, resv('x', 'mn-1', se([cn, 5000], [cn, 6000]), by(first))).thenAnswer({ outcome: 'modified' }).thenEffective(`senders ${second} 5000,${second} 6000 17 5004`);
    list().when(2, admit('mn-1', 2n, { homeAgent: '203.0.113.3' })).when(3, configure('x', 'mn-1', se([cn, 6000]))).thenEffective(`senders ${second} 6000 17 5004`)
      .thenTold('sendersLeft', expect.objectContaining({ senders: [{ source: second, sourcePort: 5000 }] }));
  });
  test('mixedClassifiers: a protocol without ports overlaps an SPI of it; by default it does not', () => {
    given().visitors(...nodes).when(0, configure('s1', 'mn-1', esp(7))).when(0, configure('s2', 'mn-2', { correspondentNode: cn, protocol: 50 })).thenNative();
    given().visitors(...nodes).when(0, provision(1n, { mixedClassifiers: true })).when(0, configure('s1', 'mn-1', esp(7)))
      .when(0, configure('s2', 'mn-2', { correspondentNode: cn, protocol: 50 })).thenTemporary('greKey', 1, 's1');
  });
  test('mixedClassifiers where no value can help: exhausted at once, though 2³² keys are never used', () => {
    given().visitors(...nodes).when(0, provision(1n, { mixedClassifiers: true })).when(0, configure('s1', 'mn-1', icmp({ protocol: 47 })))
      .when(0, configure('s2', 'mn-2', icmp({ protocol: 47 }))).thenRefused('flow-id-pool-exhausted');
  });
  test('a temporary WF asked for the port: no source port can separate the next one, so its destination port is replaced', () => {
    given().visitors(...nodes, 'mn-4').when(0, configure('s1', 'mn-1', ff())).when(0, configure('s2', 'mn-2', wf())).thenTemporary('destinationPort', 49152, 's1')
      .when(0, configure('s3', 'mn-3', ff())).thenTemporary('destinationPort', 49153, 's1').thenEffective(`ports ${cn} 17 5000 49153`)
      .when(1, release('s2')).when(2, configure('s4', 'mn-4', ff())).thenTemporary('sourcePort', 49152, 's1');
  });
  test('the same where the pool of destination ports is empty: the refusal names that pool', () => {
    const facts = { pool: { field: 'destinationPort', first: null, size: 0 } };
    given().visitors(...nodes).when(0, configure('s1', 'mn-1', ff())).when(0, configure('s2', 'mn-2', wf())).when(0, provision(1n, {}, { destinationPort: null }))
      .when(0, configure('s3', 'mn-3', ff())).thenAnswer({ outcome: 'refused', rejection: { rejection: 'flow-id-pool-exhausted', facts } } as never);
  });
  test('mixedClassifiers and IPv6: every label overlaps the ports of its source, so a port is replaced', () => {
    const v6 = ff({ correspondentNode: '2001:db8::7' });
    given('2001:db8:1::1').visitors(...nodes).when(0, provision(1n, { mixedClassifiers: true })).when(0, configure('s1', 'mn-1', v6))
      .when(0, configure('s2', 'mn-2', v6)).thenTemporary('sourcePort', 49152, 's1').thenEffective('ports 2001:db8::7 17 49152 5004');
  });
  test('mixedClassifiers and IPv6 labels: a GRE key separates from the ports of the source where no label does', () => {
    const label = { correspondentNode: '2001:db8::7', protocol: 17, flowLabel: 1 };
    given('2001:db8:1::1').visitors(...nodes).when(0, provision(1n, { mixedClassifiers: true })).when(0, configure('s1', 'mn-1', ff({ correspondentNode: '2001:db8::7' })))
      .when(0, configure('s2', 'mn-2', label)).thenTemporary('greKey', 1, 's1');
  });
  test('values that are reserved, that a foreign flow holds or that another asked for are passed over', () => {
    const sourcePort = { first: 50_000, last: 50_004, reserved: [{ first: 50_000, last: 50_001 }] };
    given().visitors(...nodes).when(0, provision(1n, {}, { sourcePort })).when(0, path('f', null, ff({ sourcePort: 50_002 })))
      .when(0, configure('s1', 'mn-1', ff())).when(0, configure('s2', 'mn-2', ff())).thenTemporary('sourcePort', 50_003, 's1')
      .when(0, configure('s3', 'mn-3', ff())).thenTemporary('sourcePort', 50_004, 's1')
      .when(0, admit('mn-4', 1n)).when(0, configure('s4', 'mn-4', ff()))
      .thenAnswer({ outcome: 'refused', rejection: { facts: { pool: { size: 3, free: 1, allocated: 2, quarantined: 0 } } } } as never);
  });
  test('100 native ports inside the pool are asked once, not with every session; one that left is found again', () => {
    const { state } = given().visitors(...nodes).when(0, provision(1n, { quarantineSeconds: 0 })).when(0, configure('native', 'mn-1', ff(), { refreshPeriodMs: 0 }));
    const tell = (seconds: number, command: FlowTableCommand) => handleFlowTable(state, command, at(seconds)).answer;
    const newcomer = (i: number) => {
      tell(0, admit(`other-${i}`, 1n));
      return tell(0, configure(`t${i}`, `other-${i}`, ff()));
    };
    for (let i = 0; i < 100; i++) tell(0, configure(`n${i}`, 'mn-1', ff({ sourcePort: 49_152 + i })));
    const asked = jest.spyOn(state.indexes.effectiveIds, 'overlapsAny');
    for (let i = 0; i < 40; i++) expect(newcomer(i)).toMatchObject({ temporary: { field: 'sourcePort', value: 49_252 + i } });
    expect(asked.mock.calls.length).toBeLessThan(100 + 4 * 40);
    tell(0, release('n7'));
    expect(newcomer(40)).toMatchObject({ temporary: { field: 'sourcePort', value: 49_159 } });
    expect(newcomer(41)).toMatchObject({ temporary: { field: 'sourcePort', value: 49_292 } });
  });
  test('two correspondent nodes, one care-of address and IPv6: a flow label', () => {
    const v6 = ff({ correspondentNode: '2001:db8::7' });
    given('2001:db8:1::1').visitors(...nodes).when(0, configure('s1', 'mn-1', v6))
      .when(0, configure('s2', 'mn-2', v6)).thenTemporary('flowLabel', 1, 's1').thenEffective('label 2001:db8::7 1')
      .when(0, configure('s3', 'mn-3', { correspondentNode: '2001:db8::7', protocol: 17, flowLabel: 1 })).thenTemporary('flowLabel', 2, 's2')
      .when(0, configure('s4', 'mn-3', { correspondentNode: '2001:db8::8', protocol: 17, flowLabel: 1 })).thenNative();
  });
  test('IPv6 without a single source: the label is unused by any source of the scope', () => {
    const flow = { correspondentNode: '2001:db8::7', protocol: 17, flowLabel: 1 };
    given('2001:db8:1::1').visitors(...nodes).when(0, configure('s0', 'mn-1', flow)).when(0, configure('s1', 'mn-1', wf()))
      .when(0, configure('s2', 'mn-2', wf())).thenTemporary('flowLabel', 2, 's1').thenEffective('label * 2');
  });
  test('label 0 is none: the flow falls back to its ports', () => {
    const flow = ff({ correspondentNode: '2001:db8::7', flowLabel: 0 });
    given('2001:db8:1::1').visitors(...nodes).when(0, configure('s1', 'mn-1', flow)).thenEffective('ports 2001:db8::7 17 5000 5004');
  });
  test('p = Infinity and m = 0 are kept as they are', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff(), { tspec: { r: 1, b: 1, p: 'Infinity', m: 0, M: 1 } }))
      .thenEvents({ type: 'QosSessionConfigured', tspec: { r: 1, b: 1, p: 'Infinity', m: 0, M: 1 } });
  });
  test('a node without sessions leaves, and its earlier registration may not come back', () => {
    given().when(0, dismiss('mn-1', 6n)).thenEvents('VisitorLeft').when(0, admit('mn-1', 5n)).thenNothingAppended()
      .when(0, configure('s1', 'mn-1', ff())).thenRefused('no-binding').when(0, admit('mn-1', 7n)).when(0, configure('s1', 'mn-1', ff())).thenNative();
  });
});

describe('SE lists', () => {
  test('an SE list overlaps in part: a destination port', () => {
    given().visitors(...nodes).when(0, configure('s1', 'mn-1', se([cn, 5000], [cn2, 5000])))
      .when(0, configure('s2', 'mn-2', se([cn2, 5000], [cn2, 6000]))).thenTemporary('destinationPort', 49152, 's1')
      .when(0, configure('s3', 'mn-3', se([cn2, 7000]))).thenNative();
  });
  test('a sender joins: modified; it would overlap: change-overlaps, and the session stays as it was', () => {
    given().visitors(...nodes).when(0, configure('s1', 'mn-1', se([cn, 5000]))).when(0, configure('s2', 'mn-2', se([cn2, 5000])))
      .when(1, configure('x', 'mn-1', se([cn, 5000], [cn, 6000]))).thenAnswer({ outcome: 'modified', sessionId: 's1' })
      .when(1, configure('x', 'mn-1', se([cn, 5000], [cn2, 5000]))).thenRefused('change-overlaps').thenNothingAppended()
      .when(1, configure('x', 'mn-1', se([cn, 6000], [cn, 5000]))).thenAnswer({ outcome: 'refreshed' });
  });
  test('a sender leaves: it is quarantined like a released id; its own node may have it back', () => {
    given().visitors(...nodes).when(0, configure('s1', 'mn-1', se([cn, 5000], [cn2, 5000])))
      .when(1, configure('x', 'mn-1', se([cn, 5000]))).thenEvents({ type: 'QosSessionModified', sendersLeft: { senders: [{ source: cn2, sourcePort: 5000 }] } })
      .when(2, configure('s2', 'mn-2', se([cn2, 5000]))).thenTemporary('destinationPort', 49152, 's1 q')
      .when(3, configure('s3', 'mn-3', se([cn2, 9000]))).thenNative()
      .when(4, configure('x', 'mn-3', se([cn2, 9000], [cn2, 5000]))).thenRefused('change-overlaps')
      .when(5, configure('x', 'mn-1', se([cn, 5000], [cn2, 5000]))).thenAnswer({ outcome: 'modified' });
  });
  test('a temporary list keeps its replaced port when its senders change', () => {
    given().visitors(...nodes).when(0, configure('s1', 'mn-1', se([cn, 5000]))).when(0, configure('s2', 'mn-2', se([cn, 5000], [cn2, 1])))
      .when(1, configure('x', 'mn-2', se([cn, 5000], [cn2, 2]))).thenAnswer({ temporary: { field: 'destinationPort', value: 49152 } })
      .thenEffective(`senders ${cn} 5000,${cn2} 2 17 49152`);
  });
  test('IPv6: a sender that leaves a labelled list is quarantined under its label', () => {
    const [a, b] = ['2001:db8::7', '2001:db8::8'];
    given('2001:db8:1::1').visitors(...nodes).when(0, configure('s1', 'mn-1', se([a, 1]))).when(0, configure('s2', 'mn-2', se([a, 1]))).thenEffective(`label ${a} 1`)
      .when(1, configure('x', 'mn-2', se([b, 1]))).thenEffective(`label ${b} 1`)
      .when(2, configure('s3', 'mn-3', { correspondentNode: a, protocol: 17, flowLabel: 1 })).thenTemporary('flowLabel', 2, 's2 q');
  });
  test('a changed outerSource does not change a list that is only refreshed', () => {
    given().visitors(...nodes).when(0, configure('s1', 'mn-1', se([cn, 5000]))).when(1, provision(1n, { outerSource: 'home-agent' }))
      .when(2, configure('x', 'mn-1', se([cn, 5000]))).thenAnswer({ outcome: 'refreshed' }).thenEffective(`senders ${cn} 5000 17 5004`);
  });
  test('a sender behind the home agent of another joins: the list says so though the id is the same', () => {
    given().visitors('mn-1').when(0, provision(1n, { outerSource: 'home-agent' })).when(0, configure('s1', 'mn-1', se([cn, 5000])))
      .when(1, configure('x', 'mn-1', se([cn, 5000], [cn2, 5000]))).thenAnswer({ outcome: 'modified' }).thenEffective('senders 203.0.113.1 5000 17 5004');
  });
});

describe('refusals, in their order', () => {
  test('style change in a session of one node: style-conflict; two nodes never conflict', () => {
    given().visitors(...nodes).when(0, configure('s1', 'mn-1', ff())).when(0, configure('s2', 'mn-1', wf())).thenRefused('style-conflict').thenNothingAppended()
      .when(0, configure('s2', 'mn-1', se([cn2, 1]))).thenRefused('style-conflict').when(0, configure('s2', 'mn-2', wf())).thenTemporary('destinationPort', 49152, 's1');
  });
  test('destination port 0 against non-zero, whatever the source: port-zero-conflict; quarantined ids do not count', () => {
    given().visitors(...nodes).when(0, configure('s1', 'mn-1', ff()))
      .when(0, configure('s2', 'mn-2', ff({ destinationPort: 0, correspondentNode: cn2 }))).thenRefused('port-zero-conflict')
      .when(0, configure('s3', 'mn-2', ff({ destinationPort: 0, protocol: 6 }))).thenNative()
      .when(1, release('s1')).when(2, configure('s4', 'mn-2', ff({ destinationPort: 0 }))).thenNative();
  });
  test('no-binding before style-conflict before port-zero-conflict before flow-id-pool-exhausted', () => {
    given().when(0, admit('mn-1', 1n)).when(0, provision(1n, {}, { destinationPort: null }))
      .when(0, configure('s1', 'mn-1', ff({ destinationPort: 0 })))
      .when(0, configure('s2', 'mn-2', wf(5004))).thenRefused('no-binding').when(0, admit('mn-2', 1n))
      .when(0, configure('s2', 'mn-2', wf(5004))).thenRefused('port-zero-conflict')
      .when(0, configure('s2', 'mn-1', wf(0))).thenRefused('style-conflict')
      .when(0, configure('s2', 'mn-2', wf(0))).thenRefused('flow-id-pool-exhausted');
  });
  test(`the refusal names the pool and what was matched at ${careOf}`, () => {
    given().visitors(...nodes).when(0, provision(1n, {}, { sourcePort: { first: 50_000, last: 50_000 } })).when(0, configure('s1', 'mn-1', ff())).when(0, configure('s2', 'mn-2', ff()))
      .when(0, configure('s3', 'mn-3', ff()))
      .thenAnswer({ outcome: 'refused', rejection: { facts: { code: 1, pool: { field: 'sourcePort', size: 1, free: 0, allocated: 1, quarantined: 0 }, matched: [{ sessionId: 's1' }] } } } as never);
  });
});
