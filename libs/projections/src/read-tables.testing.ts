import { createHash } from 'node:crypto';
import type pg from 'pg';

export const tableNames = [
  ...['checkpoints', 'parked_streams', 'commands', 'stream_ends', 'flow_table', 'leases', 'visitors', 'collisions', 'quarantines'],
  ...['sessions', 'session_events', 'session_legs', 'registrations', 'mobile_nodes', 'foreign_agents', 'scopes', 'handoffs', 'handoff_steps'],
];

/** Another version of the read tables, empty. */
export async function createTables(pool: pg.Pool, schema: string): Promise<void> {
  await pool.query(`create schema ${schema}`);
  for (const table of tableNames) await pool.query(`create table ${schema}.${table} (like projection.${table} including all)`);
}

/** What was told of streams that are over; how far the tables are, and the stream of the agents, which goes on, are kept. */
export async function emptyTables(pool: pg.Pool, ...schemas: readonly string[]): Promise<void> {
  const kept = new Set(['checkpoints', 'parked_streams']);
  const emptied = schemas.flatMap((schema) => tableNames.filter((table) => !kept.has(table)).map((table) => {
    const where = table === 'stream_ends' ? ` where stream <> 'foreignAgents'` : '';
    return `delete from ${schema}.${table}${where}`;
  }));
  await pool.query(emptied.join('; '));
}

/** Of every row of every table; `parked_at` is a clock's. */
export async function hashOfTables(pool: pg.Pool, schema: string): Promise<string> {
  const hash = createHash('sha256');
  for (const table of tableNames) {
    const { rows } = await pool.query<{ row: string }>(`select (to_jsonb(t) - 'parked_at')::text as row from ${schema}.${table} t order by 1`);
    hash.update(`${table}\n${rows.map(({ row }) => row).join('\n')}\n`);
  }
  return hash.digest('hex');
}
