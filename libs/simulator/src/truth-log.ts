import type { RsvpSession } from '#signalling';
import { SessionLog, type LoggedFlow } from './session-log';
import { StandingFlows } from './standing-flows';
import type { HandoffTruth, RebootTruth, StayTruth, Truth } from './truth';

export type Changing<T> = { -readonly [K in keyof T]: T[K] };

/** Keeps what stands and tells what is complete: memory holds no more than the network does. */
export class TruthLog {
  readonly flows = new StandingFlows();
  private sessions = 0;
  private readonly open = new Set<Truth | SessionLog>();

  constructor(
    private readonly clockUs: () => number,
    private readonly startTimeMs: number,
    private readonly tell: (truth: Truth) => void,
  ) {}

  session(mobileNode: string | null, session: RsvpSession, flow: LoggedFlow, replaces: SessionLog | null): SessionLog {
    this.sessions += 1;
    return new SessionLog(this, this.sessions, mobileNode, session.destination, flow, replaces?.number ?? null);
  }

  stay(stay: Omit<StayTruth, 'record' | 'from' | 'to' | 'end'>): Changing<StayTruth> {
    return this.keep({ record: 'stay', ...stay, from: this.now(), to: null, end: null });
  }

  handoff(handoff: Omit<HandoffTruth, 'record' | 'startedAt' | 'acceptedAt'>): Changing<HandoffTruth> {
    return this.keep({ record: 'handoff', ...handoff, startedAt: this.now(), acceptedAt: null });
  }

  reboot(reboot: Omit<RebootTruth, 'record' | 'at' | 'upAt'>): Changing<RebootTruth> {
    return this.keep({ record: 'reboot', ...reboot, at: this.now(), upAt: null });
  }

  keep<T extends Truth | SessionLog>(standing: T): T {
    this.open.add(standing);
    return standing;
  }

  /** Nothing of it changes any more. */
  complete(standing: Truth | SessionLog): void {
    if (this.open.delete(standing)) this.tell(standing instanceof SessionLog ? standing.truth() : standing);
  }

  /** Of the run: what still stands is told as it is. */
  end(): void {
    for (const standing of [...this.open]) this.complete(standing);
  }

  now(): string {
    return this.timeText(this.clockUs());
  }

  timeText(timeUs: number): string {
    return new Date(this.startTimeMs + Math.floor(timeUs / 1_000)).toISOString();
  }
}
