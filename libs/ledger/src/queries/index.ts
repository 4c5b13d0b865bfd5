import { GetEventsHandler, GetStreamHandler } from './get-events';
import { GetFlowTableHandler, StreamFlowTableHandler } from './get-flow-table';
import { GetForeignAgentHandler, GetForeignAgentsHandler, StreamForeignAgentsHandler } from './get-foreign-agents';
import { GetHandoffHandler } from './get-handoff';
import { GetHandoffsHandler, StreamHandoffsHandler } from './get-handoffs';
import { GetMobileNodeHandler, GetMobileNodesHandler, StreamMobileNodesHandler } from './get-mobile-nodes';
import { GetRefusalsHandler, StreamRefusalsHandler } from './get-refusals';
import { GetQosSessionHistoryHandler } from './get-qos-session-history';
import { GetQosSessionHandler, GetQosSessionsHandler, StreamQosSessionsHandler } from './get-qos-sessions';

export { ParameterFaults, type ParameterFault } from './parameter-faults';
export type { Moment } from './as-of';
export { kinds, type Column, type ColumnKind, type ListColumns } from './column-kinds';
export type { ForeignAgentCounts, FreeValues } from './count-foreign-agents';
export { maximumLimit, type ListRequest } from './list-request';
export type { Page, RowStream } from './listing';
export { viewOf, type EventView, type UnreadableText } from './logged-event-view';
export * from './get-events';
export * from './get-flow-table';
export * from './get-foreign-agents';
export * from './get-handoff';
export { GetHandoffs, handoffColumns, StreamHandoffs, type HandoffRow } from './get-handoffs';
export type { HandoffLeg, HandoffLegEnd } from './handoff-legs';
export * from './get-mobile-nodes';
export * from './get-qos-session-history';
export * from './get-refusals';
export * from './get-qos-sessions';

/** For the providers of the Nest module: each takes the ReadModel alone. */
export const queryHandlers = [
  GetEventsHandler,
  GetFlowTableHandler,
  GetForeignAgentHandler,
  GetForeignAgentsHandler,
  GetHandoffHandler,
  GetHandoffsHandler,
  GetMobileNodeHandler,
  GetMobileNodesHandler,
  GetQosSessionHandler,
  GetQosSessionHistoryHandler,
  GetQosSessionsHandler,
  GetRefusalsHandler,
  GetStreamHandler,
  StreamFlowTableHandler,
  StreamForeignAgentsHandler,
  StreamHandoffsHandler,
  StreamMobileNodesHandler,
  StreamQosSessionsHandler,
  StreamRefusalsHandler,
] as const;
