/**
 * The events of the ledger: storage format, for ever. A changed shape is a new schema version with an upcaster, never an edit.
 * Times are RFC 3339 UTC with milliseconds. `occurredAt` is the decision's `now` (of an event that was due: its deadline).
 */
import type { FlowTableEvent } from './flow-table-events';
import type { ForeignAgentsEvent } from './foreign-agents-events';
import type { MobileNodeEvent } from './mobile-node-events';

export * from './flow-table-events';
export * from './scope-events';
export * from './foreign-agents-events';
export * from './mobile-node-events';
export * from './handoff-events';
export * from './observed-events';
export * from './session-part-events';
export * from './lease-events';

export type LedgerEvent = ForeignAgentsEvent | MobileNodeEvent | FlowTableEvent;
export type LedgerEventType = LedgerEvent['type'];
