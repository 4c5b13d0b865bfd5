export * from './all-projections';
export { ProjectionBehind } from './checkpoint-watch';
export * from './find-command';
export { lastReadEvent } from './last-read-event';
export { LoggedEvent, scopeOf, type Scope } from './logged-event';
export type { ParkedStream } from './parked-streams';
export { insert, namesOf, rowsOf, type Columns, type Projection, type SqlRow, type Statement, type Write } from './projection';
export * from './projection-runner';
export { checkpointChannel, readTables, type TableSet } from './projection-session';
