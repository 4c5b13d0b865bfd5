import fc from 'fast-check';
import { DecodeError } from '../decode-error';
import { rsvpMessage } from './arbitrary-rsvp.testing';
import { decodeRsvp } from './decode-rsvp';
import { encodeRsvp } from './encode-rsvp';
import { path, resv, rsvpMessageOf } from './rsvp-messages';
import { rsvpObject } from './rsvp-object';

const seed = Number(process.env['FC_SEED'] ?? 2205);

describe('RSVP codec', () => {
  it('I22 decode ∘ encode = identity for every message', () => {
    fc.assert(
      fc.property(rsvpMessage, (message) => {
        const bytes = encodeRsvp(message);
        const decoded = decodeRsvp(bytes);
        expect(decoded.message).toEqual(message);
        expect(encodeRsvp(decoded.message)).toEqual(bytes);
        expect(decoded.message.checksum.state).toBe('correct');
      }),
      { seed, numRuns: 1_000 },
    );
  });

  it('F32 mutated bytes are read, or refused with an offset inside them, and what is read is written back byte for byte', () => {
    let refused = 0;
    fc.assert(
      fc.property(rsvpMessage, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }), fc.nat(), (message, edits, cut) => {
        const bytes = encodeRsvp(message);
        for (const [at, value] of edits) bytes[at % bytes.length] = value;
        const kept = cut % 4 === 0 ? bytes.subarray(0, cut % (bytes.length + 1)) : bytes;
        try {
          const decoded = decodeRsvp(kept);
          const length = (kept[6]! << 8) | kept[7]!;
          expect(encodeRsvp(decoded.message)).toEqual(kept.slice(0, length));
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
          const { offset } = error as DecodeError;
          expect(offset >= 0 && offset <= kept.length).toBe(true);
          refused += 1;
        }
      }),
      { seed, numRuns: 2_000 },
    );
    expect(refused).toBeGreaterThan(100);
  });

  it('F32 random bytes never throw anything but a DecodeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeRsvp(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
      { seed, numRuns: 1_000 },
    );
    expect(() => decodeRsvp(new Uint8Array(0))).toThrow(DecodeError);
  });

  it.each([0, 1, 3, 5, 0xffff])('F32 an object of length %i is refused at its header', (length) => {
    const bytes = encodeRsvp(rsvpMessageOf('hello', [rsvpObject(22, 1, new Uint8Array(8)), rsvpObject(22, 2, new Uint8Array(8))]));
    new DataView(bytes.buffer).setUint16(20, length);
    const error = thrownBy(() => decodeRsvp(bytes));
    expect(error).toBeInstanceOf(DecodeError);
    expect((error as DecodeError).offset).toBeGreaterThanOrEqual(20);
    expect((error as DecodeError).offset).toBeLessThanOrEqual(24);
  });
});

describe('identity', () => {
  const session = { destination: '10.1.0.5', protocol: 17, destinationPort: 5004, generalized: false, flags: 0 };
  const sender = { source: '192.0.2.7', sourcePort: 4000, flowLabel: null, spi: null };
  const tspec = { r: 6000, b: 6000, p: Infinity, m: 64, M: 1500 };
  const base = { session, sender, tspec, hop: { address: '192.0.2.1', lih: 1 }, refreshPeriodMs: 30_000 };
  const identity = (fields: Parameters<typeof path>[0]): Uint8Array => decodeRsvp(encodeRsvp(path(fields))).identity;

  it('is blind to the hop, the TTL, the integrity object and the checksum', () => {
    const elsewhere = { ...base, hop: { address: '198.51.100.1', lih: 7 }, sendTtl: 3, moreObjects: [rsvpObject(4, 1, new Uint8Array(36))] };
    expect(identity(elsewhere)).toEqual(identity(base));
  });

  it('sees everything else', () => {
    expect(identity({ ...base, refreshPeriodMs: 10_000 })).not.toEqual(identity(base));
    expect(identity({ ...base, tspec: { ...tspec, r: 1 } })).not.toEqual(identity(base));
  });
});

describe('flow descriptors', () => {
  const session = { destination: '10.1.0.5', protocol: 17, destinationPort: 5004, generalized: false, flags: 0 };
  const tspec = { r: 6000, b: 6000, p: 6000, m: 64, M: 1500 };
  const flowspec = { service: 'controlled-load', tspec, rspec: null } as const;
  const sender = (sourcePort: number) => ({ source: '192.0.2.7', sourcePort, flowLabel: null, spi: null });

  it('FF: a flowspec that is left out is the one before', () => {
    const flowDescriptors = [
      { flowspec, senders: [sender(1)] },
      { flowspec, senders: [sender(2)] },
      { flowspec: { ...flowspec, service: 'guaranteed' as const, rspec: { R: 9000, S: 0 } }, senders: [sender(3)] },
    ];
    const message = resv({ session, hop: { address: '10.1.0.5', lih: 0 }, refreshPeriodMs: 30_000, style: 'FF', flowDescriptors });
    expect(message.objects.filter(({ name }) => name === 'flowspec')).toHaveLength(2);
    expect(message.flowDescriptors).toEqual(flowDescriptors);
  });
});

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}
