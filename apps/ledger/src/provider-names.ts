/** Interfaces are injected by name: TypeScript leaves nothing of them at run time. */
export const EVENT_STORE = 'EventStore';
/** Every route of the service. */
export const ROUTES = 'Routes';
