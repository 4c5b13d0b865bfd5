import { EventQueue } from './event-queue';
import { Impairments } from './impairments';
import type { LinkFrame } from './link';
import type { Network } from './network';
import type { SimulationOptions } from './options';
import type { Truth } from './truth';
import { TruthLog } from './truth-log';

export interface SimulatedFrame {
  /** Nanoseconds since 1970, by the clock of the link: frames come in the order in which they happened. */
  readonly timeNs: bigint;
  /** An Ethernet frame. */
  readonly bytes: Uint8Array;
}

/** The clock, what is planned, and the capture: every frame that an actor puts on a link is seen there at that moment. */
export class World {
  /** Microseconds since the start. */
  nowUs = 0;
  readonly truth: TruthLog;
  private readonly queue = new EventQueue();
  private readonly impairments: Impairments;
  private captured: SimulatedFrame[] = [];

  constructor(
    readonly options: SimulationOptions,
    readonly network: Network,
    tell: (truth: Truth) => void,
  ) {
    this.impairments = new Impairments(options);
    this.truth = new TruthLog(() => this.nowUs, options.startTimeMs, tell);
  }

  /** `delayUs` is rounded: the capture's clock counts whole microseconds. */
  after(delayUs: number, action: () => void): void {
    this.queue.add(this.nowUs + Math.max(0, Math.round(delayUs)), action);
  }

  /** On its way the frame may be lost, late or doubled. `delivered`: what whoever receives it does; a copy tells it nothing. */
  send({ link, bytes }: LinkFrame, delivered: () => void = () => undefined): void {
    const { isLost, delayUs, copyAfterUs } = this.impairments.next();
    if (isLost) return;
    const arrive = (): void => {
      this.capture(link, bytes);
      delivered();
    };
    if (delayUs === 0) arrive();
    else this.after(delayUs, arrive);
    if (copyAfterUs !== null) this.after(delayUs + copyAfterUs, () => this.capture(link, bytes));
  }

  /**
   * Plays to the end of the run, one moment at a time: what is in memory is what the actors have planned, no more. What still
   * stands when it ends, or is ended early, is told to the log of the truth.
   */
  *play(): Generator<SimulatedFrame> {
    const endUs = this.options.durationSeconds * 1_000_000;
    try {
      for (let event = this.queue.takeEarliest(); event !== undefined && event.timeUs <= endUs; event = this.queue.takeEarliest()) {
        this.nowUs = event.timeUs;
        event.action();
        const frames = this.captured;
        this.captured = [];
        yield* frames;
      }
      this.nowUs = endUs;
    } finally {
      this.truth.end();
    }
  }

  private capture(link: number, bytes: Uint8Array): void {
    const timeNs = BigInt(this.options.startTimeMs) * 1_000_000n + BigInt(this.nowUs) * 1_000n + this.impairments.skewNs(link);
    this.captured.push({ timeNs: timeNs < 0n ? 0n : timeNs, bytes });
  }
}
