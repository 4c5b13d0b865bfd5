import { isIP } from 'node:net';
import fc from 'fast-check';
import { formatIpv6, isIpv6, isUnicast, parseAddress, parseUnsigned64 } from './address';
import { manyRuns } from '../proof/property-runs.testing';

describe('addresses', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:1:0:0:1', '2001::1:1:0:0:1'],
    ['::', '::'],
    ['1::', '1::'],
    ['::1', '::1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['::1.2.3.4', '::102:304'],
    ['1:2:3:4:5:6:203.0.113.249', '1:2:3:4:5:6:cb00:71f9'],
    ['FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:255.255.255.255', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['1::ffff:a00:1', '1::ffff:a00:1'],
    ['203.0.113.249', '203.0.113.249'],
  ])('I18 %s is %s', (text, canonical) => {
    expect(parseAddress(text)).toEqual({ family: text.includes(':') ? 6 : 4, canonical });
    expect(isIpv6(canonical)).toBe(text.includes(':'));
  });

  test.each([
    '010.0.0.1', '10.1', '1.2.3', '1.2.3.4.', '1.2.3.256', '::ffff:10.0.0.1', '::ffff:a00:1', 'fe80::1%eth0', '１.2.3.4', '1::2::3', ':::', ':', '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8::', '12345::', '1.2.3.4::', '1.2.3.4:1:2:3:4:5:6', '1.2.3.4.5', '::1.2.3', '', ' 1.2.3.4', '1.2.3.4\n', 'g::', '[::1]',
  ])('F25 %j is refused', (text) => expect(parseAddress(text)).toBeNull());

  const groups = fc.array(fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.nat(0xffff)), { minLength: 8, maxLength: 8 });

  test('I18 every spelling of an IPv6 address has one canonical form', () => {
    const spelling = fc.tuple(groups, fc.boolean(), fc.boolean(), fc.nat(7), fc.nat(8));
    fc.assert(fc.property(spelling, ([value, upper, padded, from, length]) => {
      const canonical = formatIpv6(value);
      const hex = value.map((group) => (padded ? group.toString(16).padStart(4, '0') : group.toString(16)));
      const zeros = value.slice(from, from + length);
      const isRun = zeros.length > 0 && zeros.every((group) => group === 0);
      const text = isRun ? `${hex.slice(0, from).join(':')}::${hex.slice(from + zeros.length).join(':')}` : hex.join(':');
      const isMapped = value.slice(0, 5).every((group) => group === 0) && value[5] === 0xffff;
      expect(isIP(text)).toBe(6);
      expect(parseAddress(upper ? text.toUpperCase() : text)).toEqual(isMapped ? null : { family: 6, canonical });
      if (!isMapped) expect(canonical).toBe(new URL(`http://[${canonical}]`).hostname.slice(1, -1));
    }), manyRuns);
  });

  test('F25 what is read, Node reads as well; and what Node reads is read, but for zones and a second spelling of IPv4', () => {
    const text = fc.oneof(fc.ipV4(), fc.ipV6(), fc.ipV4Extended(), fc.string({ unit: fc.constantFrom(...'0123456789abcdefF:.'), maxLength: 24 }));
    fc.assert(fc.property(text, (value) => {
      const family = parseAddress(value)?.family ?? 0;
      if (family !== 0) expect(isIP(value)).toBe(family);
      else if (isIP(value) !== 0) expect(value).toMatch(/^[0:]*:ffff:/i);
    }), manyRuns);
  });

  test.each([['0', 0n], ['18446744073709551615', 2n ** 64n - 1n], ['18446744073709551616', null], ['01', null], ['-1', null], ['1e3', null], ['', null]])(
    'a 64-bit number: %s', (text, value) => expect(parseUnsigned64(text)).toBe(value),
  );

  test.each<[address: string, unicast: boolean]>([
    ['10.0.0.5', true], ['223.255.255.255', true], ['0.0.0.0', false], ['224.0.0.1', false], ['255.255.255.255', false],
    ['2001:db8::1', true], ['::1', true], ['ff::1', true], ['::', false], ['ff02::1', false],
  ])('an interface may have %s: %s', (address, unicast) => expect(isUnicast(address)).toBe(unicast));
});
