import { buildEthernet } from '#signalling';
import type { ForeignAgent, MobileNode } from './network';

/** An Ethernet frame and the link that it is on: each link is captured with a clock of its own. */
export interface LinkFrame {
  readonly link: number;
  readonly bytes: Uint8Array;
}

/**
 * The two links of a foreign agent, both captured: outside, where a router leads to home agents and correspondents, and inside,
 * where the mobile nodes are. Hardware addresses are locally administered (02…) and tell who spoke.
 */
export function outsideFrame(agent: ForeignAgent, to: 'agent' | 'router', packet: Uint8Array): LinkFrame {
  const own = hardware(Station.outside, agent.index);
  const router = hardware(Station.router, agent.index);
  const ends = to === 'agent' ? { source: router, destination: own } : { source: own, destination: router };
  return { link: 2 * agent.index, bytes: buildEthernet(ends, packet) };
}

export function insideFrame(agent: ForeignAgent, to: 'agent' | 'node', node: MobileNode, packet: Uint8Array): LinkFrame {
  const own = hardware(Station.inside, agent.index);
  const mobile = hardware(Station.node, node.index);
  const ends = to === 'agent' ? { source: mobile, destination: own } : { source: own, destination: mobile };
  return { link: 2 * agent.index + 1, bytes: buildEthernet(ends, packet) };
}

/** To all systems (224.0.0.1) from the agent, or to all routers (224.0.0.2) from a node; RFC 1112 §6.4. */
export function insideMulticast(agent: ForeignAgent, from: MobileNode | 'agent', packet: Uint8Array): LinkFrame {
  const source = from === 'agent' ? hardware(Station.inside, agent.index) : hardware(Station.node, from.index);
  const destination = Uint8Array.of(0x01, 0x00, 0x5e, 0, 0, from === 'agent' ? 1 : 2);
  return { link: 2 * agent.index + 1, bytes: buildEthernet({ source, destination }, packet) };
}

const Station = { router: 1, outside: 2, inside: 3, node: 4 } as const;

function hardware(station: number, index: number): Uint8Array {
  return Uint8Array.of(0x02, station, 0, (index >> 16) & 0xff, (index >> 8) & 0xff, index & 0xff);
}
