import { UnreadableEvent, type EventPlace } from '#domain';

/** An event that was seen to be stored for good. */
export interface KnownEvent extends EventPlace {
  readonly id: string;
}

/** The log has lost it: it was changed from outside, and what goes on there would give positions and revisions for the second time. */
export function eventTaken({ stream, revision, position }: EventPlace, options?: ErrorOptions): UnreadableEvent {
  const sentence = `Revision ${revision} of ${stream}, at position ${position}, is missing from the log, or another event is there: it was changed from outside, and nothing is appended to it.`;
  return new UnreadableEvent(sentence, { stream, revision, position }, options);
}
