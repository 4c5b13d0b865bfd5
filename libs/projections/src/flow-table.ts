import type { FlowId, LeasesExtended, LegRefused, QosSessionConfigured, QosSessionModified } from '#domain';
import { flowColumns, flowRow, temporaryColumns } from './flow-columns';
import type { LoggedEvent, Scope } from './logged-event';
import { namesOf, rowsOf, type Projection, type SqlRow, type Statement, type Write } from './projection';

const legColumns = { session_id: 'uuid', foreign_agent: 'text', care_of_address: 'text' } as const;

/** What QosSessionModified may change. */
const mutableColumns = {
  ...flowColumns,
  state: 'text',
  effective: 'json',
  style: 'text',
  service: 'text',
  tspec: 'json',
  refresh_period_ms: 'bigint',
  expires_at: 'timestamptz',
  reservation_expires_at: 'timestamptz',
  orphaned_until: 'timestamptz',
} as const;

/** Stands for the whole life of a leg. */
const fixedColumns = {
  ...legColumns,
  ...temporaryColumns,
  mobile_node: 'text',
  home_address: 'text',
  home_agent: 'text',
  registration_expires_at: 'timestamptz',
  established_at: 'timestamptz',
  established_position: 'bigint',
} as const;

const versionColumns = { changed_at: 'timestamptz', revision: 'bigint', from_position: 'bigint' } as const;

const rowColumns = { ...fixedColumns, ...mutableColumns, ...versionColumns } as const;

const sameLeg = (a: string, b: string): string =>
  `${a}.session_id = ${b}.session_id and ${a}.foreign_agent = ${b}.foreign_agent and ${a}.care_of_address = ${b}.care_of_address`;

/**
 * A degraded leg that is tried again gives its row to the next one; the count makes PostgreSQL do that first. A second open row of one
 * leg otherwise breaks the unique index: the stream is parked.
 */
const open: Statement = {
  name: 'flow_table-open',
  merges: false,
  sql: `with e as (select * from ${rowsOf(rowColumns)}),
    tried as (update flow_table f set to_position = e.from_position from e where ${sameLeg('f', 'e')} and f.to_position is null and f.state = 'degraded' returning ${namesOf(legColumns, 'f.')}),
    outdated as (delete from leases l using tried t where ${sameLeg('l', 't')})
    insert into flow_table (${namesOf(rowColumns)}) select ${namesOf(rowColumns)} from e where (select count(*) from tried) >= 0`,
};

const isLease = (column: string): boolean => column === 'expires_at' || column === 'reservation_expires_at';

const changed = (column: string): string => {
  const lease = `(select l.${column} from leases l where ${sameLeg('l', 'f')})`;
  const kept = isLease(column) ? `coalesce(${lease}, f.${column})` : `f.${column}`;
  return `case when '${column}' = any(e.changed) then e.${column} else ${kept} end as ${column}`;
};

/**
 * Ends the open row and begins the next one, which differs in the columns that `changed` lists. A lease told anew is in the row itself, and
 * what the other was extended to goes into it as well.
 */
const change: Statement = {
  name: 'flow_table-change',
  merges: false,
  sql: `with e as (select * from ${rowsOf({ ...legColumns, ...mutableColumns, ...versionColumns, changed: 'text[]' })}),
    closed as (
      update flow_table f set to_position = e.from_position from e
      where ${sameLeg('f', 'e')} and f.to_position is null
      returning ${namesOf(fixedColumns, 'f.')}, ${Object.keys(mutableColumns).map(changed).join(', ')}, ${namesOf(versionColumns, 'e.')}),
    outdated as (delete from leases l using e where ${sameLeg('l', 'e')} and e.changed && array['expires_at', 'reservation_expires_at'])
    insert into flow_table (${namesOf(rowColumns)}) select * from closed`,
};

const close: Statement = {
  name: 'flow_table-close',
  merges: false,
  sql: `with e as (select * from ${rowsOf({ ...legColumns, position: 'bigint' })}),
    outdated as (delete from leases l using e where ${sameLeg('l', 'e')})
    update flow_table f set to_position = e.position from e where ${sameLeg('f', 'e')} and f.to_position is null`,
};

const extensionColumns = {
  foreign_agent: 'text', care_of_address: 'text', position: 'bigint', expires_at: 'timestamptz', sessions: 'uuid[]', reservations: 'uuid[]',
};

const lastOf = (column: string): string => `(array_agg(n.${column} order by n.position desc) filter (where n.${column} is not null))[1]`;

/** Only open legs have a lease: one that names a released session says nothing. */
const extend: Statement = {
  name: 'leases-extend',
  merges: true,
  sql: `with e as (
      select * from ${rowsOf(extensionColumns)}),
    named as (
      select unnest(sessions) as session_id, foreign_agent, care_of_address, position, expires_at, null::timestamptz as reservation_expires_at from e
      union all
      select unnest(reservations), foreign_agent, care_of_address, position, null, expires_at from e)
    insert into leases (session_id, foreign_agent, care_of_address, expires_at, reservation_expires_at)
    select session_id, foreign_agent, care_of_address, ${lastOf('expires_at')}, ${lastOf('reservation_expires_at')}
    from named n
    where exists (
      select from flow_table f where f.session_id = n.session_id and f.foreign_agent = n.foreign_agent
      and f.care_of_address = n.care_of_address and f.to_position is null)
    group by session_id, foreign_agent, care_of_address
    on conflict (session_id, foreign_agent, care_of_address) do update set
      expires_at = coalesce(excluded.expires_at, leases.expires_at),
      reservation_expires_at = coalesce(excluded.reservation_expires_at, leases.reservation_expires_at)`,
};

const legKey = ({ foreignAgent, careOfAddress }: Scope, sessionId: string): string => `leg ${sessionId} ${foreignAgent}@${careOfAddress}`;
const legRow = ({ foreignAgent, careOfAddress }: Scope, sessionId: string): SqlRow => ({
  session_id: sessionId,
  foreign_agent: foreignAgent,
  care_of_address: careOfAddress,
});

/** The live flow table: a row per leg that holds an id, or is degraded (domain.md §9). */
export const flowTable: Projection = {
  name: 'flow_table',
  categories: ['flowTable'],
  project: (logged) => {
    const { event } = logged;
    switch (event.type) {
      case 'QosSessionConfigured':
        return [configured(logged, event)];
      case 'QosSessionModified':
        return [modified(logged, event)];
      case 'LeasesExtended':
        return [extended(logged, event)];
      case 'LegRefused':
        return [refused(logged, event)];
      case 'QosSessionReleased':
      case 'DegradedLegEnded':
        return [ended(logged, event.sessionId)];
      default:
        return [];
    }
  },
};

function configured(logged: LoggedEvent, event: QosSessionConfigured): Write {
  return opened(logged, event, event);
}

/** The session stands here without an effective id (domain.md §6). */
function refused(logged: LoggedEvent, event: LegRefused): Write {
  return opened(logged, event, { effective: null, temporary: null, state: 'degraded' });
}

/** What a leg has of the scope: an id, or none where it is degraded. */
export type Held = Pick<QosSessionConfigured, 'temporary'> & { readonly effective: FlowId | null; readonly state: string };

/** Written out: rows that are put together from other objects are three times the work, for every session. */
function opened({ scope, position, revision }: LoggedEvent, event: QosSessionConfigured | LegRefused, { effective, temporary, state }: Held): Write {
  const { flow } = event;
  const row = {
    session_id: event.sessionId,
    foreign_agent: scope.foreignAgent,
    care_of_address: scope.careOfAddress,
    correspondent_node: flow.correspondentNode ?? null,
    protocol: flow.protocol,
    destination_port: flow.destinationPort ?? null,
    source_port: flow.sourcePort ?? null,
    flow_label: flow.flowLabel ?? null,
    spi: flow.spi ?? null,
    senders: flow.senders ?? null,
    temporary_field: temporary?.field ?? null,
    temporary_value: temporary?.value ?? null,
    effective,
    state,
    mobile_node: event.mobileNode,
    home_address: event.homeAddress,
    home_agent: event.homeAgent,
    registration_expires_at: event.registrationExpiresAt,
    established_at: event.occurredAt,
    established_position: position,
    style: event.style,
    service: event.service,
    tspec: event.tspec,
    refresh_period_ms: event.refreshPeriodMs,
    expires_at: event.expiresAt,
    reservation_expires_at: ('reservation' in event && event.reservation?.expiresAt) || null,
    orphaned_until: null,
    changed_at: event.occurredAt,
    revision,
    from_position: position,
  };
  return { statement: open, keys: [legKey(scope, event.sessionId)], row };
}

function modified({ scope, position, revision }: LoggedEvent, event: QosSessionModified): Write {
  const values = modifiedColumns(event);
  const row = {
    ...legRow(scope, event.sessionId),
    ...values,
    changed: Object.keys(values),
    changed_at: event.occurredAt,
    revision,
    from_position: position,
  };
  return { statement: change, keys: [legKey(scope, event.sessionId)], row };
}

/** The columns that the event changes, with their new values. */
export function modifiedColumns(event: QosSessionModified): SqlRow {
  return {
    ...(event.flow && flowRow(event.flow)),
    ...(event.effective && { effective: event.effective }),
    ...(event.state && { state: event.state }),
    ...(event.style && { style: event.style }),
    ...(event.service !== undefined && { service: event.service }),
    ...(event.tspec !== undefined && { tspec: event.tspec }),
    ...(event.refreshPeriodMs !== undefined && { refresh_period_ms: event.refreshPeriodMs }),
    ...(event.expiresAt !== undefined && { expires_at: event.expiresAt }),
    ...reservationColumn(event),
    ...((event.state ?? event.orphanedUntil) !== undefined && { orphaned_until: (event.state ?? 'orphaned') === 'orphaned' ? (event.orphanedUntil ?? null) : null }),
  };
}

/** What is path-only has no reservation. */
function reservationColumn({ state, reservation }: QosSessionModified): SqlRow {
  if (state === 'path-only') return { reservation_expires_at: null };
  return reservation === undefined ? {} : { reservation_expires_at: reservation?.expiresAt ?? null };
}

function extended({ scope, position }: LoggedEvent, { sessions, reservations = [], until }: LeasesExtended): Write {
  const { foreignAgent, careOfAddress } = scope;
  const row = { foreign_agent: foreignAgent, care_of_address: careOfAddress, position, expires_at: until, sessions, reservations };
  return { statement: extend, keys: [...new Set([...sessions, ...reservations])].map((sessionId) => legKey(scope, sessionId)), row };
}

function ended({ scope, position }: LoggedEvent, sessionId: string): Write {
  return { statement: close, keys: [legKey(scope, sessionId)], row: { ...legRow(scope, sessionId), position } };
}
