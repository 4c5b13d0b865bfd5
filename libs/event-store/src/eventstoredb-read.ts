import type { ReadableOptions } from 'node:stream';
import type { StreamingRead } from '@eventstore/db-client';
import type { ExpectedRevision } from './event-store';
import { isNoPosition, readFailure } from './eventstoredb-errors';
import type { EventStoreDbNode } from './eventstoredb-node';

/** The end of a stream as the leader knows it. @throws EventStoreUnavailable */
export async function lastRevision(node: EventStoreDbNode, stream: string): Promise<ExpectedRevision> {
  try {
    const last = await node.call((client, options) =>
      first(client.readStream(node.streamPrefix + stream, { direction: 'backwards', fromRevision: 'end', maxCount: 1, ...options }, one)),
    );
    // A stream that is not there is told as an error; a read that was cancelled ends like one that found nothing.
    if (last?.event === undefined) throw new Error(`the read of ${stream} ended without its last event`);
    return last.event.revision;
  } catch (error) {
    if ((error as { type?: string }).type === 'stream-not-found') return 'no-stream';
    throw readFailure(error);
  }
}

/** Id of the event at exactly this commit position; null where there is none. @throws EventStoreUnavailable */
export async function idAt(node: EventStoreDbNode, commit: bigint): Promise<string | null> {
  try {
    const fromPosition = { commit, prepare: commit };
    const found = await node.call((client, options) => first(client.readAll({ direction: 'forwards', fromPosition, maxCount: 1, ...options }, one)));
    return found?.event?.position.commit === commit ? found.event.id.toLowerCase() : null;
  } catch (error) {
    if (isNoPosition(error)) return null;
    throw readFailure(error);
  }
}

const one: ReadableOptions = { highWaterMark: 1 };

/** The client ignores deadlines of reads; `node.call` has its own timer. */
async function first<T>(reading: StreamingRead<T>): Promise<T | null> {
  // An error when nobody reads any more would end the process.
  reading.on('error', () => undefined);
  try {
    for await (const item of reading as AsyncIterable<T>) return item;
    return null;
  } finally {
    void reading.cancel().catch(() => undefined);
  }
}
