import fc from 'fast-check';
import { manyRuns } from './property-runs.testing';
import { fromTimestamp, toTimestamp } from './timestamp';

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
    '0001-01-01T00:00:00.000Z', '1969-12-31T23:59:59.999Z', '2026-01-01t00:00:00.000z', '2026-01-01 00:00:00.000Z', '2026-01-01T00:00:00.0x0Z', 'tomorrow', '',
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
  test('fractions of a millisecond are cut off, times before 1970 are told too', () => {
    for (const ms of [1.5, 999.999, -1, -1000, 1_767_225_600_123.9]) expect(toTimestamp(ms)).toBe(new Date(Math.floor(ms)).toISOString());
  });
});
