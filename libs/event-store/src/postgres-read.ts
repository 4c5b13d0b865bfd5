import type { Pool } from 'pg';
import type { ReadAllOptions, ReadStreamOptions, RecordedEvent } from './event-store';
import { EventStoreUnavailable } from './event-store';
import { callPostgres, type Call, type Row } from './postgres-call';

/** A page is a query of its own: no cursor and no snapshot is held while a consumer takes its time. */
const pageEvents = 500;
/** Reached, a page ends with the event that reached it: what a reader holds is at most this and one append. */
const pageBytes = 1_048_576;
const beyondAll = 2n ** 63n - 1n;

/** Keyset: events of `where` whose `key` lies beyond `bound` (exclusive), in the direction of the read. */
interface Range {
  readonly key: 'position' | 'revision';
  readonly backwards: boolean;
  readonly bound: bigint;
  readonly where: readonly (readonly [condition: (parameter: string) => string, value: unknown])[];
}

export async function* readStreamPages(pool: Pool, stream: string, options: ReadStreamOptions, timeoutMs: number): AsyncIterable<readonly RecordedEvent[]> {
  const backwards = options.direction === 'backwards';
  const bound = backwards ? (options.from ?? beyondAll - 1n) + 1n : (options.from ?? 0n) - 1n;
  yield* pages(pool, { key: 'revision', backwards, bound, where: [ofStream(stream)] }, options.limit, timeoutMs);
}

export async function* readAllPages(pool: Pool, options: ReadAllOptions, timeoutMs: number): AsyncIterable<readonly RecordedEvent[]> {
  const { after, stream, category, types } = options;
  const backwards = options.direction === 'backwards';
  const where: Range['where'][number][] = [];
  // The same expression as in the index events_category_position.
  if (category !== undefined) where.push([(parameter) => `split_part(stream, '-', 1) = ${parameter}`, category]);
  // Equality where it can be: only then does the index (type, position) give the order as well.
  if (types?.length === 1) where.push([(parameter) => `type = ${parameter}`, types[0]]);
  else if (types) where.push([(parameter) => `type = any(${parameter})`, types]);
  if (stream === undefined) {
    yield* pages(pool, { key: 'position', backwards, bound: after ?? (backwards ? beyondAll : 0n), where }, options.limit, timeoutMs);
  } else {
    const bound = await revisionBound(pool, stream, after, backwards, timeoutMs);
    yield* pages(pool, { key: 'revision', backwards, bound, where: [ofStream(stream), ...where] }, options.limit, timeoutMs);
  }
}

/** The position bound of a read of one stream as a bound on its revisions, which have the index. */
async function revisionBound(pool: Pool, stream: string, after: bigint | undefined, backwards: boolean, timeoutMs: number): Promise<bigint> {
  if (after === undefined) return backwards ? beyondAll : -1n;
  const call = { text: 'select ledger.first_revision_behind($1, $2)', values: [stream, backwards ? after - 1n : after] };
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
    range = { ...range, bound: events.at(-1)![range.key] };
  }
}

function pageCall({ key, backwards, bound, where }: Range, limit: number): Call {
  const values: unknown[] = [bound, limit, pageBytes];
  const conditions = where.map(([condition, value]) => condition(`$${values.push(value)}`));
  const [beyond, order] = backwards ? ['<', 'desc'] : ['>', 'asc'];
  return {
    text: `
      select position, stream, revision, id, type, data, metadata,
        to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), bytes
      from (
        select *, sum(octet_length(data) + octet_length(metadata)) over (order by ${key} ${order} rows unbounded preceding) as bytes
        from (
          select * from ledger.events where ${[`${key} ${beyond} $1`, ...conditions].join(' and ')} order by ${key} ${order} limit $2
        ) page
      ) counted
      where bytes - octet_length(data) - octet_length(metadata) < $3
      order by ${key} ${order}`,
    values,
  };
}

function recordedEvent(row: Row): RecordedEvent {
  const [position, stream, revision, id, type, data, metadata, recordedAt] = row as readonly [string, string, string, string, string, string, string, string];
  return { position: BigInt(position), stream, revision: BigInt(revision), id, type, data, metadata, recordedAt };
}

/** A read has no outcome to be unsure of. @throws EventStoreUnavailable */
export async function read(pool: Pool, call: Call, timeoutMs: number): Promise<readonly Row[]> {
  try {
    return await callPostgres(pool, call, timeoutMs);
  } catch (error) {
    if (error instanceof EventStoreUnavailable) throw error;
    throw new EventStoreUnavailable((error as Error).message, { cause: error });
  }
}

const ofStream = (stream: string): Range['where'][number] => [(parameter) => `stream = ${parameter}`, stream];
