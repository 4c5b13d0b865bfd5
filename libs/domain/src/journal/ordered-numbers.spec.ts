import fc from 'fast-check';
import { Journal } from './journal';
import { OrderedNumbers } from './ordered-numbers';
import { runs } from '../proof/property-runs.testing';

describe('numbers in order', () => {
  const number = fc.oneof(fc.nat(100), fc.constantFrom(0, 31, 32, 33, 1_023, 1_024, 32_767, 32_768, 2 ** 20, 2 ** 32 - 1, 2 ** 32));
  const steps = fc.array(fc.record({ what: fc.constantFrom('add', 'delete', 'unwound' as const), number, more: fc.array(number) }));

  test.each(['none', 'all'] as const)('the next one is that of a plain set that holds %s at first', (initially) => {
    fc.assert(fc.property(steps, number, (list, from) => {
      const journal = new Journal();
      const numbers = new OrderedNumbers(journal, initially);
      const changed = new Map<number, boolean>();
      for (const { what, number: n, more } of list) {
        if (what === 'unwound') {
          journal.begin();
          for (const other of more) if (other % 2 === 0) numbers.add(other); else numbers.delete(other);
          journal.unwind();
          continue;
        }
        if (what === 'add') numbers.add(n);
        else numbers.delete(n);
        changed.set(n, what === 'add');
      }
      const has = (n: number): boolean => changed.get(n) ?? initially === 'all';
      const later = [...changed.keys()].filter((n) => n >= from && has(n)).sort((a, b) => a - b);
      let expected: number | null = later[0] ?? null;
      if (initially === 'all') for (expected = from; !has(expected); ) expected++;
      expect(numbers.firstFrom(from)).toBe(expected);
      for (const n of changed.keys()) expect(numbers.has(n)).toBe(has(n));
    }), runs);
  });
});
