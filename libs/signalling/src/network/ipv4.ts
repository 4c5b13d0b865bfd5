import { ByteReader } from '../byte-reader';
import { ByteWriter } from '../byte-writer';
import { internetChecksum } from '../internet-checksum';
import { parseIpAddress } from '../ip-address';
import type { IpPacket } from './ip-packet';

const MORE_FRAGMENTS = 0x2000;
const OPTION_END = 0;
const OPTION_NOP = 1;
const OPTION_LOOSE_SOURCE_ROUTE = 131;
const OPTION_STRICT_SOURCE_ROUTE = 137;
/** RFC 2113: with length 4 and value 0. */
const OPTION_ROUTER_ALERT = 148;

/** Reads the header at `at`; a wrong header checksum is tolerated, captures of offloading hosts are full of them. */
export function readIpv4(bytes: Uint8Array, at: number): IpPacket {
  const reader = new ByteReader(bytes.subarray(at), at);
  const headerLength = (reader.u8('IPv4 version') & 0x0f) * 4;
  if (headerLength < 20) reader.fail(`the IPv4 header claims ${headerLength} bytes`);
  reader.skip(1, 'type of service');
  const claimed = reader.u16('total length');
  reader.skip(2, 'identification');
  const fragmentation = reader.u16('fragment offset');
  reader.skip(1, 'time to live');
  const protocol = reader.u8('protocol');
  reader.skip(2, 'header checksum');
  const source = reader.bytes(4, 'source address');
  const destination = reader.bytes(4, 'destination address');
  const options = readOptions(reader.bytes(headerLength - 20, 'IPv4 options'));
  // 0: segmentation offload, the length was not yet known; the frame's own end serves.
  const totalLength = claimed === 0 ? bytes.length - at : claimed;
  if (totalLength < headerLength) reader.fail(`the IPv4 total length ${claimed} is below the header's ${headerLength}`);
  const offset = (fragmentation & 0x1fff) * 8;
  const more = (fragmentation & MORE_FRAGMENTS) !== 0;
  return {
    version: 4,
    source,
    destination,
    protocol,
    payloadStart: at + headerLength,
    payloadEnd: Math.min(bytes.length, at + totalLength),
    missingBytes: Math.max(0, at + totalLength - bytes.length),
    fragment: offset === 0 && !more ? null : { offset, more },
    ...options,
  };
}

/** An option with an impossible length ends the options: the header's length stands without them. */
function readOptions(options: Uint8Array): { routerAlert: boolean; sourceRouted: boolean } {
  let routerAlert = false;
  let sourceRouted = false;
  for (let at = 0; at < options.length; ) {
    const type = options[at]!;
    if (type === OPTION_END) break;
    const length = type === OPTION_NOP ? 1 : (options[at + 1] ?? 0);
    if (type !== OPTION_NOP && (length < 2 || at + length > options.length)) break;
    if (type === OPTION_ROUTER_ALERT) routerAlert = true;
    if (type === OPTION_LOOSE_SOURCE_ROUTE || type === OPTION_STRICT_SOURCE_ROUTE) sourceRouted = true;
    at += length;
  }
  return { routerAlert, sourceRouted };
}

export interface Ipv4Header {
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly timeToLive?: number;
  readonly identification?: number;
  readonly typeOfService?: number;
  /** RFC 2113; Path, PathTear and ResvConf must have it (RFC 2205 §3.1). */
  readonly routerAlert?: boolean;
}

export function buildIpv4(header: Ipv4Header, payload: Uint8Array): Uint8Array {
  const headerLength = header.routerAlert === true ? 24 : 20;
  const writer = new ByteWriter(headerLength + payload.length)
    .u8(0x40 | (headerLength / 4))
    .u8(header.typeOfService ?? 0)
    .u16(headerLength + payload.length)
    .u16(header.identification ?? 0)
    .u16(0)
    .u8(header.timeToLive ?? 64)
    .u8(header.protocol)
    .u16(0)
    .bytes(parseIpAddress(header.source))
    .bytes(parseIpAddress(header.destination));
  if (header.routerAlert === true) writer.u8(OPTION_ROUTER_ALERT).u8(4).u16(0);
  writer.setU16(10, internetChecksum(writer.finish()));
  return writer.bytes(payload).finish();
}
