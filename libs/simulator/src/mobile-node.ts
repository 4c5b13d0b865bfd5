import { buildIpv4, encodeMobileIp, IpProtocol, type RegistrationReply } from '#signalling';
import type { ForeignAgentActor, Listener } from './foreign-agent';
import { Bindings } from './bindings';
import { insideMulticast } from './link';
import type { MobileNode } from './network';
import { QosSession } from './qos-session';
import { Random } from './random';
import { RandomStream } from './random-stream';
import { playRegistration } from './registration';
import type { HandoffTruth } from './truth';
import type { Changing } from './truth-log';
import type { World } from './world';

const requestedLifetimeSeconds = 120;
const second = 1_000_000;

/** A node on its way: it arrives, registers, refreshes, does what its role says, and moves when it is told to. */
export class MobileNodeActor implements Listener {
  readonly random: Random;
  readonly sessions: readonly QosSession[];
  private readonly key: Uint8Array;
  private readonly bindings: Bindings;
  /** On whose link the node is; null: it is nowhere. */
  private link: ForeignAgentActor | null = null;
  private handoff: Changing<HandoffTruth> | null = null;
  private hasPlayedRole = false;
  private clockErrorSeconds: number;
  /** Timers of an earlier stay are void, and so is what waits for an earlier request. */
  private stay = 0;
  private requests = 0;

  constructor(
    readonly world: World,
    readonly node: MobileNode,
    private readonly agents: readonly ForeignAgentActor[],
  ) {
    this.random = new Random(world.options.seed, RandomStream.node + node.index);
    this.key = this.random.bytes(16);
    this.clockErrorSeconds = node.firstReplyCode === 133 ? this.random.integer(30, 4_000) : 0;
    this.bindings = new Bindings(world, node);
    this.sessions = node.flows.map((plan) => new QosSession(this, plan));
  }

  start(): void {
    const first = this.agents[this.node.firstForeignAgent.index]!;
    this.world.after(this.node.arrivesAtSeconds * second, () => this.arriveAt(first, this.node.firstReplyCode));
  }

  /** Where packets for the home address go now; null where the home agent has no binding. */
  boundAgent(): ForeignAgentActor | null {
    return this.bindings.agent();
  }

  /** Whether this agent still knows the node: it has not begun again since. */
  isVisitorOf(via: ForeignAgentActor): boolean {
    return this.bindings.isVisitorOf(via);
  }

  /** Where the node itself can send from: it is there, and the agent of its binding is the one on its link. */
  reachableAgent(): ForeignAgentActor | null {
    const { link } = this;
    return link !== null && this.boundAgent() === link && this.isVisitorOf(link) ? link : null;
  }

  /** Registered, with nothing under way: somebody who can be told to move. */
  isSettled(): boolean {
    return this.handoff === null && this.hasPlayedRole && this.reachableAgent() !== null;
  }

  agentBeganAgain(via: ForeignAgentActor): void {
    if (this.boundAgent() === via) this.inThisStay(this.random.between(10_000, 400_000), () => this.register(via));
  }

  arriveAt(via: ForeignAgentActor, firstReplyCode = 0): void {
    this.depart();
    this.link = via;
    via.listeners.add(this);
    if (this.random.chance(0.4)) this.solicit(via);
    this.inThisStay(this.random.between(20_000, 80_000), () => this.register(via, firstReplyCode));
  }

  /** Gone without a word: binding and soft state run out, unless it registers elsewhere. */
  depart(): void {
    this.link?.listeners.delete(this);
    this.link = null;
    this.stay += 1;
    this.requests += 1;
  }

  /** To another agent. Make before break: it asks there while it is still here, where it hears both. */
  moveTo(to: ForeignAgentActor, kind: 'make-before-break' | 'break-before-make', story: HandoffTruth['story']): void {
    const from = this.boundAgent()?.agent.careOfAddress;
    if (from === undefined) return;
    this.closeHandoff();
    this.handoff = this.world.truth.handoff({ mobileNode: this.node.id, kind, story, from, to: to.agent.careOfAddress });
    if (kind === 'make-before-break') return this.register(to);
    this.depart();
    this.world.after(this.random.between(0.3, 3) * second, () => this.arriveAt(to));
  }

  /** Deregisters (lifetime 0), with its sessions torn down before or left as they are; some return. */
  returnHome(returns: boolean): void {
    const via = this.reachableAgent();
    if (via === null) return;
    const { node, random, world } = this;
    this.closeHandoff();
    this.handoff = world.truth.handoff({
      mobileNode: node.id, kind: 'return-home', story: 'plain', from: via.agent.careOfAddress, to: null,
    });
    const tears = random.chance(0.5);
    for (const session of this.sessions) session.stop(tears ? 'path-tear' : 'timeout');
    this.inThisStay(random.between(100_000, 300_000), () => this.deregister(via));
    if (returns) world.after(random.between(15, 60) * second, () => this.arriveAt(via));
  }

  private solicit(via: ForeignAgentActor): void {
    const header = { source: this.node.homeAddress, destination: '224.0.0.2', protocol: IpProtocol.ICMP, timeToLive: 1 };
    const packet = buildIpv4(header, encodeMobileIp({ kind: 'agent-solicitation', code: 0 }));
    const asked = (): void => this.world.after(this.random.between(2_000, 10_000), () => via.advertise());
    this.world.send(insideMulticast(via.agent, this.node, packet), asked);
  }

  private register(via: ForeignAgentActor, code = 0, waitSeconds = 1): void {
    const { node, key, clockErrorSeconds } = this;
    const attempt = { node, via, key, lifetimeSeconds: requestedLifetimeSeconds, code, clockErrorSeconds };
    const again = (): void => this.register(via, code, Math.min(64, 2 * waitSeconds));
    this.ask(attempt, waitSeconds, again, (reply) => this.answered(via, reply));
  }

  private deregister(via: ForeignAgentActor, waitSeconds = 1): void {
    const { node, key } = this;
    const attempt = { node, via, key, lifetimeSeconds: 0, code: 0, clockErrorSeconds: 0 };
    this.ask(attempt, waitSeconds, () => this.deregister(via, 2 * waitSeconds), () => this.depart());
  }

  /** RFC 5944 §3.6.3: what is not answered is asked again, after twice the time. */
  private ask(
    attempt: Parameters<typeof playRegistration>[2],
    waitSeconds: number,
    again: () => void,
    answered: (reply: RegistrationReply) => void,
  ): void {
    this.requests += 1;
    const request = this.requests;
    const isLast = (): boolean => request === this.requests;
    playRegistration(this.world, this.random, attempt, {
      atAgent: (reply) => reply.code === 0 && this.bound(attempt.via, reply.lifetimeSeconds),
      atNode: (reply) => {
        if (!isLast()) return;
        this.requests += 1;
        answered(reply);
      },
    });
    this.inThisStay(waitSeconds * second, () => isLast() && again());
  }

  /** The reply has reached the agent. */
  private bound(via: ForeignAgentActor, grantedSeconds: number): void {
    const before = this.bindings.change(via, grantedSeconds);
    if (this.handoff !== null && this.handoff.to === (grantedSeconds === 0 ? null : via.agent.careOfAddress)) {
      this.handoff.acceptedAt = this.world.truth.now();
      this.closeHandoff();
    }
    if (grantedSeconds === 0) return;
    if (before === 'none') this.sessions.forEach((session, index) => session.startAfter(this.random.between(0.2, 1) * second * (1 + 8 * index)));
    if (before === 'elsewhere') for (const session of this.sessions) session.repair();
  }

  private answered(via: ForeignAgentActor, reply: RegistrationReply): void {
    switch (reply.code) {
      case 0:
        return this.accepted(via, reply.lifetimeSeconds);
      case 131:
        // The home agent does not know the key: no use to ask again.
        return;
      default:
        this.clockErrorSeconds = 0;
        this.inThisStay(this.random.between(1, 3) * second, () => this.register(via));
    }
  }

  private accepted(via: ForeignAgentActor, grantedSeconds: number): void {
    if (this.link !== via) {
      this.depart();
      this.link = via;
      via.listeners.add(this);
    }
    const { requests } = this;
    this.inThisStay(grantedSeconds * second * this.random.between(0.7, 0.9), () => requests === this.requests && this.register(via));
    this.planRole();
  }

  private closeHandoff(): void {
    if (this.handoff !== null) this.world.truth.complete(this.handoff);
    this.handoff = null;
  }

  /** Once, somewhere in the middle of the run. */
  private planRole(): void {
    if (this.hasPlayedRole) return;
    this.hasPlayedRole = true;
    const run = this.world.options.durationSeconds * second;
    const delay = Math.max(2 * second, run * this.random.between(0.2, 0.5));
    const { role } = this.node;
    if (role === 'leaver') this.world.after(delay, () => this.returnHome(this.random.chance(0.5)));
    if (role === 'vanisher') this.world.after(delay, () => this.depart());
  }

  private inThisStay(delayUs: number, action: () => void): void {
    const { stay } = this;
    this.world.after(delayUs, () => {
      if (stay === this.stay) action();
    });
  }
}
