import { EtherType, GreFlag, IcmpType, IpProtocol, MAXIMUM_EXTENSION_HEADERS, MAXIMUM_TUNNELS, MOBILE_IP_TUNNEL_DATA, UdpPort } from './ip-protocol';
import { findIpHeader } from './link-type';

/**
 * Whether a frame has to be decoded at all. Most frames of a capture are data, so this looks at raw offsets and allocates
 * nothing. "No" is certain for whatever was captured of the frame; "yes" is a candidate that the decoder may still turn down.
 */
export function mayCarrySignalling(linkType: number, bytes: Uint8Array, start: number, end: number): boolean {
  const at = findIpHeader(linkType, bytes, start, end);
  return at >= 0 && ipMayCarry(bytes, at, end, 0);
}

function ipMayCarry(bytes: Uint8Array, at: number, end: number, depth: number): boolean {
  if (at >= end) return false;
  const version = bytes[at]! >> 4;
  if (version === 4) return ipv4MayCarry(bytes, at, end, depth);
  return version === 6 && ipv6MayCarry(bytes, at, end, depth);
}

function ipv4MayCarry(bytes: Uint8Array, at: number, end: number, depth: number): boolean {
  if (at + 10 > end) return false;
  const protocol = bytes[at + 9]!;
  if (protocol === IpProtocol.TCP) return false;
  // Even a fragment or a broken header is told where it is RSVP's; of other protocols a later fragment tells nothing.
  if (protocol === IpProtocol.RSVP) return true;
  if ((((bytes[at + 6]! & 0x1f) << 8) | bytes[at + 7]!) !== 0) return false;
  const headerLength = (bytes[at]! & 0x0f) * 4;
  return headerLength >= 20 && payloadMayCarry(protocol, bytes, at + headerLength, end, depth);
}

function ipv6MayCarry(bytes: Uint8Array, start: number, end: number, depth: number): boolean {
  let next = bytes[start + 6] ?? IpProtocol.TCP;
  let at = start + 40;
  for (let headers = 0; headers < MAXIMUM_EXTENSION_HEADERS; headers += 1) {
    if (next === IpProtocol.RSVP) return true;
    if (at + 8 > end) return false;
    const following = bytes[at]!;
    if (next === IpProtocol.HOP_BY_HOP || next === IpProtocol.ROUTING || next === IpProtocol.DESTINATION_OPTIONS) {
      at += (bytes[at + 1]! + 1) * 8;
    } else if (next === IpProtocol.FRAGMENT) {
      const offset = ((bytes[at + 2]! << 8) | bytes[at + 3]!) & 0xfff8;
      if (offset !== 0) return following === IpProtocol.RSVP;
      at += 8;
    } else {
      return payloadMayCarry(next, bytes, at, end, depth);
    }
    next = following;
  }
  return false;
}

function payloadMayCarry(protocol: number, bytes: Uint8Array, at: number, end: number, depth: number): boolean {
  switch (protocol) {
    case IpProtocol.UDP:
      return udpMayCarry(bytes, at, end, depth);
    case IpProtocol.ICMP:
      return at < end && (bytes[at] === IcmpType.ROUTER_ADVERTISEMENT || bytes[at] === IcmpType.ROUTER_SOLICITATION);
    case IpProtocol.RSVP:
      return true;
    case IpProtocol.IPV4:
    case IpProtocol.IPV6:
      // Deeper than anyone reads: a candidate, so that the decoder says so.
      return depth >= MAXIMUM_TUNNELS || ipMayCarry(bytes, at, end, depth + 1);
    case IpProtocol.GRE:
      return depth >= MAXIMUM_TUNNELS || greMayCarry(bytes, at, end, depth + 1);
    case IpProtocol.MINIMAL_ENCAPSULATION: {
      if (depth >= MAXIMUM_TUNNELS) return true;
      const headerLength = (bytes[at + 1] ?? 0) >= 0x80 ? 12 : 8;
      return at + headerLength <= end && payloadMayCarry(bytes[at]!, bytes, at + headerLength, end, depth + 1);
    }
    case IpProtocol.AUTHENTICATION:
      return at + 2 <= end && payloadMayCarry(bytes[at]!, bytes, at + (bytes[at + 1]! + 2) * 4, end, depth);
    default:
      return false;
  }
}

function udpMayCarry(bytes: Uint8Array, at: number, end: number, depth: number): boolean {
  if (at + 4 > end) return false;
  const destination = (bytes[at + 2]! << 8) | bytes[at + 3]!;
  const payload = at + 8;
  if (destination === UdpPort.MOBILE_IP || ((bytes[at]! << 8) | bytes[at + 1]!) === UdpPort.MOBILE_IP) {
    if (payload >= end || bytes[payload] !== MOBILE_IP_TUNNEL_DATA || depth >= MAXIMUM_TUNNELS) return true;
    return payload + 4 <= end && payloadMayCarry(bytes[payload + 1]!, bytes, payload + 4, end, depth + 1);
  }
  if (destination === UdpPort.RSVP_TUNNEL) return depth >= MAXIMUM_TUNNELS || ipMayCarry(bytes, payload, end, depth + 1);
  return destination === UdpPort.RSVP_ENCAPSULATION || destination === UdpPort.RSVP_ENCAPSULATION_2;
}

function greMayCarry(bytes: Uint8Array, at: number, end: number, depth: number): boolean {
  if (at + 4 > end) return false;
  const flags = (bytes[at]! << 8) | bytes[at + 1]!;
  const etherType = (bytes[at + 2]! << 8) | bytes[at + 3]!;
  if ((flags & (GreFlag.VERSION | GreFlag.ROUTING)) !== 0) return false;
  if (etherType !== EtherType.IPV4 && etherType !== EtherType.IPV6) return false;
  const fields = ((flags >> 15) & 1) + ((flags >> 13) & 1) + ((flags >> 12) & 1);
  return ipMayCarry(bytes, at + 4 + fields * 4, end, depth);
}
