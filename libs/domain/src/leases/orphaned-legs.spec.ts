import { admitLegs, leg } from '../legs/handoff.testing';
import { admit, configure, dismiss, ff, given, path, tick, timeAt } from '../proof/flow-table.testing';

describe('a node registers again where it left sessions orphaned, and no handoff brings them (domain.md §4)', () => {
  const bound = (until: number) => ({ expiresAt: timeAt(until) });
  const left = (refreshPeriodMs: number, until: number | null = 12) => given().when(0, admit('mn-1', 1n, until === null ? {} : bound(until)))
    .when(1, configure('s1', 'mn-1', ff(), { refreshPeriodMs })).when(2, dismiss('mn-1', 2n, { cause: 'superseded', orphanedUntil: until === null ? null : timeAt(until) }))
    .thenHeld('s1 orphaned');

  test('to the agent it is a renewal: they end with the binding as it is now', () => {
    left(0).when(3, admit('mn-1', 3n, bound(600)))
      .thenEvents({ type: 'QosSessionModified', sessionId: 's1', orphanedUntil: timeAt(600), cause: 'registration' }, 'VisitorAdmitted')
      .when(12, tick).thenNothingAppended().when(599, tick).thenHeld('s1 orphaned')
      .when(600, tick).thenEvents({ type: 'VisitorLeft', cause: 'registration-expiry' }, { type: 'QosSessionReleased', sessionId: 's1', cause: 'registration-expiry' });
  });
  test('one with soft state ends with its lease before that, by that cause', () => {
    left(30_000).when(3, admit('mn-1', 3n, bound(600))).when(12, tick).thenHeld('s1 orphaned').when(300, tick)
      .thenEvents({ type: 'QosSessionReleased', sessionId: 's1', cause: 'soft-state-timeout' });
    left(30_000).when(3, admit('mn-1', 3n)).thenEvents({ type: 'QosSessionModified', orphanedUntil: null }, 'VisitorAdmitted').when(100, tick).thenHeld('s1 orphaned');
  });
  test('it comes back as before with what the node asks for there', () => {
    left(0).when(3, admit('mn-1', 3n, bound(600))).when(4, configure('x', 'mn-1', ff())).thenAnswer({ outcome: 'modified', sessionId: 's1' }).thenHeld('s1')
      .when(13, tick).thenHeld('s1');
  });
  test('a binding without end gives one that nothing else ends the longest stay, renewed where half of it is over', () => {
    const stay = 65_534;
    left(0).when(3, admit('mn-1', 3n)).thenEvents({ type: 'QosSessionModified', orphanedUntil: timeAt(3 + stay), cause: 'registration' }, 'VisitorAdmitted')
      .when(4, admit('mn-1', 4n)).thenEvents('VisitorAdmitted')
      .when(40_000, admit('mn-1', 5n)).thenEvents({ type: 'QosSessionModified', orphanedUntil: timeAt(40_000 + stay) }, 'VisitorAdmitted');
  });
  test('I7 told again, or of an older word, it changes nothing; nor of another node', () => {
    left(0).when(3, admit('mn-1', 3n, bound(600))).when(4, admit('mn-1', 3n, bound(900))).thenNothingAppended().when(4, admit('mn-1', 2n, bound(900))).thenNothingAppended()
      .when(5, admit('mn-2', 1n, bound(900))).thenEvents('VisitorAdmitted');
  });
  test('one that is not orphaned is as it was', () => {
    given().when(0, admit('mn-1', 1n, bound(12))).when(1, path('s1', 'mn-1', ff())).when(2, admit('mn-1', 2n, bound(600))).thenEvents('VisitorAdmitted');
  });
  test('so it is where a handoff brings the node back, and not this session', () => {
    left(0).when(3, admitLegs('h2', 3n, [leg('s2', ff({ sourcePort: 7 }))], bound(600)))
      .thenEvents({ type: 'QosSessionModified', sessionId: 's1', orphanedUntil: timeAt(600) }, { type: 'VisitorAdmitted', handoffId: 'h2' }, { type: 'QosSessionConfigured', sessionId: 's2' })
      .when(3, admitLegs('h2', 3n, [leg('s2', ff({ sourcePort: 7 }))], bound(600))).thenNothingAppended().when(12, tick).thenHeld('s1 orphaned', 's2');
    left(0).when(3, admitLegs('h2', 3n, [leg('s1', ff(), { refreshPeriodMs: 0 })], bound(600))).thenEvents('VisitorAdmitted', { type: 'QosSessionModified', sessionId: 's1', state: 'live' });
  });
});
