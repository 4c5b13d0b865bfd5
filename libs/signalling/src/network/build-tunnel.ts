import { ByteWriter } from '../byte-writer';
import { internetChecksum } from '../internet-checksum';
import { isIpv6Text } from '../ip-address';
import { EtherType, GreFlag, IpProtocol, MOBILE_IP_TUNNEL_DATA } from './ip-protocol';
import { buildIpv4, type Ipv4Header, readIpv4 } from './ipv4';
import { buildIpv6, type Ipv6Header } from './ipv6';

/** An IP packet of the version that the addresses are of. */
export function buildIp(header: Ipv4Header & Pick<Ipv6Header, 'flowLabel'>, payload: Uint8Array): Uint8Array {
  if (!isIpv6Text(header.source)) return buildIpv4(header, payload);
  const { source, destination, protocol, routerAlert = false, flowLabel = 0, timeToLive = 64, typeOfService = 0 } = header;
  return buildIpv6({ source, destination, protocol, routerAlert, flowLabel, hopLimit: timeToLive, trafficClass: typeOfService }, payload);
}

/** Protocol number by which an IP packet is told inside another. */
export function protocolOfPacket(packet: Uint8Array): number {
  return packet[0]! >> 4 === 6 ? IpProtocol.IPV6 : IpProtocol.IPV4;
}

/** RFC 2003, 2473: the packet behind an outer header. */
export function buildIpInIp(outer: Omit<Ipv4Header, 'protocol'>, packet: Uint8Array): Uint8Array {
  return buildIp({ ...outer, protocol: protocolOfPacket(packet) }, packet);
}

export interface GreHeader {
  readonly key?: number;
  readonly sequenceNumber?: number;
  readonly checksum?: boolean;
}

/** RFC 2784 and 2890: what stands behind an outer IP header of protocol 47. */
export function buildGre(header: GreHeader, packet: Uint8Array): Uint8Array {
  const withChecksum = header.checksum === true;
  const flags =
    (withChecksum ? GreFlag.CHECKSUM : 0) |
    (header.key === undefined ? 0 : GreFlag.KEY) |
    (header.sequenceNumber === undefined ? 0 : GreFlag.SEQUENCE);
  const writer = new ByteWriter(16 + packet.length).u16(flags).u16(packet[0]! >> 4 === 6 ? EtherType.IPV6 : EtherType.IPV4);
  if (withChecksum) writer.u32(0);
  if (header.key !== undefined) writer.u32(header.key);
  if (header.sequenceNumber !== undefined) writer.u32(header.sequenceNumber);
  writer.bytes(packet);
  if (withChecksum) writer.setU16(4, internetChecksum(writer.finish()));
  return writer.finish();
}

/**
 * RFC 2004: the inner header shrunk behind an outer one. The packet is IPv4 and not a fragment; of its options, which stay in
 * the outer header (§3), the router alert is kept.
 */
export function buildMinimalEncapsulation(outer: Omit<Ipv4Header, 'protocol'>, packet: Uint8Array): Uint8Array {
  const inner = readIpv4(packet, 0);
  const writer = new ByteWriter(12 + packet.length).u8(inner.protocol).u8(0x80).u16(0).bytes(inner.destination).bytes(inner.source);
  writer.setU16(2, internetChecksum(writer.finish()));
  writer.bytes(packet.subarray(inner.payloadStart, inner.payloadEnd));
  const routerAlert = outer.routerAlert === true || inner.routerAlert;
  return buildIpv4({ ...outer, routerAlert, protocol: IpProtocol.MINIMAL_ENCAPSULATION }, writer.finish());
}

/** RFC 3519 §4.1: the UDP payload (port 434) that carries an IP packet. */
export function buildTunnelData(packet: Uint8Array): Uint8Array {
  return new ByteWriter(4 + packet.length).u8(MOBILE_IP_TUNNEL_DATA).u8(protocolOfPacket(packet)).u16(0).bytes(packet).finish();
}
