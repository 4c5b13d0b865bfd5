import type { Pool } from 'pg';
import type { ReadAllOptions, ReadStreamOptions, RecordedEvent } from './event-store';
import { EventStoreUnavailable } from './event-store';
import { textArray } from './postgres-array';
import { callPostgres, type Call, type Row } from './postgres-call';

/** A page is a query of its own: no cursor and no snapshot is held while a consumer takes its time. */
export const pageEvents = 500;
/** Reached, a page ends with the event that reached it: what a reader holds is at most this and one append. */
const pageBytes = 1_048_576;
const beyondAll = 2n ** 63n - 1n;

/** Events beyond `bound` (exclusive) in the direction of the read; a revision where a stream is given, a position otherwise. */
interface Range {
  readonly stream?: string | undefined;
  readonly category?: string | undefined;
  readonly types?: readonly string[] | undefined;
  readonly backwards: boolean;
  readonly bound: bigint;
}

export async function* readStreamPages(pool: Pool, stream: string, options: ReadStreamOptions, timeoutMs: number): AsyncIterable<readonly RecordedEvent[]> {
  const backwards = options.direction === 'backwards';
  const bound = backwards ? (options.from ?? beyondAll) + 1n : (options.from ?? 0n) - 1n;
  yield* pages(pool, { stream, backwards, bound }, options.limit, timeoutMs);
}

export async function* readAllPages(pool: Pool, options: ReadAllOptions, timeoutMs: number): AsyncIterable<readonly RecordedEvent[]> {
  const { after, stream, category, types } = options;
  const backwards = options.direction === 'backwards';
  const bound = stream === undefined ? (after ?? (backwards ? beyondAll : 0n)) : await revisionBound(pool, stream, after, backwards, timeoutMs);
  yield* pages(pool, { stream, category, types: types && [...new Set(types)], backwards, bound }, options.limit, timeoutMs);
}

/** The position bound of a read of one stream as a bound on its revisions, which have the index. */
async function revisionBound(pool: Pool, stream: string, after: bigint | undefined, backwards: boolean, timeoutMs: number): Promise<bigint> {
  if (after === undefined) return backwards ? beyondAll : -1n;
  const call = { text: 'select ledger.first_revision_behind($1, $2)', values: [stream, storable(backwards ? after - 1n : after)], name: 'ledger.first-revision-behind' };
  const [row] = await read(pool, call, timeoutMs);
  return BigInt(row![0]!) - (backwards ? 0n : 1n);
}

async function* pages(pool: Pool, first: Range, limit = Infinity, timeoutMs: number): AsyncIterable<readonly RecordedEvent[]> {
  let range = first;
  let left = limit;
  while (left > 0) {
    const asked = Math.min(left, pageEvents);
    const rows = await read(pool, pageCall(range, asked), timeoutMs);
    const last = rows.at(-1);
    if (last === undefined) return;
    const events = rows.map(recordedEvent);
    yield events;
    left -= rows.length;
    const cutByBytes = Number(last[8]) >= pageBytes;
    if (rows.length < asked && !cutByBytes) return;
    range = { ...range, bound: events.at(-1)![range.stream === undefined ? 'position' : 'revision'] };
  }
}

const pageCall = ({ stream, category, types, backwards, bound }: Range, limit: number): Call => ({
  name: 'ledger.page',
  text: 'select * from ledger.page($1, $2, $3, $4, $5, $6, $7)',
  values: [stream, category, types && textArray(types), backwards, storable(bound), limit, pageBytes],
});

function recordedEvent(row: Row): RecordedEvent {
  const [position, stream, revision, id, type, data, metadata, recordedAt] = row as readonly [string, string, string, string, string, string, string, string];
  return { position: BigInt(position), stream, revision: BigInt(revision), id, type, data, metadata, recordedAt };
}

/** Callers may ask from beyond any end; bigint has none in JavaScript, 64 bits in the database. */
const storable = (bound: bigint): bigint => (bound > beyondAll ? beyondAll : bound < -1n ? -1n : bound);

/** A read has no outcome to be unsure of. @throws EventStoreUnavailable */
export async function read(pool: Pool, call: Call, timeoutMs: number): Promise<readonly Row[]> {
  try {
    return await callPostgres(pool, call, timeoutMs);
  } catch (error) {
    if (error instanceof EventStoreUnavailable) throw error;
    throw new EventStoreUnavailable((error as Error).message, { cause: error });
  }
}
