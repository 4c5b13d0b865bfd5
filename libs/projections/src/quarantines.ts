import { toldBy, type FlowId, type FlowIdSender, type QosSessionConfigured, type QosSessionModified, type QosSessionReleased, type TemporaryFlowId } from '#domain';
import { temporaryColumns, temporaryRow } from './flow-columns';
import type { LoggedEvent } from './logged-event';
import { namesOf, rowsOf, type Projection, type Statement, type Write } from './projection';

const scopeColumns = { foreign_agent: 'text', care_of_address: 'text' } as const;
const sameScope = 'q.foreign_agent = e.foreign_agent and q.care_of_address = e.care_of_address';

const beginColumns = {
  ...scopeColumns,
  session_id: 'uuid',
  mobile_node: 'text',
  effective: 'json',
  ...temporaryColumns,
  quarantined_until: 'timestamptz',
  from_position: 'bigint',
} as const;

const isTaken = `exists (select from quarantines q where ${sameScope} and q.quarantine = e.quarantine and q.to_position is null)
  or row_number() over (partition by e.foreign_agent, e.care_of_address, e.quarantine order by e.from_position) > 1`;

/**
 * An entry has the name of its session; where that is taken there (the session came back and went again within its quarantine), session
 * and revision.
 */
const begin: Statement = {
  name: 'quarantines-begin',
  merges: true,
  sql: `insert into quarantines (quarantine, ${namesOf(beginColumns)})
    select case when e.quarantine = e.session_id::text and (${isTaken}) then e.quarantine || '/' || e.revision else e.quarantine end, ${namesOf(beginColumns, 'e.')}
    from ${rowsOf({ ...beginColumns, quarantine: 'text', revision: 'bigint' })}`,
};

const end: Statement = {
  name: 'quarantines-end',
  merges: true,
  sql: `update quarantines q set to_position = e.position
    from ${rowsOf({ ...scopeColumns, quarantine: 'text', position: 'bigint' })}
    where ${sameScope} and q.quarantine = e.quarantine and q.to_position is null`,
};

/** The logical flow has its own id back: of its node, the same effective id. */
const takeBack: Statement = {
  name: 'quarantines-take-back',
  merges: true,
  sql: `update quarantines q set to_position = e.position
    from ${rowsOf({ ...scopeColumns, mobile_node: 'text', effective: 'jsonb', position: 'bigint' })}
    where ${sameScope} and q.mobile_node is not distinct from e.mobile_node and q.effective::jsonb = e.effective and q.to_position is null`,
};

const others = `(select coalesce(jsonb_agg(named), '[]') from jsonb_array_elements(t.effective::jsonb -> 'senders') named
  where named <> t.sender)`;
const kept = 'session_id, quarantine, foreign_agent, care_of_address, mobile_node, temporary_field, temporary_value, quarantined_until';

/** A path took its id back from the list that it belongs to: the entry goes on with the other senders, if any. */
const senderTakenBack: Statement = {
  name: 'quarantines-sender-taken-back',
  merges: false,
  sql: `with taken as (
      update quarantines q set to_position = e.position
      from ${rowsOf({ ...scopeColumns, quarantine: 'text', sender: 'jsonb', position: 'bigint' })}
      where ${sameScope} and q.quarantine = e.quarantine and q.to_position is null
      returning q.*, e.sender
    )
    insert into quarantines (${kept}, effective, from_position)
    select ${kept}, jsonb_set(t.effective::jsonb, '{senders}', ${others})::json, t.to_position from taken t where jsonb_array_length(${others}) > 0`,
};

/** Released ids that nobody else may have yet (domain.md §2, "quarantine"). */
export const quarantines: Projection = {
  name: 'quarantines',
  categories: ['flowTable'],
  project: (logged) => {
    const { event } = logged;
    switch (event.type) {
      case 'QosSessionReleased':
        return released(logged, event);
      case 'QosSessionModified':
        return sendersLeft(logged, event);
      case 'QuarantineEnded':
        return event.quarantines.map((quarantine) => ({ statement: end, keys: [scopeKey(logged)], row: { ...scopeRow(logged), quarantine } }));
      case 'QosSessionConfigured':
        return event.reclaimed ? [takenBack(logged, event), ...takenFrom(logged, event)] : [];
      default:
        return [];
    }
  },
};

/** Taking back looks at all quarantines of the scope, so their order is the scope's. */
const scopeKey = ({ stream }: LoggedEvent): string => `quarantines ${stream}`;

function scopeRow({ scope, position }: LoggedEvent) {
  return { foreign_agent: scope.foreignAgent, care_of_address: scope.careOfAddress, position };
}

interface Entry {
  readonly sessionId: string;
  readonly quarantine: string;
  readonly mobileNode: string | null;
  readonly effective: FlowId | { readonly senders: readonly FlowIdSender[] };
  readonly temporary: TemporaryFlowId | null;
  readonly quarantinedUntil: string;
}

function begun(logged: LoggedEvent, entry: Entry): Write {
  const { foreign_agent, care_of_address, position } = scopeRow(logged);
  const row = {
    foreign_agent,
    care_of_address,
    session_id: entry.sessionId,
    quarantine: entry.quarantine,
    mobile_node: entry.mobileNode,
    effective: entry.effective,
    ...temporaryRow(entry.temporary),
    quarantined_until: entry.quarantinedUntil,
    revision: logged.revision,
    from_position: position,
  };
  return { statement: begin, keys: [scopeKey(logged)], row };
}

function released(logged: LoggedEvent, event: QosSessionReleased): Write[] {
  const { sessionId, mobileNode, temporary, quarantinedUntil, senders } = event;
  if (quarantinedUntil === null) return [];
  // What else its list named passed on.
  const effective = senders ? { ...event.effective, senders } : event.effective;
  return [begun(logged, { sessionId, quarantine: sessionId, mobileNode, effective, temporary, quarantinedUntil })];
}

/** The entry is named after the session and the revision of the event; what is left of the temporary id stays with the session. */
function sendersLeft(logged: LoggedEvent, { sessionId, sendersLeft: left }: QosSessionModified): Write[] {
  if (!left) return [];
  const quarantine = `${sessionId}/${logged.revision}`;
  const { senders, quarantinedUntil } = left;
  return [begun(logged, { sessionId, quarantine, mobileNode: null, effective: { senders }, temporary: null, quarantinedUntil })];
}

function takenBack(logged: LoggedEvent, { mobileNode, effective }: QosSessionConfigured): Write {
  return { statement: takeBack, keys: [scopeKey(logged)], row: { ...scopeRow(logged), mobile_node: mobileNode, effective } };
}

function takenFrom(logged: LoggedEvent, { effective, reclaimedFrom = [] }: QosSessionConfigured): Write[] {
  const { source, ...told } = effective as FlowIdSender;
  const taken = { ...scopeRow(logged), sender: { source, ...toldBy(told) } };
  return reclaimedFrom.map((quarantine) => ({ statement: senderTakenBack, keys: [scopeKey(logged)], row: { ...taken, quarantine } }));
}
