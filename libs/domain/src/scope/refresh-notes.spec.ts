import { Journal } from '../journal/journal';
import { RefreshNotes, type RefreshNotesSnapshot } from './refresh-notes';
import { extensionSpacingMs } from '../flow/soft-state';

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

  it('given several kinds of leases of a period, when one is forgotten, then the others stay, and the period while anything of it waits', () => {
    const { notes } = given(0);
    for (const kind of ['session', 'reservation', 'part'] as const) notes.note(7, kind, 'a', 1);
    notes.note(7, 'session', 'b', 2);
    const left = (): unknown => (['session', 'reservation', 'part'] as const).map((kind) => notes.entries(7, kind));
    notes.forget(7, 'session', 'a');
    expect(left()).toEqual([[['b', 2]], [['a', 1]], [['a', 1]]]);
    notes.forget(7, 'session', 'b');
    expect(left()).toEqual([[], [['a', 1]], [['a', 1]]]);
    notes.forget(7, 'reservation', 'a');
    expect(left()).toEqual([[], [], [['a', 1]]]);
    notes.wait(7, 50);
    notes.forget(7, 'part', 'a');
    expect(notes.snapshot()).toMatchObject([{ refreshPeriodMs: 7, writeBy: 50 }]);
    notes.forget(8, 'part', 'a');
    expect(notes.entries(8, 'part')).toEqual([]);
  });

  it('given periods that fall due at one instant, then the shortest is first', () => {
    const { notes } = given(0);
    for (const period of [3, 1, 2]) notes.wait(period, 500);
    const order = [1, 2, 3].map(() => {
      const { refreshPeriodMs } = notes.due()!;
      notes.settled(refreshPeriodMs);
      return refreshPeriodMs;
    });
    expect([order, notes.due(), notes.waiting]).toEqual([[1, 2, 3], null, []]);
  });

  it('given one that has ever less time, when it comes nearer hundreds of times, then it is due at the last', () => {
    const { notes } = given(0);
    notes.wait(2, 20_000);
    for (let n = 1; n <= 300; n++) notes.wait(1, 10_000 - n);
    expect(notes.due()).toEqual({ at: 9_700, refreshPeriodMs: 1 });
    notes.wait(1, 9_900);
    expect(notes.due()).toEqual({ at: 9_700, refreshPeriodMs: 1 });
    notes.settled(1);
    expect(notes.due()).toEqual({ at: 20_000, refreshPeriodMs: 2 });
  });

  it('given an append that was full, then the rest is due at once until it is written, and again where that is taken back', () => {
    const { journal, notes } = given(1);
    const stands = (): unknown => [notes.isWrittenInPart(1), notes.isWrittenInPart(9), notes.due()];
    expect(stands()).toEqual([false, false, null]);
    journal.begin();
    notes.writtenInPart(1, 700);
    expect(stands()).toEqual([true, false, { at: 700, refreshPeriodMs: 1 }]);
    journal.unwind();
    expect(stands()).toEqual([false, false, null]);
    notes.writtenInPart(1, 700);
    journal.begin();
    notes.written(1, 800);
    expect(stands()).toEqual([false, false, null]);
    journal.unwind();
    expect(stands()).toEqual([true, false, { at: 700, refreshPeriodMs: 1 }]);
  });

  it('given notes of every kind, then a snapshot brings them back, with what waits and who wrote last', () => {
    const { notes, extendedAt } = given(2);
    for (const kind of ['session', 'reservation', 'part'] as const) notes.note(7, kind, kind, 5);
    notes.written(7, 100);
    extendedAt.set(7, 100);
    notes.wait(7, 1e9);
    const snapshot = JSON.parse(JSON.stringify(notes.snapshot())) as RefreshNotesSnapshot;
    const restored = new RefreshNotes(new Journal(), (refreshPeriodMs) => extendedAt.get(refreshPeriodMs) ?? 0);
    restored.restore(snapshot);
    expect(restored.snapshot()).toEqual(notes.snapshot());
    expect(snapshot).toContainEqual({ refreshPeriodMs: 7, session: [['session', 5]], reservation: [['reservation', 5]], part: [['part', 5]], writeBy: 1e9, writtenAt: 100 });
    expect([restored.due(), restored.waiting]).toEqual([{ at: 100 + extensionSpacingMs + 1_000, refreshPeriodMs: 7 }, [7]]);
  });
});
