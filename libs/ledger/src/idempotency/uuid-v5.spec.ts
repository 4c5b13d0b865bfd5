import fc from 'fast-check';
import { v5 } from 'uuid';
import { uuidV5 } from './uuid-v5';

describe('uuidV5', () => {
  it('agrees with another implementation of RFC 9562 on every name: the ids of events stand for ever', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.uuid(), (name, namespace) => {
        expect(uuidV5(name, namespace)).toBe(v5(name, namespace));
      }),
    );
  });
});
