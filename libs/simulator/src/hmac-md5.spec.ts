import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { hmacMd5, md5 } from './hmac-md5';

const seed = Number(process.env['FC_SEED'] ?? 2104);
const bytes = fc.uint8Array({ maxLength: 200 });

it('MD5 and HMAC-MD5 are those of the platform', () => {
  fc.assert(
    fc.property(bytes, bytes, (key, message) => {
      expect(Buffer.from(md5(message))).toEqual(createHash('md5').update(message).digest());
      expect(Buffer.from(hmacMd5(key, message))).toEqual(createHmac('md5', key).update(message).digest());
    }),
    { seed, numRuns: 300 },
  );
});
