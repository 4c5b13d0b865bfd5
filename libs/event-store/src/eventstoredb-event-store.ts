import type { EventData } from '@eventstore/db-client';
import type { Pool } from 'pg';
import type { Listener } from '#postgres';
import { checkAppend } from './check-append';
import { Doorbell } from './doorbell';
import type { AppendResult, EventStore, ExpectedRevision, NewEvent, Position, ReadAllOptions, ReadStreamOptions, RecordedEvent } from './event-store';
import { AppendRefused, EventStoreUnavailable, OutcomeUnknown } from './event-store';
import { Arrivals, digestOf } from './eventstoredb-arrivals';
import { appendFailure } from './eventstoredb-errors';
import { toEventData } from './eventstoredb-event-data';
import { EventStoreDbMirror } from './eventstoredb-mirror';
import { mirrorEnd } from './eventstoredb-mirror-log';
import type { EventStoreDbNode } from './eventstoredb-node';
import { lastMirrored, lastRevision } from './eventstoredb-read';
import { StreamLanes } from './eventstoredb-stream-lanes';
import { logChannel, PostgresEventStore } from './postgres-event-store';

export interface EventStoreDbEventStoreOptions {
  /** The process's one client. Remains its owner's: it is not closed by `close`. */
  readonly node: EventStoreDbNode;
  /** Of the database that holds the mirror; remains its owner's. One session of it is held for good. */
  readonly pool: Pool;
  /** As of PostgresEventStore. */
  readonly listen: (listener: Listener) => Promise<void>;
  /** The mirror fell behind, or cannot go on; it tries again by itself. Once per outage. */
  readonly onLost?: (error: Error) => void;
  /** For a statement on the mirror, and for an event to get there. */
  readonly timeoutMs?: number;
}

/**
 * The log in EventStoreDB. What decides goes to the node: appends, the end of a stream. What is read comes from the mirror in
 * PostgreSQL, which gives every event its dense position (docs/adr/0007).
 */
export class EventStoreDbEventStore implements EventStore {
  readonly #node: EventStoreDbNode;
  readonly #pool: Pool;
  readonly #reads: PostgresEventStore;
  readonly #mirror: EventStoreDbMirror;
  readonly #arrivals: Arrivals;
  readonly #timeoutMs: number;
  readonly #bell = new Doorbell();
  readonly #closing = new AbortController();
  readonly #inFlight = new Set<Promise<unknown>>();
  readonly #lanes = new StreamLanes();
  readonly #listening: Promise<void>;

  constructor({ node, pool, listen, onLost = () => undefined, timeoutMs = 4_000 }: EventStoreDbEventStoreOptions) {
    this.#node = node;
    this.#pool = pool;
    this.#timeoutMs = timeoutMs;
    this.#reads = new PostgresEventStore({ pool, listen, timeoutMs });
    this.#arrivals = new Arrivals(pool, this.#bell, timeoutMs);
    this.#mirror = new EventStoreDbMirror({ node, pool, bell: this.#bell, pending: () => this.#arrivals.pending, onLost });
    const ring = (): void => this.#bell.ring();
    this.#listening = listen({ channels: [logChannel], onNotify: ring, onListening: ring, signal: this.#closing.signal });
    this.#mirror.start();
  }

  get isBehind(): boolean {
    return this.#mirror.failing || this.#arrivals.stalled;
  }

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    checkAppend(stream, expected, events);
    return this.#settledByClose(async () => {
      await this.#comparedMirror();
      return events.length === 0 ? this.#confirm(stream, expected) : this.#append(stream, expected, events);
    });
  }

  streamRevision(stream: string): Promise<ExpectedRevision> {
    return this.#settledByClose(async () => {
      await this.#comparedMirror();
      const last = await lastRevision(this.#node, stream);
      if (last === 'no-stream' && (await this.#reads.streamRevision(stream)) !== 'no-stream') {
        throw new EventStoreUnavailable(`${stream} was deleted in EventStoreDB: its mirror has events that the node does not show`);
      }
      return last;
    });
  }

  /** As far as the leader says that the stream goes, also where the mirror is not there yet. */
  async *readStream(stream: string, options: ReadStreamOptions = {}): AsyncIterable<RecordedEvent> {
    const last = await this.streamRevision(stream);
    if (last === 'no-stream') return;
    await this.#arrived(stream, last);
    yield* this.#reads.readStream(stream, options);
  }

  readAll(options?: ReadAllOptions): AsyncIterable<RecordedEvent> {
    return this.#reads.readAll(options);
  }

  head(): Promise<Position> {
    return this.#reads.head();
  }

  subscribeAll(after: Position, signal: AbortSignal): AsyncIterable<readonly RecordedEvent[]> {
    return this.#reads.subscribeAll(after, signal);
  }

  /**
   * For an import: one append of events in its own form, without waiting for the mirror. Null: they are stored; else where the stream
   * really ends. @throws as append
   */
  copy(stream: string, expected: ExpectedRevision, events: EventData[]): Promise<ExpectedRevision | null> {
    return this.#settledByClose(async () => {
      await this.#comparedMirror();
      return this.#lanes.inTurn(stream, () => this.#send(stream, expected, events));
    });
  }

  /** Position of an event that was copied, once the mirror has it: as long as the mirror grows, that may take. @throws EventStoreUnavailable */
  async copied(stream: string, revision: bigint): Promise<Position> {
    for (let before = await this.head(); ; ) {
      const arrival = await this.#arrivals.of(stream, revision + 1n, revision);
      if (arrival !== null) return arrival.position;
      const head = await this.head();
      if (head === before || this.#closing.signal.aborted) throw new EventStoreUnavailable(`the mirror stands still at position ${head}, before revision ${revision} of ${stream}`);
      before = head;
    }
  }

  /** Resolves when the mirror has all that the node held when it was asked. @throws EventStoreUnavailable */
  async caughtUp(): Promise<void> {
    await this.#settledByClose(async () => {
      await this.#comparedMirror();
      const { commitPosition } = await mirrorEnd(this.#pool);
      const last = await lastMirrored(this.#node, commitPosition);
      if (last !== null) await this.copied(last.stream, last.revision);
    });
  }

  /** What is in flight ends by its own timers. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#inFlight);
    this.#arrivals.stop();
    await this.#mirror.stop();
    await this.#reads.close();
    await this.#listening;
  }

  async #append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    const first = expected === 'no-stream' ? 0n : expected + 1n;
    const last = first + BigInt(events.length) - 1n;
    const actual = await this.#lanes.inTurn(stream, () => this.#send(stream, expected, events.map(toEventData)));
    if (actual !== null) return { outcome: 'wrong-expected-revision', actual };
    // Durable from here on; what is missing is its position, and whether it was these events that were stored, now or long ago.
    const arrival = await this.#arrivals.of(stream, first, last).catch((error: Error) => {
      throw new OutcomeUnknown(`${stream} was appended to, but its mirror cannot be read: ${error.message}`, { cause: error });
    });
    if (arrival === null) throw new OutcomeUnknown(`${stream} was appended to up to revision ${last}, which did not come to the mirror in ${this.#timeoutMs} ms`);
    if (arrival.digest !== digestOf(events)) throw new AppendRefused(`${stream}, revision ${first}: another type or other data is stored under the id of one of ${events.length} events`);
    return { outcome: 'appended', revision: last, position: arrival.position };
  }

  /** Null: it is stored; else where the stream really ends. */
  async #send(stream: string, expected: ExpectedRevision, data: EventData[]): Promise<ExpectedRevision | null> {
    const expectedRevision = expected === 'no-stream' ? 'no_stream' : expected;
    try {
      await this.#node.call((client, options) => client.appendToStream(this.#node.streamPrefix + stream, data, { expectedRevision, ...options }));
      return null;
    } catch (error) {
      if (error instanceof EventStoreUnavailable) throw error;
      const { type, actualVersion } = error as { readonly type?: string; readonly actualVersion?: bigint | 'no_stream' };
      if (type !== 'wrong-expected-version' || actualVersion === undefined) throw appendFailure(error);
      return actualVersion === 'no_stream' ? 'no-stream' : actualVersion;
    }
  }

  /** An empty append is judged here: there is nothing that the node would write. */
  async #confirm(stream: string, expected: ExpectedRevision): Promise<AppendResult> {
    const actual = await this.#lanes.inTurn(stream, () => lastRevision(this.#node, stream));
    if (actual !== expected) return { outcome: 'wrong-expected-revision', actual };
    if (actual === 'no-stream') return { outcome: 'appended', revision: -1n, position: 0n };
    return { outcome: 'appended', revision: actual, position: await this.#arrived(stream, actual) };
  }

  /** Position of an event that the node has, once the mirror has it as well. @throws EventStoreUnavailable */
  async #arrived(stream: string, revision: bigint): Promise<Position> {
    const arrival = await this.#arrivals.of(stream, revision + 1n, revision);
    if (arrival === null) throw new EventStoreUnavailable(`revision ${revision} of ${stream} did not come to the mirror in ${this.#timeoutMs} ms`);
    return arrival.position;
  }

  /** Nothing is decided while the node was not seen to hold the mirrored log. @throws EventStoreUnavailable */
  async #comparedMirror(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new EventStoreUnavailable('EventStoreDB was not compared with its mirror yet')), this.#timeoutMs);
    });
    await Promise.race([this.#mirror.compared, late]).finally(() => clearTimeout(timer));
    if (this.#mirror.diverged) throw new EventStoreUnavailable(this.#mirror.diverged.message, { cause: this.#mirror.diverged });
  }

  async #settledByClose<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing.signal.aborted) throw new EventStoreUnavailable('the event store is closed');
    const working = work();
    this.#inFlight.add(working);
    try {
      return await working;
    } finally {
      this.#inFlight.delete(working);
    }
  }
}
