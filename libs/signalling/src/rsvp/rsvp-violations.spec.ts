import { ByteWriter } from '../byte-writer';
import { describeRsvp } from '../describe-rsvp';
import type { RsvpMessage, RsvpObject, RsvpSender, RsvpSession, TokenBucket } from '../messages';
import { decodeRsvp } from './decode-rsvp';
import { encodeRsvp } from './encode-rsvp';
import { path, pathTear, resv, resvConf, resvTear, rsvpMessageOf } from './rsvp-messages';
import { rsvpObject } from './rsvp-object';

const session: RsvpSession = { destination: '10.1.0.5', protocol: 17, destinationPort: 5004, generalized: false, flags: 0 };
const sender: RsvpSender = { source: '192.0.2.7', sourcePort: 4000, flowLabel: null, spi: null };
const esp: RsvpSession = { ...session, protocol: 50, generalized: true };
const spi: RsvpSender = { ...sender, sourcePort: null, spi: 0xdeadbeef };
const tspec: TokenBucket = { r: 6000, b: 6000, p: Infinity, m: 64, M: 1500 };
const hop = { address: '192.0.2.1', lih: 1 };
const flowspec = { service: 'controlled-load', tspec, rspec: null } as const;
const error = { node: '10.1.0.5', flags: 0, code: 0, value: 0 };
const confirm = { receiver: '10.1.0.5' };
const adspec = { breakBit: false, hops: 255, bandwidth: Infinity, latencyMicroseconds: 0, pathMtu: 1500, guaranteed: null, controlledLoad: null };
const pathFields = { session, sender, tspec, hop, refreshPeriodMs: 30_000 };
const resvFields = { session, hop, refreshPeriodMs: 30_000, style: 'FF', flowDescriptors: [{ flowspec, senders: [sender] }] } as const;

const names = (message: RsvpMessage): string[] => namesOf(encodeRsvp(message));
const namesOf = (bytes: Uint8Array): string[] => decodeRsvp(bytes).violations.map(({ name }) => name);
const without = (message: RsvpMessage, name: string): RsvpMessage => ({
  ...message,
  objects: message.objects.filter((object) => object.name !== name),
});
const withObject = (message: RsvpMessage, object: RsvpObject): RsvpMessage => ({ ...message, objects: [...message.objects, object] });
/** The flowspec asks for another service. */
const withService = (message: RsvpMessage, service: number): RsvpMessage => ({
  ...message,
  objects: message.objects.map((object) => (object.name === 'flowspec' ? { ...object, bytes: object.bytes.map((byte, i) => (i === 4 ? service : byte)) } : object)),
});
/** Guaranteed service at that rate, bytes/s. */
const withRate = (R: number): RsvpMessage =>
  resv({ ...resvFields, flowDescriptors: [{ flowspec: { service: 'guaranteed', tspec, rspec: { R, S: 0 } }, senders: [sender] }] });
const labelled = (flowLabel: number): RsvpMessage =>
  path({ ...pathFields, session: { ...session, destination: '2001:db8::5' }, sender: { source: '2001:db8::7', sourcePort: null, flowLabel, spi: null } });
const withBucket = (bucket: Partial<TokenBucket>): RsvpMessage => path({ ...pathFields, tspec: { ...tspec, ...bucket } });

describe('a message as the RFCs have it has no violation', () => {
  it.each<[string, RsvpMessage]>([
    ['path', path(pathFields)],
    ['path with an ADSPEC', path({ ...pathFields, adspec })],
    ['path of an SPI', path({ ...pathFields, session: esp, sender: spi })],
    ['path without ports', path({ ...pathFields, session: { ...session, protocol: 1, destinationPort: 0 }, sender: { ...sender, sourcePort: 0 } })],
    ['resv FF', resv(resvFields)],
    ['resv at the rate of its token bucket', withRate(tspec.r)],
    ['resv at any rate', withRate(Infinity)],
    ['path of a flow label', labelled(0xf_ffff)],
    ['resv WF', resv({ ...resvFields, style: 'WF', flowDescriptors: [{ flowspec, senders: [] }] })],
    ['resv SE', resv({ ...resvFields, style: 'SE' })],
    ['path-tear', pathTear(pathFields)],
    ['resv-tear WF without a flowspec', resvTear({ ...resvFields, style: 'WF', flowDescriptors: [] })],
    ['resv-conf', resvConf({ ...resvFields, error, confirm })],
    ['an unknown class that may be ignored', withObject(path(pathFields), rsvpObject(188, 1, new Uint8Array(4)))],
    ['an unknown class that is to be forwarded', withObject(path(pathFields), rsvpObject(252, 1, new Uint8Array(4)))],
  ])('%s', (_case, message) => {
    expect(names(message)).toEqual([]);
  });
});

describe('a deviation is named and the message kept', () => {
  it.each<[string, RsvpMessage]>([
    ['version-wrong', { ...path(pathFields), version: 2 }],
    ['checksum-wrong', { ...path(pathFields), checksum: { value: 1, state: 'wrong' } }],
    ['message-type-unknown', { ...rsvpMessageOf('hello', []), messageType: 99 }],
    ['session-missing', without(path(pathFields), 'session')],
    ['rsvp-hop-missing', without(path(pathFields), 'rsvp-hop')],
    ['time-values-missing', without(resv(resvFields), 'time-values')],
    ['sender-template-missing', without(path(pathFields), 'sender-template')],
    ['sender-tspec-missing', without(path(pathFields), 'sender-tspec')],
    ['style-missing', without(resv(resvFields), 'style')],
    ['flowspec-missing', without(resv(resvFields), 'flowspec')],
    ['filter-spec-missing', without(resv(resvFields), 'filter-spec')],
    ['resv-confirm-missing', without(resvConf({ ...resvFields, error, confirm }), 'resv-confirm')],
    ['error-spec-missing', without(resvConf({ ...resvFields, error, confirm }), 'error-spec')],
    ['object-class-unknown', withObject(path(pathFields), rsvpObject(124, 1, new Uint8Array(4)))],
    ['object-c-type-unknown', withObject(path(pathFields), rsvpObject(3, 9, new Uint8Array(8)))],
    ['object-too-long', withObject(path(pathFields), rsvpObject(3, 1, new Uint8Array(12)))],
    ['session-assoc-incomplete', withObject(path(pathFields), rsvpObject(192, 1, new Uint8Array(0)))],
    ['style-reserved', withObject(without(resv(resvFields), 'style'), rsvpObject(8, 1, new ByteWriter().u32(0x1f).finish()))],
    ['filter-spec-with-wildcard', resv({ ...resvFields, style: 'WF' })],
    ['refresh-period-zero', path({ ...pathFields, refreshPeriodMs: 0 })],
    ['token-rate-invalid', withBucket({ r: Infinity })],
    ['bucket-depth-invalid', withBucket({ b: -1 })],
    ['peak-rate-invalid', withBucket({ p: NaN })],
    ['peak-rate-below-token-rate', withBucket({ p: Math.fround(7.41689e-39) })],
    ['minimum-policed-unit-zero', withBucket({ m: 0 })],
    ['maximum-packet-size-zero', withBucket({ M: 0 })],
    ['minimum-policed-unit-above-maximum', withBucket({ m: 1501 })],
    ['adspec-hops-invalid', path({ ...pathFields, adspec: { ...adspec, hops: 256 } })],
    ['adspec-bandwidth-invalid', path({ ...pathFields, adspec: { ...adspec, bandwidth: -1 } })],
    ['adspec-bandwidth-invalid', path({ ...pathFields, adspec: { ...adspec, bandwidth: NaN } })],
    ['adspec-mtu-zero', path({ ...pathFields, adspec: { ...adspec, pathMtu: 0 } })],
    ['reserved-rate-invalid', withRate(NaN)],
    ['reserved-rate-invalid', withRate(-1)],
    ['reserved-rate-below-token-rate', withRate(1)],
    ['session-protocol-zero', path({ ...pathFields, session: { ...session, protocol: 0, destinationPort: 0 }, sender: { ...sender, sourcePort: 0 } })],
    ['session-address-zero', path({ ...pathFields, session: { ...session, destination: '0.0.0.0' } })],
    ['sender-address-zero', path({ ...pathFields, sender: { ...sender, source: '0.0.0.0' } })],
    ['spi-zero', path({ ...pathFields, session: esp, sender: { ...sender, sourcePort: null, spi: 0 } })],
    ['spi-without-ipsec', path({ ...pathFields, session: { ...esp, protocol: 17 }, sender: { ...sender, sourcePort: null, spi: 1 } })],
    ['flow-label-too-large', labelled(0x10_0000)],
    ['service-unsupported', withService(resv(resvFields), 6)],
    ['source-port-without-destination-port', path({ ...pathFields, session: { ...session, destinationPort: 0 } })],
    ['ports-without-transport', path({ ...pathFields, session: { ...session, protocol: 47 } })],
    ['selector-mismatch', path({ ...pathFields, session: esp })],
    ['address-family-mixed', path({ ...pathFields, sender: { ...sender, source: '2001:db8::1' } })],
  ])('%s', (name, message) => {
    expect(names(message)).toEqual([name]);
  });

  it('trailing-bytes', () => {
    const bytes = encodeRsvp(path(pathFields));
    const padded = new Uint8Array(bytes.length + 3);
    padded.set(bytes);
    expect(namesOf(padded)).toEqual(['trailing-bytes']);
  });

  it('a checksum of zero means that none was sent', () => {
    const decoded = decodeRsvp(encodeRsvp({ ...path(pathFields), checksum: { value: 0, state: 'absent' } }));
    expect(decoded.message.checksum.state).toBe('absent');
    expect(decoded.violations).toEqual([]);
  });
});

describe('numbers are exact to the bit', () => {
  it.each([Infinity, 7.41689e-39, 1e-45, 3.4028234663852886e38, 6000.5])('p = %d', (p) => {
    expect(withBucket({ p }).senderTspec?.p).toBe(Math.fround(p));
  });
});

describe('RSVP-TE', () => {
  const lspSession = rsvpObject(1, 7, new ByteWriter().bytes(Uint8Array.of(3, 3, 3, 3)).u16(0).u16(1).u32(0x01010101).finish());

  it('is told apart, its session read without protocol and port, and judged by none of the rules of IntServ', () => {
    const { message, violations } = decodeRsvp(encodeRsvp(rsvpMessageOf('path', [lspSession])));
    expect(message.te).toBe(true);
    expect(message.session).toMatchObject({ destination: '3.3.3.3', protocol: 0, destinationPort: 0 });
    expect(describeRsvp(message)['session']).toEqual({ destination: '3.3.3.3' });
    expect(violations).toEqual([]);
  });

  it.each(['hello', 'srefresh', 'bundle', 'ack', 'notify', 'recovery-path'] as const)('%s has its own name', (kind) => {
    expect(rsvpMessageOf(kind, [])).toMatchObject({ kind, te: true });
  });

  it('a label, a route or another object of RSVP-TE marks a message', () => {
    expect(withoutReading(16).te).toBe(true);
    expect(withoutReading(20).te).toBe(true);
    expect(withoutReading(14).te).toBe(false);
  });

  it('a bundle keeps its messages, each with its own violations; a bundle in a bundle is refused', () => {
    const bundle: RsvpMessage = { ...rsvpMessageOf('bundle', []), bundled: [path(pathFields), resv(resvFields), withBucket({ m: 0 })] };
    const { message, violations } = decodeRsvp(encodeRsvp(bundle));
    expect(message.bundled.map(({ kind, te }) => [kind, te])).toEqual([['path', false], ['resv', false], ['path', false]]);
    expect(violations.map(({ name }) => name)).toEqual(['minimum-policed-unit-zero']);
    expect(encodeRsvp(message)).toEqual(encodeRsvp(bundle));
    expect(() => decodeRsvp(encodeRsvp({ ...bundle, bundled: [bundle] }))).toThrow('bundle in a bundle');
  });

  function withoutReading(classNumber: number): RsvpMessage {
    return rsvpMessageOf('path', [rsvpObject(classNumber, 1, new Uint8Array(8))]);
  }
});

describe('RSVP error codes of what a message holds (RFC 2205 App. B)', () => {
  const withoutUnit = resv({ ...resvFields, flowDescriptors: [{ flowspec: { ...flowspec, tspec: { ...tspec, m: 0 } }, senders: [sender] }] });
  const reservedStyle = rsvpObject(8, 1, new ByteWriter().u32(0x1f).finish());
  const codes = (message: RsvpMessage) => decodeRsvp(encodeRsvp(message)).violations.map(({ code, value }) => [code, value]);
  it.each<[string, RsvpMessage, number, number | undefined]>([
    ['06 unknown reservation style', withObject(without(resv(resvFields), 'style'), reservedStyle), 6, undefined],
    ['13 unknown object class', withObject(path(pathFields), rsvpObject(124, 1, new Uint8Array(4))), 13, 124 * 256 + 1],
    ['14 unknown object C-Type', withObject(path(pathFields), rsvpObject(3, 9, new Uint8Array(8))), 14, 3 * 256 + 9],
    ['21 traffic control error, 02 service unsupported', withService(resv(resvFields), 6), 21, 2],
    ['21 traffic control error, 03 bad flowspec value', withoutUnit, 21, 3],
    ['21 traffic control error, 04 bad Tspec value', withBucket({ m: 0 }), 21, 4],
    ['21 traffic control error, 05 bad ADSPEC value', path({ ...pathFields, adspec: { ...adspec, hops: 256 } }), 21, 5],
  ])('%s', (_case, message, code, value) => {
    expect(codes(message)).toContainEqual([code, value]);
  });
});
