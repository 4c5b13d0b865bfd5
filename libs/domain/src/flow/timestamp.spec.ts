import fc from 'fast-check';
import { manyRuns } from '../proof/property-runs.testing';
import { fromTimestamp, toTimestamp } from './timestamp';

type Parts = [year: number, month: number, day: number, hour: number, minute: number, second: number, millisecond: number];

const rising = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);

describe('times of events', () => {
  const times = fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(9999, 11, 31) });

  test('what is written is what a Date writes, and is read back', () => {
    fc.assert(fc.property(fc.array(times, { minLength: 1, maxLength: 5 }), (list) => {
      for (const ms of list) {
        expect(toTimestamp(ms)).toBe(new Date(ms).toISOString());
        expect(fromTimestamp(toTimestamp(ms))).toBe(ms);
      }
    }), manyRuns);
  });
  test('every day of 400 years, leap years and months of all lengths included', () => {
    for (let day = Date.UTC(1970, 0, 1, 23, 59, 59, 999); day < Date.UTC(2370, 0, 1); day += 86_400_000) {
      if (fromTimestamp(new Date(day).toISOString()) !== day) expect(new Date(day).toISOString()).toBe(day);
    }
    expect(fromTimestamp('2026-01-01T00:00:00.000Z')).toBe(Date.UTC(2026, 0, 1));
  });
  test.each([
    '2026-01-01T00:00:00Z', '2026-01-01T01:00:00.000+01:00', '2026-02-29T00:00:00.000Z', '2024-02-29T00:00:00.000Z', '2026-01-01T24:00:00.000Z',
    '2026-01-01T00:60:00.000Z', '2026-13-01T00:00:00.000Z', '2026-00-01T00:00:00.000Z', '2026-01-00T00:00:00.000Z', '2026-01-32T00:00:00.000Z',
    '0001-01-01T00:00:00.000Z', '1969-12-31T23:59:59.999Z', '2026-01-01t00:00:00.000z', '2026-01-01 00:00:00.000Z', '2026-01-01T00:00:00.0x0Z', '2026-01-01T00:00:00.000Zx', 'tomorrow', '',
  ])('%s is read as a Date reads it', (text) => {
    expect(fromTimestamp(text)).toBe(Date.parse(text));
  });
  test('whatever stands in place of one character is read as a Date reads it: marks, digits, what lies beside them, and the last of each part', () => {
    for (const text of ['2026-03-04T05:06:07.089Z', '2399-12-31T23:59:59.999Z', '1970-01-01T00:00:00.000Z']) {
      for (let place = 0; place < text.length; place++) {
        for (const other of '/:09.-TZ5 ') {
          const changed = text.slice(0, place) + other + text.slice(place + 1);
          expect([changed, fromTimestamp(changed)]).toEqual([changed, Date.parse(changed)]);
        }
        const [shorter, longer] = [text.slice(0, place) + text.slice(place + 1), `${text.slice(0, place)}0${text.slice(place)}`];
        expect([fromTimestamp(shorter), fromTimestamp(longer)]).toEqual([Date.parse(shorter), Date.parse(longer)]);
      }
    }
  });
  test('what a Date would take ten times as long for is done without one: any time that is written, in each part from its first to its last', () => {
    const parts: readonly (readonly [part: number, values: readonly number[]])[] = [
      [0, [1970, 1971, 2000, 2024, 2026, 2099, 2100, 2399, 9999]], [1, rising(0, 11)], [2, rising(1, 28)],
      [3, rising(0, 23)], [4, rising(0, 59)], [5, rising(0, 59)], [6, [0, 9, 10, 89, 90, 99, 100, 190, 900, 999]],
    ];
    const read = jest.spyOn(Date, 'parse');
    try {
      for (const [part, values] of parts) {
        for (const value of values) {
          const [year, month, day, hour, minute, second, millisecond] = [2026, 2, 4, 5, 6, 7, 89].map((usual, i) => (i === part ? value : usual)) as Parts;
          const ms = Date.UTC(year, month, day, hour, minute, second, millisecond);
          expect(fromTimestamp(new Date(ms).toISOString())).toBe(ms);
        }
      }
      expect(read).not.toHaveBeenCalled();
    } finally {
      read.mockRestore();
    }
  });
  test('times of one second are written out once', () => {
    const written = jest.spyOn(Date.prototype, 'toISOString');
    try {
      expect([1, 20, 300].map((ms) => toTimestamp(Date.UTC(2031, 1, 2) + ms))).toEqual(['001', '020', '300'].map((ms) => `2031-02-02T00:00:00.${ms}Z`));
      expect(written).toHaveBeenCalledTimes(1);
    } finally {
      written.mockRestore();
    }
  });
  test('fractions of a millisecond are cut off, times before 1970 are told too', () => {
    for (const ms of [1.5, 999.999, -1, -1000, 1_767_225_600_123.9]) expect(toTimestamp(ms)).toBe(new Date(Math.floor(ms)).toISOString());
  });
});
