import { admit, at, cn, cn2, configure, dismiss, ff, given, path, pathTear, provision, release, resv, se, tick, wf } from '../proof/flow-table.testing';
import type { ReleaseSession } from '../commands/flow-table-commands';
import { admitLegs, hold, leg } from '../legs/handoff.testing';

const ff2 = ff({ sourcePort: 5001 });

describe('which end of a held leg the new scope is told of (domain.md §6)', () => {
  const registered = () => given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, hold('h1', 2n))
    .thenAnswer({ outcome: 'held', legs: [{ sessionId: 's1' }], ended: [] });
  /** Only seen: the agent does not serve the node any more, or never did. */
  const gone = () => given().when(0, path('s1', 'mn-1', ff())).when(0, resv('x', 'mn-1', ff())).when(1, hold('h1', 2n))
    .thenAnswer({ outcome: 'held', legs: [{ sessionId: 's1' }], ended: [] });

  test.each<[string, 'of both' | 'while the node is registered here' | 'of neither']>([
    ['path-tear', 'of both'],
    ['administrator', 'of both'],
    ['preemption', 'of both'],
    ['replaced', 'of both'],
    ['soft-state-timeout', 'while the node is registered here'],
    ['reconciled', 'while the node is registered here'],
    ['deregistration', 'of neither'],
    ['registration-expiry', 'of neither'],
    ['revocation', 'of neither'],
    ['reboot', 'of neither'],
    ['handoff', 'of neither'],
    ['handoff-rolled-back', 'of neither'],
  ])('%s: %s', (cause, told) => {
    const end = release('s1', cause as ReleaseSession['cause']);
    const [isTold, isNotTold] = [{ legs: [], ended: [{ sessionId: 's1', cause, at: at(2) }] }, { legs: [{ sessionId: 's1' }], ended: [] }];
    registered().when(2, end).thenHeld().when(3, hold('h1', 2n)).thenAnswer({ outcome: 'held', ...(told === 'of neither' ? isNotTold : isTold) });
    gone().when(2, end).thenHeld().when(3, hold('h1', 2n)).thenAnswer({ outcome: 'held', ...(told === 'of both' ? isTold : isNotTold) });
  });
  test('a reservation that is torn, until it is made again', () => {
    const torn = gone().when(2, release('s1', 'resv-tear')).when(3, hold('h1', 2n))
      .thenAnswer({ outcome: 'held', legs: [{ sessionId: 's1', state: 'path-only' }], ended: [{ sessionId: 's1', cause: 'resv-tear', at: at(2), state: 'path-only' }] });
    torn.when(4, resv('x', 'mn-1', ff())).when(5, hold('h1', 2n)).thenAnswer({ outcome: 'held', legs: [{ sessionId: 's1', state: 'live' }], ended: [] });
  });
  test('whatever else ended is told all the same where one is made again', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(0, configure('s2', 'mn-1', ff2)).when(1, hold('h1', 2n)).when(2, release('s2'))
      .when(2, release('s1', 'resv-tear')).when(3, resv('x', 'mn-1', ff()))
      .when(4, hold('h1', 2n))
      .thenAnswer({ outcome: 'held', legs: [{ sessionId: 's1', state: 'live' }], ended: [{ sessionId: 's2', cause: 'administrator' }] });
  });
  test('a sender that leaves a list ends no session', () => {
    given().visitors('mn-1').when(0, path('s1', 'mn-1', ff())).when(0, path('s2', 'mn-1', ff({ correspondentNode: cn2 }), { refreshPeriodMs: 10_000 }))
      .when(0, resv('s3', 'mn-1', se([cn, 5000], [cn2, 5000]))).thenHeld('s3')
      .when(1, hold('h1', 2n)).when(80, tick).thenEvents({ type: 'QosSessionModified', sessionId: 's3', cause: 'soft-state-timeout' }).thenHeld('s3')
      .when(81, hold('h1', 2n)).thenAnswer({ outcome: 'held', legs: [{ sessionId: 's3', state: 'live' }], ended: [] });
  });
  test('of what came after the list was frozen, none', () => {
    registered().when(2, path('s2', 'mn-1', ff2)).when(3, pathTear('mn-1', ff2)).thenHeld('s1').when(4, hold('h1', 2n))
      .thenAnswer({ outcome: 'held', legs: [{ sessionId: 's1' }], ended: [] });
  });
  test('each of them, and of one its last', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(0, configure('s2', 'mn-1', ff2)).when(1, hold('h1', 2n))
      .when(2, release('s1', 'resv-tear')).when(3, release('s2')).when(4, release('s1'))
      .when(5, hold('h1', 2n))
      .thenAnswer({ outcome: 'held', legs: [], ended: [{ sessionId: 's2', cause: 'administrator', at: at(3) }, { sessionId: 's1', cause: 'administrator', at: at(4) }] });
  });
  test('of a degraded leg as of any other', () => {
    given().when(0, provision(1n, {}, { sourcePort: null })).visitors('mn-2').when(0, configure('o', 'mn-2', ff())).when(1, admitLegs('h1', 2n, [leg('s1')]))
      .thenHeld('o')
      .when(2, hold('h2', 4n)).thenAnswer({ outcome: 'held', legs: [{ sessionId: 's1' }] }).when(3, pathTear('mn-1', ff()))
      .thenEvents({ type: 'DegradedLegEnded', sessionId: 's1' })
      .when(4, hold('h2', 4n)).thenAnswer({ outcome: 'held', legs: [], ended: [{ sessionId: 's1', cause: 'path-tear', at: at(3) }] });
  });
});

describe('with which end of a leg its session is over everywhere, so that what a handoff left of it elsewhere ends too', () => {
  const brought = () => given().when(0, admitLegs('h1', 2n, [leg('s1')]));

  test.each<[ReleaseSession['cause'], boolean]>([['administrator', true], ['preemption', true], ['path-tear', true], ['replaced', true], ['reconciled', true]])('%s: %s', (cause, isOver) => {
    const ended = brought().when(1, release('s1', cause)).thenEvents({ type: 'QosSessionReleased', sessionId: 's1' });
    if (isOver) ended.thenTold('broughtBy', 'h1');
    else ended.thenWithout('broughtBy');
  });
  test('an observed PathTear', () => {
    brought().when(1, pathTear('mn-1', ff())).thenTold('broughtBy', 'h1');
  });
  test('a ResvTear leaves the session, and a lease that ends leaves what is left of it to its own', () => {
    brought().when(1, release('s1', 'resv-tear')).thenWithout('broughtBy');
    brought().when(240, tick).thenEvents({ type: 'QosSessionReleased', cause: 'soft-state-timeout' }).thenWithout('broughtBy');
  });
  const list = { flow: { protocol: 17, destinationPort: 5004 }, style: 'SE' };
  const broughtPath = () => given().when(0, admitLegs('h1', 2n, [leg('s1', ff(), { state: 'path-only', style: null })]));
  test('a path that a list takes over, observed or commanded, tells by what', () => {
    for (const reserved of [resv('s2', 'mn-1', se([cn, 5000], [cn2, 5000])), configure('s2', 'mn-1', se([cn, 5000]))]) {
      broughtPath().when(1, reserved).thenEvents({ type: 'QosSessionReleased', sessionId: 's1', cause: 'merged', broughtBy: 'h1', mergedInto: list, quarantinedUntil: null }, 'QosSessionConfigured');
    }
    broughtPath().when(1, resv('s2', 'mn-1', wf())).thenEvents({ type: 'QosSessionReleased', cause: 'merged', broughtBy: 'h1', mergedInto: { ...list, style: 'WF' } }, 'QosSessionConfigured');
  });
  test('a list that was torn, and reserved anew in another style', () => {
    given().when(0, admitLegs('h1', 2n, [leg('s1', se([cn, 5000]), { state: 'path-only' })])).when(1, resv('s2', 'mn-1', ff()))
      .thenEvents({ type: 'QosSessionReleased', sessionId: 's1', cause: 'merged', broughtBy: 'h1', mergedInto: { flow: ff(), style: 'FF' } }, 'QosSessionConfigured');
  });
  test('a path that no handoff brought, or that is orphaned here itself, is merged as before', () => {
    given().visitors('mn-1').when(0, path('s1', 'mn-1', ff())).when(1, resv('s2', 'mn-1', se([cn, 5000]))).thenEvents({ type: 'QosSessionReleased', cause: 'merged' }, 'QosSessionConfigured').thenWithout('broughtBy').thenWithout('mergedInto');
    broughtPath().when(1, dismiss('mn-1', 3n, { cause: 'superseded', orphanedUntil: null })).visitors('mn-1').when(1, admit('mn-1', 4n))
      .when(2, resv('s2', 'mn-1', se([cn, 5000]))).thenEvents({ type: 'QosSessionReleased', sessionId: 's1', cause: 'merged' }, 'QosSessionConfigured').thenWithout('broughtBy').thenWithout('mergedInto');
  });
  test('one that no handoff brought left nothing', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, release('s1')).thenWithout('broughtBy');
  });
  test('an orphan ends alone: its session is elsewhere', () => {
    brought().when(1, dismiss('mn-1', 3n, { cause: 'superseded', orphanedUntil: null })).thenHeld('s1 orphaned').when(2, release('s1')).thenWithout('broughtBy');
  });
  test('a degraded one as any other', () => {
    given().when(0, provision(1n, {}, { sourcePort: null })).visitors('mn-2').when(0, configure('o', 'mn-2', ff())).when(1, admitLegs('h1', 2n, [leg('s1')]))
      .when(2, release('s1')).thenTold('broughtBy', 'h1');
  });
  test('one that leaves with its visitor ends alone, whoever has it leave', () => {
    brought().when(1, dismiss('mn-1', 3n, { cause: 'administrator' })).thenEvents('VisitorLeft', { type: 'QosSessionReleased', cause: 'administrator' }).thenWithout('broughtBy');
    brought().when(1, { type: 'WithdrawScope', revision: 3n, force: true }).thenHeld().thenWithout('broughtBy');
  });
});

describe('a session that is over at another agent, to which a handoff led away from here', () => {
  const over = (cause: ReleaseSession['cause'] = 'path-tear'): ReleaseSession => ({ ...release('s1', cause), leftBy: 'mn-1' });
  const registered = () => given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff()));

  test('broken off here and held still: it is brought nowhere any more', () => {
    registered().when(1, hold('h1', 2n, { breaks: true })).thenHeld().when(2, over()).thenEvents({ type: 'DegradedLegEnded', sessionId: 's1', cause: 'path-tear' })
      .when(2, over()).thenNothingAppended().when(3, hold('h2', 4n)).thenAnswer({ outcome: 'held', legs: [], ended: [{ sessionId: 's1', cause: 'path-tear' }] });
  });
  test('held and not broken off, or orphaned: it ends', () => {
    registered().when(1, hold('h1', 2n)).when(2, over()).thenEvents('QosSessionReleased').thenHeld();
    registered().when(1, dismiss('mn-1', 3n, { cause: 'superseded', orphanedUntil: null })).thenHeld('s1 orphaned').when(2, over()).thenEvents('QosSessionReleased').thenHeld();
  });
  const list = { flow: { protocol: 17, destinationPort: 5004 }, style: 'SE' } as const;
  test.each<ReleaseSession['cause']>(['merged', 'reconciled'])('%s there, and orphaned here by the break that holds it still: it is brought nowhere any more', (cause) => {
    registered().when(1, hold('h1', 2n, { breaks: true, oldLegs: 'orphan' })).thenHeld('s1 orphaned')
      .when(2, over(cause)).thenEvents({ type: 'QosSessionReleased', cause }, { type: 'DegradedLegEnded', cause }).thenHeld()
      .when(2, over(cause)).thenNothingAppended().when(3, hold('h2', 4n)).thenAnswer({ outcome: 'held', legs: [] });
    registered().when(1, hold('h1', 2n, { breaks: true })).thenHeld().when(2, over(cause)).thenEvents({ type: 'DegradedLegEnded', cause })
      .when(2, over(cause)).thenNothingAppended().when(3, hold('h2', 4n)).thenAnswer({ outcome: 'held', legs: [] });
    registered().when(1, hold('h1', 2n)).when(2, over(cause)).thenEvents({ type: 'QosSessionReleased', cause }).thenHeld()
      .when(3, hold('h2', 4n)).thenAnswer({ outcome: 'held', legs: [] });
  });
  test('I3 merged into a list there: its id here is quarantined for that list, which comes back natively, and for nobody else', () => {
    const merged = () => registered().when(1, dismiss('mn-1', 3n, { cause: 'superseded', orphanedUntil: null })).when(2, { ...over('merged'), mergedInto: list })
      .thenEvents({ type: 'QosSessionReleased', cause: 'merged', mergedInto: list }).thenHeld();
    merged().when(3, admitLegs('h2', 4n, [leg('s2', se([cn, 5000]))])).thenEvents('VisitorAdmitted', { type: 'QosSessionConfigured', sessionId: 's2', temporary: null, matched: [] });
    merged().visitors('mn-2').when(3, configure('o', 'mn-2', ff())).thenTemporary('sourcePort', 49_152, 's1 q');
  });
  test('at one of two bindings it stands by itself: a PathTear at the other is not of it, a release of the session is', () => {
    registered().when(1, over()).thenNothingAppended().thenHeld('s1').when(2, over('administrator')).thenEvents('QosSessionReleased').thenHeld();
  });
});
