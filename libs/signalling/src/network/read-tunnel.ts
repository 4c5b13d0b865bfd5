import { ByteReader } from '../byte-reader';
import { EtherType, GreFlag } from './ip-protocol';

export interface Gre {
  readonly key: number | null;
  readonly payloadStart: number;
}

/** RFC 2784 and 2890. Null: another version (PPTP), source routes (RFC 1701), or a payload that is not IP. */
export function readGre(bytes: Uint8Array, at: number): Gre | null {
  const reader = new ByteReader(bytes.subarray(at), at);
  const flags = reader.u16('GRE flags');
  const etherType = reader.u16('GRE protocol type');
  if ((flags & (GreFlag.VERSION | GreFlag.ROUTING)) !== 0) return null;
  if (etherType !== EtherType.IPV4 && etherType !== EtherType.IPV6) return null;
  if ((flags & GreFlag.CHECKSUM) !== 0) reader.skip(4, 'GRE checksum');
  const key = (flags & GreFlag.KEY) === 0 ? null : reader.u32('GRE key');
  if ((flags & GreFlag.SEQUENCE) !== 0) reader.skip(4, 'GRE sequence number');
  return { key, payloadStart: reader.offset };
}

export interface MinimalEncapsulation {
  readonly protocol: number;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly payloadStart: number;
}

/** RFC 2004 §3.1: the original source is left out where the outer one is the same. */
export function readMinimalEncapsulation(bytes: Uint8Array, at: number, outerSource: Uint8Array): MinimalEncapsulation {
  const reader = new ByteReader(bytes.subarray(at), at);
  const protocol = reader.u8('minimal encapsulation protocol');
  const hasSource = (reader.u8('minimal encapsulation flags') & 0x80) !== 0;
  reader.skip(2, 'minimal encapsulation checksum');
  const destination = reader.bytes(4, 'original destination');
  const source = hasSource ? reader.bytes(4, 'original source') : outerSource;
  return { protocol, source, destination, payloadStart: reader.offset };
}

/** RFC 4302 §2: its length counts 32-bit words, less 2. What it authenticates stands in the clear behind it. */
export function readAuthenticationHeader(bytes: Uint8Array, at: number): { readonly protocol: number; readonly payloadStart: number } {
  const reader = new ByteReader(bytes.subarray(at), at);
  const protocol = reader.u8('authentication header');
  const length = (reader.u8('authentication header') + 2) * 4;
  reader.skip(length - 2, 'authentication header');
  return { protocol, payloadStart: reader.offset };
}

/** RFC 3519 §4.1, with the UDP header in front. */
export function readTunnelData(
  bytes: Uint8Array,
  at: number,
): { readonly sourcePort: number; readonly destinationPort: number; readonly protocol: number; readonly payloadStart: number } {
  const reader = new ByteReader(bytes.subarray(at), at);
  const sourcePort = reader.u16('UDP source port');
  const destinationPort = reader.u16('UDP destination port');
  reader.skip(5, 'UDP length, checksum and message type');
  const protocol = reader.u8('next header');
  reader.skip(2, 'reserved');
  return { sourcePort, destinationPort, protocol, payloadStart: reader.offset };
}
