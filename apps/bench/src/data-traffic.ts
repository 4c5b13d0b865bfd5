import { buildEthernet, buildGre, buildIp, buildIpInIp, buildUdp, ByteWriter, internetChecksum } from '#signalling';
import { IpProtocol, LinkType, parseIpAddress, PcapWriter, pseudoHeaderSum } from '#signalling';

/** Lengths of IP packets, 7:4:1: the simple Internet mix that routers are measured with (RFC 6985 tells how to write one down). */
const simpleMix = [40, 576, 40, 40, 1_500, 576, 40, 576, 40, 40, 576, 40] as const;

const flows = 64;
/** RFC 4303; its payload is a secret of its ends. */
const ESP = 50;

/** A data packet as a record of a capture, of which only what changes from packet to packet is written anew. */
interface Template {
  readonly record: Uint8Array;
  readonly flow: number;
  readonly tcp: TcpFields | null;
}

/** Of a segment: where its sequence number is, or, where it carries no data, its acknowledgement number. */
interface TcpFields {
  readonly numberAt: number;
  readonly checksumAt: number;
  /** With number 0. */
  readonly checksum: number;
  readonly length: number;
}

/**
 * Packets of flows between correspondent nodes and mobile nodes behind a foreign agent: TCP and UDP, bare, in IP-in-IP and in GRE
 * towards the care-of address, ESP, and UDP over IPv6. No packet carries signalling. TCP's short packets go back and acknowledge: an
 * analyser that keeps what is unacknowledged would otherwise keep everything.
 */
export class DataTraffic {
  private readonly templates = makeTemplates();
  private readonly sequence = new Uint32Array(flows);
  private next = 0;

  /** The next packet of the mix; the bytes are overwritten when it comes up again. */
  record(timeNs: bigint): Uint8Array {
    const { record, flow, tcp } = this.templates[this.next++ % this.templates.length]!;
    const view = new DataView(record.buffer);
    view.setUint32(0, Number(timeNs / 1_000_000_000n));
    view.setUint32(4, Number(timeNs % 1_000_000_000n));
    if (tcp !== null) {
      const number = this.sequence[flow]!;
      this.sequence[flow] = number + tcp.length;
      view.setUint32(tcp.numberAt, number);
      // RFC 1624: the sum changes by what the field changes by.
      const sum = (~tcp.checksum & 0xffff) + (number >>> 16) + (number & 0xffff);
      view.setUint16(tcp.checksumAt, ~((sum & 0xffff) + (sum >>> 16)));
    }
    return record;
  }
}

/** Every flow has every length once, so that the flows and lengths of neighbours differ. */
function makeTemplates(): readonly Template[] {
  const writer = new PcapWriter(LinkType.ETHERNET);
  return simpleMix.flatMap((_, round) => {
    const lengthOf = (flow: number): number => simpleMix[(round + flow) % simpleMix.length]!;
    return Array.from({ length: flows }, (_unused, flow) => template(writer, flow, lengthOf(flow)));
  });
}

const kinds = ['tcp', 'tcp-in-ip', 'udp-in-ip', 'tcp', 'udp', 'tcp-in-gre', 'esp', 'udp-over-ipv6'] as const;
const overhead = { tcp: 40, 'tcp-in-ip': 60, 'udp-in-ip': 48, udp: 28, 'tcp-in-gre': 64, esp: 28, 'udp-over-ipv6': 48 } as const;

function template(writer: PcapWriter, flow: number, length: number): Template {
  const kind = kinds[flow % kinds.length]!;
  const payload = Uint8Array.from({ length: Math.max(0, length - overhead[kind]) }, (_, index) => (index * 31 + flow * 7) & 0xff);
  const packet = packetOf(kind, flow, payload);
  const hardware = (station: number): Uint8Array => Uint8Array.of(0x02, station, 0, 0, 0, flow);
  const record = writer.record(0n, buildEthernet({ source: hardware(1), destination: hardware(2) }, packet));
  if (!kind.startsWith('tcp')) return { record, flow, tcp: null };
  const segmentAt = record.length - payload.length - 20;
  const checksum = new DataView(record.buffer).getUint16(segmentAt + 16);
  const numberAt = segmentAt + (payload.length > 0 ? 4 : 8);
  return { record, flow, tcp: { numberAt, checksumAt: segmentAt + 16, checksum, length: payload.length } };
}

function packetOf(kind: (typeof kinds)[number], flow: number, payload: Uint8Array): Uint8Array {
  const back = kind.startsWith('tcp') && payload.length === 0;
  const ends = turned({ source: `192.0.2.${1 + flow}`, destination: `10.1.${flow}.1` }, back);
  const [sourcePort, destinationPort] = back ? [30_000 + 2 * flow, 20_000 + 2 * flow] : [20_000 + 2 * flow, 30_000 + 2 * flow];
  const ports = { sourcePort, destinationPort };
  const outer = turned({ source: '203.0.113.1', destination: '198.51.100.1' }, back);
  switch (kind) {
    case 'tcp':
      return buildIp({ ...ends, protocol: IpProtocol.TCP }, tcpSegment(ends, ports, payload));
    case 'tcp-in-ip':
      return buildIpInIp(outer, packetOf('tcp', flow, payload));
    case 'tcp-in-gre':
      return buildIp({ ...outer, protocol: IpProtocol.GRE }, buildGre({}, packetOf('tcp', flow, payload)));
    case 'udp':
      return buildIp({ ...ends, protocol: IpProtocol.UDP }, buildUdp({ ...ends, ...ports }, payload));
    case 'udp-in-ip':
      return buildIpInIp(outer, packetOf('udp', flow, payload));
    case 'esp':
      return buildIp({ ...ends, protocol: ESP }, new ByteWriter(8 + payload.length).u32(0x1000 + flow).u32(1).bytes(payload).finish());
    case 'udp-over-ipv6': {
      const ends6 = { source: `2001:db8::${flow.toString(16)}`, destination: `2001:db8:1::${flow.toString(16)}` };
      return buildIp({ ...ends6, protocol: IpProtocol.UDP }, buildUdp({ ...ends6, ...ports }, payload));
    }
  }
}

type Ends = { readonly source: string; readonly destination: string };
type Ports = { readonly sourcePort: number; readonly destinationPort: number };

function turned({ source, destination }: Ends, back: boolean): Ends {
  return back ? { source: destination, destination: source } : { source, destination };
}

function tcpSegment({ source, destination }: Ends, { sourcePort, destinationPort }: Ports, payload: Uint8Array): Uint8Array {
  const acknowledge = 0x5010;
  const back = payload.length === 0;
  const writer = new ByteWriter(20 + payload.length).u16(sourcePort).u16(destinationPort).u32(back ? 1 : 0).u32(back ? 0 : 1);
  writer.u16(acknowledge).u16(65_535).u16(0).u16(0).bytes(payload);
  const sum = pseudoHeaderSum(parseIpAddress(source), parseIpAddress(destination), IpProtocol.TCP, writer.length);
  return writer.setU16(16, internetChecksum(writer.finish(), sum)).finish();
}
