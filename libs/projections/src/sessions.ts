import type { DegradedLegEnded, LegRefused, QosSessionConfigured, QosSessionModified, QosSessionReleased } from '#domain';
import { flowColumns, temporaryColumns } from './flow-columns';
import { modifiedColumns, type Held } from './flow-table';
import type { LoggedEvent } from './logged-event';
import { insert, rowsOf, type Projection, type SqlRow, type Statement, type Write } from './projection';
import { changeLeg, electLeg, endLeg, startLeg } from './session-legs';

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

const scopeColumns = { foreign_agent: 'text', care_of_address: 'text' } as const;

/** Where the session is now, and as what. */
const legColumns = { ...temporaryColumns, ...scopeColumns, mobile_node: 'text', home_address: 'text', home_agent: 'text' } as const;

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

/** A refused leg is the session's present one only where no other carries traffic. */
const know: Statement = { ...insert('sessions', { ...openColumns, ...birthColumns }, 'on conflict do nothing'), name: 'sessions-know' };

/** What the present leg tells is the session's; of another leg only its own row tells. */
const change: Statement = {
  name: 'sessions-change',
  merges: false,
  sql: `update sessions s set ${assign(changeColumns, 'e')},
    ${Object.keys(mutableColumns).map((name) => `${name} = case when '${name}' = any(e.changed) then e.${name} else s.${name} end`).join(', ')}
    from ${rowsOf({ ...changeColumns, ...scopeColumns, ...mutableColumns, changed: 'text[]' })}
    where s.session_id = e.session_id and s.foreign_agent = e.foreign_agent and s.care_of_address = e.care_of_address`,
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
      case 'LegRefused':
        return refused(logged, event);
      case 'QosSessionModified':
        return modified(logged, event);
      case 'QosSessionReleased':
      case 'DegradedLegEnded':
        return ended(logged, event);
      default:
        return [];
    }
  },
};

const sessionKey = (sessionId: string): string => `session ${sessionId}`;
const legsKey = (sessionId: string): string => `legs ${sessionId}`;

const elect = (sessionId: string): Write => ({ statement: electLeg, keys: [sessionKey(sessionId), legsKey(sessionId)], row: { session_id: sessionId } });

function changeRow({ scope, position, revision }: LoggedEvent, sessionId: string, occurredAt: string) {
  const { foreignAgent, careOfAddress } = scope;
  return { session_id: sessionId, foreign_agent: foreignAgent, care_of_address: careOfAddress, changed_at: occurredAt, revision, position };
}

function configured(logged: LoggedEvent, event: QosSessionConfigured): Write[] {
  return [
    { statement: open, keys: [sessionKey(event.sessionId)], row: sessionRow(logged, event, event, event.replaces) },
    { statement: startLeg, keys: [legsKey(event.sessionId)], row: startRow(logged, event, event) },
  ];
}

function refused(logged: LoggedEvent, event: LegRefused): Write[] {
  const held = { temporary: null, effective: null, state: 'degraded' };
  return [
    { statement: know, keys: [sessionKey(event.sessionId)], row: sessionRow(logged, event, held, null) },
    { statement: startLeg, keys: [legsKey(event.sessionId)], row: startRow(logged, event, held) },
    elect(event.sessionId),
  ];
}

/** Written out, like the rows of the flow table. */
function sessionRow(logged: LoggedEvent, event: QosSessionConfigured | LegRefused, { temporary, effective, state }: Held, replaces: string | null): SqlRow {
  const { scope, position, revision, stream } = logged;
  const { flow, occurredAt } = event;
  return {
    session_id: event.sessionId,
    foreign_agent: scope.foreignAgent,
    care_of_address: scope.careOfAddress,
    changed_at: occurredAt,
    revision,
    position,
    stream,
    correspondent_node: flow.correspondentNode ?? null,
    protocol: flow.protocol,
    destination_port: flow.destinationPort ?? null,
    source_port: flow.sourcePort ?? null,
    flow_label: flow.flowLabel ?? null,
    spi: flow.spi ?? null,
    senders: flow.senders ?? null,
    style: event.style,
    service: event.service,
    tspec: event.tspec,
    refresh_period_ms: event.refreshPeriodMs,
    temporary_field: temporary?.field ?? null,
    temporary_value: temporary?.value ?? null,
    effective,
    requested: event.requested,
    state,
    mobile_node: event.mobileNode,
    home_address: event.homeAddress,
    home_agent: event.homeAgent,
    established_at: occurredAt,
    established_position: position,
    replaces,
  };
}

function startRow({ scope, position, revision }: LoggedEvent, event: QosSessionConfigured | LegRefused, { temporary, effective, state }: Held): SqlRow {
  const { sessionId, requested, matched, handoffId, occurredAt } = event;
  return {
    session_id: sessionId,
    foreign_agent: scope.foreignAgent,
    care_of_address: scope.careOfAddress,
    changed_at: occurredAt,
    revision,
    position,
    temporary_field: temporary?.field ?? null,
    temporary_value: temporary?.value ?? null,
    effective,
    requested,
    state,
    matched,
    handoff_id: handoffId ?? null,
    started_at: occurredAt,
    started_position: position,
  };
}

function modified(logged: LoggedEvent, event: QosSessionModified): Write[] {
  const { sessionId, occurredAt } = event;
  const { expires_at: _lease, orphaned_until: _end, ...values } = modifiedColumns(event);
  const all: SqlRow = { ...values, ...(event.requested && { requested: event.requested }) };
  const row = changeRow(logged, sessionId, occurredAt);
  const leg = { ...row, state: all['state'] ?? null, requested: all['requested'] ?? null, effective: all['effective'] ?? null };
  return [
    { statement: change, keys: [sessionKey(sessionId)], row: { ...row, stream: logged.stream, ...all, changed: Object.keys(all) } },
    { statement: changeLeg, keys: [legsKey(sessionId)], row: leg },
    // It carries the session no more, or a handoff that came back has it carry the session again.
    ...(event.state === 'orphaned' || event.handoffId !== undefined ? [elect(sessionId)] : []),
  ];
}

function ended(logged: LoggedEvent, event: QosSessionReleased | DegradedLegEnded): Write[] {
  const { sessionId, cause, occurredAt } = event;
  const quarantinedUntil = event.type === 'QosSessionReleased' ? event.quarantinedUntil : null;
  const row = { ...changeRow(logged, sessionId, occurredAt), cause, quarantined_until: quarantinedUntil };
  return [{ statement: endLeg, keys: [legsKey(sessionId)], row }, elect(sessionId)];
}
