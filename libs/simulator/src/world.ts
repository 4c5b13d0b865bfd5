import { EventQueue } from './event-queue';
import type { Network } from './network';
import type { SimulationOptions } from './options';

export interface SimulatedFrame {
  /** Nanoseconds since 1970. */
  readonly timeNs: bigint;
  /** An Ethernet frame. */
  readonly bytes: Uint8Array;
}

/** The clock, what is planned, and the capture: every frame that an actor puts on a link is seen there at that moment. */
export class World {
  /** Microseconds since the start. */
  nowUs = 0;
  private readonly queue = new EventQueue();
  private captured: SimulatedFrame[] = [];

  constructor(
    readonly options: SimulationOptions,
    readonly network: Network,
  ) {}

  /** `delayUs` is rounded: the capture's clock counts whole microseconds. */
  after(delayUs: number, action: () => void): void {
    this.queue.add(this.nowUs + Math.max(0, Math.round(delayUs)), action);
  }

  put(frame: Uint8Array): void {
    this.captured.push({ timeNs: BigInt(this.options.startTimeMs) * 1_000_000n + BigInt(this.nowUs) * 1_000n, bytes: frame });
  }

  /** Plays to the end of the run, one moment at a time: what is in memory is what the actors have planned, no more. */
  *play(): Generator<SimulatedFrame> {
    const endUs = this.options.durationSeconds * 1_000_000;
    for (let event = this.queue.takeEarliest(); event !== undefined && event.timeUs <= endUs; event = this.queue.takeEarliest()) {
      this.nowUs = event.timeUs;
      event.action();
      const frames = this.captured;
      this.captured = [];
      yield* frames;
    }
  }
}
