import { planFlows, type FlowPlan } from './flow-plan';
import { simulationOptions, type SimulationOptions } from './options';
import { Random } from './random';

/**
 * Who takes part, with which addresses: agents and correspondents from the documentation ranges of RFC 5737 (beyond those, from
 * the benchmarking range of RFC 2544), homes from private ones. The plan is a function of the options alone.
 */
export interface Network {
  readonly correspondentNodes: readonly string[];
  readonly homeAgents: readonly HomeAgent[];
  readonly foreignAgents: readonly ForeignAgent[];
  readonly mobileNodes: readonly MobileNode[];
}

export interface HomeAgent {
  readonly id: string;
  readonly address: string;
  /** Longest lifetime that it grants. */
  readonly maximumLifetimeSeconds: number;
}

export interface ForeignAgent {
  readonly index: number;
  readonly id: string;
  /** On the link of the mobile nodes. */
  readonly address: string;
  /** On the link towards the home agents; the end of every tunnel. */
  readonly careOfAddress: string;
}

/** What a node does of itself, beside registering and refreshing; handoffs are told to whoever is there. */
export type Role = 'resident' | 'leaver' | 'vanisher';

export interface MobileNode {
  readonly index: number;
  /** The NAI, else `homeAddress@homeAgent`. */
  readonly id: string;
  readonly nai: string | null;
  readonly homeAddress: string;
  readonly homeAgent: HomeAgent;
  readonly role: Role;
  readonly encapsulation: 'ip-in-ip' | 'gre' | 'minimal';
  /** What its first registration is answered with: 0 accepts; 66 is the foreign agent's, the others the home agent's. */
  readonly firstReplyCode: 0 | 66 | 131 | 133;
  /** Its home agent gives its sessions tunnel sessions, with flow ids that it chooses itself (RFC 2746). */
  readonly homeAgentChooses: boolean;
  readonly firstForeignAgent: ForeignAgent;
  readonly arrivesAtSeconds: number;
  readonly flows: readonly FlowPlan[];
}

const correspondentNodes = ['192.0.2.7', '192.0.2.20', '192.0.2.21', '192.0.2.22', '192.0.2.23'];

/** Two nodes in so many have the same private home address, with different home agents, at one foreign agent (RFC 3024 A.4). */
const twinEvery = 10;

export function describeNetwork(given: Partial<SimulationOptions> = {}): Network {
  const options = simulationOptions(given);
  const homeAgents = Array.from({ length: Math.min(8, 2 + Math.floor(options.mobileNodes / 100)) }, (_, index) => homeAgent(index));
  const foreignAgents = Array.from({ length: options.foreignAgents }, (_, index) => foreignAgent(index));
  const mobileNodes = Array.from({ length: options.mobileNodes }, (_, index) => mobileNode(index, options, homeAgents, foreignAgents));
  return { correspondentNodes, homeAgents, foreignAgents, mobileNodes };
}

function homeAgent(index: number): HomeAgent {
  return { id: `ha-${index + 1}`, address: `203.0.113.${index + 1}`, maximumLifetimeSeconds: index % 2 === 0 ? 120 : 90 };
}

function foreignAgent(index: number): ForeignAgent {
  const documented = index < 120;
  return {
    index,
    id: `fa-${index + 1}`,
    address: documented ? `198.51.100.${index + 129}` : `198.19.${index >> 8}.${index & 0xff}`,
    careOfAddress: documented ? `198.51.100.${index + 1}` : `198.18.${index >> 8}.${index & 0xff}`,
  };
}

function mobileNode(
  index: number,
  options: SimulationOptions,
  homeAgents: readonly HomeAgent[],
  foreignAgents: readonly ForeignAgent[],
): MobileNode {
  const random = new Random(options.seed, index);
  const isTwin = index % twinEvery < 2;
  const homeAgentIndex = index % homeAgents.length;
  const home = homeAgents[homeAgentIndex]!;
  // Twins live in 10.0/16 (10.255/16) behind any home agent, the others in networks of their home agent's own.
  const number = isTwin ? Math.floor(index / twinEvery) : index;
  const group = Math.floor(number / 64_000);
  const network = isTwin ? group * 255 : homeAgentIndex + 1 + 16 * group;
  const homeAddress = `10.${network}.${Math.floor(number / 250) % 256}.${(number % 250) + 1}`;
  const nai = !isTwin && random.chance(0.3) ? `mn-${index + 1}@example.net` : null;
  // Twins arrive at the same agent.
  const foreignAgent = isTwin ? foreignAgents[Math.floor(index / twinEvery) % foreignAgents.length]! : random.pick(foreignAgents);
  return {
    index,
    id: nai ?? `${homeAddress}@${home.address}`,
    nai,
    homeAddress,
    homeAgent: home,
    role: roleOf(index, random),
    encapsulation: (['ip-in-ip', 'ip-in-ip', 'ip-in-ip', 'gre', 'minimal'] as const)[index % 5]!,
    firstReplyCode: firstReplyCode(index),
    homeAgentChooses: index % 8 === 4,
    firstForeignAgent: foreignAgent,
    arrivesAtSeconds: arrival(index, random, options.durationSeconds),
    flows: planFlows(random, correspondentNodes, options),
  };
}

/** By number rather than by chance, so that every kind of node is there in small networks too. */
function roleOf(index: number, random: Random): Role {
  switch (index % 10) {
    case 5:
      return 'leaver';
    case 8:
      return random.chance(0.5) ? 'vanisher' : 'resident';
    default:
      return 'resident';
  }
}

function firstReplyCode(index: number): MobileNode['firstReplyCode'] {
  switch (index % 25) {
    case 7:
      return 133;
    case 14:
      return 66;
    case 22:
      return 131;
    default:
      return 0;
  }
}

/** Two nodes of three in the first three seconds (less in a short run), so that a picture fills at once; the rest by and by. */
function arrival(index: number, random: Random, durationSeconds: number): number {
  const early = Math.min(3, durationSeconds / 4);
  return index % 3 < 2 ? random.between(0.1, early) : random.between(early, Math.max(early, durationSeconds / 3));
}
