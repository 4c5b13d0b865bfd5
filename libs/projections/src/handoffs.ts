import type { HandoffCommitted, HandoffCompleted, HandoffRolledBack, HandoffStarted, HandoffSuperseded } from '#domain';
import type { LoggedEvent } from './logged-event';
import { insert, rowsOf, type Projection, type SqlRow, type Statement, type Write } from './projection';

const changeColumns = { handoff_id: 'uuid', state: 'text', changed_at: 'timestamptz', revision: 'bigint', position: 'bigint' } as const;

/** What an event after the first may tell. */
const toldColumns = {
  superseded_by: 'uuid',
  reason: 'text',
  detail: 'text',
  committed_at: 'timestamptz',
  ended_at: 'timestamptz',
  configured: 'integer',
  degraded: 'integer',
  released: 'integer',
  orphaned: 'integer',
  gap_ms: 'bigint',
} as const;

/** A second active handoff of one node breaks the unique index: the stream is parked. */
const start = insert('handoffs', {
  ...changeColumns,
  mobile_node: 'text',
  kind: 'text',
  cause: 'text',
  '"from"': 'json',
  '"to"': 'json',
  to_foreign_agent: 'text',
  to_care_of_address: 'text',
  old_legs: 'text',
  if_refused: 'text',
  deadline: 'timestamptz',
  supersedes: 'uuid',
  started_at: 'timestamptz',
  started_position: 'bigint',
});

const change: Statement = {
  name: 'handoffs-change',
  merges: false,
  sql: `update handoffs h set state = e.state, changed_at = e.changed_at, revision = e.revision, position = e.position,
    ${Object.keys(toldColumns).map((name) => `${name} = coalesce(e.${name}, h.${name})`).join(', ')}
    from ${rowsOf({ ...changeColumns, ...toldColumns })} where h.handoff_id = e.handoff_id`,
};

/** How far each handoff has come. What became of its legs, step by step, stands in handoff_steps. */
export const handoffs: Projection = {
  name: 'handoffs',
  categories: ['mobileNode'],
  project: (logged) => {
    const { event } = logged;
    switch (event.type) {
      case 'HandoffStarted':
        return [started(logged, event)];
      case 'HandoffCommitted':
        return [changed(logged, event, 'committed', { committed_at: event.occurredAt, configured: event.configured.length, degraded: event.degraded.length })];
      case 'HandoffCompleted': {
        const { released, orphaned, gapMs, occurredAt } = event;
        return [changed(logged, event, 'completed', { ended_at: occurredAt, released, orphaned, gap_ms: gapMs })];
      }
      case 'HandoffSuperseded':
        return [changed(logged, event, 'superseded', { ended_at: event.occurredAt, superseded_by: event.by })];
      case 'HandoffRolledBack': {
        const { reason, detail, occurredAt } = event;
        return [changed(logged, event, 'rolled-back', { ended_at: occurredAt, reason, detail })];
      }
      default:
        return [];
    }
  },
};

/** Handoffs of one node keep their order: one ends before the next begins. */
const nodeKey = (mobileNode: string): string => `handoffs ${mobileNode}`;

function changeRow({ position, revision }: LoggedEvent, handoffId: string, state: string, occurredAt: string): SqlRow {
  return { handoff_id: handoffId, state, changed_at: occurredAt, revision, position };
}

function started(logged: LoggedEvent, event: HandoffStarted): Write {
  const { handoffId, mobileNode, kind, cause, from, to, oldLegs, ifRefused, deadline, supersedes, occurredAt } = event;
  const row = {
    ...changeRow(logged, handoffId, 'started', occurredAt),
    mobile_node: mobileNode,
    kind,
    cause,
    from,
    to: to && { ...to },
    to_foreign_agent: to?.foreignAgent ?? null,
    to_care_of_address: to?.careOfAddress ?? null,
    old_legs: oldLegs,
    if_refused: ifRefused,
    deadline,
    supersedes,
    started_at: occurredAt,
    started_position: logged.position,
  };
  return { statement: start, keys: [nodeKey(mobileNode)], row };
}

type Told = HandoffCommitted | HandoffCompleted | HandoffSuperseded | HandoffRolledBack;

function changed(logged: LoggedEvent, { handoffId, mobileNode, occurredAt }: Told, state: string, told: SqlRow): Write {
  return { statement: change, keys: [nodeKey(mobileNode)], row: { ...changeRow(logged, handoffId, state, occurredAt), ...told } };
}
