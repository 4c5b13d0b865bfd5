import type { Match, QosSessionConfigured, TemporaryFlowIdAllocated } from '#domain';
import { temporaryColumns, temporaryRow } from './flow-columns';
import type { LoggedEvent } from './logged-event';
import { insert, type Projection, type SqlRow, type Write } from './projection';

const columns = {
  session_id: 'uuid',
  foreign_agent: 'text',
  care_of_address: 'text',
  mobile_node: 'text',
  matched_session_id: 'uuid',
  matched_mobile_node: 'text',
  matched_state: 'text',
  matched_effective: 'json',
  ...temporaryColumns,
  allocated_by: 'text',
  choice: 'text',
  occurred_at: 'timestamptz',
  position: 'bigint',
} as const;

/**
 * A match stands in both events of an append: the first says who allocated and why, the second also tells the matches of a session
 * whose id the network chose. One session may be matched in several entries of one state (senders that left an SE list): one row.
 */
const record = { ...insert('collisions', columns, 'on conflict do nothing'), merges: true };

/** Every match of the collision rule; `collidesWith` of the flow table is read here, on both sides. */
export const collisions: Projection = {
  name: 'collisions',
  categories: ['flowTable'],
  project: (logged) => {
    const { event } = logged;
    if (event.type === 'TemporaryFlowIdAllocated') {
      const temporary = temporaryRow({ field: event.field, value: event.value });
      return matches(logged, event, { ...temporary, allocated_by: event.allocatedBy, choice: event.choice });
    }
    if (event.type === 'QosSessionConfigured') {
      return matches(logged, event, { ...temporaryRow(event.temporary), allocated_by: null, choice: null });
    }
    return [];
  },
};

function matches({ scope, position }: LoggedEvent, event: TemporaryFlowIdAllocated | QosSessionConfigured, allocation: SqlRow): Write[] {
  return event.matched.map((match: Match) => ({
    statement: record,
    keys: [`collision ${event.sessionId}`],
    row: {
      session_id: event.sessionId,
      foreign_agent: scope.foreignAgent,
      care_of_address: scope.careOfAddress,
      mobile_node: event.mobileNode,
      matched_session_id: match.sessionId,
      matched_mobile_node: match.mobileNode,
      matched_state: match.state,
      matched_effective: match.effective,
      ...allocation,
      occurred_at: event.occurredAt,
      position,
    },
  }));
}
