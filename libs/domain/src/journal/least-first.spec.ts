import fc from 'fast-check';
import { LeastFirst } from './least-first';
import { runs } from '../proof/property-runs.testing';

describe('numbers of which the least is asked for', () => {
  test('whatever is added and dropped, the least is that of a plain list', () => {
    const step = fc.oneof({ weight: 3, arbitrary: fc.nat(20) }, { weight: 2, arbitrary: fc.constant('drop' as const) });
    fc.assert(fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const numbers = new LeastFirst();
      const list: number[] = [];
      for (const what of steps) {
        if (what === 'drop') {
          numbers.dropLeast();
          list.shift();
        } else {
          numbers.add(what);
          list.push(what);
          list.sort((a, b) => a - b);
        }
        expect(numbers.least).toBe(list[0]);
      }
      for (const value of list) {
        expect(numbers.least).toBe(value);
        numbers.dropLeast();
      }
      expect(numbers.least).toBeUndefined();
    }), runs);
  });
  test('there is none of none, and none to drop', () => {
    const numbers = new LeastFirst();
    numbers.dropLeast();
    expect(numbers.least).toBeUndefined();
    numbers.add(7);
    expect(numbers.least).toBe(7);
  });
});
