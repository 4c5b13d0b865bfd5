import { checkAppend } from './check-append';
import { Doorbell } from './doorbell';
import type { AppendResult, EventStore, ExpectedRevision, NewEvent, Position, ReadAllOptions, ReadStreamOptions, RecordedEvent } from './event-store';
import { AppendRefused, EventStoreUnavailable } from './event-store';
import { categoryOf } from './stream-category';

const batchSize = 500;

export interface MemoryEventStoreOptions {
  /** Milliseconds since 1970; may step backwards, `recordedAt` does not. */
  readonly clock?: () => number;
  /** What the ledger already holds, positions from 1: a fork of another store's past. */
  readonly past?: readonly RecordedEvent[];
}

/** The port's whole contract without durability: for tests and for what-if forks. */
export class MemoryEventStore implements EventStore {
  readonly #log: RecordedEvent[] = [];
  readonly #streams = new Map<string, RecordedEvent[]>();
  readonly #bell = new Doorbell();
  readonly #clock: () => number;
  #closed = false;

  constructor(options: MemoryEventStoreOptions = {}) {
    this.#clock = options.clock ?? Date.now;
    for (const event of options.past ?? []) this.#record(event);
  }

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    checkAppend(stream, expected, events);
    this.#refuseWhenClosed();
    const stored = this.#streams.get(stream) ?? [];
    const next = expected === 'no-stream' ? 0 : Number(expected) + 1;
    if (next !== stored.length) return firstAnswer(stored, next, events) ?? { outcome: 'wrong-expected-revision', actual: lastRevision(stored) };
    const recordedAt = this.#recordedAt();
    for (const { id, type, data, metadata } of events) {
      const revision = BigInt(this.#streams.get(stream)?.length ?? 0);
      this.#record({ position: BigInt(this.#log.length + 1), stream, revision, recordedAt, id, type, data, metadata });
    }
    if (events.length > 0) this.#bell.ring();
    const last = this.#streams.get(stream)?.at(-1);
    return { outcome: 'appended', revision: last?.revision ?? -1n, position: last?.position ?? 0n };
  }

  async streamRevision(stream: string): Promise<ExpectedRevision> {
    this.#refuseWhenClosed();
    return lastRevision(this.#streams.get(stream) ?? []);
  }

  async *readStream(stream: string, options: ReadStreamOptions = {}): AsyncIterable<RecordedEvent> {
    this.#refuseWhenClosed();
    const events = this.#streams.get(stream) ?? [];
    const { from, limit } = options;
    if (options.direction === 'backwards') {
      yield* take(downwards(events, from === undefined ? events.length - 1 : Number(from)), limit);
    } else {
      yield* take(upwards(events, Number(from ?? 0n)), limit);
    }
  }

  async *readAll(options: ReadAllOptions = {}): AsyncIterable<RecordedEvent> {
    this.#refuseWhenClosed();
    const { after, limit } = options;
    // The event at position p stands at index p - 1.
    const events =
      options.direction === 'backwards' ? downwards(this.#log, after === undefined ? this.#log.length - 1 : Number(after) - 2) : upwards(this.#log, Number(after ?? 0n));
    yield* take(matching(events, options), limit);
  }

  async head(): Promise<Position> {
    this.#refuseWhenClosed();
    return BigInt(this.#log.length);
  }

  async *subscribeAll(after: Position, signal: AbortSignal): AsyncIterable<readonly RecordedEvent[]> {
    let index = Number(after);
    while (!signal.aborted) {
      this.#refuseWhenClosed();
      const { rings } = this.#bell;
      const batch = this.#log.slice(index, index + batchSize);
      if (batch.length > 0) {
        index += batch.length;
        yield batch;
      } else {
        await this.#bell.wait(rings, signal);
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#bell.ring();
  }

  #record(event: RecordedEvent): void {
    if (event.position !== BigInt(this.#log.length + 1)) throw new RangeError(`position ${event.position} does not follow ${this.#log.length}`);
    const frozen = Object.freeze({ ...event });
    this.#log.push(frozen);
    const stream = this.#streams.get(event.stream);
    if (stream) stream.push(frozen);
    else this.#streams.set(event.stream, [frozen]);
  }

  #recordedAt(): string {
    const now = new Date(this.#clock()).toISOString();
    const last = this.#log.at(-1)?.recordedAt ?? now;
    return now < last ? last : now;
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw new EventStoreUnavailable('the event store is closed');
  }
}

/** The answer that these events got when they were appended at this revision, or undefined where others stand there. */
function firstAnswer(stored: readonly RecordedEvent[], next: number, events: readonly NewEvent[]): AppendResult | undefined {
  const there = stored.slice(next, next + events.length);
  const last = there.at(-1);
  if (last === undefined || !events.every(({ id }, index) => there[index]?.id === id)) return undefined;
  const other = events.findIndex(({ type, data }, index) => there[index]?.type !== type || there[index]?.data !== data);
  if (other >= 0) throw new AppendRefused(`event ${other}: another type or other data is stored under the same id`);
  return { outcome: 'appended', revision: last.revision, position: last.position };
}

const lastRevision = (events: readonly RecordedEvent[]): ExpectedRevision => events.at(-1)?.revision ?? 'no-stream';

function* upwards(events: readonly RecordedEvent[], from: number): Iterable<RecordedEvent> {
  for (let index = from; index < events.length; index += 1) yield events[index]!;
}

function* downwards(events: readonly RecordedEvent[], from: number): Iterable<RecordedEvent> {
  for (let index = Math.min(from, events.length - 1); index >= 0; index -= 1) yield events[index]!;
}

function* matching(events: Iterable<RecordedEvent>, { stream, category, types }: ReadAllOptions): Iterable<RecordedEvent> {
  for (const event of events) {
    if (stream !== undefined && event.stream !== stream) continue;
    if (category !== undefined && categoryOf(event.stream) !== category) continue;
    if (types === undefined || types.includes(event.type)) yield event;
  }
}

function* take(events: Iterable<RecordedEvent>, limit = Infinity): Iterable<RecordedEvent> {
  let taken = 0;
  if (limit <= 0) return;
  for (const event of events) {
    yield event;
    taken += 1;
    if (taken >= limit) return;
  }
}
