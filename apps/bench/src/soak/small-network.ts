import type { Flow, PoolRange, Style } from '#domain';
import { pick, weighted, type Choices } from './choices';

/** A network so small that everything collides with everything, and whose pools are soon empty. */
export const scopes = [
  { foreignAgent: 'fa-1', careOfAddress: '198.51.100.1' },
  { foreignAgent: 'fa-1', careOfAddress: '198.51.100.2' },
  { foreignAgent: 'fa-2', careOfAddress: '198.51.101.1' },
  { foreignAgent: 'fa-2', careOfAddress: '2001:db8:2::1' },
  { foreignAgent: 'fa-3', careOfAddress: '198.51.102.1' },
  { foreignAgent: 'fa-3', careOfAddress: '198.51.102.2' },
] as const;
export type SmallScope = (typeof scopes)[number];

export const agents = ['fa-1', 'fa-2', 'fa-3'] as const;

const homeAgents = ['203.0.113.1', '203.0.113.2'] as const;

export interface Node {
  readonly mobileNode: string;
  readonly homeAddress: string;
  readonly homeAgents: readonly string[];
}

/** Ten: two with one home address and different home agents, and one that is registered through both. */
export const nodes: readonly Node[] = [
  { mobileNode: '10.0.0.5@203.0.113.1', homeAddress: '10.0.0.5', homeAgents: [homeAgents[0]] },
  { mobileNode: '10.0.0.5@203.0.113.2', homeAddress: '10.0.0.5', homeAgents: [homeAgents[1]] },
  { mobileNode: 'ann@example.net', homeAddress: '10.0.0.9', homeAgents },
  ...Array.from({ length: 7 }, (_, i) => ({ mobileNode: `mn-${i + 1}`, homeAddress: `10.0.1.${i + 1}`, homeAgents: [homeAgents[i % 2]!] })),
];

const tiny: PoolRange = { first: 50_000, last: 50_001 };

/** Pools of two, of one, and of none. */
export const poolsToProvision = [
  { sourcePort: tiny, destinationPort: tiny, flowLabel: { first: 1, last: 2 }, greKey: { first: 1, last: 2 } },
  { sourcePort: { first: 50_001, last: 50_003 }, destinationPort: null, flowLabel: { first: 1, last: 1 }, greKey: null },
];

/** Two correspondent nodes and a port or two: whoever asks, asks for what another has. */
export function drawFlow(choices: Choices, careOfAddress: string): { readonly flow: Flow; readonly style: Style } {
  const isV6 = careOfAddress.includes(':');
  const correspondents = isV6 ? ['2001:db8::7', '2001:db8::8'] : ['192.0.2.7', '192.0.2.8'];
  const correspondentNode = pick(choices, correspondents);
  const sourcePort = pick(choices, [5000, 5000, 5001]);
  const destinationPort = pick(choices, [5004, 5004, 5004, 50_000]);
  switch (weighted(choices, { ports: 8, se: 2, wf: 1, label: isV6 ? 3 : 0, spi: 1, icmp: isV6 ? 0 : 1, zero: 1 })) {
    case 'ports':
      return { flow: { correspondentNode, protocol: 17, sourcePort, destinationPort }, style: 'FF' };
    case 'se': {
      // Of IPv6 by a label beside a port, or by labels alone.
      const first = isV6 && sourcePort === 5001 ? { flowLabel: 2 } : { sourcePort };
      const second = isV6 ? { flowLabel: 1 } : { sourcePort: 5002 };
      const senders = [{ correspondentNode, ...first }, { correspondentNode: pick(choices, correspondents), ...second }];
      return { flow: { protocol: 17, destinationPort, senders: senders.slice(0, 1 + choices.below(2)) }, style: 'SE' };
    }
    case 'wf':
      return { flow: { protocol: 17, destinationPort }, style: 'WF' };
    case 'label':
      return { flow: { correspondentNode, protocol: 17, destinationPort, flowLabel: 1 + choices.below(2) }, style: 'FF' };
    case 'spi': {
      const esp = { protocol: 50, destinationPort: 9 };
      const sender = { correspondentNode, spi: 7 + choices.below(2) };
      const other = { correspondentNode: correspondents[0]!, spi: 9 };
      return destinationPort === 50_000 ? { flow: { ...esp, senders: [sender, other] }, style: 'SE' } : { flow: { ...esp, ...sender }, style: 'FF' };
    }
    case 'icmp':
      return { flow: { correspondentNode, protocol: 1 }, style: 'FF' };
    case 'zero':
      return { flow: { correspondentNode, protocol: 6, sourcePort: 1, destinationPort: pick(choices, [0, 80]) }, style: 'FF' };
  }
}
