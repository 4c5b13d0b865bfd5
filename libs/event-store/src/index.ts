export * from './event-store';
export { checkAppend } from './check-append';
export * from './eventstoredb-address';
export { MirrorDiverged, refuseMirror, refuseOwnLog } from './eventstoredb-mirror-log';
export * from './faulty-event-store';
export * from './memory-event-store';
export * from './postgres-event-store';
export { categoryOf } from './stream-category';
