import * as fc from 'fast-check';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  CaptureDecoder, DecodeError, decodeFrame, type DecodeResult, describeMessage, isUnreadable, LinkType, mayCarrySignalling, parseIpAddress,
  PcapWriter,
} from './index';
import { arbitraryDiscovery, arbitraryRegistration } from './mobile-ip/arbitrary-mobile-ip.testing';
import { encodeMobileIp } from './mobile-ip/mobile-ip-codec';
import { buildGre, buildIp, buildIpInIp } from './network/build-tunnel';
import { findInIp } from './network/find-message';
import { IpProtocol } from './network/ip-protocol';
import { buildIpv4 } from './network/ipv4';
import { buildUdp } from './network/udp';
import { encodeRsvp } from './rsvp';
import { rsvpMessage } from './rsvp/arbitrary-rsvp.testing';

const ENDS = { source: '192.0.2.1', destination: '198.51.100.1' };
const ENDS_6 = { source: '2001:db8::1', destination: '2001:db8::2' };

/** Runs of each property; together more than 100,000 inputs. */
const MUTATED = 60_000;
const RANDOM = 30_000;
const FILES = 12_000;

const mobileIp = (payload: Uint8Array): Uint8Array =>
  buildIp({ ...ENDS, protocol: IpProtocol.UDP }, buildUdp({ ...ENDS, sourcePort: 434, destinationPort: 434 }, payload));
const rsvp = (payload: Uint8Array, ends = ENDS): Uint8Array => buildIp({ ...ends, protocol: IpProtocol.RSVP, routerAlert: true }, payload);
const gre = (packet: Uint8Array): Uint8Array => buildIpv4({ ...ENDS, protocol: IpProtocol.GRE }, buildGre({ key: 1 }, packet));
const icmp = (payload: Uint8Array): Uint8Array => buildIpv4({ ...ENDS, protocol: IpProtocol.ICMP }, payload);

/** Good packets of every kind, made once: what is being tried is what mutation makes of them. */
const seeds: Uint8Array[] = [
  ...fc.sample(arbitraryRegistration, { numRuns: 40, seed: 1 }).map((message) => mobileIp(encodeMobileIp(message))),
  ...fc.sample(arbitraryDiscovery, { numRuns: 20, seed: 2 }).map((message) => icmp(encodeMobileIp(message))),
  ...fc.sample(rsvpMessage, { numRuns: 60, seed: 3 }).map((message) => rsvp(encodeRsvp(message))),
  ...fc.sample(rsvpMessage, { numRuns: 20, seed: 4 }).map((message) => rsvp(encodeRsvp(message), ENDS_6)),
  ...fc.sample(arbitraryRegistration, { numRuns: 20, seed: 5 }).map((message) => buildIpInIp(ENDS, mobileIp(encodeMobileIp(message)))),
  ...fc.sample(rsvpMessage, { numRuns: 20, seed: 6 }).map((message) => gre(rsvp(encodeRsvp(message)))),
];

const change = fc.record({ at: fc.nat(400), value: fc.oneof(fc.constantFrom(0, 1, 3, 4, 0x7f, 0x80, 0xff), fc.integer({ min: 0, max: 255 })) });
const mutated = fc
  .record({ seed: fc.constantFrom(...seeds), changes: fc.array(change, { minLength: 1, maxLength: 4 }), cut: fc.option(fc.nat(400), { freq: 4 }) })
  .map(({ seed, changes, cut }) => {
    const bytes = Uint8Array.from(seed);
    for (const { at, value } of changes) bytes[at % bytes.length] = value;
    return cut === null ? bytes : bytes.subarray(0, cut);
  });

/**
 * A result must be printable and hold no more than the frame could: a claimed length that was believed would show. Plain
 * comparisons, because a matcher costs more than decoding does.
 */
function checkResult(result: DecodeResult | null, size: number): void {
  if (result === null) return;
  const check = (holds: boolean, what: string): void => {
    if (!holds) throw new Error(`${what}: ${JSON.stringify(describeMessage(result))}`);
  };
  if (isUnreadable(result)) {
    check(result.offset >= 0 && result.offset <= size, 'an offset outside the bytes');
    check(result.error.length > 0 && result.error.length < 300, 'an error that is no sentence');
    return;
  }
  parseIpAddress(result.source);
  parseIpAddress(result.destination);
  check(result.identity.length <= size + 16, 'an identity longer than the message');
  check(JSON.stringify(describeMessage(result)).length < 2000 + 200 * size, 'more text than the bytes can hold');
}

/** What the filter turns away must not be a message: compared with the decoder, which does not ask the filter. */
function checkFilter(bytes: Uint8Array): void {
  if (mayCarrySignalling(LinkType.RAW, bytes, 0, bytes.length)) return;
  let found: unknown = null;
  try {
    found = findInIp(bytes, 0, []);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
  }
  if (found !== null) throw new Error('the filter hides a message');
}

const numRuns = (runs: number) => ({ numRuns: runs, endOnFailure: false, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true });

describe('F32 hostile bytes: an answer or an error, in bounded time and memory, never a throw', () => {
  it(`${MUTATED} mutated packets`, () => {
    fc.assert(
      fc.property(mutated, (bytes) => {
        checkResult(decodeFrame({ linkType: LinkType.RAW, bytes, number: 1, timeNs: 0n, timeDigits: 6 }), bytes.length);
        checkFilter(bytes);
      }),
      numRuns(MUTATED),
    );
  }, 90_000);

  it(`${RANDOM} random frames of every link type`, () => {
    const start = fc.constantFrom<number[]>([], [0x45], [0x46], [0x60], [...new Array<number>(12).fill(2), 8, 0, 0x45], [0x45, 0, 0, 60, 0, 0, 0, 0, 9, 46]);
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(LinkType)), start, fc.uint8Array({ maxLength: 160 }), (linkType, head, tail) => {
        const bytes = Uint8Array.from([...head, ...tail]);
        checkResult(decodeFrame({ linkType, bytes, number: 1, timeNs: 0n, timeDigits: 6 }), bytes.length);
      }),
      numRuns(RANDOM),
    );
  }, 90_000);

  it(`${FILES} mutated capture files, in chunks`, () => {
    const writer = new PcapWriter(LinkType.RAW, 6);
    const pcap = Buffer.concat([writer.header(), ...seeds.slice(0, 3).map((seed) => writer.record(1n, seed))]);
    const real = resolve(process.cwd(), '../shared/captures/malformed');
    const files = [pcap, ...(existsSync(real) ? readdirSync(real).map((name) => readFileSync(`${real}/${name}`)) : [])];
    const fileChange = fc.record({ at: fc.nat(600), value: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.array(fileChange, { maxLength: 4 }), fc.integer({ min: 5, max: 700 }), (file, changes, chunkBytes) => {
        const bytes = Uint8Array.from(file);
        for (const { at, value } of changes) bytes[at % bytes.length] = value;
        const decoder = new CaptureDecoder();
        const results: DecodeResult[] = [];
        for (let at = 0; at < bytes.length; at += chunkBytes) results.push(...decoder.push(bytes.subarray(at, at + chunkBytes)));
        results.push(...decoder.end());
        for (const result of results) checkResult(result, 1000 + bytes.length);
        if (decoder.counts.bytes !== bytes.length) throw new Error('bytes were not counted');
      }),
      numRuns(FILES),
    );
  }, 90_000);
});
