import { randomUUID } from 'node:crypto';
import type { EventStore, NewEvent, RecordedEvent } from './event-store';

/** One ledger as a contract's tests see it; they share it, so each takes streams of its own. */
export interface ContractLedger {
  readonly store: EventStore;
  /** Another instance on the same ledger, as another process would have it; closed by the test. */
  readonly another: () => Promise<EventStore>;
  readonly dispose: () => Promise<void>;
}

export function newEvent(event: Partial<NewEvent> = {}): NewEvent {
  return { id: randomUUID(), type: 'Noted', data: '{}', metadata: '{}', ...event };
}

export const newEvents = (count: number, event: Partial<NewEvent> = {}): NewEvent[] => Array.from({ length: count }, () => newEvent(event));

/** A stream that no other test knows, in a category of its own unless one is given. */
export const newStream = (category = newCategory()): string => `${category}-${randomUUID()}`;
export const newCategory = (): string => `c${randomUUID().replaceAll('-', '')}`;

export async function collect<T>(items: AsyncIterable<T>, limit = Infinity): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) {
    collected.push(item);
    if (collected.length >= limit) break;
  }
  return collected;
}

/** Follows the ledger until at least `count` events have come. */
export async function follow(
  store: EventStore,
  after: bigint,
  count: number,
  onBatch?: (batch: readonly RecordedEvent[]) => Promise<void>,
): Promise<RecordedEvent[]> {
  const seen: RecordedEvent[] = [];
  const abort = new AbortController();
  for await (const batch of store.subscribeAll(after, abort.signal)) {
    seen.push(...batch);
    await onBatch?.(batch);
    if (seen.length >= count) abort.abort();
  }
  return seen;
}

export const revisions = (events: readonly RecordedEvent[]): number[] => events.map(({ revision }) => Number(revision));
export const positions = (events: readonly RecordedEvent[]): bigint[] => events.map(({ position }) => position);
