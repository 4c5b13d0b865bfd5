import type { Measured } from './figure';
import { median } from './median';
import { readOptions } from './options';
import { isPassed, jsonOf, tableOf } from './report';

const decode: Measured = {
  name: 'D1', measure: 'decode', value: 6, unit: 'ratio', ours: 2, anchor: 12, goal: { bound: 'at-least', value: 5 },
};

describe('what the bench tells', () => {
  it('writes one entry a figure, as dashboards read it', () => {
    const cannot = { name: 'M1', measure: 'memory', cannot: 'no /proc' };
    expect(JSON.parse(jsonOf([decode, cannot]))).toEqual({
      D1: { value: 6, unit: 'ratio', ours: 2, anchor: 12, goal: 5, pass: true },
      M1: { value: null, unit: null, ours: null, anchor: null, goal: null, pass: false, reason: 'no /proc' },
    });
  });

  it.each([
    ['at-least', 5, true],
    ['at-least', 6, true],
    ['at-least', 6.1, false],
    ['at-most', 6, true],
    ['at-most', 5.9, false],
  ] as const)('a value of 6 against %s %d: %s', (bound, value, pass) => {
    expect(isPassed({ ...decode, goal: { bound, value } })).toBe(pass);
  });

  it('is short where the two sides did not do the same work, and says so', () => {
    const unequal = { ...decode, fault: 'they differ first at frame 7' };
    expect(isPassed(unequal)).toBe(false);
    expect(tableOf([unequal])).toContain('short: they differ first at frame 7');
  });

  it('takes the middle', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 6])).toBe(5.5);
    expect(() => median([])).toThrow(RangeError);
  });

  it('reads sizes with their unit and refuses what it does not know', () => {
    expect(readOptions(['D1', '--size', '32MiB', '--runs', '3'])).toMatchObject({ figures: ['D1'], captureBytes: 33_554_432, runs: 3 });
    for (const wrong of [['--size', '32'], ['--size', '0MiB'], ['--runs', '0'], ['--runs', '2.5'], ['--fast']]) {
      expect(() => readOptions(wrong)).toThrow();
    }
  });
});
