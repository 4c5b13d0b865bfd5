import type { EventData } from '@eventstore/db-client';
import type { NewEvent } from './event-store';

/** Never the first character of a text of ours (`checkAppend`), and no JSON: the client hands such metadata back as bytes. */
export const verbatimMark = '\0';

/** Of the metadata, in the node alone: in front of them, only where an import wrote the event. */
export const reservedMember = 'qosLedgerImported';
export const isReservedMetadata = (metadata: string): boolean => metadata.startsWith(`{"${reservedMember}":`);

/**
 * The client parses JSON that it reads. Text that JSON.parse and JSON.stringify give back unchanged (canonical text is such) is sent
 * as JSON, so that the node's own tools show it; any other as bytes. Metadata that look like an import's are marked: they are none.
 */
export function toEventData({ id, type, data, metadata }: NewEvent): EventData {
  const isPlain = survivesClient(metadata).survives && !isReservedMetadata(metadata);
  const metadataBytes = new Uint8Array(Buffer.from(isPlain ? metadata : verbatimMark + metadata));
  const { survives, value } = survivesClient(data);
  return survives
    ? { id, type, contentType: 'application/json', data: value as Record<string, unknown>, metadata: metadataBytes }
    : { id, type, contentType: 'application/octet-stream', data: new Uint8Array(Buffer.from(data)), metadata: metadataBytes };
}

export function survivesClient(text: string): { readonly survives: boolean; readonly value?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return { survives: JSON.stringify(value) === text, value };
  } catch {
    return { survives: false };
  }
}
