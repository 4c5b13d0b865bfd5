import fc from 'fast-check';
import type { Tspec, WireFloat } from '../flow/flow';
import { fingerprint } from '../proof/fingerprint.testing';
import { flowTableOfSnapshot, snapshotOfFlowTable, type FlowTableSnapshot } from '../scope/flow-table-snapshot';
import { admit, cn, cn2, configure, dismiss, ff, given, path, pathTear, resv, resvTear, se, tick, timeAt, tspec, wf, at } from '../proof/flow-table.testing';
import { isSameFlowspec, mergedFlowspec, type Flowspec } from '../flow/merged-flowspec';
import { runs } from '../proof/property-runs.testing';

const agent = '198.51.100.1';
const from = (nextHop: string, terms: object = {}) => ({ nextHop, node: agent, service: 'controlled-load', ...terms }) as const;
const large: Tspec = { r: 20_000, b: 1_000, p: 'Infinity', m: 128, M: 1_000 };
const merged: Tspec = { r: 20_000, b: 2_000, p: 'Infinity', m: 64, M: 1_000 };

describe('the merged flowspec (RFC 2205 §2.2, RFC 2211 and 2212: ordering and merging)', () => {
  test('the largest rate, depth and peak; the smallest policed unit and packet', () => {
    expect(mergedFlowspec([{ service: 'controlled-load', tspec }, { service: 'controlled-load', tspec: large }])).toEqual({ service: 'controlled-load', tspec: merged });
  });
  test('guaranteed stands above controlled load; of Rspecs the largest R and the smallest S', () => {
    const guaranteed = (R: number, S: number): Flowspec => ({ service: 'guaranteed', tspec, rspec: { R, S } });
    expect(mergedFlowspec([{ service: 'controlled-load', tspec: large }, guaranteed(5, 7), guaranteed(6, 9)])).toEqual({ service: 'guaranteed', tspec: merged, rspec: { R: 6, S: 7 } });
  });
  test('a service that is none of the two adds nothing', () => {
    expect(mergedFlowspec([{ service: null, tspec: null }, { service: 'controlled-load', tspec }])).toEqual({ service: 'controlled-load', tspec });
  });
  test.each<[string, Flowspec[], Flowspec]>([
    ['no reservation', [], { service: null, tspec: null }],
    ['a service that is none of the two, of which no token bucket was told', [{ service: null, tspec: null }], { service: null, tspec: null }],
    ['guaranteed without an Rspec beside one with', [{ service: 'guaranteed', tspec }, { service: 'guaranteed', tspec, rspec: { R: 5, S: 7 } }], { service: 'guaranteed', tspec, rspec: { R: 5, S: 7 } }],
    ['an R without end', [{ service: 'guaranteed', tspec, rspec: { R: 5, S: 7 } }, { service: 'guaranteed', tspec, rspec: { R: 'Infinity', S: 9 } }], { service: 'guaranteed', tspec, rspec: { R: 'Infinity', S: 7 } }],
    ['peaks that both have an end', [{ service: 'controlled-load', tspec: { ...tspec, p: 7 } }, { service: 'controlled-load', tspec: { ...tspec, p: 5 } }], { service: 'controlled-load', tspec: { ...tspec, p: 7 } }],
  ])('of %s', (_, flowspecs, expected) => {
    expect(mergedFlowspec(flowspecs)).toStrictEqual(expected);
    expect(mergedFlowspec([...flowspecs].reverse())).toStrictEqual(expected);
  });
  test('two are the same where each of their fields is', () => {
    const guaranteed: Flowspec = { service: 'guaranteed', tspec, rspec: { R: 5, S: 7 } };
    const others: Flowspec[] = [
      { ...guaranteed, service: 'controlled-load' }, { ...guaranteed, tspec: null }, { service: 'guaranteed', tspec }, { ...guaranteed, rspec: { R: 6, S: 7 } }, { ...guaranteed, rspec: { R: 5, S: 8 } },
      ...(['r', 'b', 'p', 'm', 'M'] as const).map((field) => ({ ...guaranteed, tspec: { ...tspec, [field]: 1 } })),
    ];
    expect(others.map((other) => [isSameFlowspec(guaranteed, other), isSameFlowspec(other, guaranteed)])).toEqual(others.map(() => [false, false]));
    for (const same of [guaranteed, ...others]) expect(isSameFlowspec(same, structuredClone(same))).toBe(true);
  });
  test('merging is a least upper bound: in any order and any number of times the same, and what it bounds adds nothing', () => {
    // As the wire has them, odd ones too; JSON has no zero with a sign.
    const odd = fc.constantFrom<WireFloat>('Infinity', '-Infinity', 'NaN', '-0', 0);
    const number = fc.oneof(fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => value || 0), odd);
    const anyTspec: fc.Arbitrary<Tspec> = fc.record({ r: number, b: number, p: number, m: fc.nat(), M: fc.nat() });
    const rspec = fc.record({ R: number, S: fc.nat() });
    const flowspec: fc.Arbitrary<Flowspec> = fc.oneof(
      fc.record({ service: fc.constant('controlled-load' as const), tspec: anyTspec }),
      fc.record({ service: fc.constant('guaranteed' as const), tspec: anyTspec, rspec }),
    );
    fc.assert(fc.property(flowspec, flowspec, flowspec, (a, b, c) => {
      const all = mergedFlowspec([a, b, c]);
      expect(mergedFlowspec([c, a, b, a])).toEqual(all);
      expect(mergedFlowspec([mergedFlowspec([a, b]), c])).toEqual(all);
      expect(mergedFlowspec([all, b])).toEqual(all);
    }), runs);
  });
});

describe('reservations of several next hops in one session', () => {
  test('they merge at the router that they are sent to, and the event says what was merged', () => {
    given().when(0, path('s1', null, ff())).when(1, resv('x', null, ff(), from('10.0.0.1')))
      .thenEvents({ state: 'live', service: 'controlled-load', requests: [{ nextHop: '10.0.0.1', node: agent, service: 'controlled-load', tspec }] })
      .when(2, resv('x', null, ff(), from('10.0.0.2', { tspec: large })))
      .thenEvents({ type: 'QosSessionModified', tspec: merged, requests: [{ nextHop: '10.0.0.1', tspec, expiresAt: timeAt(237.25) }, { nextHop: '10.0.0.2', tspec: large, expiresAt: timeAt(238.25) }] })
      .when(3, resv('x', null, ff(), from('10.0.0.1'))).thenNothingAppended()
      .when(4, resv('x', null, ff(), from('10.0.0.2', { tspec: large }))).thenNothingAppended();
  });
  test('the router\'s own RESV further up the way changes nothing of who meets', () => {
    given().when(0, path('s1', null, wf())).when(1, resv('x', null, wf(), from('10.0.0.1'))).when(2, resv('x', null, wf(), from('10.0.0.2', { tspec: large })))
      .when(3, resv('x', null, wf(), { nextHop: agent, node: '203.0.113.1', tspec: merged })).thenNothingAppended()
      .when(4, resv('x', null, wf(), { nextHop: agent, node: '203.0.113.1', tspec })).thenNothingAppended();
  });
  test('one alone may ask for less, wherever on the way it is seen', () => {
    given().when(0, resv('s1', null, ff(), from('10.0.0.1', { tspec: large }))).when(1, resv('x', null, ff(), from('10.0.0.1')))
      .thenEvents({ type: 'QosSessionModified', tspec, requests: [{ nextHop: '10.0.0.1', tspec }] })
      .when(2, resv('x', null, ff(), { nextHop: agent, node: '203.0.113.1', service: 'controlled-load' })).thenNothingAppended()
      .when(3, resv('x', null, ff(), { nextHop: agent, node: '203.0.113.1', service: 'controlled-load', tspec: large })).thenEvents({ tspec: large, requests: [{ nextHop: agent, node: '203.0.113.1' }] });
  });
  test('where the merged one further up the way is seen first, those who meet begin a list of their own, and it settles', () => {
    const up = { nextHop: agent, node: '203.0.113.1', service: 'controlled-load', tspec: { ...tspec, r: 5_000 } } as const;
    const first = from('10.0.0.1', { tspec: { ...tspec, r: 1_000 } });
    const second = from('10.0.0.2', { tspec: { ...tspec, r: 2_000 } });
    const merged = given().when(0, path('s1', null, ff())).when(1, resv('x', null, ff(), up)).when(2, resv('x', null, ff(), first))
      .thenEvents({ type: 'QosSessionModified', requests: [{ nextHop: '10.0.0.1', node: agent }] })
      .when(3, resv('x', null, ff(), second)).thenEvents({ tspec: { ...tspec, r: 2_000 }, requests: [{ nextHop: '10.0.0.1' }, { nextHop: '10.0.0.2' }] });
    for (const seconds of [4, 5]) for (const asked of [up, first, second]) merged.when(seconds, resv('x', null, ff(), asked)).thenNothingAppended();
  });
  test('a RESV without RSVP_HOP is that of the one that is known; of several it says nothing but that the session stands', () => {
    const one = given().when(0, resv('s1', null, ff(), from('10.0.0.1'))).when(1, resv('x', null, ff(), { service: 'controlled-load', tspec: large }))
      .thenEvents({ type: 'QosSessionModified', tspec: large, requests: [{ nextHop: '10.0.0.1', node: agent, tspec: large }] })
      .when(2, resv('x', null, ff(), { service: 'controlled-load', tspec: large })).thenNothingAppended();
    one.when(3, resv('x', null, ff(), from('10.0.0.2'))).thenEvents({ tspec: merged, requests: [{ nextHop: '10.0.0.1', tspec: large }, { nextHop: '10.0.0.2', tspec }] })
      .when(4, resv('x', null, ff(), { service: 'controlled-load' })).thenNothingAppended();
    given().when(0, resv('s1', null, se([cn, 5000]), from('10.0.0.1'))).when(1, resv('x', null, se([cn, 5000], [cn2, 5000]), { service: 'controlled-load' }))
      .thenEvents({ flow: se([cn, 5000], [cn2, 5000]), requests: [{ nextHop: '10.0.0.1', senders: [{ correspondentNode: cn }, { correspondentNode: cn2 }] }] });
  });
  test('one that tears leaves what the others ask for; the last one leaves the path', () => {
    given().when(0, path('s1', null, ff())).when(1, resv('x', null, ff(), from('10.0.0.1'))).when(2, resv('x', null, ff(), from('10.0.0.2', { tspec: large })))
      .when(3, { ...resvTear(null, ff()), nextHop: '10.0.0.9', node: agent }).thenEvents('SignallingObserved')
      .when(4, { ...resvTear(null, ff()), nextHop: '10.0.0.2', node: agent }).thenEvents({ type: 'QosSessionModified', cause: 'resv-tear', tspec, requests: [{ nextHop: '10.0.0.1' }] })
      .thenHeld('s1').when(5, { ...resvTear(null, ff()), nextHop: '10.0.0.1', node: agent }).thenHeld('s1 path-only');
  });
  test('one that is not refreshed ends by itself', () => {
    const scenario = given().when(0, path('s1', null, ff())).when(1, resv('x', null, ff(), from('10.0.0.1'))).when(2, resv('x', null, ff(), from('10.0.0.2', { tspec: large })));
    for (const seconds of [60, 120, 180]) scenario.when(seconds, path('x', null, ff())).when(seconds, resv('x', null, ff(), from('10.0.0.1')));
    scenario.when(239, tick).thenEvents({ type: 'QosSessionModified', cause: 'soft-state-timeout', tspec, requests: [{ nextHop: '10.0.0.1' }], occurredAt: timeAt(238.25) }).thenHeld('s1')
      .when(300, path('x', null, ff())).when(300, resv('x', null, ff(), from('10.0.0.1'))).thenHeld('s1');
  });
  test('SE: the list is that of all next hops, and who left it with one is quarantined', () => {
    given().when(0, resv('s1', null, se([cn, 5000]), from('10.0.0.1'))).when(1, resv('x', null, se([cn2, 5000]), from('10.0.0.2')))
      .thenEvents({ flow: se([cn, 5000], [cn2, 5000]), requests: [{ senders: [{ correspondentNode: cn }] }, { senders: [{ correspondentNode: cn2 }] }] })
      .when(2, { ...resvTear(null, se([cn2, 5000])), nextHop: '10.0.0.2', node: agent })
      .thenEvents({ flow: se([cn, 5000]), sendersLeft: { senders: [{ source: cn2, sourcePort: 5000 }] } });
  });
});

describe('SE: a sender whose path was torn has left all that ask for it', () => {
  const one = se([cn, 5000]);
  const two = se([cn, 5000], [cn2, 5000]);
  const told = () => given().when(0, path('s1', null, ff())).when(0, path('s2', null, ff({ correspondentNode: cn2 })))
    .when(1, resv('s3', null, two, from('10.0.0.1'))).when(1, resv('x', null, one, from('10.0.0.2')));
  const torn = () => told().when(2, pathTear(null, ff({ correspondentNode: cn2 }))).thenTold('flow', one);

  test('another that tears does not bring it back', () => {
    const left = torn().when(3, { ...resvTear(null, one), nextHop: '10.0.0.2', node: agent }).thenWithout('flow').thenHeld('s3');
    expect(left.state.parts.requests('s3').map(({ nextHop, senders }) => [nextHop, senders])).toEqual([['10.0.0.1', one.senders]]);
  });
  test('nor one whose lease ends, nor one that asks for something else', () => {
    torn().when(30, resv('x', null, two, from('10.0.0.1'))).thenTold('flow', two);
    torn().when(3, resv('x', null, one, from('10.0.0.2', { tspec: large }))).thenWithout('flow').thenHeld('s3');
    torn().when(100, path('x', null, ff())).when(100, resv('x', null, one, from('10.0.0.1'))).when(238, tick).thenWithout('flow').thenHeld('s3');
  });
  test('of what one asks for, the tear of all that is left is the end of it', () => {
    const left = torn().when(3, { ...resvTear(null, one), nextHop: '10.0.0.1', node: agent }).thenWithout('flow').thenHeld('s3');
    expect(left.state.parts.requests('s3').map(({ nextHop }) => nextHop)).toEqual(['10.0.0.2']);
  });
  test('who asked for nothing else asks for nothing, until its tear or its lease', () => {
    const only = given().when(0, path('s1', null, ff())).when(0, path('s2', null, ff({ correspondentNode: cn2 })))
      .when(1, resv('s3', null, one, from('10.0.0.1'))).when(1, resv('x', null, se([cn2, 5000]), from('10.0.0.2')));
    const nothing = only.when(2, pathTear(null, ff({ correspondentNode: cn2 }))).thenHeld('s3');
    nothing.when(3, { ...resvTear(null, se([cn2, 5000])), nextHop: '10.0.0.2', node: agent }).thenWithout('flow').thenHeld('s3');
    nothing.when(4, { ...resvTear(null, one), nextHop: '10.0.0.1', node: agent }).thenHeld('s3 path-only');
  });
});

describe('paths of the senders of an SE session (RFC 2205 §2.3)', () => {
  const both = se([cn, 5000], [cn2, 5000]);
  const second = ff({ correspondentNode: cn2 });
  const standing = () => given().visitors('mn-2').when(0, path('s1', 'mn-1', ff())).when(0, path('s2', 'mn-1', second)).when(1, resv('s3', 'mn-1', both));

  test('one whose path times out leaves the list as by PathTear, the others stand', () => {
    const scenario = standing();
    for (const seconds of [60, 120, 180]) scenario.when(seconds, path('x', 'mn-1', ff())).when(seconds, resv('x', 'mn-1', both));
    scenario.when(236.25, tick)
      .thenEvents({ type: 'QosSessionModified', cause: 'soft-state-timeout', flow: se([cn, 5000]), sendersLeft: { senders: [{ source: cn2, sourcePort: 5000 }], quarantinedUntil: timeAt(236.25 + 157.5) } })
      .thenHeld('s3').when(237, configure('s4', 'mn-2', second)).thenTemporary('sourcePort', 49152, 's3 q');
  });
  test('refreshes of each are coalesced into the events of the scope', () => {
    standing().when(90, path('x', 'mn-1', ff())).thenEvents({ type: 'LeasesExtended', sessions: ['s3'], paths: [{ sessionId: 's3', correspondentNode: cn, sourcePort: 5000 }] })
      .when(91, path('x', 'mn-1', second)).thenNothingAppended().when(92, resv('x', 'mn-1', both)).thenNothingAppended()
      .when(206, tick).thenEvents({ type: 'LeasesExtended', reservations: ['s3'], paths: [{ sessionId: 's3', correspondentNode: cn2, sourcePort: 5000 }] })
      .when(300, tick).thenHeld('s3');
  });
  test('the last one ends the session; a sender that joins later has a path of its own', () => {
    const scenario = given().when(0, path('s1', 'mn-1', ff())).when(1, resv('s2', 'mn-1', se([cn, 5000]))).when(2, path('s3', 'mn-1', second))
      .when(3, resv('x', 'mn-1', both)).thenEvents({ cause: 'merged' }, { type: 'QosSessionModified', paths: [{ correspondentNode: cn2, expiresAt: timeAt(238.25) }] });
    scenario.when(236.5, tick).thenEvents({ flow: se([cn2, 5000]), cause: 'soft-state-timeout' }).thenHeld('s2').when(239, tick).thenHeld();
  });
  test('a sender that tears takes its path with it, and one whose path was never seen has none that could lapse', () => {
    standing().when(10, pathTear('mn-1', second)).thenEvents({ cause: 'path-tear' }).when(235, path('x', 'mn-1', ff())).when(235, resv('x', 'mn-1', se([cn, 5000]))).when(260, tick).thenHeld('s3');
    const scenario = given().when(0, path('s1', 'mn-1', ff())).when(1, resv('s3', 'mn-1', both));
    for (const seconds of [60, 120, 180]) scenario.when(seconds, path('x', 'mn-1', ff())).when(seconds, resv('x', 'mn-1', both));
    scenario.when(260, tick).thenNothingAppended().thenHeld('s3').when(261, path('x', 'mn-1', second)).thenEvents({ paths: [{ correspondentNode: cn2, expiresAt: timeAt(261 + 236.25) }] });
  });
});

test('I13 what meets in a session comes back from a snapshot', () => {
  const { state } = given().when(0, path('s1', null, ff())).when(0, path('s2', null, ff({ correspondentNode: cn2 }))).when(1, resv('s3', null, se([cn, 5000], [cn2, 5000]), from('10.0.0.1')))
    .when(2, resv('x', null, se([cn, 5000]), from('10.0.0.2', { tspec: large }))).when(90, path('x', null, ff()));
  const back = flowTableOfSnapshot(JSON.parse(JSON.stringify(snapshotOfFlowTable(state))) as FlowTableSnapshot);
  expect(fingerprint(back)).toBe(fingerprint(state));
  expect(back.parts.size).toBe(4);
});

describe('what PATH advertises (RFC 2210 §3.3)', () => {
  const adspec = {
    breakBit: false, hops: 3, bandwidth: 'Infinity' as const, latencyMicroseconds: 4294967295, pathMtu: 1500,
    guaranteed: { breakBit: true, Ctot: 1, Dtot: 2, Csum: null, Dsum: 4 }, controlledLoad: { breakBit: false },
  };
  test('stands in the session\'s event as it was seen, and again when it changes', () => {
    given().when(0, path('s1', null, ff(), { adspec })).thenEvents({ type: 'QosSessionConfigured', adspec })
      .when(30, path('x', null, ff(), { adspec: { ...adspec } })).thenNothingAppended()
      .when(60, path('x', null, ff())).thenNothingAppended()
      .when(61, path('x', null, ff(), { adspec: { ...adspec, hops: 4 } })).thenEvents({ type: 'QosSessionModified', adspec: { hops: 4 } });
  });
  test('one path shows another on each of its links: told once of each, not with every refresh', () => {
    const links = [{ ...adspec, previousHop: '203.0.113.1', hops: 1 }, { ...adspec, previousHop: '198.51.100.129', hops: 2 }];
    const scenario = given().when(0, path('s1', null, ff(), { adspec: links[0]! })).when(0, path('x', null, ff(), { adspec: links[1]! })).thenEvents({ adspec: { hops: 2 } });
    for (const seconds of [30, 60]) for (const link of links) scenario.when(seconds, path('x', null, ff(), { adspec: link })).thenNothingAppended();
    scenario.when(61, resv('s2', null, se([cn, 5000]))).thenEvents({ cause: 'merged' }, { paths: [{ adspecs: links }] });
    for (const link of links) scenario.when(70, path('x', null, ff(), { adspec: link })).thenNothingAppended();
  });
  test('of an orphaned leg it says nothing, until its node is here again and the leg comes back by that path', () => {
    const left = given().visitors('mn-1').when(0, path('s1', 'mn-1', ff(), { adspec })).when(1, dismiss('mn-1', 2n, { cause: 'superseded', orphanedUntil: timeAt(900) }));
    left.when(2, path('x', 'mn-1', ff(), { adspec: { ...adspec, hops: 4 } })).thenNothingAppended();
    left.when(3, admit('mn-1', 3n)).when(4, path('x', 'mn-1', ff(), { adspec: { ...adspec, hops: 4 } })).thenEvents({ type: 'QosSessionModified', state: 'path-only', adspec: { hops: 4 } })
      .when(5, path('x', 'mn-1', ff(), { adspec: { ...adspec, hops: 4 } })).thenNothingAppended();
  });
  test('of paths under a shared reservation each sender\'s, and it is known through the merge', () => {
    given().when(0, path('s1', null, ff(), { adspec })).when(1, resv('s2', null, wf())).thenEvents({ cause: 'merged' }, { paths: [{ correspondentNode: cn, sourcePort: 5000, adspecs: [adspec] }] })
      .when(30, path('x', null, ff(), { adspec })).thenNothingAppended()
      .when(31, path('x', null, ff({ correspondentNode: cn2 }), { adspec })).thenEvents({ type: 'QosSessionModified', paths: [{ correspondentNode: cn2, adspec }] })
      .when(32, path('x', null, ff({ correspondentNode: cn2 }), { adspec, observedAt: at(32) })).thenNothingAppended();
  });
});
