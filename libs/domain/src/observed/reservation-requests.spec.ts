import type { FlowSender } from '../flow/flow';
import type { HopPeriod } from '../scope/hop-periods';
import { admit, cn, cn2, configure, ff, given, path, pathTear, provision, resv, resvTear, se, tick, timeAt, tspec, wf } from '../proof/flow-table.testing';

const agent = '198.51.100.1';
const elsewhere = '203.0.113.1';
const [hop1, hop2, hop3] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'] as const;
const larger = { ...tspec, r: 20_000 };
const asks = { node: agent, service: 'controlled-load', tspec } as const;
const from = (nextHop: string, terms: object = {}) => ({ ...asks, nextHop, ...terms });
const tear = (nextHop: string, node = agent, flow = ff()) => ({ ...resvTear('mn-1', flow), nextHop, node });
const lease = (seconds: number) => ({ refreshPeriodMs: 30_000, expiresAt: timeAt(seconds + 236.25) });
const sender = (correspondentNode: string, sourcePort: number): FlowSender => ({ correspondentNode, sourcePort });

/** Paths at 0 s, one next hop a second later, another at 2 s. */
const two = () => given().when(0, path('s1', 'mn-1', ff())).when(1, resv('x', 'mn-1', ff(), from(hop1))).when(2, resv('x', 'mn-1', ff(), from(hop2)));
const three = () => two().when(3, resv('x', 'mn-1', ff(), from(hop3)));

describe('who meets in a session (RFC 2209 §1.2: a block of reservation state for each next hop)', () => {
  test('one alone has no lease of its own: the session\'s is its', () => {
    given().when(1, resv('s1', 'mn-1', ff(), from(hop1))).thenTold('flow', ff()).thenTold('requests', [from(hop1)]);
  });
  test('when another comes, the first takes the session\'s lease, whether its path was seen or not', () => {
    two().thenTold('requests', [{ ...from(hop1), ...lease(1) }, { ...from(hop2), ...lease(2) }]);
    given().when(1, resv('s1', 'mn-1', ff(), from(hop1))).when(2, resv('x', 'mn-1', ff(), from(hop2))).thenTold('requests', [{ ...from(hop1), ...lease(1) }, { ...from(hop2), ...lease(2) }]);
  });
  test('they are told in the order of their next hops, whoever came first', () => {
    given().when(1, resv('s1', 'mn-1', ff(), from(hop2))).when(2, resv('x', 'mn-1', ff(), from(hop3))).when(3, resv('x', 'mn-1', ff(), from(hop1)))
      .thenTold('requests', [{ ...from(hop1), ...lease(3) }, { ...from(hop2), ...lease(1) }, { ...from(hop3), ...lease(2) }]);
  });
  test('the Rspec of guaranteed service is that of its next hop', () => {
    const guaranteed = from(hop2, { service: 'guaranteed', rspec: { R: 5, S: 7 } });
    given().when(1, resv('s1', 'mn-1', ff(), from(hop1))).when(2, resv('x', 'mn-1', ff(), guaranteed)).thenTold('service', 'guaranteed')
      .thenTold('requests', [{ ...from(hop1), ...lease(1) }, { ...guaranteed, ...lease(2) }])
      .when(3, resv('x', 'mn-1', ff(), guaranteed)).thenNothingAppended()
      .when(4, resv('x', 'mn-1', ff(), { ...guaranteed, rspec: { R: 5, S: 8 } })).thenTold('requests', [{ ...from(hop1), ...lease(1) }, { ...guaranteed, rspec: { R: 5, S: 8 }, ...lease(2) }]);
  });
  test.each([{}, { nextHop: hop2 }, { node: agent }])('a RESV that does not tell both its hop and its router is nobody\'s request: %j', (hop) => {
    given().when(1, resv('s1', 'mn-1', ff(), { ...hop, service: 'controlled-load' })).thenTold('tspec', tspec).thenTold('flow', ff()).thenWithout('requests');
    two().when(3, resv('x', 'mn-1', ff(), { ...hop, service: 'guaranteed', tspec: larger })).thenNothingAppended();
  });
  test('SE: the list that another router asks for is not that of those who meet here', () => {
    given().when(1, resv('s1', 'mn-1', se([cn, 5000]), from(hop1))).when(2, resv('x', 'mn-1', se([cn2, 5000]), from(hop2)))
      .when(3, resv('x', 'mn-1', se([cn, 5000]), { ...from(agent), node: elsewhere })).thenNothingAppended();
  });
});

describe('one of several asks for something else', () => {
  test('the flowspec: the merged one follows, and its lease stays', () => {
    two().when(3, resv('x', 'mn-1', ff(), from(hop2, { tspec: larger }))).thenTold('tspec', larger)
      .thenTold('requests', [{ ...from(hop1), ...lease(1) }, { ...from(hop2, { tspec: larger }), ...lease(2) }]);
  });
  test('another refresh period makes its lease anew; a period of 0 is no soft state, and is none when the others change', () => {
    const unending = from(hop2);
    two().when(3, resv('x', 'mn-1', ff(), { ...from(hop2), refreshPeriodMs: 10_000 }))
      .thenTold('requests', [{ ...from(hop1), ...lease(1) }, { ...from(hop2), refreshPeriodMs: 10_000, expiresAt: timeAt(81.75) }])
      .when(4, resv('x', 'mn-1', ff(), { ...from(hop2), refreshPeriodMs: 0 })).thenTold('requests', [{ ...from(hop1), ...lease(1) }, unending])
      .when(5, resv('x', 'mn-1', ff(), from(hop3))).thenTold('requests', [{ ...from(hop1), ...lease(1) }, unending, { ...from(hop3), ...lease(5) }])
      .when(6, resv('x', 'mn-1', ff(), { ...from(hop2), refreshPeriodMs: 0 })).thenWithout('requests');
  });
  test.each([
    ['another port', se([cn, 5001])],
    ['another source', se([cn2, 5000])],
    ['one more', se([cn, 5000], [cn2, 5000])],
    ['more, of which the first is the same', se([cn, 5000], [cn, 5002])],
  ])('SE, another list: %s', (_, list) => {
    given().when(1, resv('s1', 'mn-1', se([cn, 5000]), from(hop1))).when(2, resv('x', 'mn-1', se([cn, 5000]), from(hop2)))
      .when(3, resv('x', 'mn-1', list, from(hop2)))
      .thenTold('requests', [{ ...from(hop1), senders: [sender(cn, 5000)], ...lease(1) }, { ...from(hop2), senders: list.senders, ...lease(2) }])
      .when(4, resv('x', 'mn-1', se([cn, 5000]), from(hop2))).thenTold('flow', se([cn, 5000]));
  });
  test('SE: the same list in another order, with one twice, is the same', () => {
    given().when(1, resv('s1', 'mn-1', se([cn, 5000], [cn2, 5000]), from(hop1)))
      .when(2, resv('x', 'mn-1', se([cn2, 5000], [cn, 5000], [cn2, 5000]), from(hop1))).thenNothingAppended();
  });
});

describe('next hops with refresh periods of their own (RFC 2205 §3.7: each node chooses R)', () => {
  const every = (nextHop: string, refreshPeriodMs: number) => ({ ...from(nextHop), refreshPeriodMs });
  const longPath = () => given().when(0, path('s1', 'mn-1', ff(), { refreshPeriodMs: 60_000 }));
  const leaseOf = (seconds: number, refreshPeriodMs: number) => ({ refreshPeriodMs, expiresAt: timeAt(seconds + (refreshPeriodMs * 7.875) / 1000) });

  test('the reservation stands as long as the hop that stands longest; the one that is left gives it its own lease', () => {
    const scenario = longPath().when(2, resv('x', 'mn-1', ff(), every(hop1, 60_000)));
    for (const seconds of [12, 22, 32, 42, 52]) scenario.when(seconds, resv('x', 'mn-1', ff(), every(hop2, 10_000)));
    scenario.when(60, path('x', 'mn-1', ff(), { refreshPeriodMs: 60_000 })).when(62, resv('x', 'mn-1', ff(), every(hop1, 60_000))).when(62, resv('x', 'mn-1', ff(), every(hop2, 10_000)))
      .when(141, tick).thenEvents({ type: 'QosSessionModified', cause: 'soft-state-timeout' }).thenTold('requests', [from(hop1)]).thenTold('reservation', leaseOf(2, 60_000))
      .when(376.9, tick).thenHeld('s1');
  });
  test('where no path was seen, it is the session\'s one lease', () => {
    const scenario = given().when(2, resv('s1', 'mn-1', ff(), every(hop1, 60_000))).when(12, resv('x', 'mn-1', ff(), every(hop2, 10_000)));
    scenario.when(13, tear(hop1)).thenTold('refreshPeriodMs', 10_000).thenTold('expiresAt', timeAt(90.75)).thenWithout('reservation').when(90.8, tick).thenHeld();
  });
  test('of three two are left: the lease becomes that of the one that stands longer', () => {
    longPath().when(1, resv('x', 'mn-1', ff(), every(hop1, 60_000))).when(2, resv('x', 'mn-1', ff(), every(hop2, 30_000))).when(3, resv('x', 'mn-1', ff(), every(hop3, 10_000)))
      .thenTold('reservation', leaseOf(3, 60_000)).when(4, tear(hop3)).thenWithout('reservation').when(5, resv('x', 'mn-1', ff(), every(hop3, 10_000)))
      .when(6, tear(hop1)).thenTold('reservation', leaseOf(2, 30_000)).when(7, tear(hop3)).thenTold('reservation', leaseOf(2, 30_000));
  });
  test('I7 refreshes of hops whose R differ are no changes, nor is the RESV of the router that they meet at', () => {
    const scenario = longPath().when(2, resv('x', 'mn-1', ff(), every(hop1, 60_000))).when(3, resv('x', 'mn-1', ff(), every(hop2, 10_000)));
    for (const seconds of [5, 10, 15]) {
      for (const asked of [every(hop1, 60_000), every(hop2, 10_000), { ...every(agent, 30_000), node: elsewhere }]) scenario.when(seconds, resv('x', 'mn-1', ff(), asked)).thenNothingAppended();
    }
  });
  test('one that is without soft state (R = 0) keeps the reservation so; what is left has its own again', () => {
    longPath().when(1, resv('x', 'mn-1', ff(), every(hop1, 30_000))).when(2, resv('x', 'mn-1', ff(), every(hop2, 0))).thenTold('reservation', null)
      .when(3, resv('x', 'mn-1', ff(), every(hop3, 10_000))).thenWithout('reservation').when(4, tear(hop3)).thenWithout('reservation')
      .when(5, tear(hop2)).thenTold('reservation', leaseOf(1, 30_000));
    given().when(1, resv('s1', 'mn-1', ff(), every(hop1, 0))).when(2, resv('x', 'mn-1', ff(), every(hop2, 30_000))).thenTold('expiresAt', null)
      .when(3, tear(hop2)).thenWithout('expiresAt').when(9_999, tick).thenHeld('s1');
  });

  /** Another session's refresh at 95 s was written, so that one at 100 s waits. */
  const waiting = () => longPath().when(0, path('s9', null, ff())).when(1, resv('x', 'mn-1', ff(), from(hop1))).when(95, path('x', null, ff()))
    .thenEvents({ type: 'LeasesExtended', sessions: ['s9'] });
  test('a refresh that waits to be written goes with the lease: to the one that was alone, when another comes', () => {
    waiting().when(100, resv('x', 'mn-1', ff(), from(hop1))).thenNothingAppended().when(101, resv('x', 'mn-1', ff(), from(hop2)))
      .thenTold('requests', [{ ...from(hop1), ...lease(100) }, { ...from(hop2), ...lease(101) }]);
  });
  test('to the session, when one is left; and stays with its hop where others change', () => {
    const late = () => given().when(0, path('s1', 'mn-1', ff(), { refreshPeriodMs: 60_000 })).when(0, path('s9', null, ff())).when(1, resv('x', 'mn-1', ff(), from(hop1)))
      .when(2, resv('x', 'mn-1', ff(), from(hop2))).when(95, path('x', null, ff())).when(100, resv('x', 'mn-1', ff(), from(hop1))).thenNothingAppended();
    given().when(0, path('s1', 'mn-1', ff(), { refreshPeriodMs: 60_000 })).when(0, path('s9', null, ff())).when(1, resv('x', 'mn-1', ff(), from(hop1))).when(2, resv('x', 'mn-1', ff(), from(hop2)))
      .when(3, resv('x', 'mn-1', ff(), from(hop3))).when(95, path('x', null, ff())).when(100, resv('x', 'mn-1', ff(), from(hop1))).thenNothingAppended().when(101, tear(hop3)).thenWithout('reservation')
      .when(130, tick).thenEvents({ type: 'LeasesExtended', reservations: ['s1'], until: timeAt(336.25) });
    late().when(101, tear(hop2)).thenTold('requests', [from(hop1)]).thenTold('reservation', lease(100));
    late().when(101, resv('x', 'mn-1', ff(), from(hop2, { tspec: larger }))).thenTold('requests', [{ ...from(hop1), ...lease(100) }, { ...from(hop2, { tspec: larger }), ...lease(2) }]);
  });
});

describe('R of each hop on the way (RFC 2205 §3.7)', () => {
  const request = (hops?: readonly HopPeriod[]) => ({ ...from(hop1), ...(hops && { hops }) });
  const down = { ...from(hop1), refreshPeriodMs: 10_000 };
  const up = { ...from(agent), node: elsewhere, refreshPeriodMs: 30_000 };
  const seenAt = (...first: object[]) => first.reduce((scenario: ReturnType<typeof given>, asked, i) => scenario.when(i + 1, resv('x', 'mn-1', ff(), asked)), given().when(0, path('s1', 'mn-1', ff(), { refreshPeriodMs: 60_000 })));

  test.each([[[down, up]], [[up, down]]])('one reservation that is seen on two links is told once of each, and stands by the longest R: %j', (both) => {
    const scenario = seenAt(...both).thenTold('requests', [{ ...from((both[0] as typeof up).nextHop, { node: (both[0] as typeof up).node }), hops: both.map(({ nextHop: hop, refreshPeriodMs }) => ({ hop, refreshPeriodMs })) }]);
    expect(scenario.state.sessions.get('s1')!.reservation).toMatchObject({ refreshPeriodMs: 30_000 });
    for (const seconds of [11, 31, 41]) for (const asked of both) scenario.when(seconds, resv('x', 'mn-1', ff(), asked)).thenNothingAppended();
  });
  test('a link that has the R by which it stands need not be told; one that changes its R is told', () => {
    seenAt({ ...down, refreshPeriodMs: 30_000 }, up).thenNothingAppended().when(3, resv('x', 'mn-1', ff(), { ...up, refreshPeriodMs: 60_000 }))
      .thenTold('requests', [request([{ hop: hop1, refreshPeriodMs: 30_000 }, { hop: agent, refreshPeriodMs: 60_000 }])])
      .when(4, resv('x', 'mn-1', ff(), { ...up, refreshPeriodMs: 10_000 })).thenTold('reservation', { refreshPeriodMs: 30_000, expiresAt: timeAt(240.25) });
  });
  test('its own hop alone: the lease tells R, and nothing else of the request is told', () => {
    seenAt(down).when(5, resv('x', 'mn-1', ff(), { ...down, refreshPeriodMs: 60_000 })).thenTold('reservation', { refreshPeriodMs: 60_000, expiresAt: timeAt(477.5) }).thenWithout('requests');
  });
  test('when another comes, the one that was alone takes what was seen of it along', () => {
    seenAt(down, up).when(3, resv('x', 'mn-1', ff(), from(hop2)))
      .thenTold('requests', [{ ...request([{ hop: hop1, refreshPeriodMs: 10_000 }, { hop: agent, refreshPeriodMs: 30_000 }]), ...lease(2) }, { ...from(hop2), ...lease(3) }])
      .when(4, resv('x', 'mn-1', ff(), down)).thenNothingAppended();
  });
});

describe('one of several tears (RFC 2205 §3.1.6: only what matches the tear is gone)', () => {
  test('of three two stand, each with its own lease, and what serves both did not change', () => {
    three().when(4, tear(hop2)).thenTold('requests', [{ ...from(hop1), ...lease(1) }, { ...from(hop3), ...lease(3) }])
      .thenTold('cause', 'resv-tear').thenWithout('service').thenWithout('tspec').thenWithout('flow').thenWithout('violations').thenHeld('s1');
  });
  test('of two one stands, alone: the session\'s lease is its', () => {
    two().when(4, tear(hop2)).thenTold('requests', [from(hop1)]);
  });
  test('the service, too, becomes what is left', () => {
    two().when(3, resv('x', 'mn-1', ff(), from(hop3, { service: 'guaranteed' }))).thenTold('service', 'guaranteed')
      .when(4, tear(hop3)).thenTold('service', 'controlled-load').thenWithout('tspec');
  });
  test('what was odd about the tear is told with it', () => {
    const violations = [{ name: 'seen', detail: 'x' }];
    two().when(4, { ...tear(hop2), violations }).thenTold('violations', violations);
  });
  test('sent to another router, it is not of those who meet here', () => {
    two().when(4, tear(hop2, elsewhere)).thenEvents({ type: 'SignallingObserved', message: 'resv-tear', sessionId: 's1' })
      .when(5, tear(hop2)).thenTold('requests', [from(hop1)]);
  });
  test('SE: the tear of some of its senders takes these from what it asks for; what another asks for stays in the list', () => {
    const both = se([cn, 5000], [cn2, 5000]);
    const met = () => given().when(1, resv('s1', 'mn-1', se([cn, 5000]), from(hop1))).when(2, resv('x', 'mn-1', both, from(hop2)));
    met().when(3, tear(hop2, agent, se([cn2, 5000]))).thenTold('flow', se([cn, 5000])).thenTold('cause', 'resv-tear')
      .thenTold('requests', [{ ...from(hop1), senders: [sender(cn, 5000)], ...lease(1) }, { ...from(hop2), senders: [sender(cn, 5000)], ...lease(2) }])
      .when(4, tear(hop2, agent, se([cn, 5000]))).thenTold('requests', [{ ...from(hop1), senders: [sender(cn, 5000)] }]);
    met().when(3, tear(hop2, agent, se([cn, 5000]))).thenWithout('flow')
      .thenTold('requests', [{ ...from(hop1), senders: [sender(cn, 5000)], ...lease(1) }, { ...from(hop2), senders: [sender(cn2, 5000)], ...lease(2) }]);
    met().when(3, tear(hop2, agent, se([cn, 7000]))).thenEvents({ type: 'SignallingObserved', message: 'resv-tear', sessionId: 's1' }).thenTold('detail', { flow: se([cn, 7000]) });
  });
  test('SE, one alone: who is torn leaves the list while its path stands, and one that left it by PathTear does not come back', () => {
    const all = se([cn, 5000], [cn2, 5000], [cn, 6000]);
    const alone = () => given().when(0, path('p1', 'mn-1', ff())).when(0, path('p2', 'mn-1', ff({ correspondentNode: cn2 }))).when(0, path('p3', 'mn-1', ff({ sourcePort: 6000 })))
      .when(1, resv('s1', 'mn-1', all, from(hop1)));
    alone().when(2, tear(hop1, agent, se([cn, 5000]))).thenTold('flow', se([cn, 6000], [cn2, 5000])).thenTold('cause', 'resv-tear').thenHeld('s1')
      .thenEvents({ sendersLeft: { senders: [{ source: cn, sourcePort: 5000 }], paths: [{ correspondentNode: cn, sourcePort: 5000 }] } })
      .thenTold('requests', [{ ...from(hop1), senders: [sender(cn, 6000), sender(cn2, 5000)] }])
      .when(3, tear(hop1, agent, se([cn, 6000], [cn2, 5000]))).thenHeld('s1 path-only');
    alone().when(2, pathTear('mn-1', ff())).when(3, tear(hop1, agent, se([cn2, 5000]))).thenTold('flow', se([cn, 6000]));
    given().when(1, resv('s1', 'mn-1', all)).when(2, resvTear('mn-1', se([cn, 5000]))).thenTold('flow', se([cn, 6000], [cn2, 5000])).thenWithout('requests');
  });
  test('SE: where what is left cannot stand as it would be seen now, nothing changes, and the tear is kept with the reason', () => {
    given().when(0, admit('mn-1', 1n)).when(0, admit('mn-2', 1n)).when(1, resv('s1', 'mn-1', se([cn, 5000], [cn2, 5000]), from(hop1)))
      .when(3, provision(1n, { outerSource: 'home-agent' })).when(4, configure('s2', 'mn-2', ff({ correspondentNode: '192.0.2.9' })))
      .when(5, tear(hop1, agent, se([cn2, 5000]))).thenRefused('change-overlaps').thenTold('violations', [expect.objectContaining({ name: 'change-overlaps' })]).thenHeld('s1', 's2');
  });
  test('one alone: the tear of a hop that reserved nothing at that router ends nothing; seen elsewhere on the way, it is that of the one', () => {
    const alone = () => given().when(0, path('s1', 'mn-1', ff())).when(1, resv('x', 'mn-1', ff(), from(hop1)));
    alone().when(2, tear(hop2)).thenEvents({ type: 'SignallingObserved', message: 'resv-tear', sessionId: 's1' }).thenHeld('s1');
    for (const torn of [tear(hop1), tear(agent, elsewhere), resvTear('mn-1', ff())]) alone().when(2, torn).thenHeld('s1 path-only');
  });
  test('SE: a list that cannot stand as it would be seen now stays as it was, and the event says why', () => {
    given().when(0, admit('mn-1', 1n)).when(0, admit('mn-2', 1n)).when(1, resv('s1', 'mn-1', se([cn, 5000]), from(hop1))).when(2, resv('x', 'mn-1', se([cn2, 5000]), from(hop2)))
      .when(3, provision(1n, { outerSource: 'home-agent' })).when(4, configure('s2', 'mn-2', ff({ correspondentNode: '192.0.2.9' }))).thenNative()
      .when(5, tear(hop2, agent, se([cn2, 5000]))).thenWithout('flow').thenWithout('rejection')
      .thenEvents({ type: 'QosSessionModified', violations: [{ name: 'change-overlaps', code: 1, value: 0x8002 }] })
      .thenTold('requests', [{ ...from(hop1), senders: [sender(cn, 5000)] }]);
  });
  test('a wildcard has no list: what each asked for is all that goes', () => {
    given().when(1, resv('s1', 'mn-1', wf(), from(hop1))).when(2, resv('x', 'mn-1', wf(), from(hop2, { tspec: larger })))
      .when(3, tear(hop2, agent, wf())).thenTold('tspec', tspec).thenTold('requests', [from(hop1)]).thenWithout('flow');
  });
});
