import type { AppendResult, EventStore, ExpectedRevision, NewEvent, Position, ReadAllOptions, ReadStreamOptions, RecordedEvent } from '#event-store';

/** One append as a user of the store made it. */
interface Recorded {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly NewEvent[];
  /** How many appends had been answered when this one was made: what it may have waited for. */
  readonly answeredBefore: number;
}

/** A store that notes what is appended to it and when, so that the same can be appended again without whoever decided it. */
export class RecordingStore implements EventStore {
  readonly appends: Recorded[] = [];
  private answered = 0;

  constructor(private readonly store: EventStore) {}

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    this.appends.push({ stream, expected, events, answeredBefore: this.answered });
    try {
      return await this.store.append(stream, expected, events);
    } finally {
      this.answered += 1;
    }
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
}

/**
 * Makes the same appends to an empty store, each as soon as those are answered that were answered before it: batches as large
 * as they were, and nothing between them. @returns seconds
 */
export async function appendAgain(store: EventStore, appends: readonly Recorded[]): Promise<number> {
  const from = performance.now();
  let answered = 0;
  let next = 0;
  await new Promise<void>((resolve, reject) => {
    const send = (): void => {
      for (let append = appends[next]; append !== undefined && append.answeredBefore <= answered; append = appends[next]) {
        next += 1;
        store.append(append.stream, append.expected, append.events).then(({ outcome }) => {
          if (outcome !== 'appended') return reject(new Error(`append ${next} came to ${outcome}`));
          answered += 1;
          if (answered === appends.length) return resolve();
          send();
        }, reject);
      }
    };
    send();
    if (appends.length === 0) resolve();
  });
  return (performance.now() - from) / 1_000;
}
