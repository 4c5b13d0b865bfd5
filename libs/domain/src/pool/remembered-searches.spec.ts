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

/** All of them, in their order, but for those whose quarantine still runs. */
function released(first: number, last: number, quarantined: readonly number[]): { readonly pool: Pool } {
  const { pool: p } = pool(first, last);
  const values = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  for (const value of values) p.take(value, `s${value}`);
  for (const value of values) p.giveBack(value, true);
  for (const value of values) if (!quarantined.includes(value)) p.endQuarantine(value);
  return { pool: p };
}

describe('long searches of a pool are remembered by the kind of id that asks', () => {
  test('while a search is remembered, a value that was released earlier and comes free later is still chosen first', () => {
    const { pool: p } = released(1, 40, [1]);
    const isFree = (value: number): boolean => value === 40 || value === 1;
    expect(p.choose(isFree, 'kind')?.value).toBe(40);
    expect(p.hasSearches).toBe(true);
    p.endQuarantine(1);
    expect(p.choose(isFree, 'kind')?.value).toBe(1);
  });

  test('and one that comes free behind where another kind has come to, too', () => {
    const { pool: p } = released(1, 40, [38]);
    const isFreeToOne = (value: number): boolean => value === 38 || value === 40;
    expect(p.choose(isFreeToOne, 'one')?.value).toBe(40);
    expect(p.choose((value) => value === 35, 'another')?.value).toBe(35);
    p.endQuarantine(38);
    expect(p.choose(isFreeToOne, 'one')?.value).toBe(38);
  });

  test('but not one that lies outside the range by now', () => {
    const { pool: p } = released(1, 41, [1]);
    p.setRange({ first: 2, last: 41 });
    const isFree = (value: number): boolean => value === 41 || value === 1;
    expect(p.choose(isFree, 'kind')?.value).toBe(41);
    p.endQuarantine(1);
    expect(p.choose(isFree, 'kind')?.value).toBe(41);
  });

  test('what is told of values that the search has not come to does not change where it goes on', () => {
    const { pool: p } = pool(1, 60);
    const isFree = (value: number): boolean => value > 33;
    expect(p.choose(isFree, 'kind')?.value).toBe(34);
    p.mayBeFree('kind', 36);
    p.mayBeFreeForAll(37);
    expect(p.choose(isFree, 'kind')?.value).toBe(34);
  });

  test('a search of 32 values is not worth remembering, one of 33 is', () => {
    for (const [refused, remembers] of [[32, false], [33, true]] as const) {
      const { pool: p } = pool(1, 40);
      expect(p.choose((value) => value > refused, 'kind')?.value).toBe(refused + 1);
      expect(p.hasSearches).toBe(remembers);
      p.setRange({ first: 1, last: 40 });
      expect([p.hasSearches, p.choose(any, 'kind')?.value]).toEqual([false, 1]);
    }
  });

  test('10,000 values that are refused to one kind are looked at once', () => {
    const { journal, pool: p } = pool(1, 65_535);
    let asked = 0;
    const isFree = (value: number): boolean => (asked++, value > 10_000);
    for (let i = 0; i < 100; i++) {
      journal.begin();
      const { value } = p.choose(isFree, 'kind')!;
      expect(value).toBe(10_001 + i);
      p.take(value, `s${i}`);
      journal.confirm();
    }
    expect(asked).toBeLessThan(10_200);
    expect(p.choose(any, 'another')?.value).toBe(1);
  });

  test('I5 I12 what is remembered of long searches changes no choice, whatever is refused, allowed, released, provisioned or unwound', () => {
    const step = fc.record({
      what: fc.constantFrom('choose', 'choose', 'choose', 'refuse', 'refuse', 'allow', 'release', 'release', 'end', 'end', 'provision', 'unwind'),
      kind: fc.constantFrom('a', 'b'),
      from: fc.integer({ min: 1, max: 80 }),
      length: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(fc.property(fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }), (steps) => {
      const { journal, pool: p } = pool(1, 120);
      const model = new NaivePool();
      model.provision({ first: 1, last: 120 });
      const refused: Record<string, Set<number>> = { a: new Set(), b: new Set() };
      const isFree = (kind: string) => (value: number): boolean => !refused[kind]!.has(value);
      const agree = (kind: string): number | null => {
        const chosen = p.choose(isFree(kind), kind)?.value ?? null;
        expect(chosen).toBe(model.inOrder().find(isFree(kind)) ?? null);
        return chosen;
      };
      for (const { what, kind, from, length } of steps) {
        const run = Array.from({ length }, (_, i) => from + i);
        const [allocated, quarantined] = [run.filter((value) => model.allocated.has(value)), run.filter((value) => model.quarantined.has(value))];
        if (what === 'choose') {
          for (const _ of run.slice(0, 5)) {
            const chosen = agree(kind);
            if (chosen === null) continue;
            p.take(chosen, `s${chosen}`);
            model.take(chosen);
          }
        } else if (what === 'refuse') {
          for (const value of run) refused[kind]!.add(value);
        } else if (what === 'allow') {
          for (const value of run) if (refused[kind]!.delete(value)) p.mayBeFree(kind, value);
        } else if (what === 'release') {
          for (const value of allocated.reverse()) {
            p.giveBack(value, true);
            model.release(value);
          }
        } else if (what === 'end') {
          for (const value of quarantined) {
            p.endQuarantine(value);
            model.endQuarantine(value);
          }
        } else if (what === 'provision') {
          const range = { first: from, last: from + length, ...(from % 2 === 0 && { reserved: [{ first: from, last: from + (length >> 1) }] }) };
          p.setRange(range);
          model.provision(range);
        } else {
          const before = fingerprint(p);
          journal.begin();
          const others = run.filter((value) => !refused[kind]!.has(value));
          for (const value of others) refused[kind]!.add(value);
          for (let i = 0; i < 3; i++) {
            const chosen = p.choose(isFree(kind), kind);
            if (chosen) p.take(chosen.value, 'unwound');
          }
          for (const value of allocated) p.giveBack(value, from % 2 === 0);
          for (const value of quarantined) p.endQuarantine(value);
          p.choose(isFree(kind), kind);
          journal.unwind();
          for (const value of others) refused[kind]!.delete(value);
          expect(fingerprint(p)).toBe(before);
        }
        agree('a');
        agree('b');
        expect(p.counts).toEqual(model.counts);
      }
    }), runs);
  });
});
