import type { EventPlace } from '#domain';
import { EventStoreUnavailable } from './event-store';

/** An event that was seen to be stored for good. */
export interface KnownEvent extends EventPlace {
  readonly id: string;
}

/** The log has lost an event: it was changed from outside, and what goes on there would give positions and revisions for the second time. */
export class LogCutShort extends EventStoreUnavailable {
  override readonly name = 'LogCutShort';

  constructor(
    readonly place: EventPlace,
    options?: ErrorOptions,
  ) {
    const { stream, revision, position } = place;
    super(`Revision ${revision} of ${stream}, at position ${position}, is missing from the log, or another event is there: nothing is appended to it.`, options);
  }
}
