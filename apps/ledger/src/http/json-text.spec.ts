import fc from 'fast-check';
import { jsonFaults } from './json-text';

const pointers = (text: string): (string | undefined)[] => jsonFaults(text).map((fault) => ('pointer' in fault ? fault.pointer : undefined));

describe('the faults of a JSON text', () => {
  it('has none to tell of what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8, noUnicodeString: false }), (value) => {
        const names = JSON.stringify(value);
        fc.pre(!/"(__proto__|constructor|prototype)":|\\u0000|\\ud[89a-f]/i.test(names));
        fc.pre(!/(?<![\d.e])-?\d{16,}(?![\d.]*e)/.test(names));
        expect(jsonFaults(names)).toEqual([]);
      }),
    );
  });

  it('calls malformed exactly what JSON.parse refuses', () => {
    const text = fc.array(fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '"a"', '\\', '1', '-', '0', '.5', 'e3', 'true', 'null', ' ', '\n', '\\u00e9', '\u0007'), { maxLength: 12 });
    fc.assert(
      fc.property(text, (parts) => {
        const whole = parts.join('');
        let parses = true;
        try {
          JSON.parse(whole);
        } catch {
          parses = false;
        }
        expect(jsonFaults(whole).some(({ detail }) => detail.startsWith('The body is not JSON'))).toBe(!parses);
      }),
      { numRuns: 3000 },
    );
  });

  it('F21 stops at nesting without end, whatever its depth', () => {
    for (const depth of [33, 25_000, 500_000]) {
      expect(jsonFaults('['.repeat(depth) + ']'.repeat(depth))).toEqual([{ pointer: '', detail: 'The body is nested more than 32 deep.' }]);
      expect(jsonFaults('{"a":'.repeat(depth))).toHaveLength(1);
    }
    expect(jsonFaults('['.repeat(32) + ']'.repeat(32))).toEqual([]);
  });

  it('F22 tells NUL and lone surrogates with the pointer, and leaves whole pairs alone', () => {
    expect(pointers('{"a":["x\\u0000"],"b":"\\ud800","c":"\\udc00\\ud800","d":"\\ud83d\\ude00"}')).toEqual(['/a/0', '/b', '/c']);
    expect(pointers('{"\\u0000":1}')).toEqual(['/\0']);
  });

  it('F23 tells integers that a double cannot hold, infinite numbers and duplicate names', () => {
    expect(pointers('{"a":9007199254740993,"b":-9007199254740993,"c":1e400,"d":9007199254740992.0}')).toEqual(['/a', '/b', '/c', '/d']);
    expect(jsonFaults('[9007199254740991,-9007199254740991,1e30,0.1,-0,1E+2]')).toEqual([]);
    expect(pointers('{"flow":{"a":1,"b":2,"\\u0061":3}}')).toEqual(['/flow/a']);
  });

  it('F27 tells names that reach a prototype, however they are spelled', () => {
    expect(pointers('{"__proto__":{},"x":{"constructor":1},"\\u005f_proto__":1}')).toEqual(['/__proto__', '/x/constructor', '/__proto__', '/__proto__']);
  });

  it('says where the grammar breaks without repeating what stands there', () => {
    expect(jsonFaults('{"a":\n  \u001b[31m}')).toEqual([{ pointer: '', detail: 'The body is not JSON: line 2, column 3 breaks the grammar.' }]);
    expect(jsonFaults('')).toEqual([{ pointer: '', detail: 'The body is not JSON: it ends too early.' }]);
  });

  it('escapes pointers as RFC 6901 says', () => {
    expect(pointers('{"a/b":{"c~d":1e999}}')).toEqual(['/a~1b/c~0d']);
  });
});
