import { buildEthernet } from '#signalling';
import type { ForeignAgent, MobileNode } from './network';

/**
 * The two links of a foreign agent, both captured: outside, where a router leads to home agents and correspondents, and inside,
 * where the mobile nodes are. Hardware addresses are locally administered (02…) and tell who spoke.
 */
export function outsideFrame(agent: ForeignAgent, to: 'agent' | 'router', packet: Uint8Array): Uint8Array {
  const own = hardware(Station.outside, agent.index);
  const router = hardware(Station.router, agent.index);
  return to === 'agent' ? buildEthernet({ source: router, destination: own }, packet) : buildEthernet({ source: own, destination: router }, packet);
}

export function insideFrame(agent: ForeignAgent, to: 'agent' | 'node', node: MobileNode, packet: Uint8Array): Uint8Array {
  const own = hardware(Station.inside, agent.index);
  const mobile = hardware(Station.node, node.index);
  return to === 'agent' ? buildEthernet({ source: mobile, destination: own }, packet) : buildEthernet({ source: own, destination: mobile }, packet);
}

/** To all systems (224.0.0.1) from the agent, or to all routers (224.0.0.2) from a node; RFC 1112 §6.4. */
export function insideMulticast(agent: ForeignAgent, from: MobileNode | 'agent', packet: Uint8Array): Uint8Array {
  const source = from === 'agent' ? hardware(Station.inside, agent.index) : hardware(Station.node, from.index);
  return buildEthernet({ source, destination: Uint8Array.of(0x01, 0x00, 0x5e, 0, 0, from === 'agent' ? 1 : 2) }, packet);
}

const Station = { router: 1, outside: 2, inside: 3, node: 4 } as const;

function hardware(station: number, index: number): Uint8Array {
  return Uint8Array.of(0x02, station, 0, (index >> 16) & 0xff, (index >> 8) & 0xff, index & 0xff);
}
