import type { Position, RecordedEvent } from './event-store';

/** A subscriber that is further behind reads the store, as one of another process does. */
const bounds = { events: 4_096, length: 4 * 1_024 * 1_024 } as const;

/**
 * The last events that this process appended itself and knows to be committed: its subscribers take them from here, without a round trip
 * and without reading again what was just written. A run without gaps: where other processes appended in between, it begins anew behind
 * them, and what lies before it is in the store.
 */
export class OwnAppends {
  #events: RecordedEvent[] = [];
  /** UTF-16 units of data and metadata. */
  #length = 0;

  /** @param events in the order of positions, without a gap */
  add(events: readonly RecordedEvent[]): void {
    const [first] = events;
    const last = this.#events.at(-1);
    if (first === undefined) return;
    if (last !== undefined && first.position !== last.position + 1n) this.clear();
    for (const event of events) {
      this.#events.push(event);
      this.#length += lengthOf(event);
    }
    if (this.#events.length > bounds.events || this.#length > bounds.length) this.#forgetOldest();
  }

  /** The events behind the position, as many as are asked for at most; none where the next one is not here. */
  behind(position: Position, limit: number): readonly RecordedEvent[] {
    const [first] = this.#events;
    if (first === undefined || position < first.position - 1n) return [];
    const from = Number(position - first.position) + 1;
    return this.#events.slice(from, from + limit);
  }

  clear(): void {
    this.#events = [];
    this.#length = 0;
  }

  /** Half of the bounds at once: to move the rest for every event would cost more than reading. */
  #forgetOldest(): void {
    let from = 0;
    while (from < this.#events.length && (this.#events.length - from > bounds.events / 2 || this.#length > bounds.length / 2)) {
      this.#length -= lengthOf(this.#events[from]!);
      from += 1;
    }
    this.#events = this.#events.slice(from);
  }
}

const lengthOf = ({ data, metadata }: RecordedEvent): number => data.length + metadata.length;
