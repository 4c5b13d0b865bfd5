import type { RsvpMessage, RsvpSender } from '#signalling';
import type { FlowPlan } from './flow-plan';
import { outsideFrame } from './link';
import type { ForeignAgent } from './network';
import { Random } from './random';
import { RandomStream } from './random-stream';
import { pathMessage, pathTearMessage, resvMessage, rsvpPacket } from './rsvp-packet';
import type { SessionLog } from './session-log';
import type { World } from './world';

const second = 1_000_000;

/** Hosts that no agent serves, and the router before the receiver. */
interface Ends {
  /** Several share one reservation. */
  readonly senders: readonly RsvpSender[];
  readonly receiver: string;
  readonly router: string;
}

/**
 * RSVP between two hosts that no agent serves, which passes by on the outside link: no mobile node, no tunnel. Mobile IP for IPv4
 * has IPv4 nodes; flows of IPv6 are among these, told by ports or by a label of RFC 6437, one sender's or a list's.
 */
export function startDirectFlows(world: World, agent: ForeignAgent): void {
  const host = 100 + (agent.index % 100);
  const port = { sourcePort: 5004, flowLabel: null, spi: null };
  const v4 = { senders: [{ source: `192.0.2.${host}`, ...port }], receiver: `203.0.113.${host}`, router: '192.0.2.254' };
  const number = (agent.index + 1).toString(16);
  const v6 = { source: `2001:db8:c::${number}`, receiver: `2001:db8:f:${number}::1`, router: '2001:db8:c::fffe' };
  const flows: Ends[] = [v4];
  if (world.options.ipv6) {
    const labelled = (source: string): RsvpSender => ({ source, sourcePort: null, flowLabel: 0, spi: null });
    flows.push({ ...v6, senders: [{ source: v6.source, ...port }] });
    flows.push({ ...v6, senders: [labelled(v6.source)] });
    const list = [v6.source, `2001:db8:c:1::${number}`, `2001:db8:c:2::${number}`].map(labelled);
    if (world.options.styles.includes('SE')) flows.push({ ...v6, receiver: `2001:db8:f:${number}::2`, senders: list });
  }
  flows.forEach((ends, index) => new DirectFlow(world, agent, index, ends).start());
}

class DirectFlow {
  private readonly random: Random;
  private readonly plan: FlowPlan;
  private senders: readonly RsvpSender[];
  private log: SessionLog | null = null;
  private run = 0;

  constructor(
    private readonly world: World,
    private readonly agent: ForeignAgent,
    number: number,
    private readonly ends: Ends,
  ) {
    this.random = new Random(world.options.seed, RandomStream.direct + 4 * agent.index + number);
    this.senders = ends.senders;
    const tspec = { r: 6_000, b: 6_000, p: 6_000, m: 80, M: 300 };
    const { styles } = world.options;
    this.plan = {
      style: ends.senders.length > 1 ? 'SE' : styles.includes('FF') ? 'FF' : styles[0]!,
      protocol: 17, destinationPort: 5004 + number, generalized: false, senders: ends.senders, laterSenders: [],
      flowspec: { service: 'controlled-load', tspec, rspec: null },
      refreshPeriodMs: 30_000, asksForConfirmation: false, hasAdspec: false, isAdmitted: true, ends: 'timeout',
    };
  }

  start(): void {
    this.world.after(this.random.between(0.5, 4) * second, () => this.begin());
  }

  /** A flow that is told by its label ends some time, and the next one of the same hosts has another label (RFC 6437 §3). */
  private begin(): void {
    const { world, random, ends } = this;
    this.run += 1;
    const isLabelled = ends.senders[0]!.flowLabel !== null;
    this.senders = ends.senders.map((sender) => (isLabelled ? { ...sender, flowLabel: random.integer(1, 0xfffff) } : sender));
    this.log = world.truth.session(null, this.session(), this.plan, null);
    this.refresh(this.run);
    if (!isLabelled) return;
    world.after(random.between(40, 160) * second, () => {
      this.run += 1;
      this.end();
      world.after(random.between(1, 10) * second, () => this.begin());
    });
  }

  private refresh(run: number): void {
    if (run !== this.run) return;
    const { world, random, plan, ends, log } = this;
    const last = this.senders.at(-1);
    for (const sender of this.senders) this.send('agent', sender.source, ends.receiver, pathMessage(this.hop(ends.router), sender, 1), () => {
      log?.pathSeen(sender, 'direct', ends.receiver, null);
      // One reservation for all of them.
      if (sender === last) world.after(random.between(5_000, 20_000), () =>
        this.send('router', ends.receiver, ends.router, resvMessage(this.hop(ends.receiver), null), () => log?.resvSeen(ends.receiver)),
      );
    });
    world.after(plan.refreshPeriodMs * 1_000 * random.between(0.5, 1.5), () => this.refresh(run));
  }

  private end(): void {
    const { world, ends, senders, log } = this;
    for (const sender of senders) {
      this.send('agent', sender.source, ends.receiver, pathTearMessage(this.hop(ends.router), sender), () => log?.tearSeen(sender, ends.receiver));
    }
    world.after(second, () => log?.silence());
  }

  private send(to: 'agent' | 'router', source: string, destination: string, message: RsvpMessage, delivered: () => void): void {
    this.world.send(outsideFrame(this.agent, to, rsvpPacket(source, destination, message)), delivered);
  }

  private session() {
    const { protocol, destinationPort } = this.plan;
    return { destination: this.ends.receiver, protocol, destinationPort, generalized: false, flags: 0 };
  }

  private hop(hop: string) {
    return { plan: this.plan, session: this.session(), senders: this.senders, hop, timeToLive: 62 };
  }
}
