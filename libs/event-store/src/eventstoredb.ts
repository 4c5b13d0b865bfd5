/** A door of its own: the client takes a third of a second to load, which no one else should wait for. */
export * from './eventstoredb-event-store';
export { EventStoreDbNode } from './eventstoredb-node';
