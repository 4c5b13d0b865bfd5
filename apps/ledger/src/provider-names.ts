/** Interfaces are injected by name: TypeScript leaves nothing of them at run time. */
/** Every route of the service. */
export const ROUTES = 'Routes';
export const CAPTURE_INGEST = 'CaptureIngest';
/** Aborts when the service is told to stop: for answers that would go on for ever. */
export const STOPPING = 'Stopping';
