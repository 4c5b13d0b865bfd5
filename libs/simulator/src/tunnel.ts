import { buildGre, buildIpInIp, buildIpv4, buildMinimalEncapsulation, IpProtocol } from '#signalling';
import type { ForeignAgent, MobileNode } from './network';

/** The packet as the home agent sends it to the care-of address, in the encapsulation that the node asked for. */
export function tunnelToCareOfAddress(node: MobileNode, agent: ForeignAgent, packet: Uint8Array): Uint8Array {
  const outer = { source: node.homeAgent.address, destination: agent.careOfAddress, timeToLive: 62 };
  switch (node.encapsulation) {
    case 'ip-in-ip':
      return buildIpInIp(outer, packet);
    case 'gre':
      return buildIpv4({ ...outer, protocol: IpProtocol.GRE }, buildGre({}, packet));
    case 'minimal':
      return buildMinimalEncapsulation(outer, packet);
  }
}
