import { UnreadableEvent, type EventPlace } from '#domain';
import type { ExpectedRevision, RecordedEvent } from '#event-store';
import type { StreamEnd } from './snapshots';

/** Of a log that was changed from outside a fold says what is missing, and guesses nothing. */
export function holeBefore({ stream, position }: RecordedEvent, missing: bigint): UnreadableEvent {
  return at({ stream, revision: missing, position }, (place) => `has a hole: revision ${place.revision} is missing before position ${place.position}.`);
}

/** An append is written whole: what is missing of its end was there. */
export function tornAppend(stream: string, revision: bigint, position: bigint): UnreadableEvent {
  return at({ stream, revision, position }, (place) => `is torn: revision ${place.revision} at position ${place.position} is missing from the end of its append.`);
}

/** Whole appends are gone: their revisions must not be given again. */
export function cutShort(stream: string, end: StreamEnd, seen: 'was read' | 'was decided on'): UnreadableEvent {
  return at({ stream, ...end }, (place) => `is cut short: revision ${place.revision} at position ${place.position}, which ${seen} before, is missing from its end.`);
}

const at = (place: EventPlace, says: (place: EventPlace) => string): UnreadableEvent => new UnreadableEvent(`${place.stream} ${says(place)}`, place);

/** So long the verdict on a stream stands that is not read to its end, unless something is appended to it or taken away. */
const verdictMs = 5_000;

/** Why a cold fold failed: a long stream is not folded again for every command to find the same. */
export class FoldVerdict {
  private readonly until: number;

  constructor(
    private readonly error: UnreadableEvent,
    private readonly end: ExpectedRevision,
    private readonly clock: () => number,
  ) {
    this.until = clock() + verdictMs;
  }

  /** @throws UnreadableEvent it stands */
  async requireOver(streamRevision: () => Promise<ExpectedRevision>): Promise<void> {
    if (this.clock() <= this.until && (await streamRevision()) === this.end) throw this.error;
  }
}
