import { isNewAdspec, wireFloat, withAdspec, type Adspec } from './adspec';

const guaranteed = { breakBit: false, Ctot: 1, Dtot: 2, Csum: 3, Dsum: 4 };
const adspec: Adspec = {
  previousHop: '192.0.2.1', breakBit: false, hops: 1, bandwidth: 1_000, latencyMicroseconds: 10, pathMtu: 1_500, guaranteed, controlledLoad: { breakBit: false },
};
const silent: Adspec = { ...adspec, guaranteed: null, controlledLoad: null };

describe('what the path advertises is told where it is new (RFC 2210 §3.3, RFC 2215 §3.6)', () => {
  test.each<[string, Adspec, Adspec]>([
    ['break bit', adspec, { ...adspec, breakBit: true }],
    ['hops', adspec, { ...adspec, hops: 2 }],
    ['bandwidth', adspec, { ...adspec, bandwidth: 'Infinity' }],
    ['latency', adspec, { ...adspec, latencyMicroseconds: null }],
    ['MTU', adspec, { ...adspec, pathMtu: 1_400 }],
    ...(['breakBit', 'Ctot', 'Dtot', 'Csum', 'Dsum'] as const).map((field): [string, Adspec, Adspec] =>
      [`${field} of guaranteed service`, adspec, { ...adspec, guaranteed: { ...guaranteed, [field]: field === 'breakBit' ? true : 9 } }]),
    ['guaranteed service', adspec, { ...adspec, guaranteed: null }],
    ['break bit of controlled load', adspec, { ...adspec, controlledLoad: { breakBit: true } }],
    ['controlled load', adspec, { ...adspec, controlledLoad: null }],
  ])('another %s is', (_, one, other) => {
    expect([isNewAdspec([one], other), isNewAdspec([other], one)]).toEqual([true, true]);
  });
  test.each([adspec, silent])('the same is not, whatever else is known', (same) => {
    expect(isNewAdspec([{ ...adspec, previousHop: '192.0.2.2', hops: 7 }, same], structuredClone(same))).toBe(false);
  });
  test('of a hop that is not known it is', () => {
    expect([isNewAdspec([], adspec), isNewAdspec([{ ...adspec, previousHop: '192.0.2.2' }], adspec)]).toEqual([true, true]);
  });
  test('of each hop the last is kept, of eight hops at most those that were told last', () => {
    const from = (hop: number, hops = 1): Adspec => ({ ...adspec, previousHop: `192.0.2.${hop}`, hops });
    const known = [1, 2, 3, 4, 5, 6, 7, 8].map((hop) => from(hop)).reduce(withAdspec, [] as readonly Adspec[]);
    expect(withAdspec(known, from(3, 9))).toEqual([...[1, 2, 4, 5, 6, 7, 8].map((hop) => from(hop)), from(3, 9)]);
    expect(withAdspec(known, from(9))).toEqual([2, 3, 4, 5, 6, 7, 8, 9].map((hop) => from(hop)));
  });
});

test.each([[1.5, 1.5], [0, 0], [-0, '-0'], [Infinity, 'Infinity'], [-Infinity, '-Infinity'], [Number.NaN, 'NaN']])(
  'a 32-bit float of the wire, %d, is %j: what JSON has no number for is its text', (value, told) => expect(wireFloat(value)).toBe(told),
);
