import { createHash } from 'node:crypto';
import type { AllStreamRecordedEvent } from '@eventstore/db-client';
import type { NewEvent } from './event-store';
import { verbatimMark } from './eventstoredb-event-data';
import { importedEvent } from './eventstoredb-imported-event';

/** What the mirror takes over. */
export interface MirroredEvent extends NewEvent {
  readonly stream: string;
  readonly revision: bigint;
  readonly commitPosition: bigint;
  /** The node's clock, or the time that an import kept; milliseconds since 1970. */
  readonly createdMs: number;
}

/** Null: an event of the node's own, or one of another ledger. */
export function toMirroredEvent(event: AllStreamRecordedEvent, streamPrefix: string): MirroredEvent | null {
  const { id, type, streamId, revision, created, position, data, metadata } = event;
  if (streamId.startsWith('$') || type.startsWith('$') || !streamId.startsWith(streamPrefix)) return null;
  const metadataText = metadata === undefined ? '{}' : textOf(metadata);
  const imported = metadataText.startsWith(verbatimMark) ? null : importedEvent(metadataText, data, created);
  return {
    id: id.toLowerCase(),
    type: name(type),
    data: storable(imported?.data ?? unmarked(textOf(data))),
    metadata: storable(imported?.metadata ?? unmarked(metadataText)),
    stream: name(streamId.slice(streamPrefix.length)),
    revision,
    commitPosition: position.commit,
    createdMs: imported?.recordedAtMs ?? created.getTime(),
  };
}

function textOf(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : JSON.stringify(value);
}

const unmarked = (text: string): string => (text.startsWith(verbatimMark) ? text.slice(verbatimMark.length) : text);

/** Other programs' events may hold NUL, which PostgreSQL's text does not: they are not ours, but must not stop the mirror. */
const storable = (text: string): string => text.replaceAll('\0', '\ufffd').toWellFormed();

/** What `checkAppend` takes of a name, and an index of PostgreSQL. */
const maximumNameBytes = 1_024;
const keptLength = 200;

/** Other programs' names may be longer than any index takes: what is kept of one is told from all others by the digest of the whole. */
function name(text: string): string {
  if (Buffer.byteLength(text) <= maximumNameBytes && !text.includes('\0')) return text;
  return `${storable(text).slice(0, keptLength).toWellFormed()}~${createHash('sha256').update(text).digest('hex')}`;
}
