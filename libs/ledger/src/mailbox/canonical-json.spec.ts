import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { canonicalJson } from './canonical-json';

describe('canonicalJson', () => {
  it('I18 agrees with another implementation of RFC 8785 on whatever is JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        expect(canonicalJson(value)).toBe(canonicalize(value));
      }),
    );
  });

  it('sorts by UTF-16 code units, also names that look like numbers', () => {
    const value = { b: 1, a: { 10: 0, 9: 0, '': 0 }, '\u20ac': 0, '\ud83d\ude00': 0, '\ufb33': 0, '"': 0 };
    expect(canonicalJson(value)).toBe('{"\\"":0,"a":{"":0,"10":0,"9":0},"b":1,"\u20ac":0,"\ud83d\ude00":0,"\ufb33":0}');
  });

  it('leaves out members that are undefined, as JSON does', () => {
    expect(canonicalJson({ a: undefined, b: [undefined, null], c: -0, d: 1e21 })).toBe('{"b":[null,null],"c":0,"d":1e+21}');
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1n, undefined, () => 0])('refuses %p', (value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
  });
});
