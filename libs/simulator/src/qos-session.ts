import type { RsvpMessage, RsvpSession } from '#signalling';
import { dataPacket } from './data-packet';
import type { FlowPlan } from './flow-plan';
import { insideFrame, outsideFrame } from './link';
import type { MobileNodeActor } from './mobile-node';
import type { ForeignAgent } from './network';
import {
  pathMessage,
  pathTearMessage,
  resvConfMessage,
  resvErrMessage,
  resvMessage,
  resvTearMessage,
  rsvpPacket,
  type HopOfSession,
} from './rsvp-packet';
import { tunnelToCareOfAddress } from './tunnel';

const second = 1_000_000;

/**
 * One QoS session of a node: correspondents send PATH, which the home agent tunnels to the foreign agent; the node answers with
 * RESV, hop by hop; both refresh until the session ends, and after a while it begins again. Home agent and foreign agent are
 * RSVP hops, the tunnel between them is one logical link.
 */
export class QosSession {
  private readonly session: RsvpSession;
  /** A number for each run of the session: what an earlier one planned is void. */
  private run = 0;
  private isRunning = false;
  private isReserving = false;
  private isConfirmed = false;
  private packets = 0;

  constructor(
    private readonly owner: MobileNodeActor,
    private readonly plan: FlowPlan,
  ) {
    const { protocol, destinationPort, generalized } = plan;
    this.session = { destination: owner.node.homeAddress, protocol, destinationPort, generalized, flags: 0 };
  }

  startAfter(delayUs: number): void {
    if (this.isRunning) return;
    this.isRunning = true;
    this.isReserving = false;
    this.isConfirmed = false;
    this.run += 1;
    this.inThisRun(delayUs, () => this.begin());
  }

  /** Local repair (RFC 2205 §3.6): the route has changed, PATH and RESV follow at once. */
  repair(): void {
    if (!this.isRunning) return;
    this.isReserving = false;
    this.inThisRun(this.owner.random.between(30_000, 300_000), () => this.sendPaths());
  }

  /** Ends this run, with tears or in silence. */
  stop(how: FlowPlan['ends']): void {
    if (!this.isRunning) return;
    this.isRunning = false;
    this.run += 1;
    if (how === 'timeout') return;
    if (how === 'path-tear') return this.sendPathTears();
    this.sendResvTear();
    this.owner.world.after(this.owner.random.between(1, 4) * second, () => {
      if (!this.isRunning) this.sendPathTears();
    });
  }

  private begin(): void {
    const { random } = this.owner;
    this.refreshPaths();
    this.sendDataPeriodically();
    this.inThisRun(random.between(20, 240) * second, () => {
      this.stop(this.plan.ends);
      // Half of them return before a quarantine would end, and may reclaim what they had.
      this.owner.world.after((random.chance(0.5) ? random.between(5, 40) : random.between(200, 400)) * second, () => this.startAfter(0));
    });
  }

  /** RFC 2205 §3.7: the time to the next refresh is drawn from [0.5 R, 1.5 R], so that refreshes do not fall in step. */
  private refreshTimeUs(): number {
    return this.plan.refreshPeriodMs * 1_000 * this.owner.random.between(0.5, 1.5);
  }

  private refreshPaths(): void {
    this.sendPaths();
    this.inThisRun(this.refreshTimeUs(), () => this.refreshPaths());
  }

  private sendPaths(): void {
    const { node } = this.owner;
    for (const sender of this.plan.senders) {
      this.sendDown(
        (hop) => rsvpPacket(sender.source, node.homeAddress, pathMessage(hop, sender, hop.timeToLive === ttl.homeAgent ? 1 : 2)),
      );
    }
    this.inThisRun(this.owner.random.between(2_000, 8_000), () => this.startReserving());
  }

  private startReserving(): void {
    if (this.isReserving || this.owner.reachableAgent() === null) return;
    this.isReserving = true;
    this.refreshResv();
  }

  private refreshResv(): void {
    if (!this.isReserving) return;
    this.sendResv();
    if (this.plan.isAdmitted) this.inThisRun(this.refreshTimeUs(), () => this.refreshResv());
  }

  private sendResv(): void {
    const { world, random, node } = this.owner;
    const confirms = this.plan.asksForConfirmation && !this.isConfirmed;
    const agent = this.sendUp((hop) => resvMessage(hop, confirms ? node.homeAddress : null));
    if (agent === null) return;
    if (!this.plan.isAdmitted) {
      world.after(random.between(8_000, 30_000), () => this.sendResvErr(agent));
    } else if (confirms) {
      this.isConfirmed = true;
      this.inThisRun(random.between(10_000, 40_000), () => {
        const confirmedBy = this.plan.senders[0]!.source;
        this.sendDown((hop) => rsvpPacket(confirmedBy, node.homeAddress, resvConfMessage(hop, confirmedBy, node.homeAddress)));
      });
    }
  }

  private sendPathTears(): void {
    for (const sender of this.plan.senders) {
      this.sendDown((hop) => rsvpPacket(sender.source, this.owner.node.homeAddress, pathTearMessage(hop, sender)));
    }
  }

  private sendResvTear(): void {
    this.sendUp((hop) => resvTearMessage(hop));
  }

  /** The home agent refuses; hop by hop to the node, which then gives up. */
  private sendResvErr(agent: ForeignAgent): void {
    const { world, node, random } = this.owner;
    const refusedBy = node.homeAgent.address;
    const fromHomeAgent = resvErrMessage(this.hop(refusedBy, ttl.hop), refusedBy);
    world.put(outsideFrame(agent, 'agent', rsvpPacket(refusedBy, agent.careOfAddress, fromHomeAgent)));
    world.after(random.between(200, 900), () => {
      const fromAgent = resvErrMessage(this.hop(agent.address, ttl.hop), refusedBy);
      world.put(insideFrame(agent, 'node', node, rsvpPacket(agent.address, node.homeAddress, fromAgent)));
    });
  }

  private sendDataPeriodically(): void {
    const rate = this.owner.world.options.dataPacketsPerSecond;
    if (rate === 0) return;
    this.inThisRun((second / rate) * this.owner.random.between(0.5, 1.5), () => {
      const sender = this.plan.senders[this.packets % this.plan.senders.length]!;
      this.packets += 1;
      this.sendDown(() => dataPacket(this.plan, sender, this.session.destination, this.packets));
      this.sendDataPeriodically();
    });
  }

  /** Through the tunnel to the foreign agent, and from there to the node, each hop with a packet of its own. */
  private sendDown(packetOf: (hop: HopOfSession) => Uint8Array): void {
    const { world, node, random } = this.owner;
    const agent = this.owner.boundAgent();
    if (agent === null) return;
    world.put(outsideFrame(agent, 'agent', tunnelToCareOfAddress(node, agent, packetOf(this.hop(node.homeAgent.address, ttl.homeAgent)))));
    const inside = packetOf(this.hop(agent.address, ttl.foreignAgent));
    world.after(random.between(200, 900), () => world.put(insideFrame(agent, 'node', node, inside)));
  }

  /** From the node to its agent, and from there to the home agent. Null: the node has nobody to send to. */
  private sendUp(messageOf: (hop: HopOfSession) => RsvpMessage): ForeignAgent | null {
    const { world, node, random } = this.owner;
    const agent = this.owner.reachableAgent();
    if (agent === null) return null;
    world.put(insideFrame(agent, 'agent', node, rsvpPacket(node.homeAddress, agent.address, messageOf(this.hop(node.homeAddress, ttl.hop)))));
    const onward = rsvpPacket(agent.careOfAddress, node.homeAgent.address, messageOf(this.hop(agent.careOfAddress, ttl.hop)));
    world.after(random.between(200, 900), () => world.put(outsideFrame(agent, 'router', onward)));
    return agent;
  }

  private hop(hop: string, timeToLive: number): HopOfSession {
    return { plan: this.plan, session: this.session, hop, timeToLive };
  }

  private inThisRun(delayUs: number, action: () => void): void {
    const { run } = this;
    this.owner.world.after(delayUs, () => {
      if (run === this.run) action();
    });
  }
}

/** Times to live on the way: down from the correspondent, and of what goes from one hop to the next. */
const ttl = { homeAgent: 62, foreignAgent: 61, hop: 64 } as const;

