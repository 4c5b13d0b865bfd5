import fc from 'fast-check';
import { fingerprint } from '../proof/fingerprint.testing';
import { Journal } from '../journal/journal';
import { NaivePool } from '../proof/naive-pool.testing';
import { Pool } from './pool';
import { runs } from '../proof/property-runs.testing';

const any = (): boolean => true;

function pool(first: number, last: number): { readonly journal: Journal; readonly pool: Pool } {
  const journal = new Journal();
  return { journal, pool: new Pool(journal, { first, last }) };
}

describe('the pool of one field', () => {
  test('never-used values first, ascending; then the least recently released, never the last', () => {
    const { pool: p } = pool(10, 12);
    const values = [0, 1, 2].map((i) => {
      const { value } = p.choose(any)!;
      p.take(value, `s${i}`);
      return value;
    });
    expect(values).toEqual([10, 11, 12]);
    expect(p.choose(any)).toBeNull();
    for (const value of [12, 10]) p.giveBack(value, true);
    expect(p.choose(any)).toBeNull();
    for (const value of [10, 12]) p.endQuarantine(value);
    expect(p.choose(any)).toEqual({ value: 12, choice: 'least-recently-released' });
    expect(p.choose((value) => value !== 12)).toEqual({ value: 10, choice: 'least-recently-released' });
  });

  test('2³² values are searched from where it goes on, and counted without counting', () => {
    const { pool: p } = pool(1, 0xffffffff);
    p.take(0xffffffff, 's1');
    for (let value = 1; value <= 70; value++) p.take(value, `s${value}`);
    expect(p.choose(any)).toEqual({ value: 71, choice: 'never-used' });
    expect(p.counts).toEqual({ free: 0xffffffff - 71, allocated: 71, quarantined: 0, size: 0xffffffff });
  });

  test('reserved values are never handed out, and count as none of the pool', () => {
    const journal = new Journal();
    const p = new Pool(journal, { first: 10, last: 14, reserved: [{ first: 10, last: 11 }, { first: 13, last: 13 }] });
    p.take(13, 'the network chose it');
    expect([p.choose(any)?.value, p.counts]).toEqual([12, { free: 2, allocated: 0, quarantined: 0, size: 2 }]);
    p.giveBack(13, false);
    p.take(12, 's1');
    expect(p.choose(any)?.value).toBe(14);
    expect(p.choose((value) => value !== 14)).toBeNull();
  });

  test('a range that moves while values are out: they stay, count no more, and do not come back', () => {
    const { journal, pool: p } = pool(1, 3);
    for (const value of [1, 2, 3]) p.take(value, `s${value}`);
    p.giveBack(3, true);
    journal.begin();
    p.setRange({ first: 3, last: 4 });
    expect(p.counts).toEqual({ free: 1, allocated: 0, quarantined: 1, size: 2 });
    expect(p.ownerOf(1)).toBe('s1');
    p.giveBack(1, false);
    expect([p.choose(any)?.value, p.choose((value) => value !== 4)]).toEqual([4, null]);
    p.setRange(null);
    expect([p.choose(any), p.counts.size, p.offers(3)]).toEqual([null, 0, false]);
    journal.unwind();
    expect(p.counts).toEqual({ free: 0, allocated: 2, quarantined: 1, size: 3 });
  });

  test('a value that its owner takes back out of quarantine is allocated and no longer quarantined', () => {
    const { pool: p } = pool(10, 12);
    p.take(10, 's1');
    p.giveBack(10, true);
    p.take(10, 's2');
    expect([p.counts, p.ownerOf(10)]).toEqual([{ free: 2, allocated: 1, quarantined: 0, size: 3 }, 's2']);
    p.endQuarantine(10);
    expect([p.counts, p.choose(any)?.value]).toEqual([{ free: 2, allocated: 1, quarantined: 0, size: 3 }, 11]);
  });

  test('what is taken twice, given back twice or ends twice counts once', () => {
    const { pool: p } = pool(10, 12);
    for (const sessionId of ['s1', 's2']) p.take(10, sessionId);
    expect([p.counts, p.ownerOf(10)]).toEqual([{ free: 2, allocated: 1, quarantined: 0, size: 3 }, 's2']);
    p.giveBack(10, false);
    p.giveBack(10, false);
    expect(p.counts).toEqual({ free: 3, allocated: 0, quarantined: 0, size: 3 });
    p.take(11, 's3');
    p.giveBack(11, true);
    for (let n = 0; n < 2; n++) p.endQuarantine(11);
    p.endQuarantine(12);
    expect(p.counts).toEqual({ free: 3, allocated: 0, quarantined: 0, size: 3 });
  });

  test('a value that is given back without a quarantine is free at once, behind those that were never used', () => {
    const { pool: p } = pool(10, 11);
    p.take(10, 's1');
    p.giveBack(10, false);
    expect([p.isQuarantined(10), p.choose(any), p.choose((value) => value !== 11)]).toEqual([
      false, { value: 11, choice: 'never-used' }, { value: 10, choice: 'least-recently-released' },
    ]);
  });

  test('as a snapshot it becomes again what it was: owners, quarantines, and the order of what was released', () => {
    const { pool: p } = pool(10, 14);
    for (const value of [10, 11, 12, 13]) p.take(value, `s${value}`);
    for (const value of [12, 10, 11]) p.giveBack(value, true);
    for (const value of [10, 12]) p.endQuarantine(value);
    const { pool: restored } = pool(1, 2);
    restored.restore(p.snapshot());
    expect(fingerprint(restored)).toBe(fingerprint(p));
    const drain = (from: Pool): (number | null)[] => [1, 2, 3, 4].map((n) => {
      const chosen = from.choose(any);
      if (chosen) from.take(chosen.value, `d${n}`);
      return chosen?.value ?? null;
    });
    expect(drain(restored)).toEqual([14, 12, 10, null]);
  });

  test('a value that was released and taken again is on no offer, also after a snapshot', () => {
    const { pool: p } = pool(10, 10);
    p.take(10, 's1');
    p.giveBack(10, false);
    p.take(10, 's2');
    const { pool: restored } = pool(10, 10);
    restored.restore(p.snapshot());
    expect([p.choose(any), restored.choose(any)]).toEqual([null, null]);
    expect(p.snapshot().released).toEqual([]);
  });

  test('what a decision took before it asked for the first time is on offer again where it is taken back', () => {
    const { journal, pool: p } = pool(10, 12);
    journal.begin();
    p.take(10, 's1');
    expect(p.choose(any)?.value).toBe(11);
    journal.unwind();
    expect(p.choose(any)?.value).toBe(10);
  });

  test('I5 free + allocated + quarantined = pool, and each choice is that of the sets', () => {
    const step = fc.record({ what: fc.constantFrom('choose', 'choose', 'release', 'end', 'unwind'), k: fc.nat(20), refused: fc.nat(9) });
    fc.assert(fc.property(fc.integer({ min: 0, max: 8 }), fc.array(step, { maxLength: 60, size: 'max' }), (size, steps) => {
      const { journal, pool: p } = pool(1, size);
      const model = new NaivePool();
      model.provision({ first: 1, last: size });
      for (const { what, k, refused } of steps) {
        const [allocated, quarantined] = [[...model.allocated].sort(), [...model.quarantined.keys()].sort()];
        if (what === 'choose') {
          const isFree = (value: number): boolean => value !== refused;
          const chosen = p.choose(isFree)?.value ?? null;
          expect(chosen).toBe(model.inOrder().find(isFree) ?? null);
          if (chosen !== null) {
            p.take(chosen, `s${k}`);
            model.take(chosen);
          }
        } else if (what === 'release' && allocated.length > 0) {
          const value = allocated[k % allocated.length]!;
          p.giveBack(value, true);
          model.release(value);
        } else if (what === 'end' && quarantined.length > 0) {
          const value = quarantined[k % quarantined.length]!;
          p.endQuarantine(value);
          model.endQuarantine(value);
        } else if (what === 'unwind') {
          const before = fingerprint(p);
          journal.begin();
          const chosen = p.choose(any);
          if (chosen) p.take(chosen.value, 'unwound');
          for (const value of allocated) p.giveBack(value, k % 2 === 0);
          for (const value of quarantined) p.endQuarantine(value);
          p.choose((value) => value > refused);
          journal.unwind();
          expect(fingerprint(p)).toBe(before);
        }
        expect(p.counts).toEqual(model.counts);
      }
    }), runs);
  });
});
