import fc from 'fast-check';
import { fingerprint } from './fingerprint.testing';
import { Journal } from './journal';
import { NaivePool } from './naive-pool.testing';
import { Pool } from './pool';
import { runs } from './property-runs.testing';

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

  test('where every value is refused, 2³² values are not searched', () => {
    const { pool: p } = pool(1, 0xffffffff);
    let asked = 0;
    expect(p.choose(() => (asked++, false))).toBeNull();
    expect(asked).toBe(1);
  });

  test('a refused search leaves nothing behind, however often it is unwound', () => {
    const { journal, pool: p } = pool(1, 100);
    for (let value = 1; value <= 100; value++) p.take(value, `s${value}`);
    for (let value = 1; value <= 100; value++) p.giveBack(value, false);
    for (let i = 0; i < 30; i++) {
      journal.begin();
      expect(p.choose((value) => value < 0)).toBeNull();
      journal.unwind();
    }
    expect((p as unknown as { leastRecentlyReleased: { heap: unknown[] } }).leastRecentlyReleased.heap).toHaveLength(100);
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
