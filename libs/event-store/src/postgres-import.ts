import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { DatabaseError, type Pool, type PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { EventStoreUnavailable, type Position, type RecordedEvent } from './event-store';
import { ImportRefused } from './import-refused';

/** Bytes without a meaning in JSON or in names: almost no field needs quotes. */
const copyEvents = `copy ledger.events (position, revision, recorded_at, id, stream, type, data, metadata) from stdin
  with (format csv, delimiter e'\\x02', quote e'\\x01')`;
const needsQuotes = /[\x01\x02\r\n]/; // eslint-disable-line no-control-regex -- the delimiters of this COPY
const chunkLength = 65_536;

/**
 * Copies a part of another ledger's log to the end of this one, in one transaction: positions, revisions, ids and times stay as they
 * were. PostgreSQL itself refuses what does not continue (migrations/0006-import.sql).
 * @returns the last position
 * @throws ImportRefused, EventStoreUnavailable: nothing of it was written
 */
export async function importEvents(pool: Pool, expectedHead: Position, events: AsyncIterable<RecordedEvent> | Iterable<RecordedEvent>): Promise<Position> {
  const client = await pool.connect().catch((error: Error) => {
    throw new EventStoreUnavailable(`no connection to PostgreSQL: ${error.message}`, { cause: error });
  });
  let reusable = false;
  try {
    const head = await copyInTransaction(client, expectedHead, events);
    reusable = true;
    return head;
  } catch (error) {
    await client.query('rollback').then(() => (reusable = true), () => undefined);
    throw refusalOf(error);
  } finally {
    client.release(!reusable);
  }
}

type Events = AsyncIterable<RecordedEvent> | Iterable<RecordedEvent>;

async function copyInTransaction(client: PoolClient, expectedHead: Position, events: Events): Promise<Position> {
  await client.query('begin; set local statement_timeout = 0');
  const { rows: [begun] } = await client.query<{ head: string }>('select ledger.begin_import()::text as head');
  if (BigInt(begun!.head) !== expectedHead) throw new ImportRefused(`The ledger ends at position ${begun!.head}, not at ${expectedHead}: somebody else writes to it.`);
  const copy = client.query(copyFrom(copyEvents));
  // Heard of wherever it fails first: at a write, or at the end.
  const copied = finished(copy);
  copied.catch(() => undefined);
  try {
    let text = '';
    for await (const event of events) {
      text += copyLine(event);
      if (text.length < chunkLength) continue;
      if (!copy.write(text)) await Promise.race([once(copy, 'drain'), copied]);
      text = '';
    }
    copy.end(text);
  } catch (error) {
    // A COPY that is not ended keeps the session: it must fail before anything is rolled back.
    copy.destroy(error as Error);
    throw error;
  }
  await copied;
  const { rows: [done] } = await client.query<{ head: string }>({ text: 'select ledger.finish_import($1)::text as head', values: [String(expectedHead)] });
  await client.query('commit');
  return BigInt(done!.head);
}

function copyLine({ position, revision, recordedAt, id, stream, type, data, metadata }: RecordedEvent): string {
  return `${position}\x02${revision}\x02${recordedAt}\x02${id}\x02${field(stream)}\x02${field(type)}\x02${field(data)}\x02${field(metadata)}\n`;
}

/** Without quotes, nothing is NULL. */
const field = (text: string): string => (text === '' || needsQuotes.test(text) ? `\x01${text.replaceAll('\x01', '\x01\x01')}\x01` : text);

/** Integrity constraint violation and data exception are what was given; anything else is the server. */
function refusalOf(error: unknown): unknown {
  if (!(error instanceof DatabaseError)) return error;
  if (/^(22|23)/.test(error.code ?? '')) return new ImportRefused(`The events do not continue this ledger: ${error.message}.`, { cause: error });
  return new EventStoreUnavailable(`PostgreSQL refused: ${error.message}`, { cause: error });
}
