import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { PostgresEventStore } from '#event-store';
import { listen, type ConnectionTarget } from '#postgres';
import { ProjectionRunner, readTables, type TableSet } from '#projections';

const rebuilt: TableSet = { name: 'read_tables', version: readTables.version, schema: 'crash_rebuild', channel: null };
const rebuildPatienceMs = 300_000;

/**
 * Makes the read tables again from the first event on, beside those that the service keeps, and compares them row by row.
 * @returns a sentence for each table that differs
 */
export async function differencesFromRebuild(pool: pg.Pool, target: ConnectionTarget): Promise<readonly string[]> {
  for (let attempt = 1; ; attempt++) {
    const head = await caughtUp(pool);
    await rebuild(pool, target, head);
    const differences = await compare(pool);
    // A deadline of the service's own may have come meanwhile; then both are at other positions, and nothing is said.
    if (differences.length === 0 || attempt === 5 || (await headOf(pool)) === head) return differences;
  }
}

async function rebuild(pool: pg.Pool, target: ConnectionTarget, head: bigint): Promise<void> {
  await pool.query(`drop schema if exists ${rebuilt.schema} cascade; create schema ${rebuilt.schema}`);
  for (const table of await tableNames(pool)) await pool.query(`create table ${rebuilt.schema}.${table} (like ${readTables.schema}.${table} including all)`);
  const store = new PostgresEventStore({ pool, listen: (options) => listen(target, options) });
  const runner = new ProjectionRunner({ store, pool, connection: target, tables: rebuilt });
  runner.start();
  try {
    await runner.waitFor(head, rebuildPatienceMs);
  } finally {
    await runner.stop();
    await store.close();
  }
}

async function compare(pool: pg.Pool): Promise<readonly string[]> {
  const differences: string[] = [];
  for (const table of await tableNames(pool)) {
    const [kept, again] = await Promise.all([digest(pool, readTables.schema, table), digest(pool, rebuilt.schema, table)]);
    if (kept.digest !== again.digest) differences.push(`${table}: ${kept.rows} rows are not the ${again.rows} rows of a rebuild`);
  }
  return differences;
}

async function digest(pool: pg.Pool, schema: string, table: string): Promise<{ readonly rows: string; readonly digest: string }> {
  const { rows } = await pool.query<{ rows: string; digest: string }>(
    `select count(*)::text as rows, md5(coalesce(string_agg(md5(t::text), '' order by t::text collate "C"), '')) as digest from ${schema}.${table} t`,
  );
  return rows[0]!;
}

/** The service's own tables have reached the end of the log. */
async function caughtUp(pool: pg.Pool): Promise<bigint> {
  for (const until = Date.now() + rebuildPatienceMs; ; await pause(20)) {
    const head = await headOf(pool);
    const { rows } = await pool.query<{ position: string }>(`select position::text from ${readTables.schema}.checkpoints where projection = $1 and version = $2`, [
      readTables.name,
      readTables.version,
    ]);
    if (BigInt(rows[0]?.position ?? 0) === head) return head;
    if (Date.now() > until) throw new Error(`The read tables are at ${rows[0]?.position ?? 'none'} and do not reach ${head}.`);
  }
}

async function headOf(pool: pg.Pool): Promise<bigint> {
  const { rows } = await pool.query<{ head: string }>('select coalesce(max(position), 0)::text as head from ledger.events');
  return BigInt(rows[0]!.head);
}

async function tableNames(pool: pg.Pool): Promise<readonly string[]> {
  const { rows } = await pool.query<{ name: string }>(`select tablename as name from pg_tables where schemaname = $1 order by 1`, [readTables.schema]);
  return rows.map(({ name }) => name);
}
