import type { Flowspec, RsvpSender, TokenBucket } from '#signalling';
import type { Random } from './random';

/** A QoS session that a node is going to have, before its home address is put in. */
export interface FlowPlan {
  readonly style: 'FF' | 'SE' | 'WF';
  readonly protocol: number;
  readonly destinationPort: number;
  /** Told by an SPI, RFC 2207. */
  readonly generalized: boolean;
  readonly senders: readonly RsvpSender[];
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

type Flow = Pick<FlowPlan, 'style' | 'protocol' | 'destinationPort' | 'generalized' | 'senders'>;

/** One to three sessions of one node, no two on the same protocol and destination port: those might differ in style. */
export function planFlows(random: Random, correspondentNodes: readonly string[]): FlowPlan[] {
  const flows = new Map<string, FlowPlan>();
  const wanted = random.integer(1, 3);
  for (let index = 0; index < wanted; index += 1) {
    // The first is of the popular kind more often than not, so that matches come early.
    const flow = random.chance(index === 0 ? 0.75 : 0.4) ? popularFlow(random, correspondentNodes[0]!) : otherFlow(random, correspondentNodes);
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
  return { style: 'FF', protocol, destinationPort, generalized: false, senders: [portSender(correspondentNode, sourcePort)] };
}

function otherFlow(random: Random, correspondentNodes: readonly string[]): Flow {
  const correspondentNode = random.pick(correspondentNodes);
  const kind = random.fraction();
  if (kind < 0.2) {
    // Manual keying: nodes that were set up alike have the same SPI (RFC 4301 leaves 1–255 reserved).
    const spi = random.chance(0.5) ? 0x1001 : random.integer(256, 0xffff_ffff);
    const sender = { source: correspondentNodes[0]!, sourcePort: null, flowLabel: null, spi };
    return { style: 'FF', protocol: ESP, destinationPort: 1, generalized: true, senders: [sender] };
  }
  if (kind < 0.35) {
    const senders = correspondentNodes.slice(1, 1 + random.integer(2, 3)).map((source) => portSender(source, 6006));
    return { style: 'SE', protocol: UDP, destinationPort: 6006, generalized: false, senders };
  }
  if (kind < 0.45) {
    return { style: 'WF', protocol: UDP, destinationPort: 6004, generalized: false, senders: [portSender(correspondentNode, 6004)] };
  }
  const protocol = random.chance(0.7) ? UDP : TCP;
  const sender = portSender(correspondentNode, random.integer(1024, 49_151));
  return { style: 'FF', protocol, destinationPort: 2 * random.integer(10_000, 16_000), generalized: false, senders: [sender] };
}

function portSender(source: string, sourcePort: number): RsvpSender {
  return { source, sourcePort, flowLabel: null, spi: null };
}
