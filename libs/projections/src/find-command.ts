import type pg from 'pg';

/** What is known for ever of a command that appended events. */
export interface RecordedCommand {
  readonly commandId: string;
  readonly bodyDigest: string;
  readonly stream: string;
  readonly firstRevision: bigint;
  readonly lastRevision: bigint;
  /** Revision of the last event of the append. */
  readonly batchEnd: bigint;
  /** Of that event: the position of the command's answer. */
  readonly position: bigint;
}

interface CommandRow {
  readonly command_id: string;
  readonly stream: string;
  readonly body_digest: string;
  readonly first_revision: string;
  readonly last_revision: string;
  readonly batch_end: string;
  readonly position: string;
}

/** The commands, as far as the read tables have come; of one that appended to several streams its first append. */
export async function findCommands(pool: pg.Pool | pg.ClientBase, commandIds: readonly string[]): Promise<ReadonlyMap<string, RecordedCommand>> {
  const { rows } = await pool.query<CommandRow>({
    name: 'find-commands',
    text: `select distinct on (command_id) command_id, stream, body_digest, first_revision::text, last_revision::text, batch_end::text, position::text
      from projection.commands c where command_id = any($1) order by command_id, c.position`,
    values: [commandIds],
  });
  return new Map(rows.map((row) => [row.command_id, recordedCommand(row)]));
}

function recordedCommand(row: CommandRow): RecordedCommand {
  return {
    commandId: row.command_id,
    bodyDigest: row.body_digest,
    stream: row.stream,
    firstRevision: BigInt(row.first_revision),
    lastRevision: BigInt(row.last_revision),
    batchEnd: BigInt(row.batch_end),
    position: BigInt(row.position),
  };
}
