import type { Flowspec, RsvpSender, TokenBucket } from '#signalling';
import type { SimulationOptions } from './options';
import type { Random } from './random';

/** A QoS session that a node is going to have, before its home address is put in. */
export interface FlowPlan {
  readonly style: 'FF' | 'SE' | 'WF';
  readonly protocol: number;
  readonly destinationPort: number;
  /** Told by an SPI each, RFC 2207. */
  readonly generalized: boolean;
  /** Of an SE list the first ones; those of `laterSenders` come and go. */
  readonly senders: readonly RsvpSender[];
  readonly laterSenders: readonly RsvpSender[];
  readonly flowspec: Flowspec;
  readonly refreshPeriodMs: number;
  readonly asksForConfirmation: boolean;
  readonly hasAdspec: boolean;
  /** The home agent has the bandwidth; otherwise the reservation is answered with a ResvErr. */
  readonly isAdmitted: boolean;
  readonly ends: 'path-tear' | 'resv-tear' | 'timeout';
}

const UDP = 17;
const TCP = 6;
const ESP = 50;

/** What many nodes ask of one correspondent node, with the same ports: the case that the rule is for. */
const popular = [
  { protocol: UDP, sourcePort: 5004, destinationPort: 5004 },
  { protocol: UDP, sourcePort: 5004, destinationPort: 5004 },
  { protocol: UDP, sourcePort: 16_384, destinationPort: 16_384 },
  { protocol: TCP, sourcePort: 554, destinationPort: 5540 },
] as const;

const voice: TokenBucket = { r: 10_000, b: 2_000, p: 20_000, m: 80, M: 300 };
const video: TokenBucket = { r: 250_000, b: 30_000, p: 500_000, m: 64, M: 1_500 };
const bulk: TokenBucket = { r: 60_000, b: 60_000, p: Infinity, m: 64, M: 1_500 };

type Flow = Pick<FlowPlan, 'style' | 'protocol' | 'destinationPort' | 'generalized' | 'senders' | 'laterSenders'>;
type Allowed = Pick<SimulationOptions, 'styles' | 'esp'>;

/** One to three sessions of one node, no two on the same protocol and destination port: those might differ in style. */
export function planFlows(random: Random, correspondentNodes: readonly string[], allowed: Allowed): FlowPlan[] {
  const flows = new Map<string, FlowPlan>();
  const wanted = random.integer(1, 3);
  for (let index = 0; index < wanted; index += 1) {
    // The first is of the popular kind more often than not, so that matches come early.
    const isPopular = random.chance(index === 0 ? 0.75 : 0.4) && allowed.styles.includes('FF');
    const flow = isPopular ? popularFlow(random, correspondentNodes[0]!) : otherFlow(random, correspondentNodes, allowed);
    const key = `${flow.protocol}/${flow.destinationPort}`;
    if (!flows.has(key)) flows.set(key, { ...flow, ...behaviour(random) });
  }
  return [...flows.values()];
}

function behaviour(random: Random): Omit<FlowPlan, keyof Flow> {
  const tspec = random.pick([voice, voice, video, bulk]);
  const guaranteed = random.chance(0.2);
  return {
    flowspec: guaranteed
      ? { service: 'guaranteed', tspec, rspec: { R: tspec.r * 2, S: 0 } }
      : { service: 'controlled-load', tspec, rspec: null },
    refreshPeriodMs: 30_000,
    asksForConfirmation: random.chance(0.6),
    hasAdspec: random.chance(0.3),
    isAdmitted: random.chance(0.95),
    ends: random.pick(['path-tear', 'path-tear', 'resv-tear', 'timeout']),
  };
}

function popularFlow(random: Random, correspondentNode: string): Flow {
  const { protocol, sourcePort, destinationPort } = random.pick(popular);
  return fixedFlow(protocol, destinationPort, portSender(correspondentNode, sourcePort));
}

function otherFlow(random: Random, correspondentNodes: readonly string[], { styles, esp }: Allowed): Flow {
  const correspondentNode = random.pick(correspondentNodes);
  const kind = random.fraction();
  if (styles.includes('FF')) {
    if (kind < 0.2 && esp) return espFlow(random, correspondentNodes[0]!);
    const isShared = kind >= 0.2 && kind < 0.35 && styles.includes('SE');
    const isWildcard = kind >= 0.35 && kind < 0.45 && styles.includes('WF');
    if (!isShared && !isWildcard) {
      const protocol = random.chance(0.7) ? UDP : TCP;
      return fixedFlow(protocol, 2 * random.integer(10_000, 16_000), portSender(correspondentNode, random.integer(1024, 49_151)));
    }
    return isShared ? sharedFlow(random, correspondentNodes, esp) : wildcardFlow(random, correspondentNodes);
  }
  const isShared = styles.includes('SE') && (kind < 0.5 || !styles.includes('WF'));
  return isShared ? sharedFlow(random, correspondentNodes, esp) : wildcardFlow(random, correspondentNodes);
}

function fixedFlow(protocol: number, destinationPort: number, sender: RsvpSender): Flow {
  return { style: 'FF', protocol, destinationPort, generalized: false, senders: [sender], laterSenders: [] };
}

/** Manual keying: nodes that were set up alike have the same SPI (RFC 4301 leaves 1–255 reserved). */
function espFlow(random: Random, correspondentNode: string): Flow {
  const spi = random.chance(0.5) ? 0x1001 : random.integer(256, 0xffff_ffff);
  return { ...fixedFlow(ESP, 1, spiSender(correspondentNode, spi)), generalized: true };
}

/** A conference: everybody has the same ports, or was keyed alike; some come later. */
function sharedFlow(random: Random, correspondentNodes: readonly string[], esp: boolean): Flow {
  const isKeyed = esp && random.chance(0.4);
  const everybody = correspondentNodes.slice(1).map((source) => (isKeyed ? spiSender(source, 0x2002) : portSender(source, 6006)));
  const first = random.integer(2, 3);
  const flow = isKeyed ? { ...fixedFlow(ESP, 2, everybody[0]!), generalized: true } : fixedFlow(UDP, 6006, everybody[0]!);
  return { ...flow, style: 'SE', senders: everybody.slice(0, first), laterSenders: everybody.slice(first) };
}

/** Whoever sends to the port is reserved for. */
function wildcardFlow(random: Random, correspondentNodes: readonly string[]): Flow {
  const senders = correspondentNodes.slice(1, 1 + random.integer(1, 3)).map((source) => portSender(source, 6004));
  return { ...fixedFlow(UDP, 6004, senders[0]!), style: 'WF', senders };
}

function spiSender(source: string, spi: number): RsvpSender {
  return { source, sourcePort: null, flowLabel: null, spi };
}

function portSender(source: string, sourcePort: number): RsvpSender {
  return { source, sourcePort, flowLabel: null, spi: null };
}
