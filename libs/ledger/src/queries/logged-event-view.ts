import type { RecordedEvent } from '#event-store';
import type { EventMetadata } from '../metadata';

/** An event of the log as the outside sees it; position and revision are decimal text. */
export interface EventView {
  readonly position: string;
  readonly stream: string;
  readonly revision: string;
  readonly type: string;
  readonly id: string;
  readonly recordedAt: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: EventMetadata;
}

export function viewOf({ position, stream, revision, type, id, recordedAt, data, metadata }: RecordedEvent): EventView {
  return {
    position: position.toString(),
    stream,
    revision: revision.toString(),
    type,
    id,
    recordedAt,
    data: JSON.parse(data) as EventView['data'],
    metadata: JSON.parse(metadata) as EventMetadata,
  };
}
