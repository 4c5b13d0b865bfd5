import type { Pool, PoolClient } from 'pg';
import type { Position } from './event-store';
import type { MirroredEvent } from './eventstoredb-event';
import { int8Array, textArray, uuidArray } from './postgres-array';

/** `ledger` of ledger.append, and one: of whoever mirrors. */
const mirrorLock = '119182731994483';
/** A statement on the mirror takes milliseconds; a server that says nothing for so long is lost. */
const patienceMs = 5_000;

export interface MirrorEnd {
  readonly position: Position;
  /** Null: the mirror is empty. */
  readonly commitPosition: bigint | null;
}

/** The log in PostgreSQL is not what the node holds: nothing may be written to either until somebody has looked. */
export class MirrorDiverged extends Error {
  override readonly name = 'MirrorDiverged';
}

/** Before PostgreSQL is used as the log. @throws MirrorDiverged what it holds is the mirror of an EventStoreDB */
export async function refuseMirror(pool: Pool): Promise<void> {
  const { rowCount } = await pool.query('select from ledger.mirrored limit 1');
  if (rowCount !== 0) throw new MirrorDiverged('the log in PostgreSQL is the mirror of an EventStoreDB, which alone may be appended to');
}

/** Before PostgreSQL is used as a mirror. @throws MirrorDiverged it holds a log of its own */
export async function refuseOwnLog(pool: Pool): Promise<void> {
  await mirrorEnd(pool);
}

/** @throws MirrorDiverged events were appended to PostgreSQL itself */
export async function mirrorEnd(database: Pool | PoolClient): Promise<MirrorEnd> {
  try {
    const [row] = await query<{ head: string; head_commit: string | null }>(database, 'select head::text, head_commit::text from ledger.mirror_end()');
    return { position: BigInt(row!.head), commitPosition: row!.head_commit === null ? null : BigInt(row!.head_commit) };
  } catch (error) {
    if ((error as { code?: string }).code === '55000') throw new MirrorDiverged((error as Error).message, { cause: error });
    throw error;
  }
}

async function query<T extends object>(database: Pool | PoolClient, text: string, values: unknown[] = []): Promise<T[]> {
  // `query_timeout` of a single query is not in the types.
  const config = { text, values, query_timeout: patienceMs };
  return (await (database as Pool).query<T>(config)).rows;
}

/** The mirror through one session, which holds the lock of whoever writes it: when the session ends, another server may. */
export class MirrorLog {
  constructor(private readonly session: PoolClient) {}

  /** False: another server mirrors. */
  async lock(): Promise<boolean> {
    const [row] = await query<{ locked: boolean }>(this.session, `select pg_try_advisory_lock(${mirrorLock}) as locked`);
    return row!.locked;
  }

  /** Ends the session of whoever holds the lock. */
  async endHolder(): Promise<void> {
    await query(this.session, 'select ledger.end_mirror_holder()');
  }

  /** @throws MirrorDiverged events were appended to PostgreSQL itself */
  end(): Promise<MirrorEnd> {
    return mirrorEnd(this.session);
  }

  async idAt(position: Position): Promise<string> {
    const [row] = await query<{ id: string }>(this.session, 'select id::text from ledger.events where position = $1', [position]);
    return row!.id;
  }

  /** Behind `end`; answers the new one. Refused where another server wrote meanwhile. */
  async write(end: MirrorEnd, events: readonly MirroredEvent[]): Promise<MirrorEnd> {
    const [row] = await query<{ head: string }>(this.session, 'select ledger.mirror($1, $2, $3, $4, $5, $6, $7, $8, $9)::text as head', [
      end.commitPosition,
      int8Array(events.map(({ commitPosition }) => commitPosition)),
      textArray(events.map(({ stream }) => stream)),
      int8Array(events.map(({ revision }) => revision)),
      int8Array(events.map(({ createdMs }) => BigInt(createdMs))),
      uuidArray(events.map(({ id }) => id)),
      textArray(events.map(({ type }) => type)),
      textArray(events.map(({ data }) => data)),
      textArray(events.map(({ metadata }) => metadata)),
    ]);
    return { position: BigInt(row!.head), commitPosition: events.at(-1)!.commitPosition };
  }
}
