import type { RecordedEvent } from '#event-store';
import { viewOf } from '#ledger';

export interface LiveEvent {
  readonly event: RecordedEvent;
  /** As every client gets it (text/event-stream): its position is its id. Made once, however many they are. */
  readonly frame: string;
}

/** The newest events of the ledger, without a gap, under a bound. */
export class EventRing {
  private events: LiveEvent[] = [];
  private length = 0;
  /** Everything up to here was in the ring or before it. */
  position: bigint;

  constructor(
    start: bigint,
    private readonly maximumEvents: number,
    private readonly maximumLength: number,
  ) {
    this.position = start;
  }

  add(batch: readonly RecordedEvent[]): void {
    for (const event of batch) {
      const frame = liveFrame(event);
      this.events.push({ event, frame });
      this.length += frame.length;
      this.position = event.position;
    }
    let excess = 0;
    while (this.events.length - excess > this.maximumEvents || this.length > this.maximumLength) {
      this.length -= this.events[excess]!.frame.length;
      excess += 1;
    }
    if (excess > 0) this.events = this.events.slice(excess);
  }

  /** Events behind a position, at most so many; null where the first of them are not here any more. */
  behind(after: bigint, limit: number): readonly LiveEvent[] | null {
    const oldest = this.position - BigInt(this.events.length);
    if (after < oldest) return null;
    if (after >= this.position) return [];
    const from = Number(after - oldest);
    return this.events.slice(from, from + limit);
  }
}

export function liveFrame(event: RecordedEvent): string {
  return `id: ${event.position}\ndata: ${JSON.stringify(viewOf(event))}\n\n`;
}
