import type { QosSessionConfigured, QosSessionModified, QosSessionReleased } from '#domain';
import { flowColumns, flowRow, temporaryColumns, temporaryRow } from './flow-columns';
import { modifiedColumns } from './flow-table';
import type { LoggedEvent } from './logged-event';
import { insert, namesOf, rowsOf, type Projection, type Statement, type Write } from './projection';

const changeColumns = { session_id: 'uuid', changed_at: 'timestamptz', stream: 'text', revision: 'bigint', position: 'bigint' } as const;

const mutableColumns = {
  ...flowColumns,
  state: 'text',
  requested: 'json',
  effective: 'json',
  style: 'text',
  service: 'text',
  tspec: 'json',
  refresh_period_ms: 'bigint',
} as const;

/** Where the session is now, and as what. */
const legColumns = {
  ...temporaryColumns,
  mobile_node: 'text',
  home_address: 'text',
  home_agent: 'text',
  foreign_agent: 'text',
  care_of_address: 'text',
} as const;

const openColumns = { ...changeColumns, ...mutableColumns, ...legColumns } as const;
const birthColumns = { established_at: 'timestamptz', established_position: 'bigint', replaces: 'uuid' } as const;

const assign = (columns: object, from: string): string =>
  Object.keys(columns)
    .filter((name) => name !== 'session_id')
    .map((name) => `${name} = ${from}.${name}`)
    .join(', ');

/** A further leg of a session makes it the session's present one; since when the session is and what it replaced stand. */
const open = insert(
  'sessions',
  { ...openColumns, ...birthColumns },
  `on conflict (session_id) do update set ${assign(openColumns, 'excluded')}, closed_at = null, cause = null`,
);

const change: Statement = {
  name: 'sessions-change',
  merges: false,
  sql: `update sessions s set ${assign(changeColumns, 'e')},
    ${Object.keys(mutableColumns).map((name) => `${name} = case when '${name}' = any(e.changed) then e.${name} else s.${name} end`).join(', ')}
    from ${rowsOf({ ...changeColumns, ...mutableColumns, changed: 'text[]' })} where s.session_id = e.session_id`,
};

const startLegColumns = {
  session_id: 'uuid',
  foreign_agent: 'text',
  care_of_address: 'text',
  effective: 'json',
  ...temporaryColumns,
  matched: 'json',
  started_at: 'timestamptz',
  started_position: 'bigint',
} as const;

const startLeg: Statement = {
  name: 'session_legs-start',
  merges: false,
  sql: `insert into session_legs (${namesOf(startLegColumns)}) select ${namesOf(startLegColumns)} from ${rowsOf(startLegColumns)}`,
};

const changeLeg: Statement = {
  name: 'session_legs-change',
  merges: false,
  sql: `update session_legs l set effective = e.effective from ${rowsOf({ session_id: 'uuid', foreign_agent: 'text', care_of_address: 'text', effective: 'json' })}
    where l.session_id = e.session_id and l.foreign_agent = e.foreign_agent and l.care_of_address = e.care_of_address and l.ended_at is null`,
};

/** The session is closed with its last leg. */
const close: Statement = {
  name: 'sessions-close',
  merges: false,
  sql: `with e as (select * from ${rowsOf({ ...changeColumns, foreign_agent: 'text', care_of_address: 'text', cause: 'text', quarantined_until: 'timestamptz' })}),
    ended as (
      update session_legs l set ended_at = e.changed_at, ended_position = e.position, cause = e.cause, quarantined_until = e.quarantined_until
      from e where l.session_id = e.session_id and l.foreign_agent = e.foreign_agent and l.care_of_address = e.care_of_address
      and l.ended_at is null returning e.*)
    update sessions s set ${assign(changeColumns, 'e')}, state = 'released', closed_at = e.changed_at, cause = e.cause
    from ended e where s.session_id = e.session_id and s.foreign_agent = e.foreign_agent and s.care_of_address = e.care_of_address`,
};

/** Every session with its legs, as it is or was last. */
export const sessions: Projection = {
  name: 'sessions',
  categories: ['flowTable'],
  project: (logged) => {
    const { event } = logged;
    switch (event.type) {
      case 'QosSessionConfigured':
        return configured(logged, event);
      case 'QosSessionModified':
        return modified(logged, event);
      case 'QosSessionReleased':
        return [released(logged, event)];
      default:
        return [];
    }
  },
};

const sessionKey = (sessionId: string): string => `session ${sessionId}`;
const legsKey = (sessionId: string): string => `legs ${sessionId}`;

function changeRow({ stream, position, revision }: LoggedEvent, sessionId: string, occurredAt: string) {
  return { session_id: sessionId, changed_at: occurredAt, stream, revision, position };
}

function configured(logged: LoggedEvent, event: QosSessionConfigured): Write[] {
  const { scope, position } = logged;
  const leg = {
    ...temporaryRow(event.temporary),
    effective: { ...event.effective },
    foreign_agent: scope.foreignAgent,
    care_of_address: scope.careOfAddress,
  };
  const row = {
    ...changeRow(logged, event.sessionId, event.occurredAt),
    ...flowRow(event.flow),
    ...leg,
    state: event.state,
    requested: { ...event.requested },
    style: event.style,
    service: event.service,
    tspec: event.tspec && { ...event.tspec },
    refresh_period_ms: event.refreshPeriodMs,
    mobile_node: event.mobileNode,
    home_address: event.homeAddress,
    home_agent: event.homeAgent,
    established_at: event.occurredAt,
    established_position: position,
    replaces: event.replaces,
  };
  const legRow = { ...leg, session_id: event.sessionId, matched: event.matched, started_at: event.occurredAt, started_position: position };
  return [
    { statement: open, keys: [sessionKey(event.sessionId)], row },
    { statement: startLeg, keys: [legsKey(event.sessionId)], row: legRow },
  ];
}

function modified(logged: LoggedEvent, event: QosSessionModified): Write[] {
  const { expires_at: _lease, ...values } = modifiedColumns(event);
  const all = { ...values, ...(event.requested && { requested: { ...event.requested } }) };
  const row = { ...changeRow(logged, event.sessionId, event.occurredAt), ...all, changed: Object.keys(all) };
  const changes: Write[] = [{ statement: change, keys: [sessionKey(event.sessionId)], row }];
  if (!event.effective) return changes;
  const { foreignAgent, careOfAddress } = logged.scope;
  const leg = { session_id: event.sessionId, foreign_agent: foreignAgent, care_of_address: careOfAddress, effective: { ...event.effective } };
  return [...changes, { statement: changeLeg, keys: [legsKey(event.sessionId)], row: leg }];
}

function released(logged: LoggedEvent, event: QosSessionReleased): Write {
  const row = {
    ...changeRow(logged, event.sessionId, event.occurredAt),
    foreign_agent: logged.scope.foreignAgent,
    care_of_address: logged.scope.careOfAddress,
    cause: event.cause,
    quarantined_until: event.quarantinedUntil,
  };
  return { statement: close, keys: [sessionKey(event.sessionId), legsKey(event.sessionId)], row };
}
