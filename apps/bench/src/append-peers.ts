import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { openPool } from '#postgres';
import type { FreshLedger } from './bench-database';

/** Appends one event to the stream's end; a peer keeps what it needs to know of the stream. */
type Appender = () => Promise<void>;

export interface AppendPeer {
  /** A stream of its own. */
  open(): Appender;
  close(): Promise<void>;
}

/** About as long as what ours appends. */
const data = { sessionId: randomUUID(), filler: 'x'.repeat(205) };
const eventType = 'QosSessionConfigured';

/** Each caller waits for its event before the next one. @returns events a second */
export async function peerAppends(peer: AppendPeer, callers: number, seconds: number): Promise<number> {
  const from = performance.now();
  const until = from + seconds * 1_000;
  const counts = await Promise.all(
    Array.from({ length: callers }, async () => {
      const append = peer.open();
      let count = 0;
      for (; performance.now() < until; count += 1) await append();
      return count;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0) / ((performance.now() - from) / 1_000);
}

const table = `create table public.plain_events (
  position bigint generated always as identity primary key, stream text not null, revision bigint not null, id uuid not null, type text not null,
  data text not null, recorded_at timestamptz not null default clock_timestamp(), unique (stream, revision))`;

/** What a program does without a store: an INSERT for each event, which is a transaction, over a connection a caller. No subscriber could follow them. */
export async function plainInserts({ connection }: FreshLedger, callers: number): Promise<AppendPeer> {
  const pool = openPool(connection, { max: callers });
  await pool.query(table);
  return {
    open() {
      const stream = `flowTable-${randomUUID()}`;
      const text = 'insert into public.plain_events (stream, revision, id, type, data) values ($1, $2, $3, $4, $5) returning position';
      let revision = 0;
      return async () => {
        await pool.query({ name: 'plain', text, values: [stream, revision, randomUUID(), eventType, JSON.stringify(data)] });
        revision += 1;
      };
    },
    close: () => pool.end(),
  };
}

/** As much of @event-driven-io/emmett-postgresql as is called here. */
interface Emmett {
  readonly getPostgreSQLEventStore: (connectionString: string) => {
    appendToStream(
      stream: string,
      events: readonly { readonly type: string; readonly data: object }[],
      options: { readonly expectedStreamVersion: bigint | 'STREAM_DOES_NOT_EXIST' },
    ): Promise<{ readonly nextExpectedStreamVersion: bigint }>;
    close(): Promise<void>;
  };
}

/** @param folder of the installed package: LEDGER_BENCH_EMMETT */
export async function emmett(folder: string, { url }: FreshLedger): Promise<AppendPeer> {
  const { getPostgreSQLEventStore } = (await import(require.resolve(folder))) as Emmett;
  const store = getPostgreSQLEventStore(url);
  // It makes its tables at the first append.
  await store.appendToStream(`warmup-${randomUUID()}`, [{ type: eventType, data }], { expectedStreamVersion: 'STREAM_DOES_NOT_EXIST' });
  return {
    open() {
      const stream = `flowTable-${randomUUID()}`;
      let expectedStreamVersion: bigint | 'STREAM_DOES_NOT_EXIST' = 'STREAM_DOES_NOT_EXIST';
      return async () => {
        const answer = await store.appendToStream(stream, [{ type: eventType, data }], { expectedStreamVersion });
        expectedStreamVersion = answer.nextExpectedStreamVersion;
      };
    },
    close: () => store.close(),
  };
}

/** Holds back what vacuum may remove: a store that updates rows slows down beside it. */
export async function openSnapshot(pool: pg.Pool, ofTable: string): Promise<{ close(): Promise<void> }> {
  const reader = await pool.connect();
  await reader.query(`begin isolation level repeatable read; set local idle_in_transaction_session_timeout = 0; select count(*) from ${ofTable}`);
  return {
    async close() {
      await reader.query('rollback');
      reader.release();
    },
  };
}
