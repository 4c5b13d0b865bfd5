import type { ReadableOptions } from 'node:stream';
import { START, type EventStoreDBClient, type StreamingRead } from '@eventstore/db-client';
import type { ExpectedRevision } from './event-store';
import { toMirroredEvent, type MirroredEvent } from './eventstoredb-event';
import { isNoPosition, readFailure } from './eventstoredb-errors';
import type { CallOptions, EventStoreDbNode } from './eventstoredb-node';

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

/** Of a read of everything: so many events, or what comes in so much of the time that a call has. */
const pageEvents = 1_000;
const pageMs = 1_000;

/**
 * The last event of the ledger in the node, behind a commit position (null: the beginning); null where there is none. Reads all of the
 * node that lies behind: its reads of everything take no filter. @throws EventStoreUnavailable
 */
export async function lastMirrored(node: EventStoreDbNode, after: bigint | null): Promise<MirroredEvent | null> {
  let last: MirroredEvent | null = null;
  for (let from = after, more = true; more; ) {
    let isCancelled = from !== null;
    more = false;
    const fromPosition = from === null ? START : { commit: from, prepare: from };
    const read = async (client: EventStoreDBClient, options: CallOptions): Promise<void> => {
      const until = performance.now() + pageMs;
      await each(client.readAll({ direction: 'forwards', fromPosition, maxCount: pageEvents, ...options }), ({ event }) => {
        // A read from a position begins with what stands there; one that was cancelled ends like one that found nothing.
        isCancelled = false;
        if (event === undefined || event.position.commit === from) return true;
        [from, more] = [event.position.commit, true];
        last = toMirroredEvent(event, node.streamPrefix) ?? last;
        return performance.now() < until;
      });
      if (isCancelled) throw new Error(`the read from commit position ${from} ended before it`);
    };
    await node.call(read).catch((error: unknown) => {
      throw readFailure(error);
    });
  }
  return last;
}

const one: ReadableOptions = { highWaterMark: 1 };

async function first<T>(reading: StreamingRead<T>): Promise<T | null> {
  let found: T | null = null;
  await each(reading, (item) => {
    found = item;
    return false;
  });
  return found;
}

/** As long as `take` wants more. The client ignores deadlines of reads; `node.call` has its own timer. */
async function each<T>(reading: StreamingRead<T>, take: (item: T) => boolean): Promise<void> {
  // An error when nobody reads any more would end the process.
  reading.on('error', () => undefined);
  try {
    for await (const item of reading as AsyncIterable<T>) if (!take(item)) return;
  } finally {
    void reading.cancel().catch(() => undefined);
  }
}
