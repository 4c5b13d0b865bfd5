import { ByteReader } from '../byte-reader';
import { ByteWriter } from '../byte-writer';
import { internetChecksum, isInternetChecksumCorrect } from '../internet-checksum';
import { formatIpAddress, parseIpAddress } from '../ip-address';
import type { AgentAdvertisement, AgentSolicitation, MobileIpExtension, Violation } from '../messages';
import { IcmpType } from '../network/ip-protocol';
import { routerDiscoveryExtensions } from './extension-types';
import { readExtensions, unknownExtensionViolations, writeExtensions } from './extensions';
import type { DecodedMobileIp } from './mobile-ip-message';

/** RFC 5944 §2.1.1, most significant bit first; the last five are reserved. */
const FLAGS = ['R', 'B', 'H', 'F', 'M', 'G', 'r', 'T', 'U', 'X', 'I'] as const;
const RESERVED_BITS = 0b0000_0010_0001_1111;
const MOBILITY_AGENT_ADVERTISEMENT = 16;
const PREFIX_LENGTHS = 19;

/**
 * Reads an ICMP message of router discovery. Null where it is a router's and not an agent's: an advertisement without the
 * mobility agent advertisement extension. `sender` is what tells the solicitations of two nodes apart: their bytes are equal.
 */
export function readAgentDiscovery(icmp: Uint8Array, base: number, sender: Uint8Array): DecodedMobileIp | null {
  const reader = new ByteReader(icmp, base);
  const type = reader.u8('ICMP type');
  const code = reader.u8('ICMP code');
  reader.skip(2, 'ICMP checksum');
  const violations: Violation[] = [];
  if (!isInternetChecksumCorrect(icmp)) violations.push({ name: 'checksum-wrong', detail: 'the ICMP checksum does not add up' });
  const identity = new ByteWriter(icmp.length + 4).bytes(sender).bytes(icmp.subarray(0, 2)).bytes(icmp.subarray(4)).finish();
  if (type === IcmpType.ROUTER_ADVERTISEMENT) {
    const message = readAdvertisement(reader, code, violations);
    return message === null ? null : { message, identity, violations };
  }
  if (reader.u32('reserved') !== 0) violations.push({ name: 'reserved-bits-set', detail: 'the reserved field is sent as zero (RFC 1256 §3)' });
  return { message: { kind: 'agent-solicitation', code }, identity, violations };
}

/** RFC 1256 §3, then extensions (RFC 5944 §2.1): the length of the packet says how many. */
function readAdvertisement(reader: ByteReader, code: number, violations: Violation[]): AgentAdvertisement | null {
  const count = reader.u8('number of addresses');
  const entryWords = reader.u8('address entry size');
  const routerLifetimeSeconds = reader.u16('lifetime');
  if (count > 0 && entryWords < 2) reader.fail(`the address entry size is ${entryWords} words, at least 2 are needed (RFC 1256 §3)`);
  const routerAddresses: { address: string; preference: number }[] = [];
  for (let index = 0; index < count; index += 1) {
    const entry = reader.nested(entryWords * 4, 'router address');
    routerAddresses.push({ address: formatIpAddress(entry.bytes(4)), preference: entry.u32() | 0 });
  }
  const base = reader.offset;
  const extensions = readExtensions(reader, routerDiscoveryExtensions).map(({ extension }) => extension);
  const agent = extensions.find(({ type }) => type === MOBILITY_AGENT_ADVERTISEMENT);
  if (agent === undefined) return null;
  const prefixes = extensions.find(({ type }) => type === PREFIX_LENGTHS);
  violations.push(...unknownExtensionViolations(extensions));
  return {
    kind: 'agent-advertisement',
    code,
    routerLifetimeSeconds,
    routerAddresses,
    ...readAgentExtension(new ByteReader(agent.bytes, base), violations),
    prefixLengths: prefixes === undefined ? [] : [...prefixes.bytes],
    extensions: extensions.filter((extension) => extension !== agent && extension !== prefixes),
  };
}

function readAgentExtension(
  reader: ByteReader,
  violations: Violation[],
): Pick<AgentAdvertisement, 'sequenceNumber' | 'registrationLifetimeSeconds' | 'flags' | 'careOfAddresses'> {
  const sequenceNumber = reader.u16('sequence number');
  const registrationLifetimeSeconds = reader.u16('registration lifetime');
  const bits = reader.u16('flags');
  const careOfAddresses: string[] = [];
  while (reader.remaining > 0) careOfAddresses.push(formatIpAddress(reader.bytes(4, 'care-of address')));
  if ((bits & RESERVED_BITS) !== 0) {
    violations.push({ name: 'reserved-bits-set', detail: `the flags 0x${bits.toString(16)} have reserved bits (RFC 5944 §2.1.1)` });
  }
  const flags = FLAGS.filter((_, index) => (bits & (0x8000 >> index)) !== 0);
  return { sequenceNumber, registrationLifetimeSeconds, flags, careOfAddresses };
}

/** The ICMP message, checksum included; padding to an even length is the caller's (an extension of type 0). */
export function encodeAgentAdvertisement(advertisement: AgentAdvertisement): Uint8Array {
  const { routerAddresses, careOfAddresses, prefixLengths } = advertisement;
  const writer = new ByteWriter(64).u8(IcmpType.ROUTER_ADVERTISEMENT).u8(advertisement.code).u16(0);
  writer.u8(routerAddresses.length).u8(2).u16(advertisement.routerLifetimeSeconds);
  for (const { address, preference } of routerAddresses) writer.bytes(parseIpAddress(address)).u32(preference >>> 0);
  const bits = FLAGS.reduce((sum, flag, index) => (advertisement.flags.includes(flag) ? sum | (0x8000 >> index) : sum), 0);
  writer.u8(MOBILITY_AGENT_ADVERTISEMENT).u8(6 + 4 * careOfAddresses.length);
  writer.u16(advertisement.sequenceNumber).u16(advertisement.registrationLifetimeSeconds).u16(bits);
  for (const address of careOfAddresses) writer.bytes(parseIpAddress(address));
  if (prefixLengths.length > 0) writer.u8(PREFIX_LENGTHS).u8(prefixLengths.length).bytes(Uint8Array.from(prefixLengths));
  writeExtensions(writer, advertisement.extensions, routerDiscoveryExtensions);
  return writer.setU16(2, internetChecksum(writer.finish())).finish();
}

/** RFC 5944 §2.2: an ICMP router solicitation, sent with a time to live of 1. */
export function encodeAgentSolicitation(solicitation: AgentSolicitation): Uint8Array {
  const writer = new ByteWriter(8).u8(IcmpType.ROUTER_SOLICITATION).u8(solicitation.code).u16(0).u32(0);
  return writer.setU16(2, internetChecksum(writer.finish())).finish();
}

/** RFC 5944 §2.1.3: one byte that makes the length of an advertisement even. */
export function oneBytePadding(): MobileIpExtension {
  return { type: 0, name: 'one-byte-padding', skippable: false, subType: null, spi: null, bytes: new Uint8Array(0) };
}
