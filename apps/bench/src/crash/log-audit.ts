import type pg from 'pg';

/** Where the events of a command with a key stand. */
export interface RecordedCommand {
  readonly stream: string;
  /** Of the last event of its append: the position of the command's answer. */
  readonly position: bigint;
}

export interface LogAudit {
  readonly head: bigint;
  /** Sentences; none in a ledger that keeps its promises. */
  readonly faults: readonly string[];
  readonly commands: ReadonlyMap<string, RecordedCommand>;
}

/** Each finds positions at which the log is not what it must be. */
const questions: Readonly<Record<string, string>> = {
  'positions are not dense': `
    select max(position) as position from ledger.events having count(*) <> coalesce(max(position), 0) or min(position) <> 1`,
  'revisions of a stream are not dense, or do not rise with the position': `
    select position from (select position, revision, row_number() over (partition by stream order by position) - 1 as place from ledger.events) e
    where revision <> place`,
  'the time of recording falls': `
    select position from (select position, recorded_at, lag(recorded_at) over (order by position) as before from ledger.events) e where recorded_at < before`,
  'an event id stands twice': `
    select max(position) as position from ledger.events group by id having count(*) > 1`,
  // An append has neighbouring positions, and each of its events says where it ends. (EventStoreDB gives each event a time of its own.)
  'an append is there in part': `
    select position from (
      select position, revision, batch_end, lead(batch_end) over w as next_end, lead(position) over w as next_position
      from (select *, (metadata::json ->> 'batchEnd')::bigint as batch_end from ledger.events) e window w as (partition by stream order by revision)) e
    where batch_end < revision
      or (batch_end > revision and (next_end, next_position) is distinct from (batch_end, position + 1))`,
  'a key stands at the begin of two appends': `
    select max(position) as position from ledger.events where metadata::json ->> 'idempotencyKey' is not null
    group by metadata::json ->> 'idempotencyKey' having count(*) > 1`,
};

/** Looks through the whole log for what no crash may leave behind. */
export async function auditLog(pool: pg.Pool): Promise<LogAudit> {
  const faults: string[] = [];
  for (const [fault, sql] of Object.entries(questions)) {
    const { rows } = await pool.query<{ position: bigint | string | null }>(`${sql} limit 5`);
    if (rows.length > 0) faults.push(`${fault}: at position ${rows.map(({ position }) => String(position)).join(', ')}`);
  }
  const { rows: keyed } = await pool.query<{ key: string; stream: string; position: string }>(`
    select first.metadata::json ->> 'idempotencyKey' as key, first.stream, last.position::text
    from ledger.events first join ledger.events last on last.stream = first.stream and last.revision = (first.metadata::json ->> 'batchEnd')::bigint
    where first.metadata::json ->> 'idempotencyKey' is not null`);
  const { rows: [head] } = await pool.query<{ head: string }>('select coalesce(max(position), 0)::text as head from ledger.events');
  return { head: BigInt(head!.head), faults, commands: new Map(keyed.map(({ key, stream, position }) => [key, { stream, position: BigInt(position) }])) };
}
