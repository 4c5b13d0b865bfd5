import type { AllStreamRecordedEvent, EventData } from '@eventstore/db-client';

/** What the client makes of an event on its way back: it parses what says that it is JSON, and metadata that is. */
export function throughClient(event: EventData): AllStreamRecordedEvent {
  const { contentType, data, metadata, ...sent } = event;
  const parsed = (bytes: Uint8Array): unknown => {
    try {
      return JSON.parse(Buffer.from(bytes).toString('utf8'));
    } catch {
      return bytes;
    }
  };
  const isJson = contentType === 'application/json';
  const returned = isJson ? (JSON.parse(JSON.stringify(data)) as unknown) : data;
  return {
    ...sent, data: returned, metadata: parsed(metadata as Uint8Array), isJson, streamId: 'p.s-1', revision: 0n, created: new Date(5), position: { commit: 9n, prepare: 9n },
  } as unknown as AllStreamRecordedEvent;
}
