import { buildIpv4, encodeMobileIp, IpProtocol, type RegistrationReply } from '#signalling';
import type { ForeignAgentActor } from './foreign-agent';
import { insideMulticast } from './link';
import type { ForeignAgent, MobileNode } from './network';
import { QosSession } from './qos-session';
import { Random } from './random';
import { playRegistration } from './registration';
import type { World } from './world';

const requestedLifetimeSeconds = 120;
const second = 1_000_000;

/** Streams of what nodes do, apart from those by which they were planned. */
const nodeStream = 0x2000_0000;

/** A node on its way: it arrives, registers, refreshes, and then does what its role says. */
export class MobileNodeActor {
  readonly random: Random;
  private readonly key: Uint8Array;
  private readonly sessions: QosSession[];
  /** The agent on whose link the node is. */
  private attachedTo: ForeignAgentActor;
  /** Where the home agent tunnels to, and until when; the foreign agent's visitor entry ends at the same time. */
  private binding: { readonly agent: ForeignAgent; readonly untilUs: number } | null = null;
  private isThere = false;
  private hasPlayedRole = false;
  private clockErrorSeconds: number;
  /** Timers of an earlier stay are void. */
  private stay = 0;

  constructor(
    readonly world: World,
    readonly node: MobileNode,
    private readonly agents: readonly ForeignAgentActor[],
  ) {
    this.random = new Random(world.options.seed, nodeStream + node.index);
    this.key = this.random.bytes(16);
    this.attachedTo = agents[node.firstForeignAgent.index]!;
    this.clockErrorSeconds = node.firstReplyCode === 133 ? this.random.integer(30, 4_000) : 0;
    this.sessions = node.flows.map((plan) => new QosSession(this, plan));
  }

  start(): void {
    this.world.after(this.node.arrivesAtSeconds * second, () => this.arriveAt(this.attachedTo, this.node.firstReplyCode));
  }

  /** Where packets for the home address go now; null where the home agent has no binding. */
  boundAgent(): ForeignAgent | null {
    return this.binding !== null && this.world.nowUs < this.binding.untilUs ? this.binding.agent : null;
  }

  /** Where the node itself can send from: it is there, and the agent of its binding is the one on its link. */
  reachableAgent(): ForeignAgent | null {
    const agent = this.boundAgent();
    return this.isThere && agent === this.attachedTo.agent ? agent : null;
  }

  private arriveAt(agent: ForeignAgentActor, firstReplyCode = 0): void {
    this.attachedTo = agent;
    this.isThere = true;
    this.stay += 1;
    if (this.random.chance(0.4)) this.solicit();
    this.inThisStay(this.random.between(20_000, 80_000), () => this.register(firstReplyCode));
  }

  private solicit(): void {
    const header = { source: this.node.homeAddress, destination: '224.0.0.2', protocol: IpProtocol.ICMP, timeToLive: 1 };
    const packet = buildIpv4(header, encodeMobileIp({ kind: 'agent-solicitation', code: 0 }));
    this.world.put(insideMulticast(this.attachedTo.agent, this.node, packet));
    const asked = this.attachedTo;
    this.world.after(this.random.between(2_000, 10_000), () => asked.advertise());
  }

  private register(code = 0): void {
    const { world, random, node, key, clockErrorSeconds, stay } = this;
    const agent = this.attachedTo.agent;
    playRegistration(world, random, { node, agent, key, lifetimeSeconds: requestedLifetimeSeconds, code, clockErrorSeconds }, (reply) => {
      if (stay === this.stay) this.answered(agent, reply);
    });
  }

  private answered(agent: ForeignAgent, reply: RegistrationReply): void {
    switch (reply.code) {
      case 0:
        return this.accepted(agent, reply.lifetimeSeconds);
      case 131:
        // The home agent does not know the key: no use to ask again.
        return;
      default:
        this.clockErrorSeconds = 0;
        this.inThisStay(this.random.between(1, 3) * second, () => this.register());
    }
  }

  private accepted(agent: ForeignAgent, grantedSeconds: number): void {
    const before = this.boundAgent();
    this.binding = { agent, untilUs: this.world.nowUs + grantedSeconds * second };
    this.inThisStay(grantedSeconds * second * this.random.between(0.7, 0.9), () => this.register());
    if (before === null) this.sessions.forEach((session, index) => session.startAfter(this.random.between(0.2, 1) * second * (1 + 8 * index)));
    else if (before !== agent) for (const session of this.sessions) session.repair();
    this.planRole();
  }

  /** Once, somewhere in the middle of the run. */
  private planRole(): void {
    if (this.hasPlayedRole) return;
    this.hasPlayedRole = true;
    const run = this.world.options.durationSeconds * second;
    const delay = Math.max(2 * second, run * this.random.between(0.2, 0.5));
    switch (this.node.role) {
      case 'resident':
        return;
      case 'mover':
        return this.world.after(delay, () => this.move());
      case 'leaver':
        return this.world.after(delay, () => this.leave());
      case 'vanisher':
        return this.world.after(delay, () => this.vanish());
    }
  }

  /** To the next agent, without a word to the old one; some come back soon after. */
  private move(): void {
    const from = this.attachedTo;
    const index = (from.agent.index + this.random.integer(1, this.agents.length - 1)) % this.agents.length;
    this.depart();
    this.world.after(this.random.between(50_000, 400_000), () => this.arriveAt(this.agents[index]!));
    if (!this.random.chance(0.4)) return;
    this.world.after(this.random.between(10, 40) * second, () => {
      this.depart();
      this.world.after(this.random.between(50_000, 400_000), () => this.arriveAt(from));
    });
  }

  /** Deregisters (lifetime 0), with its sessions torn down before or left to time out; some return. */
  private leave(): void {
    const tears = this.random.chance(0.5);
    for (const session of this.sessions) session.stop(tears ? 'path-tear' : 'timeout');
    const { world, random, node, key } = this;
    const agent = this.attachedTo.agent;
    this.stay += 1;
    world.after(random.between(100_000, 300_000), () => {
      playRegistration(world, random, { node, agent, key, lifetimeSeconds: 0, code: 0, clockErrorSeconds: 0 }, () => {
        this.binding = null;
        this.depart();
      });
    });
    if (random.chance(0.5)) world.after(random.between(15, 60) * second, () => this.arriveAt(this.attachedTo));
  }

  /** Gone without a word: binding and soft state run out. */
  private vanish(): void {
    this.depart();
  }

  private depart(): void {
    this.isThere = false;
    this.stay += 1;
  }

  private inThisStay(delayUs: number, action: () => void): void {
    const { stay } = this;
    this.world.after(delayUs, () => {
      if (stay === this.stay) action();
    });
  }
}
