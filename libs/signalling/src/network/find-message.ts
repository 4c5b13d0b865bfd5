import { DecodeError } from '../decode-error';
import { formatIpAddress } from '../ip-address';
import type { Encapsulation, RsvpMessage, Violation } from '../messages';
import { readAgentDiscovery } from '../mobile-ip/agent-discovery';
import { decodeMobileIp } from '../mobile-ip/mobile-ip-codec';
import { decodeRsvp } from '../rsvp';
import type { FoundMessage, Surroundings } from './found-message';
import { IcmpType, IpProtocol, MAXIMUM_TUNNELS, MOBILE_IP_TUNNEL_DATA, UdpPort } from './ip-protocol';
import { readIpv4 } from './ipv4';
import { readIpv6 } from './ipv6';
import { readAuthenticationHeader, readGre, readMinimalEncapsulation, readTunnelData } from './read-tunnel';
import { readUdp, type UdpDatagram } from './udp';

/** Messages that carry a router alert, RFC 2205 §3.1.3, 3.1.5 and 3.1.8. */
const ALERTED: readonly RsvpMessage['kind'][] = ['path', 'path-tear', 'resv-conf'];

/** Follows the IP header at `at`, through tunnels, to a signalling message. Null: there is none. Throws DecodeError. */
export function findInIp(bytes: Uint8Array, at: number, tunnels: readonly Encapsulation[]): FoundMessage | null {
  if (tunnels.length > MAXIMUM_TUNNELS) throw new DecodeError(at, `tunnels are nested deeper than ${MAXIMUM_TUNNELS}`);
  const version = (bytes[at] ?? 0) >> 4;
  if (version !== 4 && version !== 6) return null;
  const packet = version === 4 ? readIpv4(bytes, at) : readIpv6(bytes, at);
  return findInPayload(bytes.subarray(0, packet.payloadEnd), packet.payloadStart, packet.protocol, { ...packet, tunnels });
}

/** `bytes` ends where the payload does; `at` is its offset. */
function findInPayload(bytes: Uint8Array, at: number, protocol: number, around: Surroundings): FoundMessage | null {
  if (around.fragment !== null && around.fragment.offset > 0) {
    if (protocol !== IpProtocol.RSVP) return null;
    throw new DecodeError(at, `a fragment of an RSVP message (offset ${around.fragment.offset}) cannot be read alone`);
  }
  switch (protocol) {
    case IpProtocol.RSVP:
      return rsvp(bytes, at, around, null);
    case IpProtocol.UDP:
      return findInUdp(bytes, at, around);
    case IpProtocol.ICMP:
      return agentDiscovery(bytes, at, around);
    case IpProtocol.IPV4:
    case IpProtocol.IPV6:
      return findInIp(bytes, at, [...around.tunnels, tunnel('ip-in-ip', around)]);
    case IpProtocol.GRE: {
      const gre = readGre(bytes, at);
      return gre === null ? null : findInIp(bytes, gre.payloadStart, [...around.tunnels, { ...tunnel('gre', around), key: gre.key }]);
    }
    case IpProtocol.MINIMAL_ENCAPSULATION: {
      const inner = readMinimalEncapsulation(bytes, at, around.source);
      const tunnels = [...around.tunnels, tunnel('minimal', around)];
      if (tunnels.length > MAXIMUM_TUNNELS) throw new DecodeError(at, `tunnels are nested deeper than ${MAXIMUM_TUNNELS}`);
      return findInPayload(bytes, inner.payloadStart, inner.protocol, { ...around, ...inner, tunnels });
    }
    case IpProtocol.AUTHENTICATION: {
      const { payloadStart, protocol: next } = readAuthenticationHeader(bytes, at);
      return findInPayload(bytes, payloadStart, next, around);
    }
    default:
      return null;
  }
}

function findInUdp(bytes: Uint8Array, at: number, around: Surroundings): FoundMessage | null {
  const destinationPort = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
  const sourcePort = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  if (destinationPort === UdpPort.MOBILE_IP || sourcePort === UdpPort.MOBILE_IP) {
    if (bytes[at + 8] === MOBILE_IP_TUNNEL_DATA) return findInTunnelData(bytes, at, around);
    return mobileIp(bytes, at, around);
  }
  if (destinationPort === UdpPort.RSVP_TUNNEL) {
    const ports = { source: sourcePort, destination: destinationPort };
    return findInIp(bytes, at + 8, [...around.tunnels, { ...tunnel('udp', around), ports }]);
  }
  const isRsvp = destinationPort === UdpPort.RSVP_ENCAPSULATION || destinationPort === UdpPort.RSVP_ENCAPSULATION_2;
  if (!isRsvp || !looksLikeRsvp(bytes, at + 8)) return null;
  const datagram = wholeDatagram(bytes, at, around);
  return rsvp(bytes.subarray(0, datagram.payloadEnd), datagram.payloadStart, around, datagram);
}

/** The ports 1698 and 1699 are also ephemeral ports of old hosts: only version 1 and a length that fits are taken for RSVP. */
function looksLikeRsvp(bytes: Uint8Array, at: number): boolean {
  const length = ((bytes[at + 6] ?? 0) << 8) | (bytes[at + 7] ?? 0);
  return at + 8 <= bytes.length && bytes[at]! >> 4 === 1 && length >= 8 && length <= bytes.length - at;
}

function mobileIp(bytes: Uint8Array, at: number, around: Surroundings): FoundMessage {
  const datagram = wholeDatagram(bytes, at, around);
  const { payloadStart, payloadEnd, sourcePort, destinationPort } = datagram;
  const { message, identity, violations } = decodeMobileIp(bytes.subarray(payloadStart, payloadEnd), payloadStart);
  return {
    ...endpoints(around), sourcePort, destinationPort, protocol: 'mobile-ip', message, identity,
    violations: [...violations, ...checksumViolations(datagram, around)],
  };
}

/** RFC 3519: what the message carries is told by a protocol number, like the payload of an IP header. */
function findInTunnelData(bytes: Uint8Array, at: number, around: Surroundings): FoundMessage | null {
  const data = readTunnelData(bytes, at);
  const ports = { source: data.sourcePort, destination: data.destinationPort };
  if (data.protocol === IpProtocol.GRE) {
    const gre = readGre(bytes, data.payloadStart);
    return gre === null ? null : findInIp(bytes, gre.payloadStart, [...around.tunnels, { ...tunnel('gre', around), key: gre.key, ports }]);
  }
  if (data.protocol === IpProtocol.IPV4 || data.protocol === IpProtocol.IPV6) {
    return findInIp(bytes, data.payloadStart, [...around.tunnels, { ...tunnel('udp', around), ports }]);
  }
  if (data.protocol !== IpProtocol.MINIMAL_ENCAPSULATION) return null;
  const inner = readMinimalEncapsulation(bytes, data.payloadStart, around.source);
  const tunnels = [...around.tunnels, { ...tunnel('minimal', around), ports }];
  if (tunnels.length > MAXIMUM_TUNNELS) throw new DecodeError(at, `tunnels are nested deeper than ${MAXIMUM_TUNNELS}`);
  return findInPayload(bytes, inner.payloadStart, inner.protocol, { ...around, ...inner, tunnels });
}

function agentDiscovery(bytes: Uint8Array, at: number, around: Surroundings): FoundMessage | null {
  const type = bytes[at];
  if (type !== IcmpType.ROUTER_ADVERTISEMENT && type !== IcmpType.ROUTER_SOLICITATION) return null;
  refuseIncomplete(at, around);
  const found = readAgentDiscovery(bytes.subarray(at), at, around.source);
  return found === null ? null : { ...endpoints(around), sourcePort: null, destinationPort: null, protocol: 'mobile-ip', ...found };
}

function rsvp(bytes: Uint8Array, at: number, around: Surroundings, datagram: UdpDatagram | null): FoundMessage {
  refuseIncomplete(at, around);
  const { message, identity, violations } = decodeRsvp(bytes.subarray(at), at);
  const found: Violation[] = [...violations];
  if (datagram === null && ALERTED.includes(message.kind) && !around.routerAlert) {
    found.push({ name: 'router-alert-missing', detail: `${message.kind} is sent with the router alert option (RFC 2205 §3.1)` });
  }
  if (datagram !== null) found.push(...checksumViolations(datagram, around));
  const ports = { sourcePort: datagram?.sourcePort ?? null, destinationPort: datagram?.destinationPort ?? null };
  return { ...endpoints(around), ...ports, protocol: 'rsvp', message, identity, violations: found };
}

function wholeDatagram(bytes: Uint8Array, at: number, around: Surroundings): UdpDatagram {
  refuseIncomplete(at, around);
  return readUdp(bytes, at, bytes.length, around.source, around.destination);
}

/** Half a message can read as a whole one that has fewer extensions, so neither a fragment nor a cut packet is read. */
function refuseIncomplete(at: number, around: Surroundings): void {
  if (around.fragment !== null) throw new DecodeError(at, 'the first fragment of a signalling message cannot be read alone');
  if (around.missingBytes > 0) throw new DecodeError(at, `the capture or the length of the packet lacks ${around.missingBytes} bytes of it`);
}

function checksumViolations(datagram: UdpDatagram, around: Surroundings): Violation[] {
  if (datagram.checksum === 'wrong' && !around.sourceRouted) {
    return [{ name: 'checksum-wrong', detail: 'the UDP checksum does not add up' }];
  }
  if (datagram.checksum === 'absent' && around.version === 6) {
    return [{ name: 'checksum-absent', detail: 'UDP over IPv6 has a checksum (RFC 8200 §8.1)' }];
  }
  return [];
}

function tunnel(kind: Encapsulation['kind'], around: Surroundings): Encapsulation {
  return { kind, source: formatIpAddress(around.source), destination: formatIpAddress(around.destination), key: null, ports: null };
}

function endpoints(around: Surroundings): Pick<FoundMessage, 'source' | 'destination' | 'tunnels'> {
  return { source: formatIpAddress(around.source), destination: formatIpAddress(around.destination), tunnels: around.tunnels };
}
