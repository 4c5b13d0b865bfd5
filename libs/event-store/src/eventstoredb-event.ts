import { createHash } from 'node:crypto';
import type { AllStreamRecordedEvent, EventData } from '@eventstore/db-client';
import type { NewEvent } from './event-store';

/** What the mirror takes over. */
export interface MirroredEvent extends NewEvent {
  readonly stream: string;
  readonly revision: bigint;
  readonly commitPosition: bigint;
  /** The node's clock, milliseconds since 1970. */
  readonly createdMs: number;
}

/** Never the first character of a text of ours (`checkAppend`), and no JSON: the client hands such metadata back as bytes. */
const verbatimMark = '\0';

/**
 * The client parses JSON that it reads. Text that JSON.parse and JSON.stringify give back unchanged (canonical text is such) is sent
 * as JSON, so that the node's own tools show it; any other as bytes.
 */
export function toEventData({ id, type, data, metadata }: NewEvent): EventData {
  const metadataBytes = new Uint8Array(Buffer.from(survivesClient(metadata).survives ? metadata : verbatimMark + metadata));
  const { survives, value } = survivesClient(data);
  return survives
    ? { id, type, contentType: 'application/json', data: value as Record<string, unknown>, metadata: metadataBytes }
    : { id, type, contentType: 'application/octet-stream', data: new Uint8Array(Buffer.from(data)), metadata: metadataBytes };
}

function survivesClient(text: string): { readonly survives: boolean; readonly value?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return { survives: JSON.stringify(value) === text, value };
  } catch {
    return { survives: false };
  }
}

/** Null: an event of the node's own, or one of another ledger. */
export function toMirroredEvent(event: AllStreamRecordedEvent, streamPrefix: string): MirroredEvent | null {
  const { id, type, streamId, revision, created, position, data, metadata } = event;
  if (streamId.startsWith('$') || type.startsWith('$') || !streamId.startsWith(streamPrefix)) return null;
  return {
    id: id.toLowerCase(),
    type: name(type),
    data: textOf(data),
    metadata: metadata === undefined ? '{}' : textOf(metadata),
    stream: name(streamId.slice(streamPrefix.length)),
    revision,
    commitPosition: position.commit,
    createdMs: created.getTime(),
  };
}

function textOf(value: unknown): string {
  if (!(value instanceof Uint8Array)) return JSON.stringify(value);
  const text = Buffer.from(value).toString('utf8');
  return storable(text.startsWith(verbatimMark) ? text.slice(verbatimMark.length) : text);
}

/** Other programs' events may hold NUL, which PostgreSQL's text does not: they are not ours, but must not stop the mirror. */
const storable = (text: string): string => text.replaceAll('\0', '\ufffd');

/** What `checkAppend` takes of a name, and an index of PostgreSQL. */
const maximumNameBytes = 1_024;
const keptLength = 200;

/** Other programs' names may be longer than any index takes: what is kept of one is told from all others by the digest of the whole. */
function name(text: string): string {
  if (Buffer.byteLength(text) <= maximumNameBytes && !text.includes('\0')) return text;
  return `${storable(text).slice(0, keptLength).toWellFormed()}~${createHash('sha256').update(text).digest('hex')}`;
}
