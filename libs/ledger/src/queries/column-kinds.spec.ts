import { kinds } from './column-kinds';

describe('what a filter asks for', () => {
  test.each<[kind: keyof typeof kinds, text: string, read: string | undefined]>([
    ['node', '2001:DB8:0::6@2001:db8::1', '2001:db8::6@2001:db8::1'],
    ['node', '10.0.0.5@203.0.113.1', '10.0.0.5@203.0.113.1'],
    ['node', 'Alice@Example.org', 'Alice@Example.org'],
    ['node', 'a\u0000', undefined],
    ['address', '2001:DB8::0', '2001:db8::'],
  ])('I18 F35 %s %j is %j', (kind, text, read) => {
    expect(kinds[kind].read(text)).toBe(read);
  });
});
