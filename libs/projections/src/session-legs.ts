import { temporaryColumns } from './flow-columns';
import { namesOf, rowsOf, type Statement } from './projection';

const legColumns = { session_id: 'uuid', foreign_agent: 'text', care_of_address: 'text' } as const;
const changeColumns = { changed_at: 'timestamptz', revision: 'bigint', position: 'bigint' } as const;

const sameLeg = 'l.session_id = e.session_id and l.foreign_agent = e.foreign_agent and l.care_of_address = e.care_of_address and l.ended_at is null';

const startColumns = {
  ...legColumns,
  ...changeColumns,
  ...temporaryColumns,
  state: 'text',
  requested: 'json',
  effective: 'json',
  matched: 'json',
  handoff_id: 'uuid',
  started_at: 'timestamptz',
  started_position: 'bigint',
} as const;

/** A degraded leg that is tried again ends where the next one begins. */
export const startLeg: Statement = {
  name: 'session_legs-start',
  merges: false,
  sql: `with e as (select * from ${rowsOf(startColumns)}),
    tried as (
      update session_legs l set ended_at = e.changed_at, ended_position = e.position, changed_at = e.changed_at, revision = e.revision, position = e.position
      from e where ${sameLeg} and l.state = 'degraded')
    insert into session_legs (${namesOf(startColumns)}) select ${namesOf(startColumns)} from e`,
};

const mutableColumns = { state: 'text', requested: 'json', effective: 'json' } as const;

export const changeLeg: Statement = {
  name: 'session_legs-change',
  merges: false,
  sql: `update session_legs l set changed_at = e.changed_at, revision = e.revision, position = e.position,
    ${Object.keys(mutableColumns).map((name) => `${name} = coalesce(e.${name}, l.${name})`).join(', ')}
    from ${rowsOf({ ...legColumns, ...changeColumns, ...mutableColumns })} where ${sameLeg}`,
};

export const endLeg: Statement = {
  name: 'session_legs-end',
  merges: false,
  sql: `update session_legs l set ended_at = e.changed_at, ended_position = e.position, cause = e.cause, quarantined_until = e.quarantined_until,
    changed_at = e.changed_at, revision = e.revision, position = e.position
    from ${rowsOf({ ...legColumns, ...changeColumns, cause: 'text', quarantined_until: 'timestamptz' })} where ${sameLeg}`,
};

/**
 * Makes one leg the session's present one: of those that stand the newest that carries traffic, else the degraded one, else the orphaned;
 * where none stands the last that ended, and with it the session is closed.
 */
export const electLeg: Statement = {
  name: 'sessions-elect',
  merges: false,
  sql: `with elected as (
      select distinct on (l.session_id) l.* from ${rowsOf({ session_id: 'uuid' })} join session_legs l on l.session_id = e.session_id
      order by l.session_id, l.ended_position desc nulls first, case l.state when 'orphaned' then 0 when 'degraded' then 1 else 2 end desc, l.started_position desc)
    update sessions s set foreign_agent = l.foreign_agent, care_of_address = l.care_of_address, requested = l.requested, effective = l.effective,
      temporary_field = l.temporary_field, temporary_value = l.temporary_value, state = case when l.ended_at is null then l.state else 'released' end,
      closed_at = l.ended_at, cause = case when l.ended_at is not null then l.cause end, changed_at = l.changed_at,
      stream = 'flowTable-' || l.foreign_agent || '@' || l.care_of_address, revision = l.revision, position = l.position
    from elected l where s.session_id = l.session_id`,
};
