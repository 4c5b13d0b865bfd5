import { checkAppend } from './check-append';
import { Doorbell } from './doorbell';
import type { AppendResult, EventStore, ExpectedRevision, NewEvent, Position, ReadAllOptions, ReadStreamOptions, RecordedEvent } from './event-store';
import { AppendRefused, EventStoreUnavailable } from './event-store';
import { categoryOf } from './stream-category';

const batchSize = 500;

/** What several instances share, and what outlives one that is closed. */
export class MemoryLedger {
  readonly log: RecordedEvent[] = [];
  readonly streams = new Map<string, RecordedEvent[]>();
  readonly bell = new Doorbell();

  /** @param past what the ledger already holds, positions from 1: a fork of another store's past */
  constructor(past: Iterable<RecordedEvent> = []) {
    for (const event of past) this.record(event);
  }

  record(event: RecordedEvent): void {
    const stream = this.streams.get(event.stream) ?? [];
    if (event.position !== BigInt(this.log.length + 1) || event.revision !== BigInt(stream.length)) {
      throw new RangeError(`${event.stream} ${event.revision} at position ${event.position} leaves a gap`);
    }
    const frozen = Object.freeze({ ...event });
    this.log.push(frozen);
    stream.push(frozen);
    this.streams.set(event.stream, stream);
  }
}

export interface MemoryEventStoreOptions {
  readonly ledger?: MemoryLedger;
  /** Milliseconds since 1970; may step backwards, `recordedAt` does not. */
  readonly clock?: () => number;
}

/** The port's whole contract without durability: for tests and for what-if forks. */
export class MemoryEventStore implements EventStore {
  readonly #ledger: MemoryLedger;
  readonly #clock: () => number;
  readonly #closing = new AbortController();

  constructor({ ledger = new MemoryLedger(), clock = Date.now }: MemoryEventStoreOptions = {}) {
    this.#ledger = ledger;
    this.#clock = clock;
  }

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    checkAppend(stream, expected, events);
    this.#refuseWhenClosed();
    const stored = this.#ledger.streams.get(stream) ?? [];
    const next = expected === 'no-stream' ? 0 : Number(expected) + 1;
    if (next !== stored.length) return firstAnswer(stored, next, events) ?? { outcome: 'wrong-expected-revision', actual: lastRevision(stored) };
    const recordedAt = this.#recordedAt();
    for (const { id, type, data, metadata } of events) {
      const revision = BigInt(this.#ledger.streams.get(stream)?.length ?? 0);
      this.#ledger.record({ position: BigInt(this.#ledger.log.length + 1), stream, revision, recordedAt, id, type, data, metadata });
    }
    if (events.length > 0) this.#ledger.bell.ring();
    const last = this.#ledger.streams.get(stream)?.at(-1);
    return { outcome: 'appended', revision: last?.revision ?? -1n, position: last?.position ?? 0n };
  }

  async streamRevision(stream: string): Promise<ExpectedRevision> {
    this.#refuseWhenClosed();
    return lastRevision(this.#ledger.streams.get(stream) ?? []);
  }

  async *readStream(stream: string, options: ReadStreamOptions = {}): AsyncIterable<RecordedEvent> {
    this.#refuseWhenClosed();
    const events = this.#ledger.streams.get(stream) ?? [];
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
      options.direction === 'backwards' ? downwards(this.#ledger.log, after === undefined ? this.#ledger.log.length - 1 : Number(after) - 2) : upwards(this.#ledger.log, Number(after ?? 0n));
    yield* take(matching(events, options), limit);
  }

  async head(): Promise<Position> {
    this.#refuseWhenClosed();
    return BigInt(this.#ledger.log.length);
  }

  async *subscribeAll(after: Position, signal: AbortSignal): AsyncIterable<readonly RecordedEvent[]> {
    const done = AbortSignal.any([signal, this.#closing.signal]);
    let index = Number(after);
    while (!signal.aborted) {
      this.#refuseWhenClosed();
      const { rings } = this.#ledger.bell;
      const batch = this.#ledger.log.slice(index, index + batchSize);
      if (batch.length > 0) {
        index += batch.length;
        yield batch;
      } else {
        await this.#ledger.bell.wait(rings, done);
      }
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
  }

  #recordedAt(): string {
    const now = new Date(this.#clock()).toISOString();
    const last = this.#ledger.log.at(-1)?.recordedAt ?? now;
    return now < last ? last : now;
  }

  #refuseWhenClosed(): void {
    if (this.#closing.signal.aborted) throw new EventStoreUnavailable('the event store is closed');
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
