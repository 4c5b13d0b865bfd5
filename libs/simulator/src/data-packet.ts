import { buildIpv4, buildUdp, ByteWriter, internetChecksum, IpProtocol, parseIpAddress, pseudoHeaderSum, type RsvpSender } from '#signalling';
import type { FlowPlan } from './flow-plan';

/** The `number`th packet of a flow: UDP, TCP or ESP as the plan says, of a length that its token bucket lets through. */
export function dataPacket(plan: FlowPlan, sender: RsvpSender, destination: string, number: number): Uint8Array {
  const payload = new Uint8Array(plan.flowspec.tspec.m);
  const header = { source: sender.source, destination, protocol: plan.protocol, timeToLive: 61 };
  if (sender.spi !== null) {
    // RFC 4303: index, sequence number, then what only the receiver can read.
    return buildIpv4(header, new ByteWriter(8 + payload.length).u32(sender.spi).u32(number >>> 0).bytes(payload).finish());
  }
  const ports = { sourcePort: sender.sourcePort ?? 0, destinationPort: plan.destinationPort };
  if (plan.protocol === IpProtocol.TCP) return buildIpv4(header, tcpSegment(sender.source, destination, ports, number, payload));
  return buildIpv4(header, buildUdp({ source: sender.source, destination, ...ports }, payload));
}

function tcpSegment(
  source: string,
  destination: string,
  { sourcePort, destinationPort }: { readonly sourcePort: number; readonly destinationPort: number },
  number: number,
  payload: Uint8Array,
): Uint8Array {
  const pushAndAcknowledge = 0x5018;
  const sequence = (1 + (number - 1) * payload.length) >>> 0;
  const writer = new ByteWriter(20 + payload.length).u16(sourcePort).u16(destinationPort).u32(sequence).u32(1);
  writer.u16(pushAndAcknowledge).u16(65_535).u16(0).u16(0).bytes(payload);
  const sum = pseudoHeaderSum(parseIpAddress(source), parseIpAddress(destination), IpProtocol.TCP, writer.length);
  return writer.setU16(16, internetChecksum(writer.finish(), sum)).finish();
}
