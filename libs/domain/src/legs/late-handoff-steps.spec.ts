import { fingerprint } from '../proof/fingerprint.testing';
import { flowTableOfSnapshot, snapshotOfFlowTable } from '../scope/flow-table-snapshot';
import { admit, at, configure, dismiss, ff, given, path, pathTear, release, resv, tick, timeAt } from '../proof/flow-table.testing';
import { admitLegs, endLost, endMoved, endOld, hold, leg, undo, unhold } from './handoff.testing';

const ff2 = ff({ sourcePort: 5001 });
const commanded = { staysBound: true } as const;

describe('I7 I23 a step of a handoff that is over in a scope changes nothing there', () => {
  test('rolled back where nothing was held yet: a run that lags behind holds nothing, and the node configures', () => {
    given().visitors('mn-1').when(1, unhold('h1', 3n)).thenEvents({ type: 'LegsUnheld', handoffId: 'h1', outcome: 'rolled-back', registrationRevision: '3' })
      .when(1, unhold('h1', 3n)).thenNothingAppended().when(2, hold('h1', 2n, commanded)).thenNothingAppended().thenAnswer({ outcome: 'over' })
      .when(3, configure('s1', 'mn-1', ff())).thenNative();
  });
  test('rolled back after it was held: nothing is held again', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, hold('h1', 2n, commanded)).when(2, unhold('h1', 3n)).thenEvents('LegsUnheld')
      .when(3, hold('h1', 2n, commanded)).thenNothingAppended().thenAnswer({ outcome: 'over' }).when(3, endOld('h1', 3n)).thenNothingAppended().thenHeld('s1');
  });
  test('superseded here: what it still tells of its end leaves the newer one its legs', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, hold('h1', 2n, commanded)).when(2, hold('h2', 4n)).thenEvents({ type: 'LegsUnheld', handoffId: 'h1', outcome: 'superseded' }, 'LegsHeld')
      .when(3, endOld('h1', 4n)).thenNothingAppended().when(3, endOld('h1', 4n)).thenNothingAppended().thenHeld('s1').when(4, endOld('h2', 4n)).thenEvents('VisitorLeft', 'QosSessionReleased', 'LegsUnheld');
  });
  test('the next handoff takes the place of the one that is remembered, and an older one is still told from both', () => {
    const { state } = given().visitors('mn-1').when(1, unhold('h1', 3n)).when(2, hold('h2', 4n, commanded)).thenEvents('LegsHeld').when(3, unhold('h2', 5n)).thenEvents('LegsUnheld')
      .when(4, hold('h1', 2n, commanded)).thenNothingAppended().when(4, unhold('h1', 3n)).thenNothingAppended().when(4, hold('h2', 4n, commanded)).thenAnswer({ outcome: 'over' });
    expect(state.endedHandoffs.size).toBe(1);
  });
  test('rolled back at the new scope, where the node is bound by now: its legs are not brought any more', () => {
    given().when(0, admit('mn-1', 3n)).when(1, undo('h1', 4n, { isBound: true })).thenEvents({ type: 'LegsUnheld', outcome: 'rolled-back' }).thenAnswer({ outcome: 'undone', ended: [] })
      .when(2, admitLegs('h1', 2n, [leg('s1')])).thenNothingAppended().thenAnswer({ outcome: 'admitted', configured: [] }).thenHeld();
  });
  test('a node that left and registered again meanwhile is neither held nor given what it had', () => {
    const back = () => given().visitors('mn-1').when(1, hold('h1', 2n)).thenEvents('VisitorLeft').when(2, admit('mn-1', 7n)).when(2, configure('s2', 'mn-1', ff2));
    back().when(3, hold('h1', 2n)).thenNothingAppended().thenAnswer({ outcome: 'held', legs: [] }).when(3, endOld('h1', 3n)).thenNothingAppended().thenHeld('s2');
    given().when(0, dismiss('mn-1', 5n)).when(1, admit('mn-1', 7n)).when(2, admitLegs('h1', 2n, [leg('s1')])).thenNothingAppended().thenHeld();
    given().visitors('mn-1').when(0, dismiss('mn-1', 5n)).when(1, admit('mn-1', 7n)).when(2, hold('h1', 2n, commanded)).thenNothingAppended();
  });
  test('a registration that keeps both bindings has the node stay; what moved ends', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, hold('h1', 2n)).when(2, admit('mn-1', 5n)).when(3, endOld('h1', 2n))
      .thenEvents({ type: 'QosSessionReleased', sessionId: 's1', cause: 'handoff' }, 'LegsUnheld').thenHeld().when(4, configure('s2', 'mn-1', ff2)).thenNative();
    given().visitors('mn-1').when(0, admit('mn-1', 5n)).when(0, configure('s1', 'mn-1', ff())).when(1, hold('h1', 2n)).thenNothingAppended().when(2, endOld('h1', 2n)).thenNothingAppended().thenHeld('s1');
  });
  test('home again from a handoff that was not over: nothing is held any more', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, hold('h1', 2n)).when(2, endOld('h2', 5n, { cause: 'deregistration' }))
      .thenEvents({ type: 'VisitorLeft', cause: 'deregistration' }, { sessionId: 's1' }, { type: 'LegsUnheld', handoffId: 'h1', outcome: 'superseded' })
      .when(3, endOld('h2', 5n, { cause: 'deregistration' })).thenNothingAppended().when(3, hold('h1', 2n)).thenAnswer({ outcome: 'over' }).thenNothingAppended();
  });
  test('back where an older handoff held the node, and gone again before its legs came: nothing is held any more', () => {
    given().visitors('mn-1').when(1, hold('h1', 2n, { staysBound: true, breaks: true })).when(2, admit('mn-1', 7n, { expiresAt: timeAt(3) })).when(4, admitLegs('h2', 5n, []))
      .thenEvents({ type: 'VisitorLeft', cause: 'registration-expiry' }, { type: 'LegsUnheld', handoffId: 'h1', outcome: 'superseded' }).thenAnswer({ outcome: 'admitted', configured: [] });
  });
  test('rolled back where the node left by the break before the scope had been told that it came: it is a visitor', () => {
    const binding = { homeAddress: '10.0.0.5', homeAgent: '203.0.113.1', expiresAt: timeAt(300) };
    given().when(1, hold('h1', 2n, { staysBound: true, breaks: true })).thenEvents('LegsHeld', 'VisitorLeft').when(2, unhold('h1', 3n, { visitor: binding }))
      .thenEvents('LegsUnheld', { type: 'VisitorAdmitted', expiresAt: timeAt(300), registrationRevision: '3' }).when(3, admit('mn-1', 0n)).thenNothingAppended();
    given().when(1, hold('h1', 2n, { staysBound: true, breaks: true })).when(2, dismiss('mn-1', 4n)).when(3, unhold('h1', 3n, { visitor: binding })).thenEvents('LegsUnheld');
  });
  test('rolled back where another one holds what it broke off: that is not made again', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, hold('h0', 2n, { breaks: true }))
      .when(2, unhold('h1', 4n))
      .thenEvents({ type: 'LegsUnheld', handoffId: 'h1' }, 'VisitorAdmitted').thenHeld().when(3, configure('s1', 'mn-1', ff()))
      .thenRefused('handoff-in-progress');
  });
  test('rolled back where the break left orphans: they serve again', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, hold('h1', 2n, { ...commanded, breaks: true, oldLegs: 'orphan' }))
      .thenHeld('s1 orphaned').when(2, unhold('h1', 3n))
      .thenEvents('LegsUnheld', 'VisitorAdmitted', { type: 'QosSessionModified', sessionId: 's1', state: 'live' }).thenHeld('s1');
  });
  test('by command, and the binding is refreshed meanwhile: the node leaves with the commit', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, hold('h1', 2n, commanded)).when(2, admit('mn-1', 3n)).when(3, endOld('h1', 4n))
      .thenEvents({ type: 'VisitorLeft', cause: 'handoff', registrationRevision: '4' }, { sessionId: 's1', cause: 'handoff' }, 'LegsUnheld');
  });
  test('by command, and the scope is told of the registration later: the node is held from the first', () => {
    given().when(1, hold('h1', 2n, commanded)).thenEvents({ type: 'LegsHeld', legs: [] }).when(2, admit('mn-1', 0n)).when(3, configure('s1', 'mn-1', ff())).thenRefused('handoff-in-progress')
      .when(4, endOld('h1', 4n)).thenEvents({ type: 'VisitorLeft', registrationRevision: '4' }, 'LegsUnheld');
  });
  test('one that is rolled back when a newer handoff has the node leave nothing to undo', () => {
    given().when(0, admitLegs('h1', 2n, [leg('s1')])).when(1, hold('h2', 6n)).when(2, undo('h1', 3n)).thenNothingAppended().thenHeld('s1')
      .when(3, endOld('h2', 6n)).thenEvents('VisitorLeft', { sessionId: 's1', cause: 'handoff' }, 'LegsUnheld');
  });
});

describe('I11 I23 what ends a session in one scope of a handoff ends it in the other', () => {
  const both = () => ({
    old: given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(0, configure('s2', 'mn-1', ff2)).when(1, hold('h1', 2n, commanded)),
    new: given('198.51.101.1').when(2, admitLegs('h1', 2n, [leg('s1'), leg('s2', ff2)], { mayBeUndone: true })).thenHeld('s1', 's2'),
  });

  test('released in the new scope, then rolled back: it does not stay in the old one', () => {
    const { old, new: other } = both();
    other.when(3, release('s1')).when(3, release('s2', 'resv-tear')).when(4, undo('h1', 3n))
      .thenAnswer({ outcome: 'undone', ended: [{ sessionId: 's1', cause: 'administrator' }, { sessionId: 's2', cause: 'resv-tear', state: 'path-only' }] })
      .thenEvents({ type: 'VisitorLeft', cause: 'handoff-rolled-back' }, { sessionId: 's2', cause: 'handoff-rolled-back' }, { type: 'LegsUnheld', outcome: 'rolled-back' })
      .when(5, undo('h1', 3n)).thenNothingAppended().thenAnswer({ outcome: 'undone', ended: [{ sessionId: 's1' }, { sessionId: 's2' }] });
    const ended = [{ sessionId: 's1', cause: 'administrator', at: at(3) }, { sessionId: 's2', cause: 'resv-tear', at: at(3), state: 'path-only' }] as const;
    old.when(6, unhold('h1', 3n, { ended })).thenEvents('LegsUnheld', { type: 'QosSessionReleased', sessionId: 's1', cause: 'administrator' }, { sessionId: 's2', state: 'path-only' })
      .thenHeld('s2 path-only').when(6, unhold('h1', 3n, { ended })).thenNothingAppended();
  });
  test('and where the old legs were broken it is not made again', () => {
    const ended = [{ sessionId: 's1', cause: 'path-tear', at: at(3) }] as const;
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(0, configure('s2', 'mn-1', ff2)).when(1, hold('h1', 2n, { ...commanded, breaks: true }))
      .when(4, unhold('h1', 3n, { ended })).thenEvents('LegsUnheld', 'VisitorAdmitted', { type: 'QosSessionConfigured', sessionId: 's2' }).thenHeld('s2');
  });
  test('a leg that timed out in the new scope lives by its lease in the old one, and one that only moved is no end', () => {
    const { new: other } = both();
    other.when(300, tick).thenHeld().when(301, undo('h1', 3n)).thenAnswer({ outcome: 'undone', ended: [] });
  });
  test('a held leg whose reservation times out is path-only in the new scope', () => {
    const timesOut = given().visitors('mn-1').when(0, path('s1', 'mn-1', ff())).when(1, resv('x', 'mn-1', ff(), { refreshPeriodMs: 10_000 })).when(2, hold('h1', 2n))
      .thenEvents({ type: 'LegsHeld', legs: [{ sessionId: 's1', state: 'live' }] }).when(80, tick).thenEvents({ sessionId: 's1', state: 'path-only', cause: 'soft-state-timeout' });
    timesOut.when(81, hold('h1', 2n)).thenAnswer({ outcome: 'held', legs: [{ sessionId: 's1', state: 'path-only' }], ended: [{ sessionId: 's1', cause: 'soft-state-timeout', state: 'path-only' }] });
    given().when(3, admitLegs('h1', 2n, [leg('s1'), leg('s2', ff2)]))
      .when(4, endMoved('h1', 2n, { sessionId: 's1', cause: 'soft-state-timeout', at: at(2), state: 'path-only' }, { sessionId: 's2', cause: 'soft-state-timeout', at: at(4), state: 'path-only' }))
      .thenEvents({ type: 'QosSessionModified', sessionId: 's1', state: 'path-only', cause: 'soft-state-timeout' }).thenHeld('s1 path-only', 's2');
  });
  test('one that lost its reservation and was told so is told again when it ends', () => {
    const told = [`s1 resv-tear ${at(2)}`];
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, hold('h1', 2n)).when(2, release('s1', 'resv-tear')).when(3, release('s1', 'path-tear'))
      .when(4, endOld('h1', 2n, { told })).thenNothingAppended().thenAnswer({ outcome: 'held', ended: [{ sessionId: 's1', cause: 'path-tear' }] })
      .when(4, endOld('h1', 2n, { told: [`s1 path-tear ${at(3)}`] })).thenEvents('VisitorLeft', 'LegsUnheld');
  });
});

describe('I23 no leg is left behind, and each ends by its true cause', () => {
  test('observed legs of a node that is no visitor move with it and end where it left', () => {
    given().when(0, admit('mn-1', 1n, { expiresAt: timeAt(60) })).when(61, dismiss('mn-1', 2n)).when(62, path('s1', 'mn-1', ff()))
      .when(63, hold('h1', 3n)).thenEvents({ type: 'LegsHeld', legs: [{ sessionId: 's1' }] }).when(64, endOld('h1', 3n)).thenEvents('VisitorLeft', { sessionId: 's1', cause: 'handoff' }, 'LegsUnheld').thenHeld();
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, hold('h1', 2n, { breaks: true })).when(2, path('s2', 'mn-1', ff2)).thenHeld('s2 path-only')
      .when(3, endOld('h1', 2n)).thenEvents({ type: 'QosSessionReleased', sessionId: 's2', cause: 'handoff' }, 'LegsUnheld').thenHeld();
  });
  test('one that an older handoff was bringing away goes on where the node is bound there again, beside the new address; what it has there since stays', () => {
    const came = (terms: object = {}) => given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, hold('h1', 2n)).when(2, admit('mn-1', 9n)).when(2, path('s2', 'mn-1', ff2))
      .when(3, hold('h2', 5n, terms)).thenEvents({ type: 'LegsUnheld', handoffId: 'h1' }, { type: 'LegsHeld', handoffId: 'h2', legs: [{ sessionId: 's1' }] })
      .thenAnswer({ outcome: 'held', legs: [{ sessionId: 's1' }], more: false }).thenHeld('s1', 's2 path-only');
    came().when(4, endOld('h2', 5n)).thenEvents({ type: 'QosSessionReleased', sessionId: 's1', cause: 'handoff' }, 'LegsUnheld').thenHeld('s2 path-only');
    came().when(4, endOld('h2', 5n, { oldLegs: 'orphan', orphanedUntil: timeAt(100) })).thenEvents({ type: 'QosSessionReleased', sessionId: 's1', cause: 'handoff' }, 'LegsUnheld');
    came({ breaks: true }).when(3, hold('h2', 5n, { breaks: true })).thenNothingAppended().when(4, endOld('h2', 5n)).thenHeld('s2 path-only');
    // Nothing was frozen: whoever is bound there again stays.
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(2, admit('mn-1', 9n)).when(3, hold('h2', 5n)).thenNothingAppended().thenHeld('s1');
  });
  test('one of them that is torn while it is held is told to the new scope', () => {
    given().when(62, path('s1', 'mn-1', ff())).when(63, hold('h1', 3n)).when(64, pathTear('mn-1', ff())).when(65, endOld('h1', 3n)).thenAnswer({ outcome: 'held', ended: [{ sessionId: 's1', cause: 'path-tear' }] });
  });
  test('one that ended for good while an older handoff held it is told to the scope of the newer one, which may have it from where the older had brought it', () => {
    const both = () => given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(0, configure('s2', 'mn-1', ff2)).when(1, hold('h1', 2n));
    both().when(2, release('s1', 'preemption')).when(3, hold('h2', 5n, { isBroughtAway: true }))
      .thenEvents({ type: 'LegsUnheld', outcome: 'superseded' }, { type: 'LegsHeld', legs: [{ sessionId: 's2' }], ended: [{ sessionId: 's1', cause: 'preemption', at: timeAt(2) }] })
      .when(4, endOld('h2', 5n)).thenAnswer({ outcome: 'held', ended: [{ sessionId: 's1', cause: 'preemption', at: at(2) }] });
    // Of one that timed out, the leg that the older handoff had brought lives by its own lease.
    both().when(300, tick).when(301, hold('h2', 5n)).thenEvents({ type: 'LegsUnheld' }, { type: 'LegsHeld', legs: [] }).thenWithout('ended');
  });
  test('broken off, and the binding where it was to be had ended: it ends there by what ended the binding, once', () => {
    const lost = endLost('h1', 5n, [leg('s1')]);
    given().when(0, admit('mn-1', 3n, { expiresAt: timeAt(60) })).when(61, admitLegs('h1', 2n, [leg('s1')])).thenAnswer({ outcome: 'admitted', configured: [] }).when(62, lost)
      .thenEvents({ type: 'LegRefused', sessionId: 's1', rejection: 'no-binding' }, { type: 'DegradedLegEnded', sessionId: 's1', cause: 'registration-expiry' }, { type: 'LegsUnheld', outcome: 'committed' })
      .when(63, lost).thenNothingAppended().when(63, admitLegs('h0', 4n, [leg('s0', ff2)])).thenNothingAppended();
    given().when(0, hold('h2', 9n)).when(1, lost).thenNothingAppended();
  });
  test('make-before-break: it ends by that cause where it stood', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(0, configure('s2', 'mn-1', ff2)).when(1, hold('h1', 2n))
      .when(2, endOld('h1', 2n, { lost: { sessionIds: ['s1'], cause: 'revocation' } })).thenEvents('VisitorLeft', { sessionId: 's1', cause: 'revocation' }, { sessionId: 's2', cause: 'handoff' }, 'LegsUnheld');
  });
});

test('I13 a snapshot holds which handoffs are over, who left, and what ended of a handoff that may be undone', () => {
  const { state } = given().visitors('mn-2').when(1, admitLegs('h1', 2n, [leg('s1')], { mayBeUndone: true })).when(2, release('s1')).when(3, unhold('h0', 3n, { mobileNode: 'mn-2' })).when(4, dismiss('mn-2', 5n));
  const restored = flowTableOfSnapshot(JSON.parse(JSON.stringify(snapshotOfFlowTable(state))) as ReturnType<typeof snapshotOfFlowTable>);
  expect([state.endedHandoffs.size, state.leftRevisions.size, state.takeovers.get('mn-1')?.ended?.length]).toEqual([1, 1, 1]);
  expect(fingerprint(restored)).toBe(fingerprint(state));
});
