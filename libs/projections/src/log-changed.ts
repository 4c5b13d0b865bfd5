import type { EventStore } from '#event-store';

/** How far the tables are, and the event that stood there; null: it is not known. */
export interface Checkpoint {
  readonly position: bigint;
  readonly eventId: string | null;
}

/** The log has lost what the tables have read of it: it was changed from outside, or another one took its place. */
export class LogChanged extends Error {
  override readonly name = 'LogChanged';

  constructor(readonly position: bigint) {
    super(`The event at position ${position} is not the one that the read tables have read there: the log was changed from outside.`);
  }
}

/** @throws LogChanged */
export async function requireSameLog(store: Pick<EventStore, 'readAll'>, { position, eventId }: Checkpoint): Promise<void> {
  if (eventId === null) return;
  for await (const event of store.readAll({ after: position - 1n, limit: 1 })) if (event.position === position && event.id === eventId) return;
  throw new LogChanged(position);
}
