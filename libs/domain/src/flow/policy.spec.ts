import { contains, defaultPolicy, defaultPools, fieldRanges, poolRangeFault, sizeOf, type PoolRange } from './policy';

const span = (first: number, last: number) => ({ first, last });

describe('the range of a pool', () => {
  test.each<[string, PoolRange, string | null, string]>([
    ['the whole field', span(1, 65_535), null, ''],
    ['one value', span(50_000, 50_000), null, ''],
    ['backwards', span(2, 1), '', 'must not be greater'],
    ['below the field', span(0, 10), '', 'lies within 1 to 65535'],
    ['above the field', span(10, 65_536), '', 'lies within 1 to 65535'],
    ['all of it reserved', { ...span(10, 20), reserved: [span(10, 20)] }, null, ''],
    ['reserved side by side, in any order', { ...span(10, 20), reserved: [span(13, 14), span(10, 12), span(15, 15)] }, null, ''],
    ['reserved backwards', { ...span(10, 20), reserved: [span(12, 11)] }, '/reserved/0', 'must not be greater'],
    ['reserved below', { ...span(10, 20), reserved: [span(10, 10), span(9, 9)] }, '/reserved/1', 'lies within 10 to 20'],
    ['reserved above', { ...span(10, 20), reserved: [span(20, 21)] }, '/reserved/0', 'lies within 10 to 20'],
    ['reserved twice, by one value at the end', { ...span(10, 20), reserved: [span(17, 18), span(12, 14), span(14, 16)] }, '/reserved/2', 'overlaps entry 1'],
    ['reserved twice, by one value at the beginning', { ...span(10, 20), reserved: [span(14, 16), span(12, 14)] }, '/reserved/1', 'overlaps entry 0'],
  ])('%s', (_, range, path, detail) => {
    expect(poolRangeFault('sourcePort', range)).toEqual(path === null ? null : { path, detail: expect.stringContaining(detail) });
  });
  test.each([
    [9, false], [10, true], [11, true], [12, false], [13, false], [14, true], [20, true], [21, false],
  ])('10 to 20, of which 12 and 13 are reserved: %d is one that it hands out: %s', (value, isOne) => {
    const reserved = [span(12, 13)];
    const isInside = value >= 10 && value <= 20;
    expect([contains({ ...span(10, 20), reserved }, value), contains(span(10, 20), value), contains(null, value)]).toEqual([isOne, isInside, false]);
  });
  test('its size is what it hands out', () => {
    expect([sizeOf(null), sizeOf(span(10, 20)), sizeOf({ ...span(10, 20), reserved: [span(10, 12), span(20, 20)] })]).toEqual([0, 11, 7]);
  });
});

describe('what holds where nothing is provisioned (domain.md §2, §4)', () => {
  test('the pools: dynamic ports (RFC 6335 §6), every label (RFC 3697 §2) and every key (RFC 2890 §2.1) but 0', () => {
    const dynamic = span(49_152, 65_535);
    const [ports, others] = [span(1, 65_535), { flowLabel: span(1, 2 ** 20 - 1), greKey: span(1, 2 ** 32 - 1) }];
    expect(defaultPools).toEqual({ sourcePort: dynamic, destinationPort: dynamic, ...others });
    expect(fieldRanges).toEqual({ sourcePort: ports, destinationPort: ports, ...others });
  });
  test('the policy', () => {
    expect(defaultPolicy).toEqual({
      outerSource: 'correspondent-node', handoff: 'make-before-break', mixedClassifiers: false, allocator: 'foreign-agent', replayProtection: 'rising',
      quarantineSeconds: null, maximumLifetimeSeconds: 65_535,
    });
  });
});
