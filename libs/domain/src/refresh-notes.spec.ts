import { Journal } from './journal';
import { RefreshNotes } from './refresh-notes';
import { extensionSpacingMs } from './soft-state';

/** Notes of sessions that have a refresh period each, and how often their last extension was looked up. */
function given(sessions: number) {
  const journal = new Journal();
  const extendedAt = new Map<number, number>();
  const looked = { count: 0 };
  const notes = new RefreshNotes(journal, (refreshPeriodMs) => {
    looked.count++;
    return extendedAt.get(refreshPeriodMs) ?? 0;
  });
  for (let session = 1; session <= sessions; session++) notes.note(session, 'session', `s${session}`, 0);
  return { journal, notes, looked, extendedAt };
}

/** Look-ups that `work` needs. */
function looksOf(looked: { count: number }, work: () => void): number {
  const before = looked.count;
  work();
  return looked.count - before;
}

describe('RefreshNotes', () => {
  it.each([10, 10_000])('given %i sessions of periods of their own, when one waits, then the others are not looked at', (sessions) => {
    const { notes, looked } = given(sessions);
    const looks = looksOf(looked, () => {
      notes.wait(7, 500);
      expect(notes.due()).toEqual({ at: 500, refreshPeriodMs: 7 });
      expect(notes.waiting).toEqual([7]);
    });
    expect(looks).toBeLessThan(5);
  });

  it('given 10,000 periods that wait, when one is refreshed, then the first is known without the others', () => {
    const { notes, looked } = given(10_000);
    for (let period = 1; period <= 10_000; period++) notes.wait(period, 10_000 + period);
    notes.due();
    const looks = looksOf(looked, () => {
      notes.note(5_000, 'session', 's5000', 1);
      notes.wait(5_000, 900);
      expect(notes.due()).toEqual({ at: 900, refreshPeriodMs: 5_000 });
      notes.settled(5_000);
      expect(notes.due()).toEqual({ at: 10_001, refreshPeriodMs: 1 });
    });
    expect(looks).toBeLessThan(10);
  });

  it('given an extension of its own, when another server writes the next, then it lets nobody go first any more', () => {
    const { notes, extendedAt } = given(1);
    notes.written(1, 100);
    extendedAt.set(1, 100);
    notes.wait(1, 1e9);
    expect(notes.due()).toEqual({ at: 100 + extensionSpacingMs + 1_000, refreshPeriodMs: 1 });
    extendedAt.set(1, 200);
    notes.extended(1);
    expect(notes.due()).toEqual({ at: 200 + extensionSpacingMs, refreshPeriodMs: 1 });
  });

  it('a period of which nothing is noted any more is let go of, and is there again where that is taken back', () => {
    const { journal, notes } = given(2);
    const before = notes.snapshot();
    journal.begin();
    notes.forget(1, 'session', 's1');
    notes.wait(2, 50);
    expect(notes.snapshot()).toMatchObject([{ refreshPeriodMs: 2, writeBy: 50 }]);
    journal.unwind();
    expect([...notes.snapshot()].sort((a, b) => a.refreshPeriodMs - b.refreshPeriodMs)).toEqual(before);
    expect(notes.due()).toBeNull();
  });
});
