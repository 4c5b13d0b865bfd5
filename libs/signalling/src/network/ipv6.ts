import { ByteReader } from '../byte-reader';
import { ByteWriter } from '../byte-writer';
import { parseIpAddress } from '../ip-address';
import type { IpPacket } from './ip-packet';
import { IpProtocol, MAXIMUM_EXTENSION_HEADERS } from './ip-protocol';

/** RFC 2711: hop-by-hop option router alert; value 1 is "the datagram contains RSVP". */
const OPTION_ROUTER_ALERT = 5;
const ROUTER_ALERT_RSVP = 1;

interface ExtensionHeaders {
  protocol: number;
  fragment: IpPacket['fragment'];
  routerAlert: boolean;
  sourceRouted: boolean;
}

export function readIpv6(bytes: Uint8Array, at: number): IpPacket {
  const fixed = new ByteReader(bytes.subarray(at), at);
  fixed.skip(4, 'IPv6 version, class and flow label');
  const claimed = fixed.u16('payload length');
  const next = fixed.u8('next header');
  fixed.skip(1, 'hop limit');
  const source = fixed.bytes(16, 'source address');
  const destination = fixed.bytes(16, 'destination address');
  // 0 is a jumbogram or segmentation offload: the frame's own end serves.
  const payloadLength = claimed === 0 ? fixed.remaining : claimed;
  const captured = Math.min(payloadLength, fixed.remaining);
  const reader = fixed.nested(captured);
  const headers = readExtensionHeaders(next, reader);
  return {
    version: 6,
    source,
    destination,
    ...headers,
    payloadStart: reader.offset,
    payloadEnd: at + 40 + captured,
    missingBytes: payloadLength - captured,
  };
}

/** RFC 8200 §4; a header behind a fragment that is not the first cannot be read, its protocol is what the fragment names. */
function readExtensionHeaders(first: number, reader: ByteReader): ExtensionHeaders {
  const found: ExtensionHeaders = { protocol: first, fragment: null, routerAlert: false, sourceRouted: false };
  for (let headers = 0; headers < MAXIMUM_EXTENSION_HEADERS; headers += 1) {
    const kind = found.protocol;
    if (kind === IpProtocol.FRAGMENT) {
      found.protocol = reader.u8('fragment header');
      reader.skip(1, 'fragment header');
      const offsetAndFlags = reader.u16('fragment header');
      reader.skip(4, 'fragment header');
      const offset = offsetAndFlags & 0xfff8;
      const more = (offsetAndFlags & 1) === 1;
      if (offset !== 0 || more) found.fragment = { offset, more };
      if (offset !== 0) return found;
    } else if (kind === IpProtocol.HOP_BY_HOP || kind === IpProtocol.ROUTING || kind === IpProtocol.DESTINATION_OPTIONS) {
      found.protocol = reader.u8('extension header');
      const body = reader.bytes((reader.u8('extension header') + 1) * 8 - 2, 'extension header');
      if (kind === IpProtocol.HOP_BY_HOP) found.routerAlert = hasRouterAlert(body);
      // Segments left, behind the routing type.
      if (kind === IpProtocol.ROUTING && body[1] !== 0) found.sourceRouted = true;
    } else return found;
  }
  return reader.fail(`more than ${MAXIMUM_EXTENSION_HEADERS} IPv6 extension headers`);
}

function hasRouterAlert(options: Uint8Array): boolean {
  for (let at = 0; at < options.length; ) {
    if (options[at] === OPTION_ROUTER_ALERT) return true;
    // Pad1 is a single byte without a length.
    at += options[at] === 0 ? 1 : 2 + (options[at + 1] ?? 0);
  }
  return false;
}

export interface Ipv6Header {
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly hopLimit?: number;
  readonly flowLabel?: number;
  readonly trafficClass?: number;
  /** A hop-by-hop header with the router alert of RSVP. */
  readonly routerAlert?: boolean;
}

export function buildIpv6(header: Ipv6Header, payload: Uint8Array): Uint8Array {
  const flowLabel = header.flowLabel ?? 0;
  if (flowLabel > 0xfffff) throw new RangeError(`${flowLabel} does not fit 20 bits`);
  const alert = header.routerAlert === true;
  const writer = new ByteWriter(48 + payload.length)
    .u32(0x6000_0000 + (header.trafficClass ?? 0) * 0x10_0000 + flowLabel)
    .u16(payload.length + (alert ? 8 : 0))
    .u8(alert ? IpProtocol.HOP_BY_HOP : header.protocol)
    .u8(header.hopLimit ?? 64)
    .bytes(parseIpAddress(header.source))
    .bytes(parseIpAddress(header.destination));
  // Router alert of 4 bytes, then PadN of 2.
  if (alert) writer.u8(header.protocol).u8(0).u8(OPTION_ROUTER_ALERT).u8(2).u16(ROUTER_ALERT_RSVP).u16(0x0100);
  return writer.bytes(payload).finish();
}
