import type { Pool } from 'pg';
import type { EventPlace } from '#domain';
import type { Listener } from '#postgres';
import { AppendQueue } from './append-queue';
import { checkAppend } from './check-append';
import { Doorbell } from './doorbell';
import type { AppendResult, EventStore, ExpectedRevision, NewEvent, Position, ReadAllOptions, ReadStreamOptions, RecordedEvent } from './event-store';
import { EventStoreFull, EventStoreUnavailable } from './event-store';
import type { KnownEvent } from './known-event';
import { OwnAppends } from './own-appends';
import { appendBatch } from './postgres-append';
import { pageEvents, read, readAllPages, readStreamPages } from './postgres-read';

export interface PostgresEventStoreOptions {
  /** Remains its owner's: it is not ended by `close`. */
  readonly pool: Pool;
  /** `listen` of the room postgres with its target, or of a session that others listen on as well: resolves after its signal aborted. */
  readonly listen: (listener: Listener) => Promise<void>;
  /** Whether there is room for more; where absent, PostgreSQL alone tells. */
  readonly hasRoom?: () => boolean;
  /** For one statement; more than the 3 s after which the server itself gives up waiting for the log's lock. */
  readonly timeoutMs?: number;
  /** The last event that is known to have been in the log, from before this process; nothing is appended where it is missing. */
  readonly known?: KnownEvent | null;
  /** How late a subscriber is at worst while no notification comes through. */
  readonly pollMs?: number;
}

/** NOTIFY of the log's head. */
export const logChannel = 'ledger';

const batchLimits = { appends: 256, events: 4_096, length: 1_048_576 } as const;
const maximumWaitingAppends = 16_384;

const headAndId = `select coalesce((select position from ledger.events order by position desc limit 1), 0)::text,
  (select id from ledger.events where position = $1)::text`;

/** The log in PostgreSQL: schema `ledger` of migrations/0001-log.sql. Any number of instances may share a database. */
export class PostgresEventStore implements EventStore {
  readonly #pool: Pool;
  readonly #timeoutMs: number;
  readonly #pollMs: number;
  readonly #listen: PostgresEventStoreOptions['listen'];
  readonly #hasRoom: () => boolean;
  readonly #queue: AppendQueue;
  readonly #bell = new Doorbell();
  readonly #own = new OwnAppends();
  /** The last event that this process saw. */
  #known: KnownEvent | null;
  #missing: EventPlace | null = null;
  /** As far as this process knows the log to reach. */
  #head: Position = 0n;
  /** How often something may have been appended that nobody told. */
  #missed = 0;
  #subscribers = 0;
  readonly #closing = new AbortController();
  #listening: Promise<void> | undefined;

  constructor({ pool, listen, hasRoom = () => true, known = null, timeoutMs = 4_000, pollMs = 1_000 }: PostgresEventStoreOptions) {
    this.#pool = pool;
    this.#listen = listen;
    this.#hasRoom = hasRoom;
    this.#known = known;
    this.#timeoutMs = timeoutMs;
    this.#pollMs = pollMs;
    const send: ConstructorParameters<typeof AppendQueue>[0] = (batch) => appendBatch(pool, batch, timeoutMs, this.#known, (events) => this.#appended(events));
    this.#queue = new AppendQueue(send, batchLimits, maximumWaitingAppends);
  }

  /** As of the last look at the head. */
  get missing(): EventPlace | null {
    return this.#missing;
  }

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    checkAppend(stream, expected, events);
    this.#refuseWhenClosed();
    if (!this.#hasRoom()) throw new EventStoreFull('the disk of the log is almost full');
    return this.#queue.add({ stream, expected, events });
  }

  async streamRevision(stream: string): Promise<ExpectedRevision> {
    this.#refuseWhenClosed();
    const call = { text: 'select revision from ledger.events where stream = $1 order by revision desc limit 1', values: [stream], name: 'ledger.stream-revision' };
    const [row] = await read(this.#pool, call, this.#timeoutMs);
    return row ? BigInt(row[0]!) : 'no-stream';
  }

  async *readStream(stream: string, options: ReadStreamOptions = {}): AsyncIterable<RecordedEvent> {
    this.#refuseWhenClosed();
    for await (const page of readStreamPages(this.#pool, stream, options, this.#timeoutMs)) yield* page;
  }

  async *readAll(options: ReadAllOptions = {}): AsyncIterable<RecordedEvent> {
    this.#refuseWhenClosed();
    for await (const page of readAllPages(this.#pool, options, this.#timeoutMs)) yield* page;
  }

  async head(): Promise<Position> {
    this.#refuseWhenClosed();
    const known = this.#known;
    const [row] = await read(this.#pool, { text: headAndId, values: [known?.position], name: 'ledger.head' }, this.#timeoutMs);
    this.#missing = known === null || row![1] === known.id ? null : known;
    return BigInt(row![0]!);
  }

  async *subscribeAll(after: Position, signal: AbortSignal): AsyncIterable<readonly RecordedEvent[]> {
    this.#subscribers += 1;
    try {
      yield* this.#follow(after, signal);
    } finally {
      this.#subscribers -= 1;
      if (this.#subscribers === 0) this.#own.clear();
    }
  }

  async *#follow(after: Position, signal: AbortSignal): AsyncIterable<readonly RecordedEvent[]> {
    const done = AbortSignal.any([signal, this.#closing.signal]);
    let position = after;
    // What was appended before anybody listened, nobody told.
    let missed = this.#missed - 1;
    while (!signal.aborted) {
      this.#refuseWhenClosed();
      this.#listening ??= this.#listenForAppends();
      const { rings } = this.#bell;
      for (let own = this.#own.behind(position, pageEvents); own.length > 0 && !done.aborted; own = this.#own.behind(position, pageEvents)) {
        position = own.at(-1)!.position;
        yield own;
      }
      if (position < this.#head || missed !== this.#missed) {
        missed = this.#missed;
        for await (const page of readAllPages(this.#pool, { after: position }, this.#timeoutMs)) {
          position = page.at(-1)!.position;
          this.#saw(page.at(-1)!);
          if (!signal.aborted) yield page;
          if (done.aborted) break;
        }
      }
      await this.#bell.wait(rings, done, this.#pollMs);
      // A notification may be lost (its connection ended): look again after a while without one.
      if (this.#bell.rings === rings) missed = this.#missed - 1;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#queue.settled();
    await this.#listening;
  }

  /** Whoever waits for these events hears of them behind the callers, who wait for their answer. */
  #appended(events: readonly RecordedEvent[]): void {
    const { position } = events.at(-1)!;
    this.#saw(events.at(-1)!);
    // What another process appended behind it may have been told before.
    if (position > this.#head) this.#head = position;
    if (this.#subscribers === 0) return;
    this.#own.add(events);
    setImmediate(() => this.#bell.ring());
  }

  #saw({ stream, revision, position, id }: RecordedEvent): void {
    if (this.#known === null || position > this.#known.position) this.#known = { stream, revision, position, id };
  }

  /** One session for all subscriptions, from the first one on. What was missed while it was lost is read when it is back. */
  #listenForAppends(): Promise<void> {
    return this.#listen({
      channels: [logChannel],
      onNotify: (_, head) => this.#told(BigInt(head)),
      onListening: () => {
        this.#missed += 1;
        this.#bell.ring();
      },
      signal: this.#closing.signal,
    });
  }

  /** Also of what this process appended itself: nobody is to be woken then. */
  #told(head: Position): void {
    if (head <= this.#head) return;
    this.#head = head;
    this.#bell.ring();
  }

  #refuseWhenClosed(): void {
    if (this.#closing.signal.aborted) throw new EventStoreUnavailable('the event store is closed');
  }
}
