import { GetFlowTableHandler, StreamFlowTableHandler } from './get-flow-table';

export { ParameterFaults, type ParameterFault } from './parameter-faults';
export type { Moment } from './as-of';
export type { Column, ColumnKind, ListColumns } from './column-kinds';
export { maximumLimit, type ListRequest } from './list-request';
export type { Page, RowStream } from './listing';
export * from './get-flow-table';

/** For the providers of the Nest module: each takes the ReadModel alone. */
export const queryHandlers = [GetFlowTableHandler, StreamFlowTableHandler] as const;
