import type { RecordedEvent } from '#event-store';
import type { EventMetadata } from '../mailbox/metadata';

/** In place of payload or metadata that are no JSON object: other programs may write what they like into an EventStoreDB. */
export interface UnreadableText {
  readonly unreadable: string;
}

/** An event of the log as the outside sees it; position and revision are decimal text. */
export interface EventView {
  readonly position: string;
  readonly stream: string;
  readonly revision: string;
  readonly type: string;
  readonly id: string;
  readonly recordedAt: string;
  readonly data: Readonly<Record<string, unknown>> | UnreadableText;
  /** Of the ledger's own events; another program's may have any members. */
  readonly metadata: EventMetadata | UnreadableText;
}

/** Never throws: one event that cannot be read must not hide the others. */
export function viewOf({ position, stream, revision, type, id, recordedAt, data, metadata }: RecordedEvent): EventView {
  return {
    position: position.toString(),
    stream,
    revision: revision.toString(),
    type,
    id,
    recordedAt,
    data: objectOf<Readonly<Record<string, unknown>>>(data),
    metadata: objectOf<EventMetadata>(metadata),
  };
}

function objectOf<T extends object>(text: string): T | UnreadableText {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as T;
  } catch {
    // It is shown as it stands.
  }
  return { unreadable: text };
}
