import fc from 'fast-check';
import { DeadlineQueue } from './deadline-queue';
import { Journal, JournaledMap } from './journal';
import { runs } from '../proof/property-runs.testing';

class Timers {
  readonly journal = new Journal();
  readonly due = new JournaledMap<string, number>(this.journal);
  readonly queue = new DeadlineQueue<string>(this.journal, {
    deadlineOf: (item) => this.due.get(item),
    precedes: (a, b) => a < b,
    all: () => this.due.keys(),
    size: 0,
  });

  set(item: string, at: number | undefined): void {
    const before = this.due.get(item);
    if (at === undefined) this.due.delete(item);
    else this.due.set(item, at);
    this.queue.schedule(item, before, at);
  }

  /** Everything that is due by then, in its order. */
  takeAll(now: number): string[] {
    const taken: string[] = [];
    for (let due = this.queue.takeDue(now); due; due = this.queue.takeDue(now)) {
      taken.push(`${due.item} ${due.rank}`);
      this.due.delete(due.item);
    }
    return taken;
  }

  /** The same, of a plain list. */
  expected(now: number): string[] {
    return [...this.due.entries()].filter(([, at]) => at <= now).sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1)).map(([item, at]) => `${item} ${at}`);
  }
}

describe('what falls due', () => {
  const item = fc.constantFrom(...'abcdefghij');
  const move = fc.record({ item, at: fc.option(fc.nat(20), { nil: undefined, freq: 5 }) });
  const step = fc.record({ moves: fc.array(move, { maxLength: 12 }), now: fc.nat(20), unwound: fc.boolean() });

  test('comes in the order of its deadlines, one instant in the order of the items, however often they moved and whatever was unwound', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const timers = new Timers();
      for (const { moves, now, unwound } of steps) {
        if (unwound) timers.journal.begin();
        for (const { item: moved, at } of moves) timers.set(moved, at);
        expect(timers.queue.first()?.item).toBe(timers.expected(Infinity)[0]?.split(' ')[0]);
        const expected = timers.expected(now);
        expect(timers.takeAll(now)).toEqual(expected);
        if (unwound) timers.journal.unwind();
      }
      const expected = timers.expected(Infinity);
      expect(timers.takeAll(Infinity)).toEqual(expected);
    }), runs);
  });

  test('a deadline that moves away costs no entry; what comes nearer and goes away again is cleared out in time', () => {
    const timers = new Timers();
    const entries = (): number => (timers.queue as unknown as { ranks: readonly number[] }).ranks.length;
    timers.set('a', 1);
    for (let at = 2; at < 100; at++) timers.set('a', at);
    expect(entries()).toBe(1);
    for (let n = 0; n < 1_000; n++) {
      timers.set('b', 1_000_000 - n);
      timers.set('b', undefined);
      timers.queue.first();
    }
    expect(entries()).toBeLessThanOrEqual(66);
  });

  test('is due at its deadline and not before', () => {
    const timers = new Timers();
    timers.set('a', 10);
    expect([timers.queue.takeDue(9), timers.queue.takeDue(10)?.item, timers.queue.takeDue(10)]).toEqual([undefined, 'a', undefined]);
    timers.set('a', undefined);
    timers.set('a', 10);
    expect([timers.takeAll(9), timers.takeAll(10), timers.queue.first()]).toEqual([[], ['a 10'], undefined]);
  });
});
