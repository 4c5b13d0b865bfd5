/** A door of its own: the client takes a third of a second to load, which no one else should wait for. */
export * from './eventstoredb-event-store';
export { importIntoEventStoreDb } from './eventstoredb-import';
export { EventStoreDbNode } from './eventstoredb-node';
