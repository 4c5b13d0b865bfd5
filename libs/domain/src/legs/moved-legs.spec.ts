import { admit, at, cn, cn2, configure, dismiss, ff, given, provision, release, se, tick, timeAt } from '../proof/flow-table.testing';
import { admitLegs, endLost, endMoved, hold, leg, undo } from './handoff.testing';

const [ff2, ff3] = [ff({ sourcePort: 5001 }), ff({ sourcePort: 5002 })];
const more = { isLast: false } as const;
const scarce = provision(1n, {}, { sourcePort: null });

describe('legs that come in several appends (domain.md §6)', () => {
  const begun = () => given().when(1, admitLegs('h1', 2n, [leg('s1')], more));

  test('each begins where the one before ended; one that is told again, or before its turn, brings nothing', () => {
    begun().thenEvents({ type: 'VisitorAdmitted', handoffId: 'h1', part: 0, more: true }, { type: 'QosSessionConfigured', sessionId: 's1' })
      .thenAnswer({ outcome: 'admitted', configured: ['s1'], nextPart: 1, isDone: true })
      .when(2, admitLegs('h1', 2n, [leg('s1')], more)).thenNothingAppended().thenAnswer({ outcome: 'admitted', configured: ['s1'], nextPart: 1, isDone: false })
      .when(2, admitLegs('h1', 2n, [leg('s3', ff3)], { part: 2 })).thenNothingAppended().thenAnswer({ outcome: 'admitted', nextPart: 1, isDone: false })
      .when(3, admitLegs('h1', 2n, [leg('s2', ff2)], { ...more, part: 1 }))
      .thenEvents({ type: 'VisitorAdmitted', part: 1, more: true }, { type: 'QosSessionConfigured', sessionId: 's2' })
      .thenAnswer({ outcome: 'admitted', configured: ['s1', 's2'], nextPart: 2, isDone: true })
      .when(4, admitLegs('h1', 2n, [leg('s3', ff3)], { part: 2 }))
      .thenEvents({ type: 'VisitorAdmitted', part: 2 }, { type: 'QosSessionConfigured', sessionId: 's3' }).thenWithout('more')
      .thenAnswer({ outcome: 'admitted', configured: ['s1', 's2', 's3'], nextPart: null, isDone: true })
      .when(5, admitLegs('h1', 2n, [leg('s4', ff({ sourcePort: 5003 }))], { part: 3 })).thenNothingAppended()
      .thenAnswer({ outcome: 'admitted', nextPart: null, isDone: false });
    given().when(1, admitLegs('h1', 2n, [leg('s2')], { part: 1 })).thenNothingAppended().thenAnswer({ outcome: 'admitted', nextPart: null, isDone: false });
  });
  test('what comes in one append says nothing of parts', () => {
    given().when(1, admitLegs('h1', 2n, [leg('s1')])).thenWithout('part').thenWithout('more').thenAnswer({ outcome: 'admitted', nextPart: null, isDone: true });
  });
  test.each<[string, Parameters<ReturnType<typeof given>['when']>[]]>([
    ['the registration expired', [[60, tick]]],
    ['the node left by a newer word', [[2, dismiss('mn-1', 5n)]]],
    ['and came back since', [[2, dismiss('mn-1', 5n)], [3, admit('mn-1', 7n)]]],
    ['it was rolled back, and the node is bound here', [[2, undo('h1', 3n, { isBound: true })]]],
  ])('no more of them come where meanwhile %s', (_, steps) => {
    const scenario = given().when(1, admitLegs('h1', 2n, [leg('s1')], { ...more, expiresAt: timeAt(50) }));
    for (const step of steps) scenario.when(...step);
    scenario.when(70, tick).when(70, admitLegs('h1', 2n, [leg('s2', ff2)], { part: 1 })).thenNothingAppended()
      .thenAnswer({ outcome: 'admitted', nextPart: null, isDone: false });
  });
  test('whoever asks is told which sessions ended here before all had come, and nothing of those that lost a reservation', () => {
    const three = given().when(1, admitLegs('h1', 2n, [leg('s1'), leg('s2', ff2), leg('s3', ff3)], { ...more, mayBeUndone: true }))
      .when(2, release('s1')).when(2, release('s2', 'resv-tear')).when(3, hold('h9', 1n)).thenAnswer({ outcome: 'held', gone: ['s1'], tookOver: null })
      .when(3, admitLegs('h1', 2n, [], more)).thenAnswer({ outcome: 'admitted', configured: ['s2', 's3'], gone: ['s1'], nextPart: 1 });
    three.when(4, admitLegs('h1', 2n, [], { ...more, part: 1, mayBeUndone: true })).thenAnswer({ outcome: 'admitted', gone: ['s1'], nextPart: 2 })
      .when(5, admitLegs('h1', 2n, [], { part: 2, mayBeUndone: true })).thenAnswer({ outcome: 'admitted', configured: ['s2', 's3'], gone: [] });
    given().when(1, admitLegs('h1', 2n, [leg('s1')])).when(2, release('s1')).when(3, admitLegs('h1', 2n, [leg('s1')]))
      .thenAnswer({ outcome: 'admitted', configured: [], gone: [] });
  });
  test('the first of them took the node over: what timed out at the old scope since lives by its lease here', () => {
    begun().when(3, admitLegs('h1', 2n, [leg('s2', ff2)], { part: 1 }))
      .when(4, endMoved('h1', 2n, { sessionId: 's1', cause: 'soft-state-timeout', at: at(2) })).thenNothingAppended().thenHeld('s1', 's2');
  });
  test('a handoff that brings the node here again begins anew', () => {
    given().when(1, admitLegs('h1', 2n, [leg('s1')])).when(2, dismiss('mn-1', 3n)).when(3, admitLegs('h2', 4n, [leg('s1')], more))
      .thenEvents({ type: 'VisitorAdmitted', handoffId: 'h2', part: 0 }, 'QosSessionConfigured').thenAnswer({ outcome: 'admitted', nextPart: 1, isDone: true });
  });
});

describe('the registration that legs come with', () => {
  test('is newer than the one that stood here before', () => {
    given().visitors('mn-1').when(1, admitLegs('h1', 2n, [], { expiresAt: timeAt(600) }))
      .thenEvents({ type: 'VisitorAdmitted', expiresAt: timeAt(600), registrationRevision: '2' });
  });
  test('stands behind one that was told here since, be it without end', () => {
    given().when(1, admitLegs('h1', 2n, [leg('s1')], { ...more, expiresAt: timeAt(600) })).when(2, admit('mn-1', 5n, { expiresAt: null }))
      .when(3, admitLegs('h1', 2n, [], { part: 1, expiresAt: timeAt(600) }))
      .thenEvents({ type: 'VisitorAdmitted', expiresAt: null, registrationRevision: '5' });
  });
});

describe('of a node with several homes, the one by which it was registered here last', () => {
  test('stays the one that the scope knows, and its legs have it: their outer source, too (docs/adr/0031)', () => {
    const second = { homeAgent: '203.0.113.2' };
    given().when(0, provision(1n, { outerSource: 'home-agent' })).when(1, admit('mn-1', 5n, second)).when(2, admitLegs('h1', 2n, [leg('s1')]))
      .thenEvents({ type: 'VisitorAdmitted', ...second, registrationRevision: '5' }, { type: 'QosSessionConfigured', sessionId: 's1', ...second, effective: { source: '203.0.113.2' } });
    given().when(1, admit('mn-1', 1n, second)).when(2, admitLegs('h1', 2n, [])).thenEvents({ type: 'VisitorAdmitted', homeAgent: '203.0.113.1', registrationRevision: '2' });
  });
});

describe('a node that comes back in several appends to where an older handoff holds it', () => {
  const otherTerms = { service: 'controlled-load', state: 'path-only' } as const;

  test('is held until the last of them; what was brought stands under the terms that were brought, and only the others are taken up again', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(0, configure('s2', 'mn-1', ff2)).when(0, configure('s3', 'mn-1', ff3))
      .when(1, hold('h1', 2n))
      .when(2, admitLegs('h2', 6n, [leg('s1', ff(), otherTerms)], { ...more, takesUpOwn: true }))
      .thenEvents({ type: 'VisitorAdmitted', more: true }, { type: 'QosSessionModified', sessionId: 's1', state: 'path-only', service: 'controlled-load' })
      .when(2, hold('h1', 2n)).thenAnswer({ outcome: 'held', ended: [] })
      .when(3, admitLegs('h2', 6n, [leg('s2', ff2, otherTerms)], { part: 1, takesUpOwn: true }))
      .thenEvents('VisitorAdmitted', { type: 'LegsUnheld', handoffId: 'h1', outcome: 'superseded' }, { sessionId: 's2', service: 'controlled-load' }, { type: 'QosSessionModified', sessionId: 's3', handoffId: 'h2' })
      .thenAnswer({ outcome: 'admitted', configured: ['s1', 's2', 's3'] });
  });
  test('what ended here between them is not taken up again', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, hold('h1', 2n, { breaks: true }))
      .when(2, admitLegs('h2', 6n, [leg('s1', ff(), { refreshPeriodMs: 10_000 })], { ...more, takesUpOwn: true })).thenHeld('s1').when(100, tick).thenHeld()
      .when(101, admitLegs('h2', 6n, [], { part: 1, takesUpOwn: true })).thenEvents('VisitorAdmitted', 'LegsUnheld').thenHeld();
  });
  test('and left again between them, by the end of its registration: it is held no more, and configures once it has come back', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, hold('h1', 2n))
      .when(2, admitLegs('h2', 6n, [leg('s2', ff2)], { ...more, takesUpOwn: true, expiresAt: timeAt(50) })).when(60, tick).thenHeld()
      .when(61, admitLegs('h2', 6n, [leg('s3', ff3)], { part: 1, takesUpOwn: true }))
      .thenEvents({ type: 'LegsUnheld', handoffId: 'h1', outcome: 'superseded' }).thenAnswer({ outcome: 'admitted', nextPart: null, isDone: false })
      .when(62, admitLegs('h2', 6n, [leg('s3', ff3)], { part: 1, takesUpOwn: true })).thenNothingAppended().when(63, admit('mn-1', 7n))
      .when(63, configure('s4', 'mn-1', ff3)).thenNative();
  });
  test('what was brought from elsewhere stays, of what was left over here nothing does', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(0, configure('s2', 'mn-1', ff2)).when(0, configure('s3', 'mn-1', ff3))
      .when(1, hold('h1', 2n))
      .when(2, admitLegs('h2', 6n, [leg('s1')], more)).thenHeld('s1', 's2', 's3')
      .when(3, admitLegs('h2', 6n, [leg('s2', ff2)], { part: 1 }))
      .thenEvents('VisitorAdmitted', 'LegsUnheld', { type: 'QosSessionReleased', sessionId: 's3', cause: 'handoff' }, { sessionId: 's2' }).thenHeld('s1', 's2');
  });
  test('what was left over here ends first: it serves no other session of its flow that comes back', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, hold('h1', 2n)).when(2, admitLegs('h2', 6n, [leg('s9')]))
      .thenEvents('VisitorAdmitted', 'LegsUnheld', { type: 'QosSessionReleased', sessionId: 's1', cause: 'handoff' }, { type: 'QosSessionConfigured', sessionId: 's9', reclaimed: true })
      .thenHeld('s9');
  });
  test('an orphan that was left over here ends for a leg of its flow that came', () => {
    const orphaned = (flow: ReturnType<typeof ff>) => given().visitors('mn-1', 'mn-2').when(0, configure('o', 'mn-2', se([cn2, 5000])))
      .when(0, configure('s1', 'mn-1', flow))
      .when(1, hold('h1', 2n)).when(2, dismiss('mn-1', 3n, { cause: 'superseded' })).thenHeld('o', 's1 orphaned');
    orphaned(ff()).when(3, admitLegs('h2', 6n, [leg('s9')]))
      .thenEvents('VisitorAdmitted', 'LegsUnheld', { type: 'QosSessionReleased', sessionId: 's1' }, { type: 'QosSessionConfigured', sessionId: 's9', temporary: null }).thenHeld('o', 's9');
    orphaned(se([cn, 5000])).when(3, admitLegs('h2', 6n, [leg('s9', se([cn, 5000], [cn2, 5000]))]))
      .thenEvents('VisitorAdmitted', 'LegsUnheld', { type: 'QosSessionReleased', sessionId: 's1' }, 'TemporaryFlowIdAllocated', { type: 'QosSessionConfigured', sessionId: 's9' }).thenHeld('o', 's9');
  });
});

describe('what is told here of the scope that legs came from', () => {
  const degraded = () => given().when(0, scarce).visitors('mn-2').when(0, configure('o', 'mn-2', ff())).when(1, admitLegs('h1', 2n, [leg('s1')]))
    .thenAnswer({ outcome: 'admitted', degraded: [{ sessionId: 's1' }] });

  test('ends a degraded leg as any other', () => {
    degraded().when(2, endMoved('h1', 2n, { sessionId: 's1', cause: 'path-tear', at: at(2) }))
      .thenEvents({ type: 'DegradedLegEnded', sessionId: 's1', mobileNode: 'mn-1', cause: 'path-tear' });
  });
  const torn = { sessionId: 's1', cause: 'resv-tear', at: at(2), state: 'path-only' } as const;
  test('I7 the tear of its reservation ends a degraded leg, as where it is told here: it comes not up with what becomes free meanwhile', () => {
    degraded().when(2, endMoved('h1', 2n, torn)).thenEvents({ type: 'DegradedLegEnded', sessionId: 's1', cause: 'resv-tear' }).thenWithout('broughtBy')
      .when(3, release('o')).thenHeld().when(4, endMoved('h1', 2n, torn)).thenNothingAppended();
    // The quarantine ends in the decision that tells it.
    degraded().when(2, release('o')).thenHeld().when(160, endMoved('h1', 2n, torn)).thenEvents({ type: 'QuarantineEnded' }, { type: 'DegradedLegEnded', sessionId: 's1' }).thenHeld()
      .when(160, endMoved('h1', 2n, torn)).thenNothingAppended();
  });
  test('and so it does where the leg came without, since the scope that it left was asked again behind the tear: a crash makes no difference', () => {
    given().when(0, scarce).visitors('mn-2').when(0, configure('o', 'mn-2', ff())).when(1, admitLegs('h1', 2n, [leg('s1', ff(), { state: 'path-only' })]))
      .when(2, endMoved('h1', 2n, torn)).thenEvents({ type: 'DegradedLegEnded', sessionId: 's1', cause: 'resv-tear' });
  });
  test('I11 ends no session of another node', () => {
    given().when(1, { ...admitLegs('h1', 2n, [leg('s1')]), mobileNode: 'mn-2' })
      .when(2, endMoved('h1', 2n, { sessionId: 's1', cause: 'administrator', at: at(2) })).thenNothingAppended().thenHeld('s1');
  });
  test('a leg that an older handoff brought, and is degraded, is none of a newer one', () => {
    degraded().when(2, hold('h2', 4n)).when(3, admitLegs('h3', 6n, [leg('s2', ff2)])).thenAnswer({ outcome: 'admitted', configured: ['s2'], degraded: [] });
  });
  test('and yet its session ends with what the newer one, which came back with it, tells of it; an older one has nothing to tell any more', () => {
    const end = { sessionId: 's1', cause: 'administrator', at: at(4) };
    degraded().when(2, hold('h2', 4n)).when(3, admitLegs('h3', 6n, [leg('s1')])).when(4, endMoved('h2', 4n, end)).thenNothingAppended()
      .when(5, endMoved('h3', 6n, end)).thenEvents({ type: 'DegradedLegEnded', sessionId: 's1', cause: 'administrator' });
  });
  test('of legs that are lost only those end here that do not stand here again', () => {
    degraded().when(2, configure('s2', 'mn-1', ff2)).when(3, endLost('h4', 9n, [leg('s1'), leg('s2', ff2), leg('s3', ff3)]))
      .thenEvents({ type: 'LegRefused', sessionId: 's3', matched: [] }, { type: 'DegradedLegEnded', sessionId: 's3' }, 'LegsUnheld').thenHeld('o', 's2');
  });
});

describe('rolled back at the new scope', () => {
  test('where the node is bound, what came with the handoff leaves, and nothing else', () => {
    given().when(0, scarce).visitors('mn-1', 'mn-2').when(0, configure('o', 'mn-2', ff())).when(0, configure('o2', 'mn-2', ff2))
      .when(0, configure('own', 'mn-1', ff3))
      .when(1, admitLegs('h0', 2n, [leg('before', ff2)])).when(2, admitLegs('h1', 4n, [leg('s1'), leg('s2', ff({ sourcePort: 5003 }))], { mayBeUndone: true }))
      .thenAnswer({ outcome: 'admitted', configured: ['s2'], degraded: [{ sessionId: 's1' }] }).when(3, undo('h1', 5n, { isBound: true }))
      .thenEvents({ type: 'QosSessionReleased', sessionId: 's2', cause: 'handoff-rolled-back' }, { type: 'DegradedLegEnded', sessionId: 's1', mobileNode: 'mn-1', cause: 'handoff-rolled-back' },
        { type: 'LegsUnheld', outcome: 'rolled-back' }).thenHeld('o', 'o2', 'own')
      .when(4, release('before')).thenAnswer({ outcome: 'released' });
  });
  test('a registration that was told here since has the node stay', () => {
    given().when(1, admitLegs('h1', 2n, [leg('s1')], { mayBeUndone: true })).when(2, admit('mn-1', 5n)).when(2, configure('s2', 'mn-1', ff2))
      .when(3, undo('h1', 4n)).thenEvents({ type: 'QosSessionReleased', sessionId: 's1' }, 'LegsUnheld').thenHeld('s2');
  });
  test('it leaves once, where the word that ended the handoff had it leave already', () => {
    given().when(1, admitLegs('h1', 2n, [leg('s1')], { mayBeUndone: true })).when(2, dismiss('mn-1', 5n, { cause: 'revocation' })).thenHeld()
      .when(3, undo('h1', 5n)).thenEvents('LegsUnheld').thenAnswer({ outcome: 'undone', ended: [] });
  });
});
