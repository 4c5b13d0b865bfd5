import { excludeSystemEvents, START, streamNameFilter } from '@eventstore/db-client';
import { toMirroredEvent, type MirroredEvent } from './eventstoredb-event';
import type { EventStoreDbNode } from './eventstoredb-node';

/** The subscription is over, whichever way: the client never opens it again. */
export class SubscriptionDropped extends Error {
  override readonly name = 'SubscriptionDropped';
}

/** In events and in UTF-16 units: what one write to the mirror takes, and what is held while the write before it is under way. */
const batchEvents = 2_000;
const batchLength = 4 * 1_048_576;

/**
 * Every event of the ledger in the node behind `after`, in order, in batches of what came while the consumer was at work; a slow
 * consumer slows the node. Ends when `signal` aborts.
 * @throws SubscriptionDropped an error, a clean end, or the client was replaced
 */
export async function* mirroredEvents(
  node: EventStoreDbNode, after: bigint | null, signal: AbortSignal, onOpen: () => void,
): AsyncIterable<readonly MirroredEvent[]> {
  const { client, replaced, options } = node.current();
  const filter = node.streamPrefix === '' ? excludeSystemEvents() : streamNameFilter({ prefixes: [node.streamPrefix] });
  const fromPosition = after === null ? START : { commit: after, prepare: after };
  const subscription = client.subscribeToAll({ ...options, fromPosition, filter });
  let wake: () => void = () => undefined;
  let batch: MirroredEvent[] = [];
  let length = 0;
  /** Also while the consumer is at work: the client itself holds no more than 16 events. */
  const fill = (): void => {
    while (batch.length < batchEvents && length < batchLength) {
      const resolved = subscription.read() as Resolved | null;
      if (resolved === null) break;
      const event = resolved.event && toMirroredEvent(resolved.event, node.streamPrefix);
      if (!event) continue;
      length += event.data.length + event.metadata.length;
      batch.push(event);
    }
    wake();
  };
  let dropped: Error | undefined;
  const drop = (reason: string, cause?: unknown): void => {
    dropped ??= new SubscriptionDropped(reason, { cause });
    wake();
  };
  const stop = (): void => drop('stopped');
  const retired = (): void => drop('the client was replaced');
  // Listening for ever: an error that nobody hears ends the process.
  subscription.on('error', (error) => drop(error.message || 'an error without words', error));
  const unconfirmed = setTimeout(() => {
    node.replace(client);
    drop('the node did not confirm it');
  }, node.timeoutMs);
  subscription.on('confirmation', () => {
    clearTimeout(unconfirmed);
    onOpen();
  });
  subscription.on('end', () => drop('the node ended it'));
  subscription.on('close', () => drop('it was closed'));
  subscription.on('readable', fill);
  signal.addEventListener('abort', stop, { once: true });
  replaced.addEventListener('abort', retired, { once: true });
  try {
    for (;;) {
      if (signal.aborted) return;
      fill();
      const full = batch;
      [batch, length] = [[], 0];
      if (full.length > 0) yield full;
      else if (dropped !== undefined || replaced.aborted) throw dropped ?? new SubscriptionDropped('the client was replaced');
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    clearTimeout(unconfirmed);
    signal.removeEventListener('abort', stop);
    replaced.removeEventListener('abort', retired);
    void subscription.unsubscribe().catch(() => undefined);
    subscription.destroy();
  }
}

type Resolved = { readonly event?: Parameters<typeof toMirroredEvent>[0] };
