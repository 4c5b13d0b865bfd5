import type { TunnelAssociation } from '../events/events';
import { handleFlowTable } from '../flow-table/flow-table';
import { flowTableOfSnapshot, snapshotOfFlowTable } from '../scope/flow-table-snapshot';
import type { ObserveOther, ObserveTunnel } from '../commands/flow-table-commands';
import { admit, careOf, cn, cn2, configure, dismiss, esp, ff, given, path, pathTear, provision, resv, resvTear, se, tick, wf } from '../proof/flow-table.testing';

const homeAgent = '203.0.113.1';
const association = (sourcePort: number, source = homeAgent, destinationPort = 5004): TunnelAssociation => ({
  session: { destination: '10.0.0.5', protocol: 17, destinationPort }, tunnel: { source, sourcePort },
});
const tunnel = (mobileNode: string | null, told: TunnelAssociation): ObserveTunnel => ({
  type: 'ObserveTunnel', message: 'path', mobileNode, association: told, violations: [], observedAt: Number.NaN,
});
const inTunnel = (sourcePort: number) => ff({ correspondentNode: homeAgent, sourcePort, destinationPort: 363 });

describe('SESSION_ASSOC: an id that the network chose itself (RFC 2746 §6)', () => {
  test('the tunnel session is told once and is no session; the end-to-end session has the id that the home agent chose', () => {
    given().visitors('mn-1').when(0, tunnel('mn-1', association(50_000))).thenEvents({ type: 'SignallingObserved', detail: { association: association(50_000), mobileNode: 'mn-1' } })
      .thenHeld().when(1, tunnel('mn-1', association(50_000))).thenNothingAppended()
      .when(2, resv('x', null, inTunnel(50_000))).thenNothingAppended().when(2, path('x', null, inTunnel(50_000))).thenNothingAppended()
      .when(3, path('s1', 'mn-1', ff())).thenTemporary('sourcePort', 50_000)
      .thenEvents(
        { type: 'TemporaryFlowIdAllocated', value: 50_000, matched: [], allocatedBy: 'home-agent', choice: 'network', association: association(50_000) },
        { type: 'QosSessionConfigured', matched: [], temporary: { field: 'sourcePort', value: 50_000 } },
      )
      .when(4, resv('x', 'mn-1', ff())).thenAnswer({ outcome: 'modified', temporary: { field: 'sourcePort', value: 50_000 } }).thenHeld('s1');
  });
  test('the PATH that travels in the tunnel may tell it by itself; another end of the tunnel is the foreign agent', () => {
    given().visitors('mn-1').when(0, path('s1', 'mn-1', ff(), { association: association(50_000) })).thenEvents({ allocatedBy: 'home-agent', choice: 'network' }, {});
    given().visitors('mn-1').when(0, path('s1', 'mn-1', ff(), { association: association(50_000, careOf) })).thenEvents({ allocatedBy: 'foreign-agent', choice: 'network' }, {});
  });
  test('a reservation that is seen first has it as well; a list or a wildcard is no single flow, and has it beside its own id', () => {
    const named = () => given().visitors('mn-1').when(0, tunnel('mn-1', association(50_000)));
    named().when(1, resv('s1', 'mn-1', ff())).thenTemporary('sourcePort', 50_000).thenEvents({ choice: 'network' }, 'QosSessionConfigured');
    for (const shared of [se([cn2, 5000]), wf()]) named().when(1, resv('s1', 'mn-1', shared)).thenNative()
      .thenEvents({ type: 'QosSessionConfigured', violations: [{ name: 'resv-before-path' }] }, { type: 'SignallingObserved', violations: [{ name: 'network-id-late' }] });
  });
  test('of a node that leaves its own tunnels are marked, and those of the others are not looked at', () => {
    const scenario = given().visitors('mn-1', 'mn-2').when(0, tunnel('mn-1', association(50_000))).when(0, tunnel('mn-2', association(50_001)))
      .when(1, tunnel('mn-1', association(50_002))).when(1, tunnel('mn-2', association(50_002)));
    const { tunnels } = scenario.state;
    const looks = (['entries', 'values', 'keys'] as const).map((each) => jest.spyOn(tunnels, each));
    expect(handleFlowTable(scenario.state, dismiss('mn-1', 9n), scenario.state.lastOccurredAt).events).toMatchObject([{ type: 'VisitorLeft' }]);
    for (const look of looks) expect(look).not.toHaveBeenCalled();
    expect([...scenario.state.leftTunnels.keys()]).toEqual([`${homeAgent} 50000`]);
  });
  test('one that comes back while the path of its tunnel may live has it still: the PATH that told it may be a repeat', () => {
    const scenario = given().visitors('mn-1').when(0, tunnel('mn-1', association(50_000))).when(1, dismiss('mn-1', 2n))
      .when(1.2, resv('x', null, inTunnel(50_000))).thenNothingAppended().when(1.5, admit('mn-1', 3n)).when(1.6, resv('x', null, inTunnel(50_000))).thenNothingAppended()
      .when(2, tunnel('mn-1', association(50_000))).thenNothingAppended().when(500, resv('x', null, inTunnel(50_000))).thenNothingAppended().thenHeld();
    expect(scenario.state.leftTunnels.size).toBe(0);
    scenario.when(501, path('s1', 'mn-1', ff())).thenTemporary('sourcePort', 50_000).thenEvents({ choice: 'network' }, {});
  });
  test('it stands for L behind a node that has left (RFC 2205 §3.7), and lapses then', () => {
    const left = () => given().visitors('mn-1', 'mn-2').when(0, tunnel('mn-1', association(50_000))).when(1, dismiss('mn-1', 2n));
    left().when(158.4, path('x', null, inTunnel(50_000))).thenNothingAppended().when(158.5, path('x', null, inTunnel(50_000))).thenEvents({ type: 'QosSessionConfigured', mobileNode: null });
    left().when(158.4, admit('mn-1', 3n)).when(500, path('s1', 'mn-1', ff())).thenTemporary('sourcePort', 50_000);
    left().when(158.5, admit('mn-1', 3n)).when(500, path('s1', 'mn-1', ff())).thenNative();
    left().when(158.5, admit('mn-1', 3n)).when(159, tunnel('mn-1', association(50_000))).thenEvents('SignallingObserved');
    left().when(2, dismiss('mn-2', 2n)).when(158.4, path('x', null, inTunnel(50_000))).thenNothingAppended();
    left().when(100, dismiss('mn-1', 3n)).thenEvents('VisitorLeft').when(158.5, path('x', null, inTunnel(50_000))).thenEvents('QosSessionConfigured');
    const swept = left().when(2, tunnel('mn-2', association(50_001))).when(158.5, dismiss('mn-2', 2n)).state;
    expect([[...swept.tunnels.keys()], [...swept.leftTunnels.keys()]]).toEqual([[`${homeAgent} 50001`], [`${homeAgent} 50001`]]);
  });
  test('I13 a snapshot knows what was told late', () => {
    const { state } = given().visitors('mn-1').when(0, path('s1', 'mn-1', ff())).when(1, tunnel('mn-1', association(50_000)));
    expect([...flowTableOfSnapshot(snapshotOfFlowTable(state)).lateIds.entries()]).toEqual([...state.lateIds.entries()]);
    expect(state.lateIds.size).toBe(1);
  });
  test('I13 a snapshot knows who left', () => {
    const { state } = given().visitors('mn-1').when(0, tunnel('mn-1', association(50_000))).when(1, dismiss('mn-1', 2n));
    expect([...flowTableOfSnapshot(snapshotOfFlowTable(state)).leftTunnels.entries()]).toEqual([...state.leftTunnels.entries()]);
  });
  test('what it would have overlapped is told, and nothing is allocated again', () => {
    given().visitors('mn-1', 'mn-2').when(0, path('s1', 'mn-1', ff())).when(1, path('s2', 'mn-2', ff(), { association: association(50_000) }))
      .thenTemporary('sourcePort', 50_000, 's1').thenEvents({ choice: 'network', matched: [] }, { type: 'QosSessionConfigured', matched: [{ sessionId: 's1' }] });
  });
  test('I4 an id of our pool that the network took is handed to nobody else, and comes back after its quarantine', () => {
    given().visitors('mn-1', 'mn-2', 'mn-3').when(0, provision(1n, { quarantineSeconds: 60 }, { sourcePort: { first: 50_000, last: 50_001 } }))
      .when(0, path('s1', 'mn-1', ff(), { association: association(50_000) })).when(1, path('s2', 'mn-2', ff({ correspondentNode: cn2 })))
      .when(2, configure('s3', 'mn-3', ff({ correspondentNode: cn2 }))).thenTemporary('sourcePort', 50_001, 's2')
      .when(3, pathTear('mn-1', ff())).thenEvents({ type: 'QosSessionReleased', cause: 'path-tear' })
      .when(4, configure('s4', 'mn-1', ff({ correspondentNode: cn2 }))).thenRefused('flow-id-pool-exhausted')
      .when(63, configure('s4', 'mn-1', ff({ correspondentNode: cn2 }))).thenTemporary('sourcePort', 50_000, 's2');
  });
  test('I1 I2 a choice that overlaps what is held or quarantined is a violation by its name, and the rule judges without it', () => {
    given().visitors('mn-1', 'mn-2').when(0, configure('s1', 'mn-1', ff({ sourcePort: 50_000 })))
      .when(1, path('s2', 'mn-2', ff(), { association: association(50_000) })).thenNative()
      .thenEvents({ type: 'QosSessionConfigured', violations: [{ name: 'network-id-overlaps' }] })
      .when(2, pathTear('mn-1', ff({ sourcePort: 50_000 }))).thenHeld('s2 path-only')
      .when(3, path('s3', 'mn-2', ff({ sourcePort: 6000 }), { association: association(50_000) })).thenEvents({ violations: [{ name: 'network-id-overlaps' }] });
  });
  test('I4 a value that somebody owns already is a violation, whatever its source', () => {
    given().visitors('mn-1', 'mn-2').when(0, path('s1', 'mn-1', ff(), { association: association(50_000) }))
      .when(1, path('s2', 'mn-2', ff({ correspondentNode: cn2 }), { association: association(50_000) })).thenEvents({ violations: [{ name: 'network-id-overlaps' }] });
  });
  test('I8 an association that comes after the session changes nothing of its id, and says which one the network uses', () => {
    const late = { name: 'network-id-late', detail: 'SESSION_ASSOC names source port 50000 of the tunnel from 203.0.113.1 when the session had its native id already, and keeps it.' };
    given().visitors('mn-1').when(0, path('s1', 'mn-1', ff())).when(1, tunnel('mn-1', association(50_000)))
      .thenEvents({ type: 'SignallingObserved', sessionId: null, detail: { association: association(50_000), mobileNode: 'mn-1' } }, {
        type: 'SignallingObserved', message: 'path', sessionId: 's1', violations: [late],
        detail: { association: association(50_000), recorded: { sourcePort: 5000 }, used: { source: '192.0.2.7', destination: careOf, protocol: 17, sourcePort: 50_000, destinationPort: 5004 } },
      })
      .when(2, path('x', 'mn-1', ff(), { association: association(50_000) })).thenNative('refreshed').thenNothingAppended()
      .when(3, tunnel('mn-1', association(50_001))).thenEvents({ sessionId: null }, { sessionId: 's1', detail: { used: { sourcePort: 50_001 } } });
    given().visitors('mn-1').when(0, path('s1', 'mn-1', ff())).when(1, path('x', 'mn-1', ff(), { association: association(50_000) }))
      .thenEvents({ type: 'SignallingObserved', sessionId: 's1', violations: [late] }).thenNative('refreshed')
      .when(2, path('x', 'mn-1', ff(), { association: association(50_000) })).thenNothingAppended();
  });
  test('so it does where the rule had allocated another; whoever has that id, or can have none of a tunnel, is told nothing', () => {
    given().visitors('mn-1', 'mn-2').when(0, configure('s1', 'mn-2', ff())).when(0, path('s2', 'mn-1', ff())).thenTemporary('sourcePort', 49_152, 's1')
      .when(1, tunnel('mn-1', association(50_000))).thenEvents({}, { sessionId: 's2', violations: [{ name: 'network-id-late', detail: expect.stringContaining('had sourcePort 49152 already') }] });
    given().visitors('mn-1', 'mn-2').when(0, configure('s1', 'mn-2', ff())).when(0, path('s2', 'mn-1', ff())).when(1, tunnel('mn-1', association(49_152))).thenEvents({ sessionId: null })
      .when(2, path('x', 'mn-1', ff(), { association: association(49_152) })).thenNothingAppended();
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', esp(7))).when(1, tunnel('mn-1', association(50_000))).thenEvents({ sessionId: null });
    given().visitors('mn-1').when(0, path('s1', 'mn-1', ff({ destinationPort: 5006 }))).when(1, tunnel('mn-1', association(50_000))).thenEvents({ sessionId: null });
  });
  describe('under a list or a wildcard', () => {
    const used = (...sources: string[]) => ({
      senders: sources.map((source) => ({ source, sourcePort: 50_000 })), destination: careOf, protocol: 17, destinationPort: 5004,
    });
    const inList = { name: 'network-id-late', detail: 'SESSION_ASSOC names source port 50000 of the tunnel from 203.0.113.1, which a list of senders cannot have: it is kept beside its id.' };
    const chosen = () => given().visitors('mn-1', 'mn-2', 'mn-3', 'mn-4').when(0, provision(1n, { quarantineSeconds: 0 }, { sourcePort: { first: 50_000, last: 50_001 } }))
      .when(0, tunnel('mn-1', association(50_000))).when(1, path('s1', 'mn-1', ff())).thenTemporary('sourcePort', 50_000);

    test('the id that the network chose for a path is told with the reservation that takes the path over, once', () => {
      chosen().when(2, resv('s2', 'mn-1', se([cn, 5000]))).thenNative().thenEvents({ type: 'QosSessionReleased', cause: 'merged' }, 'QosSessionConfigured', {
        type: 'SignallingObserved', message: 'resv', sessionId: 's2', violations: [inList],
        detail: { association: association(50_000), recorded: { senders: [{ source: cn, sourcePort: 5000 }] }, used: used(cn) },
      }, 'QuarantineEnded').thenHeld('s2').when(3, resv('x', 'mn-1', se([cn, 5000]))).thenNothingAppended().when(4, path('x', 'mn-1', ff())).thenNothingAppended();
    });
    test('I1 it is given to nobody while the list stands, and then it is', () => {
      chosen().when(2, resv('s2', 'mn-1', se([cn, 5000]))).when(3, configure('s3', 'mn-2', ff())).thenTemporary('sourcePort', 50_001, 's2')
        .when(4, configure('s4', 'mn-3', ff())).thenRefused('flow-id-pool-exhausted')
        .when(5, pathTear('mn-1', ff())).thenHeld('s3').when(6, configure('s5', 'mn-4', ff())).thenNative()
        .when(7, configure('s4', 'mn-3', ff())).thenTemporary('sourcePort', 50_000, 's5');
    });
    test('a sender that joins has it as well; what was in quarantine of the list and its paths is no other’s', () => {
      chosen().when(1, provision(2n, { quarantineSeconds: 100 })).when(2, resv('s2', 'mn-1', se([cn, 5000]))).thenTold('violations', [inList])
        .when(3, path('x', 'mn-1', ff({ correspondentNode: cn2 }))).when(4, resv('x', 'mn-1', se([cn, 5000], [cn2, 5000]))).thenTold('detail', expect.objectContaining({ used: used(cn, cn2) }))
        .thenTold('violations', [inList]).when(5, resv('x', 'mn-1', se([cn, 5000], [cn2, 5000]))).thenNothingAppended();
    });
    test('of a wildcard it is that of the senders whose paths were seen, else of the tunnel’s own end', () => {
      chosen().when(2, resv('s2', 'mn-1', wf())).thenEvents({ cause: 'merged' }, 'QosSessionConfigured', {
        type: 'SignallingObserved', detail: { recorded: { destination: careOf, protocol: 17, destinationPort: 5004 }, used: used(cn) },
      }, 'QuarantineEnded');
      given().visitors('mn-1').when(0, configure('s1', 'mn-1', wf())).when(1, tunnel('mn-1', association(50_000))).thenEvents({ sessionId: null }, {
        sessionId: 's1', detail: { used: used(homeAgent) }, violations: [{ name: 'network-id-late', detail: expect.stringContaining('which a wildcard cannot have') }],
      });
    });
    test('an association that comes behind them is told of each, and another’s id is told as that, too', () => {
      given().visitors('mn-1', 'mn-2').when(0, configure('s1', 'mn-2', ff({ sourcePort: 50_000 }))).when(1, configure('s2', 'mn-1', se([cn, 5000]))).when(2, tunnel('mn-1', association(50_000)))
        .thenEvents({ sessionId: null }, { sessionId: 's2', violations: [inList, { name: 'network-id-overlaps', detail: expect.stringContaining('held by session s1') }] });
    });
    test('a PATH that tells it itself does so once, whichever of several senders it is of', () => {
      given().visitors('mn-1').when(0, configure('s1', 'mn-1', se([cn, 5000], [cn2, 5000]))).when(1, path('x', 'mn-1', ff(), { association: association(50_000) }))
        .thenTold('violations', [inList]).when(2, path('x', 'mn-1', ff(), { association: association(50_000) })).thenNothingAppended()
        .when(3, path('x', 'mn-1', ff({ correspondentNode: cn2 }), { association: association(50_001) })).thenWithout('violations');
    });
    test('senders that a label tells have none of a tunnel', () => {
      const labelled = { protocol: 17, destinationPort: 5004, senders: [{ correspondentNode: '2001:db8::7', flowLabel: 9 }] };
      given('2001:db8::1').visitors('mn-1').when(0, configure('s1', 'mn-1', labelled)).when(1, tunnel('mn-1', association(50_000))).thenEvents({ sessionId: null });
    });
  });
  test('a late id that another holds is told as that, too; one that was judged and refused before is not told again', () => {
    given().visitors('mn-1', 'mn-2').when(0, configure('s1', 'mn-2', ff({ sourcePort: 50_000 }))).when(0, path('s2', 'mn-1', ff())).when(1, tunnel('mn-1', association(50_000)))
      .thenEvents({}, { sessionId: 's2', violations: [{ name: 'network-id-late' }, { name: 'network-id-overlaps', detail: expect.stringContaining('held by session s1') }] });
    given().visitors('mn-1', 'mn-2').when(0, configure('s1', 'mn-2', ff({ sourcePort: 50_000 }))).when(0, path('s2', 'mn-1', ff(), { association: association(50_000) }))
      .when(1, tunnel('mn-1', association(50_000))).thenEvents({ sessionId: null }).when(2, path('x', 'mn-1', ff(), { association: association(50_000) })).thenNothingAppended();
  });
  test('I1 a late id is given to nobody while its session stands, however it was told; then it is', () => {
    const pools = { sourcePort: { first: 50_000, last: 50_001 } };
    const scenario = () => given().visitors('mn-1', 'mn-2', 'mn-3', 'mn-4').when(0, provision(1n, { quarantineSeconds: 0 }, pools)).when(0, path('s1', 'mn-1', ff()));
    const named = [tunnel('mn-1', association(50_000)), path('x', 'mn-1', ff(), { association: association(50_000) })];
    for (const late of named) {
      scenario().when(1, late).when(2, configure('s2', 'mn-2', ff())).thenTemporary('sourcePort', 50_001, 's1')
        .when(3, configure('s3', 'mn-3', ff())).thenRefused('flow-id-pool-exhausted')
        .when(4, pathTear('mn-1', ff())).when(5, configure('s4', 'mn-4', ff())).thenNative()
        .when(6, configure('s3', 'mn-3', ff())).thenTemporary('sourcePort', 50_000, 's4');
    }
    scenario().when(1, tunnel('mn-1', association(50_000))).when(2, configure('s2', 'mn-2', ff({ correspondentNode: cn2 })))
      .when(3, configure('s3', 'mn-3', ff({ correspondentNode: cn2 }))).thenTemporary('sourcePort', 50_000, 's2');
  });
  test('another tunnel takes the place of a late id, also with the PATH itself; the one before is free again', () => {
    given().visitors('mn-1', 'mn-2').when(0, provision(1n, {}, { sourcePort: { first: 50_000, last: 50_001 } })).when(0, path('s1', 'mn-1', ff()))
      .when(1, path('x', 'mn-1', ff(), { association: association(50_000) })).when(2, path('x', 'mn-1', ff(), { association: association(50_001) }))
      .thenEvents({ type: 'SignallingObserved', sessionId: 's1', detail: { used: { sourcePort: 50_001 } }, violations: [{ name: 'network-id-late' }] })
      .when(3, configure('s2', 'mn-2', ff())).thenTemporary('sourcePort', 50_000, 's1');
  });
  test('a long search that a late id was in the way of looks at it again', () => {
    const nodes = Array.from({ length: 40 }, (_, i) => `mn-${i + 1}`);
    const scenario = given().visitors('late', 'first', 'a', 'b', ...nodes).when(0, provision(1n, { quarantineSeconds: 0 }, { sourcePort: { first: 50_000, last: 50_100 } }));
    scenario.when(1, path('s', 'late', ff({ sourcePort: 9 }))).when(1, tunnel('late', association(50_000))).when(1, configure('s0', 'first', ff()));
    for (const [i, node] of nodes.entries()) scenario.when(2, configure(`n${i}`, node, ff({ sourcePort: 50_001 + i })));
    scenario.when(3, configure('sa', 'a', ff())).thenTemporary('sourcePort', 50_041, 's0').when(4, pathTear('late', ff({ sourcePort: 9 })))
      .when(5, configure('sb', 'b', ff())).thenTemporary('sourcePort', 50_000, 's0');
  });
  test('the tear of the tunnel session ends the association, and so does the end of the registration after L', () => {
    given().visitors('mn-1').when(0, tunnel('mn-1', association(50_000))).when(1, pathTear(null, inTunnel(50_000))).thenEvents({ type: 'SignallingObserved', message: 'path-tear' })
      .when(2, path('s1', 'mn-1', ff())).thenNative();
    given().visitors('mn-1').when(0, tunnel('mn-1', association(50_000))).when(1, dismiss('mn-1', 2n)).when(200, admit('mn-1', 3n)).when(201, path('s1', 'mn-1', ff())).thenNative()
      .when(202, resvTear(null, inTunnel(50_000))).thenEvents('SignallingObserved');
  });
  test('a tunnel of a node that is not registered here is told once, as a violation', () => {
    given().when(0, tunnel(null, association(50_000))).thenEvents({ type: 'SignallingObserved', violations: [{ name: 'tunnel-of-unknown-node' }] })
      .when(1, tunnel(null, association(50_000))).thenNothingAppended().when(2, tick).thenNothingAppended();
  });
  test('I4 a value that another flow gave back is that flow\'s until its quarantine ends, whatever its source; its own may have it again', () => {
    const given1 = () => given().visitors('mn-1', 'mn-2', 'mn-3').when(0, provision(1n, { quarantineSeconds: 60 })).when(0, path('t', 'mn-3', ff({ sourcePort: 9 }), { association: association(50_001) }))
      .when(0, pathTear('mn-3', ff({ sourcePort: 9 }))).when(1, path('s1', 'mn-1', ff(), { association: association(50_000) })).when(2, pathTear('mn-1', ff()));
    given1().when(3, path('s2', 'mn-2', ff({ correspondentNode: cn2 }), { association: association(50_000) }))
      .thenEvents({ type: 'QosSessionConfigured', temporary: null, violations: [{ name: 'network-id-overlaps', detail: expect.stringContaining('held by session s1') }] });
    given1().when(3, path('s3', 'mn-1', ff(), { association: association(50_000) })).thenTemporary('sourcePort', 50_000).thenWithout('violations');
    given1().when(63, path('s2', 'mn-2', ff({ correspondentNode: cn2 }), { association: association(50_000) })).thenTemporary('sourcePort', 50_000).thenWithout('violations');
  });
  test('port 0 is none; port 1 is one', () => {
    given().visitors('mn-1').when(0, path('s1', 'mn-1', ff(), { association: association(0) }))
      .thenEvents({ type: 'QosSessionConfigured', temporary: null, violations: [{ name: 'network-id-overlaps', detail: expect.stringContaining('source port 0 of the tunnel from 203.0.113.1, which is no port') }] });
    given().visitors('mn-1').when(0, path('s1', 'mn-1', ff(), { association: association(1) })).thenTemporary('sourcePort', 1);
  });
  test('it is the node\'s that was told, whatever that is called: a flow of no known node has none', () => {
    given().visitors('null').when(0, tunnel('null', association(50_000))).when(1, path('s1', null, ff())).thenNative().when(2, path('s2', 'null', ff()))
      .thenTemporary('sourcePort', 50_000, 's1');
  });
  test('a session without ports has no such id, and that is no violation', () => {
    given().visitors('mn-1').when(0, path('s1', 'mn-1', esp(7), { association: association(50_000) })).thenNative().thenWithout('violations');
  });
  test.each<[string, Partial<TunnelAssociation['session']>]>([['address', { destination: '10.0.0.6' }], ['protocol', { protocol: 6 }], ['port', { destinationPort: 5005 }]])(
    'that a tunnel carries a session to another %s is told', (_, session) => {
      const other = { ...association(50_000), session: { ...association(50_000).session, ...session } };
      given().visitors('mn-1').when(0, tunnel('mn-1', association(50_000))).when(1, tunnel('mn-1', other))
        .thenEvents({ type: 'SignallingObserved', detail: { association: other } })
        .when(2, tunnel('mn-1', other)).thenNothingAppended();
    },
  );
  test('of the tunnel session are the messages to its port, from its source; of others each is a session of its own', () => {
    const told = () => given().visitors('mn-1').when(0, tunnel('mn-1', association(50_000)));
    const senders = [{ correspondentNode: homeAgent, sourcePort: 50_000 }];
    told().when(1, resv('x', null, { ...se(), destinationPort: 363, senders })).thenNothingAppended();
    for (const flow of [{ destinationPort: 364 }, { protocol: 6 }, { sourcePort: 50_001 }, { correspondentNode: cn2 }]) {
      told().when(1, path('s1', null, { ...inTunnel(50_000), ...flow })).thenEvents({ type: 'QosSessionConfigured', sessionId: 's1' });
    }
  });
  test('an error in the tunnel is kept with its flow, and is of no session', () => {
    const error: ObserveOther = { type: 'ObserveOther', message: 'path-err', mobileNode: null, flow: inTunnel(50_000), detail: { code: 1 }, violations: [], observedAt: Number.NaN };
    given().visitors('mn-1').when(0, tunnel('mn-1', association(50_000))).when(1, error)
      .thenEvents({ type: 'SignallingObserved', message: 'path-err', sessionId: null, detail: { code: 1, flow: inTunnel(50_000) } });
  });
  test.each<[string, string, TunnelAssociation]>([['session', 'mn-1', association(50_000, homeAgent, 5005)], ['node', 'mn-2', association(50_000)]])(
    'a tunnel that carries another %s now is no longer that of the first', (_, mobileNode, told) => {
      given().visitors('mn-1', 'mn-2').when(0, tunnel('mn-1', association(50_000))).when(1, tunnel(mobileNode, told)).when(2, path('s1', 'mn-1', ff()))
        .thenNative();
    },
  );
  test('of two tunnels of one session the later one counts, also once the first has ended', () => {
    given().visitors('mn-1').when(0, tunnel('mn-1', association(50_000))).when(1, tunnel('mn-1', association(50_001))).when(2, pathTear(null, inTunnel(50_000)))
      .when(3, path('s1', 'mn-1', ff())).thenTemporary('sourcePort', 50_001);
  });
});
