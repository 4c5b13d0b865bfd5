import { DatabaseError, type Pool, type PoolClient, type QueryArrayConfig } from 'pg';
import { EventStoreFull, EventStoreUnavailable, OutcomeUnknown } from './event-store';

/** Values as the server writes them: nothing here depends on type parsers that a pool's owner may have set. */
const verbatim = { getTypeParser: () => (value: string) => value } as unknown as NonNullable<QueryArrayConfig['types']>;

export type Row = readonly string[];

export interface Call {
  readonly text: string;
  readonly values: unknown[];
  /** Prepared once per connection under this name. */
  readonly name?: string;
}

/**
 * One statement, which is one transaction, under our own timer: a frozen server or a black hole answers nothing, ever.
 * @throws EventStoreUnavailable the statement was not sent, or the server refused it: nothing was written
 * @throws OutcomeUnknown it was sent and no answer came
 */
export async function callPostgres(pool: Pool, call: Call, timeoutMs: number): Promise<readonly Row[]> {
  const client = await connectWithin(pool, timeoutMs);
  // Without a listener the end of a connection that is checked out ends the process.
  client.on('error', ignore);
  let reusable = false;
  try {
    const { rows } = await within(client.query<string[]>({ ...call, rowMode: 'array', types: verbatim }), timeoutMs);
    reusable = true;
    return rows;
  } catch (error) {
    reusable = isRefusal(error);
    const Refused = (error as DatabaseError).code === diskFull ? EventStoreFull : EventStoreUnavailable;
    throw reusable
      ? new Refused(`PostgreSQL refused: ${messageOf(error)}`, { cause: error })
      : new OutcomeUnknown(`no answer from PostgreSQL: ${messageOf(error)}`, { cause: error });
  } finally {
    client.off('error', ignore);
    client.release(!reusable);
  }
}

/** SQLSTATE. */
const diskFull = '53100';
/** SQLSTATE of ours: migrations/0018-known-ends.sql. */
export const knownEventMissing = 'QL001';

/** SQLSTATE of the refusal behind a failure of `callPostgres`. */
export function sqlStateOf(error: unknown): string | undefined {
  return error instanceof EventStoreUnavailable && error.cause instanceof DatabaseError ? error.cause.code : undefined;
}

/**
 * An ERROR rolled the transaction back and left the connection usable. FATAL and PANIC (57P01 administrator, 25P03 idle in
 * transaction, 53100 while the WAL is written) may come between the commit and its answer. A server that speaks another language
 * than English translates the severity; these are never more than an ERROR: 55P03 lock time-out, 57014 statement time-out, our own.
 */
function isRefusal(error: unknown): boolean {
  return error instanceof DatabaseError && (error.severity === 'ERROR' || error.code === '55P03' || error.code === '57014' || error.code === knownEventMissing);
}

async function connectWithin(pool: Pool, timeoutMs: number): Promise<PoolClient> {
  const connecting = pool.connect();
  try {
    return await within(connecting, timeoutMs);
  } catch (error) {
    // One that comes too late goes back to the pool.
    connecting.then((client) => client.release(), ignore);
    throw new EventStoreUnavailable(`no connection to PostgreSQL: ${messageOf(error)}`, { cause: error });
  }
}

async function within<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came for ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

const ignore = (): void => undefined;
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
