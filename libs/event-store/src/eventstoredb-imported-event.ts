import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { EventData } from '@eventstore/db-client';
import { maximumAppendBytes, type RecordedEvent } from './event-store';
import { isReservedMetadata, reservedMember, survivesClient, toEventData } from './eventstoredb-event-data';
import { isInstant } from './log-line';

/**
 * The node gives an event its own time. What an import copies has one already: it stands in the reserved member of the metadata, which
 * only an import writes and the mirror takes out again (docs/adr/0021). Three forms, so that every text comes out to the byte:
 *   {"qosLedgerImported":time,…}           metadata that the client hands back as they are: the member stands in front
 *   {"qosLedgerImported":[time,metadata]}  any other text
 *   {"qosLedgerImported":[time,null]}      more than an append takes beside its time: metadata and payload are compressed in the payload
 */
export interface ImportedEvent {
  readonly recordedAtMs: number;
  readonly metadata: string;
  /** Of a compressed payload. */
  readonly data?: string;
}

/**
 * Later than the node's own time of the copy by more than this, a time is not honoured: the times of all that follows would rise to it.
 * Clocks that disagree, or were put forward for a while, are within.
 */
export const furthestAheadMs = 24 * 3_600_000;

export interface ImportedEventData {
  readonly event: EventData;
  /** As the node counts them: payload and metadata. */
  readonly bytes: number;
}

export function toImportedEventData(recorded: RecordedEvent): ImportedEventData {
  const metadata = metadataWithTime(recorded);
  const bytes = Buffer.byteLength(recorded.data) + Buffer.byteLength(metadata);
  return bytes > maximumAppendBytes ? compressed(recorded) : { event: dataOf(recorded, metadata), bytes };
}

function metadataWithTime({ metadata, recordedAt }: RecordedEvent): string {
  const spliced = metadata.startsWith('{') && `{"${reservedMember}":"${recordedAt}"${metadata.startsWith('}', 1) ? '' : ','}${metadata.slice(1)}`;
  return spliced !== false && survivesClient(spliced).survives ? spliced : JSON.stringify({ [reservedMember]: [recordedAt, metadata] });
}

/** Neither text holds it. */
const between = '\0';

/** Text of a megabyte in UTF-8 leaves, whatever it says, some of the values of its bytes unused: it becomes smaller. */
function compressed({ id, type, recordedAt, metadata, data }: RecordedEvent): ImportedEventData {
  const bytes = new Uint8Array(deflateRawSync(Buffer.from(metadata + between + data), { level: 9 }));
  const time = bytesOf(JSON.stringify({ [reservedMember]: [recordedAt, null] }));
  return { event: { id, type, contentType: 'application/octet-stream', data: bytes, metadata: time }, bytes: bytes.length + time.length };
}

const dataOf = (recorded: RecordedEvent, metadata: string): EventData => ({ ...toEventData({ ...recorded, metadata: '{}' }), metadata: bytesOf(metadata) });
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

const inFront = new RegExp(`^\\{"${reservedMember}":"([^"]*)"(,?)`);

/** What an import wrote; null: it did not, or the member does not say a time that can be honoured. */
export function importedEvent(metadata: string, data: unknown, created: Date): ImportedEvent | null {
  if (!isReservedMetadata(metadata)) return null;
  const [member, inFrontAt] = inFront.exec(metadata) ?? [];
  if (member !== undefined) return honoured(inFrontAt!, created, `{${metadata.slice(member.length)}`);
  const [recordedAt, text, ...more] = partsOf(metadata);
  if (typeof recordedAt !== 'string' || more.length > 0) return null;
  if (typeof text === 'string') return honoured(recordedAt, created, text);
  const [inflatedMetadata, inflatedData] = text === null && data instanceof Uint8Array ? inflated(data) : [];
  return inflatedData === undefined ? null : honoured(recordedAt, created, inflatedMetadata!, inflatedData);
}

function honoured(recordedAt: string, created: Date, metadata: string, data?: string): ImportedEvent | null {
  if (!isInstant(recordedAt)) return null;
  const recordedAtMs = Date.parse(recordedAt);
  return recordedAtMs > created.getTime() + furthestAheadMs ? null : { recordedAtMs, metadata, ...(data === undefined ? {} : { data }) };
}

function partsOf(metadata: string): readonly unknown[] {
  try {
    const { [reservedMember]: parts, ...more } = JSON.parse(metadata) as Readonly<Record<string, unknown>>;
    return Array.isArray(parts) && Object.keys(more).length === 0 ? parts : [];
  } catch {
    return [];
  }
}

/** Metadata and payload; less where it is not what an import writes. */
function inflated(bytes: Uint8Array): readonly string[] {
  try {
    const texts = inflateRawSync(bytes, { maxOutputLength: maximumAppendBytes + between.length }).toString('utf8').split(between);
    return texts.length === 2 ? texts : [];
  } catch {
    return [];
  }
}
