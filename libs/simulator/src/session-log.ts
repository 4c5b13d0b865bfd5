import type { RsvpSender } from '#signalling';
import { isSameSender, type StandingFlow } from './standing-flows';
import type { LegTruth, SessionTruth } from './truth';
import type { Changing, TruthLog } from './truth-log';

export type LoggedFlow = Pick<StandingFlow, 'style' | 'protocol' | 'destinationPort'>;

/** One session as it goes on; it is told when it ends, where it was ever seen. */
export class SessionLog implements StandingFlow {
  readonly style: StandingFlow['style'];
  readonly protocol: number;
  readonly destinationPort: number;
  senders: readonly RsvpSender[] = [];
  private readonly legs: Changing<LegTruth>[] = [];
  private end: SessionTruth['end'] = null;
  private tornAt: string | null = null;

  constructor(
    private readonly log: TruthLog,
    readonly number: number,
    private readonly mobileNode: string | null,
    private readonly destination: string,
    { style, protocol, destinationPort }: LoggedFlow,
    private readonly replaces: number | null,
  ) {
    this.style = style;
    this.protocol = protocol;
    this.destinationPort = destinationPort;
  }

  /** A PATH of this sender was seen at this address. */
  pathSeen(sender: RsvpSender, foreignAgent: string, careOfAddress: string, tunnel: LegTruth['tunnel']): void {
    if (!this.senders.some((other) => isSameSender(other, sender))) this.senders = [...this.senders, sender];
    const now = this.log.now();
    const current = this.standingLeg();
    if (current?.careOfAddress === careOfAddress) {
      current.refreshedAt = now;
      return;
    }
    this.leave(current, now);
    this.log.keep(this);
    const collided = this.log.flows.collides(careOfAddress, this);
    this.legs.push({
      foreignAgent, careOfAddress, from: now, reservedFrom: null, reservationRefreshedAt: null, reservedTo: null, refreshedAt: now, to: null, collided, tunnel,
    });
    this.log.flows.add(careOfAddress, this);
  }

  resvSeen(careOfAddress: string): void {
    const leg = this.standingLeg();
    if (leg?.careOfAddress !== careOfAddress) return;
    leg.refreshedAt = this.log.now();
    leg.reservationRefreshedAt = leg.refreshedAt;
    leg.reservedFrom ??= leg.refreshedAt;
  }

  resvTearSeen(careOfAddress: string): void {
    const leg = this.standingLeg();
    if (leg?.careOfAddress === careOfAddress) leg.reservedTo = this.log.now();
  }

  /** A PathTear of this sender was seen, where the node is by now: the last one's ends the session. */
  tearSeen(sender: RsvpSender, careOfAddress: string): void {
    const others = this.senders.filter((other) => !isSameSender(other, sender));
    if (others.length > 0) {
      this.senders = others;
      return;
    }
    this.tornAt = this.log.now();
    const leg = this.standingLeg();
    if (leg?.careOfAddress === careOfAddress) this.leave(leg, this.tornAt);
    this.finish('path-tear');
  }

  /** Nobody refreshes it any more. */
  silence(): void {
    this.finish('silence');
  }

  truth(): SessionTruth {
    const { number: session, mobileNode, destination, style, protocol, destinationPort, senders, legs, end, tornAt, replaces } = this;
    return { record: 'session', session, mobileNode, destination, style, protocol, destinationPort, senders, legs, end, tornAt, replaces };
  }

  private finish(end: SessionTruth['end']): void {
    if (this.end !== null) return;
    this.end = end;
    const leg = this.standingLeg();
    if (leg) this.log.flows.remove(leg.careOfAddress, this);
    this.log.complete(this);
  }

  private standingLeg(): Changing<LegTruth> | undefined {
    const leg = this.legs.at(-1);
    return leg?.to === null ? leg : undefined;
  }

  private leave(leg: Changing<LegTruth> | undefined, now: string): void {
    if (!leg) return;
    leg.to = now;
    this.log.flows.remove(leg.careOfAddress, this);
  }
}
