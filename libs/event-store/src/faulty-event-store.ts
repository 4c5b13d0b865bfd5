import type { AppendResult, EventStore, ExpectedRevision, NewEvent, Position, ReadAllOptions, ReadStreamOptions, RecordedEvent } from './event-store';
import { EventStoreUnavailable, OutcomeUnknown } from './event-store';

export type AppendFault =
  /** A verdict as if another writer had been faster; nothing is written. To let a rival really write, append in the hook. */
  | 'conflict'
  /** Nothing is written. */
  | 'unavailable'
  /** Nothing is written, and no answer says so: what was sent was lost on its way. */
  | 'timeout-before'
  /** Everything is written, the answer is lost. */
  | 'outcome-unknown'
  /** Sent twice, as after a lost answer; the second answer is given. */
  | 'duplicate';

/** Handed out again right behind itself, as after a subscription that was resumed too early. */
export type BatchFault = 'duplicate';

export interface Faults {
  /** Asked before every append; may wait, and may write to the store underneath. */
  readonly onAppend?: (stream: string, expected: ExpectedRevision, events: readonly NewEvent[]) => Promise<AppendFault | undefined> | AppendFault | undefined;
  /** Awaited before a subscription hands out a batch: a slow subscriber, one that loses the store when it throws, or one that is given the batch twice. */
  readonly onBatch?: (batch: readonly RecordedEvent[]) => Promise<BatchFault | void> | BatchFault | void;
}

/** Any event store, with faults that a test asks for. */
export class FaultyEventStore implements EventStore {
  constructor(
    private readonly inner: EventStore,
    private readonly faults: Faults,
  ) {}

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    const fault = await this.faults.onAppend?.(stream, expected, events);
    switch (fault) {
      case 'conflict':
        return { outcome: 'wrong-expected-revision', actual: await this.inner.streamRevision(stream) };
      case 'unavailable':
        throw new EventStoreUnavailable('injected: nothing was written');
      case 'timeout-before':
        throw new OutcomeUnknown('injected: nothing was written, and nobody knows');
      case 'outcome-unknown':
        await this.inner.append(stream, expected, events);
        throw new OutcomeUnknown('injected: the answer was lost');
      case 'duplicate':
        await this.inner.append(stream, expected, events);
        return this.inner.append(stream, expected, events);
      case undefined:
        return this.inner.append(stream, expected, events);
    }
  }

  async *subscribeAll(after: Position, signal: AbortSignal): AsyncIterable<readonly RecordedEvent[]> {
    for await (const batch of this.inner.subscribeAll(after, signal)) {
      const fault = await this.faults.onBatch?.(batch);
      yield batch;
      if (fault === 'duplicate') yield batch;
    }
  }

  streamRevision(stream: string): Promise<ExpectedRevision> {
    return this.inner.streamRevision(stream);
  }

  readStream(stream: string, options?: ReadStreamOptions): AsyncIterable<RecordedEvent> {
    return this.inner.readStream(stream, options);
  }

  readAll(options?: ReadAllOptions): AsyncIterable<RecordedEvent> {
    return this.inner.readAll(options);
  }

  head(): Promise<Position> {
    return this.inner.head();
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
