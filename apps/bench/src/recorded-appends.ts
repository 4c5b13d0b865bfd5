import type { AppendResult, EventStore, ExpectedRevision, NewEvent, Position, ReadAllOptions, ReadStreamOptions, RecordedEvent } from '#event-store';

/** One append as a user of the store made it. */
export interface RecordedAppend {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly NewEvent[];
}

/** A store that notes what is appended to it, so that the same can be appended again without whoever decided it. */
export class RecordingStore implements EventStore {
  /** In the order of their commits: what is answered in one turn of the event loop was committed together. */
  readonly batches: RecordedAppend[][] = [];
  private answering: RecordedAppend[] | null = null;

  constructor(private readonly store: EventStore) {}

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    const answer = await this.store.append(stream, expected, events);
    if (answer.outcome === 'appended') this.answeredNow().push({ stream, expected, events });
    return answer;
  }

  streamRevision(stream: string): Promise<ExpectedRevision> {
    return this.store.streamRevision(stream);
  }

  readStream(stream: string, options?: ReadStreamOptions): AsyncIterable<RecordedEvent> {
    return this.store.readStream(stream, options);
  }

  readAll(options?: ReadAllOptions): AsyncIterable<RecordedEvent> {
    return this.store.readAll(options);
  }

  head(): Promise<Position> {
    return this.store.head();
  }

  subscribeAll(after: Position, signal: AbortSignal): AsyncIterable<readonly RecordedEvent[]> {
    return this.store.subscribeAll(after, signal);
  }

  close(): Promise<void> {
    return this.store.close();
  }

  private answeredNow(): RecordedAppend[] {
    if (this.answering === null) {
      this.batches.push((this.answering = []));
      setImmediate(() => (this.answering = null));
    }
    return this.answering;
  }
}

/** Makes the same appends to an empty store in batches as large as they were, one after the other. @returns seconds */
export async function appendAgain(store: EventStore, batches: readonly (readonly RecordedAppend[])[]): Promise<number> {
  const from = performance.now();
  for (const batch of batches) {
    const answers = await Promise.all(batch.map(({ stream, expected, events }) => store.append(stream, expected, events)));
    const other = answers.find(({ outcome }) => outcome !== 'appended');
    if (other !== undefined) throw new Error(`an append that was recorded came to ${other.outcome}`);
  }
  return (performance.now() - from) / 1_000;
}
