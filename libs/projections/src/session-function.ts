import type { Statement } from './projection';

/** SQLSTATE of our own: the checkpoint is not where the caller believes it. */
export const fencedState = 'QL001';

/**
 * A function of the session that moves the checkpoint and runs statements by their names: a whole transaction in one message each way,
 * with plans that stay. Eleven statements with a message each cost the event loop and PostgreSQL more than what they do.
 */
export function sessionFunction(statements: Iterable<Statement>): string {
  const branches = [...statements].map(({ name, sql }) => `      when '${name}' then ${sql.replaceAll('$1', 'of_statement_rows[statement_at]::json')};`);
  return `create or replace function pg_temp.apply(
    of_set text, of_version integer, from_position bigint, to_position bigint, to_event uuid, to_channel text, statement_names text[], of_statement_rows text[]
  ) returns void language plpgsql as $apply$
#variable_conflict use_column
begin
  -- First: its row keeps a rival out until the commit.
  update checkpoints c set position = apply.to_position, event_position = apply.to_position, event_id = to_event where c.projection = of_set and c.version = of_version and c.position = apply.from_position;
  if not found then
    raise exception 'the checkpoint is elsewhere' using errcode = '${fencedState}';
  end if;
  for statement_at in 1..cardinality(statement_names) loop
    case statement_names[statement_at]
      -- Without a branch, as before the first statement, it would be no case.
      when '' then null;
${branches.join('\n')}
    end case;
  end loop;
  if to_channel is not null then
    perform pg_notify(to_channel, apply.to_position::text);
  end if;
end $apply$`;
}
