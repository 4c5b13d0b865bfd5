import { ByteWriter } from '../byte-writer';
import { EtherType } from './ip-protocol';

export interface EthernetHeader {
  /** Six bytes each. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** VLAN ids, outermost first: one is 802.1Q, with two the outer tag is a service tag (802.1ad). */
  readonly vlans?: readonly number[];
}

export function buildEthernet(header: EthernetHeader, packet: Uint8Array): Uint8Array {
  const writer = new ByteWriter(22 + packet.length).bytes(header.destination).bytes(header.source);
  const vlans = header.vlans ?? [];
  vlans.forEach((vlan, index) => writer.u16(index < vlans.length - 1 ? 0x88a8 : 0x8100).u16(vlan));
  return writer.u16(packet[0]! >> 4 === 6 ? EtherType.IPV6 : EtherType.IPV4).bytes(packet).finish();
}
