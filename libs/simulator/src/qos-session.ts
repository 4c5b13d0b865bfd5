import type { RsvpSender, RsvpSession } from '#signalling';
import type { FlowPlan } from './flow-plan';
import type { MobileNodeActor } from './mobile-node';
import { beginChanges } from './sender-changes';
import type { SessionLog } from './session-log';
import { SessionSignalling } from './session-signalling';

const second = 1_000_000;

/** A sender with the session whose it is: FF has one for each sender, SE and WF one for all. */
export interface ActiveSender {
  readonly sender: RsvpSender;
  readonly log: SessionLog;
}

/** One QoS session of a node: both ends refresh until it ends, in words or in silence, and after a while it begins again. */
export class QosSession {
  isRunning = false;
  private readonly session: RsvpSession;
  private readonly signalling: SessionSignalling;
  private active: readonly ActiveSender[] = [];
  /** A number for each run of the session: what an earlier one planned is void. So it is with repairs and reservations. */
  private run = 0;
  private repairs = 0;
  private reservations = 0;
  private isReserving = false;
  private isConfirmed = false;

  constructor(
    private readonly owner: MobileNodeActor,
    readonly plan: FlowPlan,
  ) {
    const { protocol, destinationPort, generalized } = plan;
    this.session = { destination: owner.node.homeAddress, protocol, destinationPort, generalized, flags: 0 };
    this.signalling = new SessionSignalling(owner, plan, this.session);
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
    this.repairs += 1;
    const { repairs } = this;
    this.inThisRun(this.owner.random.between(30_000, 300_000), () => {
      if (repairs === this.repairs) this.sendPaths(this.active);
    });
  }

  /** Ends this run, with tears or in silence. */
  stop(how: FlowPlan['ends']): void {
    if (!this.isRunning) return;
    this.isRunning = false;
    this.run += 1;
    const { active, owner } = this;
    const end = (): void => {
      if (how !== 'timeout') this.signalling.sendPathTears(active);
      // Tears that went nowhere (there is no binding any more, they are lost) told nobody.
      owner.world.after(second, () => active.forEach(({ log }) => log.silence()));
    };
    if (how !== 'resv-tear') return end();
    this.signalling.sendResvTear(active);
    owner.world.after(owner.random.between(1, 4) * second, end);
  }

  /** From now on this one sends as well. */
  add(added: ActiveSender): void {
    this.active = [...this.active, added];
    this.isReserving = false;
    this.sendPaths([added]);
  }

  /** This one says that it sends no more, and what is reserved is told anew for the others. */
  remove(leaving: ActiveSender): void {
    this.active = this.active.filter((other) => other !== leaving);
    this.signalling.sendPathTears([leaving]);
    this.inThisRun(this.owner.random.between(2_000, 8_000), () => {
      if (this.isReserving) this.signalling.sendResv(this.active, false);
    });
  }

  newLog(replaces: SessionLog | null = null): SessionLog {
    return this.owner.world.truth.session(this.owner.node.id, this.session, this.plan, replaces);
  }

  inThisRun(delayUs: number, action: () => void): void {
    const { run } = this;
    this.owner.world.after(delayUs, () => {
      if (run === this.run) action();
    });
  }

  private begin(): void {
    const { random, world } = this.owner;
    const log = this.newLog();
    this.active = this.plan.senders.map((sender) => ({ sender, log }));
    this.refreshPaths();
    this.sendDataPeriodically();
    beginChanges(this, random, this.active);
    this.inThisRun(random.between(20, 240) * second, () => {
      this.stop(this.plan.ends);
      // Half of them return before a quarantine would end, and may reclaim what they had.
      world.after((random.chance(0.5) ? random.between(5, 40) : random.between(200, 400)) * second, () => this.startAfter(0));
    });
  }

  /** RFC 2205 §3.7: the time to the next refresh is drawn from [0.5 R, 1.5 R], so that refreshes do not fall in step. */
  private refreshTimeUs(): number {
    return this.plan.refreshPeriodMs * 1_000 * this.owner.random.between(0.5, 1.5);
  }

  private refreshPaths(): void {
    this.sendPaths(this.active);
    this.inThisRun(this.refreshTimeUs(), () => this.refreshPaths());
  }

  private sendPaths(active: readonly ActiveSender[]): void {
    this.signalling.sendPaths(active, () => this.inThisRun(this.owner.random.between(2_000, 8_000), () => this.startReserving()));
  }

  private startReserving(): void {
    if (this.isReserving || this.owner.reachableAgent() === null) return;
    this.isReserving = true;
    this.reservations += 1;
    this.refreshResv(this.reservations);
  }

  private refreshResv(reservation: number): void {
    if (!this.isReserving || reservation !== this.reservations) return;
    const confirms = this.plan.asksForConfirmation && !this.isConfirmed;
    const isSent = this.signalling.sendResv(this.active, confirms);
    if (!this.plan.isAdmitted) return;
    if (isSent && confirms) this.confirm();
    this.inThisRun(this.refreshTimeUs(), () => this.refreshResv(reservation));
  }

  private confirm(): void {
    this.isConfirmed = true;
    this.inThisRun(this.owner.random.between(10_000, 40_000), () => this.signalling.sendConfirmation(this.active));
  }

  private sendDataPeriodically(): void {
    const rate = this.owner.world.options.dataPacketsPerSecond;
    if (rate === 0) return;
    this.inThisRun((second / rate) * this.owner.random.between(0.5, 1.5), () => {
      this.signalling.sendData(this.active);
      this.sendDataPeriodically();
    });
  }
}
