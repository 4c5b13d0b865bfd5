import * as fc from 'fast-check';
import { isIP, SocketAddress } from 'node:net';
import { formatIpAddress, parseIpAddress } from './ip-address';

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
/** Long runs of zero groups are what the canonical form is about. */
const sparseIpv6 = fc
  .array(fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.integer({ min: 0, max: 0xffff }) }), { minLength: 8, maxLength: 8 })
  .map((groups) => Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff])));

describe('addresses', () => {
  it.each([
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:DB8::0001', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['::ffff:c000:0201', '::ffff:192.0.2.1'],
    ['::192.0.2.1', '::c000:201'],
    ['fe80::', 'fe80::'],
    ['192.0.2.255', '192.0.2.255'],
  ])('%s is %s in canonical text', (text, canonical) => {
    expect(formatIpAddress(parseIpAddress(text))).toBe(canonical);
  });

  it.each(['', '10.1', '010.0.0.1', '1.2.3.256', '1.2.3.4.5', '1::2::3', ':1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:', '12345::', '1:2:3:4:5:6:7::8', 'fe80::1%eth0', '::1.2.3', '１.2.3.4', ':::'])(
    'F25 %j is refused',
    (text) => {
      expect(() => parseIpAddress(text)).toThrow(RangeError);
    },
  );

  it('text of bytes is an address that gives the bytes back, in the form that Node gives it', () => {
    fc.assert(
      fc.property(fc.oneof(bytesOf(4), bytesOf(16), sparseIpv6), (bytes) => {
        const text = formatIpAddress(bytes);
        expect(isIP(text)).toBe(bytes.length === 4 ? 4 : 6);
        expect(parseIpAddress(text)).toEqual(bytes);
        const node = new SocketAddress({ address: text, family: bytes.length === 4 ? 'ipv4' : 'ipv6', port: 0 }).address;
        // The C library also shows ::a.b.c.d, the deprecated IPv4-compatible form, in dotted decimal.
        if (!/^::\d+\./.test(node)) expect(text).toBe(node);
      }),
      { numRuns: 2000 },
    );
  });

  it('parses exactly what Node takes for an address, without zones', () => {
    const soup = fc.string({ unit: fc.constantFrom(...'0123456789abF:.%'), maxLength: 20 });
    fc.assert(
      fc.property(fc.oneof(soup, fc.ipV4(), fc.ipV6(), fc.ipV4Extended()), (text) => {
        let isAddress = true;
        try {
          parseIpAddress(text);
        } catch {
          isAddress = false;
        }
        expect(isAddress).toBe(isIP(text) !== 0 && !text.includes('%'));
      }),
      { numRuns: 5000 },
    );
  });
});
