import type pg from 'pg';
import type { KnownEvent } from '#event-store';
import { readTables } from './projection-session';

/** The last event that the read tables have read, whoever wrote them: it was in the log. Null: it is not known. */
export async function lastReadEvent(pool: pg.Pool): Promise<KnownEvent | null> {
  const { rows: [row] } = await pool.query<Record<'position' | 'id' | 'stream' | 'revision', string>>(
    `select c.position::text, c.event_id::text as id, e.stream, e.revision::text
     from projection.checkpoints c join projection.stream_ends e on e.position = c.position
     where c.projection = $1 and c.version = $2 and c.event_position = c.position and c.event_id is not null`,
    [readTables.name, readTables.version],
  );
  return row ? { position: BigInt(row.position), id: row.id, stream: row.stream, revision: BigInt(row.revision) } : null;
}
