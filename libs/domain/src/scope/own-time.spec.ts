import { admitLegs, endOld, hold, leg, unhold } from '../legs/handoff.testing';
import { admit, at, configure, dismiss, ff, given, release, tick, timeAt } from '../proof/flow-table.testing';

/** Its own time is 120 s, and one session of a node that stays is there. */
const ahead = () => given().visitors('mn-0').when(120, configure('s0', 'mn-0', ff()));
/** By a clock at 0. */
const forAMinute = { expiresAt: timeAt(60), acceptedAt: at(0) };
const admitted = { type: 'VisitorAdmitted', expiresAt: timeAt(180), bindingExpiresAt: timeAt(60), occurredAt: timeAt(120) } as const;
const expired = { type: 'VisitorLeft', cause: 'registration-expiry' } as const;

describe('F14 a scope whose own time is ahead of the clock, which was set back', () => {
  test('a node that registers has the lifetime that it was granted, by the time of the scope', () => {
    ahead().when(0, admit('mn-1', 1n, forAMinute)).thenEvents(admitted).when(1, configure('s1', 'mn-1', ff({ sourcePort: 1 }))).thenNative()
      .when(60, tick).thenNothingAppended().when(179.9, tick).thenNothingAppended()
      .when(180, tick).thenEvents({ ...expired, occurredAt: timeAt(180) }, { type: 'QosSessionReleased', cause: 'registration-expiry' });
  });
  test('a renewal of an infinite binding ends no session of it', () => {
    given().visitors('mn-1').when(120, configure('s1', 'mn-1', ff())).when(0, admit('mn-1', 2n, forAMinute)).thenEvents(admitted).thenHeld('s1');
  });
  test('an infinite lifetime stays one', () => {
    ahead().when(0, admit('mn-1', 1n)).thenEvents({ type: 'VisitorAdmitted', expiresAt: null }).thenWithout('bindingExpiresAt');
  });
  test('what the clock has come up to again is as it was', () => {
    ahead().when(119, admit('mn-1', 1n, { expiresAt: timeAt(179), acceptedAt: at(119) })).thenEvents({ expiresAt: timeAt(180), bindingExpiresAt: timeAt(179) })
      .when(120, admit('mn-2', 1n, { expiresAt: timeAt(180), acceptedAt: at(120) })).thenEvents({ expiresAt: timeAt(180) }).thenWithout('bindingExpiresAt');
  });
  test('a node whose stream is as far ahead is told by the same time', () => {
    ahead().when(0, admit('mn-1', 1n, { expiresAt: timeAt(180), acceptedAt: at(120) })).thenEvents({ expiresAt: timeAt(180) }).thenWithout('bindingExpiresAt')
      .when(0, admit('mn-2', 1n, { expiresAt: timeAt(160), asOf: at(100) })).thenEvents({ expiresAt: timeAt(180), bindingExpiresAt: timeAt(160) });
  });
  test('a registration that is told long behind its own append, as after a crash, ends with its deadline all the same', () => {
    ahead().when(120, admit('mn-1', 1n, forAMinute)).thenEvents({ type: 'VisitorAdmitted', expiresAt: timeAt(60) }, { ...expired, mobileNode: 'mn-1' });
    ahead().when(100, admit('mn-1', 1n, { expiresAt: timeAt(110), acceptedAt: at(0) })).thenEvents({ expiresAt: timeAt(130), bindingExpiresAt: timeAt(110) });
  });
  test('what is orphaned stands as long as the binding that was left has to run', () => {
    const left = { cause: 'superseded', orphanedUntil: timeAt(60), asOf: at(0) } as const;
    const orphaned = { type: 'QosSessionModified', state: 'orphaned', orphanedUntil: timeAt(180) };
    ahead().when(0, dismiss('mn-0', 2n, left)).thenEvents('VisitorLeft', orphaned).thenHeld('s0 orphaned');
    given().visitors('mn-1').when(120, configure('s1', 'mn-1', ff())).when(0, hold('h', 2n))
      .when(0, endOld('h', 2n, { oldLegs: 'orphan', orphanedUntil: timeAt(60), asOf: at(0) })).thenEvents('VisitorLeft', orphaned, 'LegsUnheld');
  });
  test('legs come with a handoff, and stand with the binding that they came with', () => {
    ahead().when(0, admitLegs('h', 1n, [leg('s1', ff({ sourcePort: 1 }))], { expiresAt: timeAt(60), asOf: at(0) }))
      .thenEvents({ ...admitted, handoffId: 'h' }, 'QosSessionConfigured').thenHeld('s0', 's1').when(179.9, tick).thenNothingAppended().when(180, tick).thenEvents(expired, {});
  });
  test('a refresh of the binding that was told before the legs is not counted twice', () => {
    ahead().when(0, admit('mn-1', 3n, forAMinute)).when(0, admitLegs('h', 2n, [], { expiresAt: timeAt(30), asOf: at(0) }))
      .thenEvents({ type: 'VisitorAdmitted', expiresAt: timeAt(180), registrationRevision: '3' }).thenWithout('bindingExpiresAt');
  });
  test('a node that comes back by a handoff that was rolled back has what is left of its binding', () => {
    const visitor = { homeAddress: '10.0.0.5', homeAgent: '203.0.113.1', expiresAt: timeAt(60) };
    given().visitors('mn-1').when(120, configure('s1', 'mn-1', ff())).when(120, hold('h', 2n, { breaks: true }))
      .when(0, unhold('h', 3n, { visitor, asOf: at(0) })).thenEvents('LegsUnheld', admitted, 'QosSessionConfigured').thenHeld('s1');
  });
});

describe('F14 frames of a capture', () => {
  const seen = { expiresAt: timeAt(60), acceptedAt: at(0), isObserved: true };

  test('where the clock of the scope is its frames, a binding that ended by them is over', () => {
    ahead().when(0, admit('mn-1', 1n, seen), { at: at(0), ahead: 0 }).thenEvents({ type: 'VisitorAdmitted', expiresAt: timeAt(60) }, { ...expired, mobileNode: 'mn-1' });
  });
  test('where the clock was set back under something commanded, it has its lifetime', () => {
    ahead().when(0, admit('mn-1', 1n, seen), { at: at(0), ahead: 120_000 }).thenEvents({ ...admitted });
  });
  test('one that counts as the clock has the binding run from there, wherever its node counts from', () => {
    const frame = { expiresAt: timeAt(7_260), acceptedAt: at(7_200), isObserved: true };
    ahead().when(120, admit('mn-1', 1n, frame), { at: at(120), ahead: 0 }).thenEvents({ ...admitted, bindingExpiresAt: timeAt(7_260) });
    given().when(7_200, admit('mn-1', 1n, seen), { at: at(7_200), ahead: 0 })
      .thenEvents({ expiresAt: timeAt(7_260), bindingExpiresAt: timeAt(60), occurredAt: timeAt(7_200) });
  });
  test('it is nobody’s time but the scope’s: what was released before is quarantined as before', () => {
    ahead().when(0, release('s0')).thenEvents({ type: 'QosSessionReleased', occurredAt: timeAt(120), quarantinedUntil: timeAt(277.5) });
  });
});
