import type { EventStore, RecordedEvent } from '#event-store';

/** A log of which a subscriber is shown nothing behind what was opened to it: a life comes to its tables all at once. */
export class ClosedStore {
  private opened = 0n;
  private wake: () => void = () => undefined;

  constructor(private readonly store: EventStore) {}

  openUpTo(position: bigint): void {
    this.opened = position;
    this.wake();
  }

  /** The store, but for its subscription. */
  get shown(): EventStore {
    const subscribeAll = (after: bigint, signal: AbortSignal): AsyncIterable<readonly RecordedEvent[]> => this.subscribeAll(after, signal);
    return new Proxy(this.store, {
      get: (store, name) => {
        if (name === 'subscribeAll') return subscribeAll;
        const member: unknown = Reflect.get(store, name, store);
        return typeof member === 'function' ? (...given: unknown[]): unknown => Reflect.apply(member, store, given) : member;
      },
    });
  }

  private async *subscribeAll(after: bigint, signal: AbortSignal): AsyncIterable<readonly RecordedEvent[]> {
    signal.addEventListener('abort', () => this.wake(), { once: true });
    for (let last = after; !signal.aborted; ) {
      const { opened } = this;
      const batch: RecordedEvent[] = [];
      for await (const event of this.store.readAll({ after: last })) if (event.position <= opened) batch.push(event);
      if (batch.length > 0) {
        last = batch.at(-1)!.position;
        yield batch;
      } else if (opened === this.opened) {
        await new Promise<void>((resolve) => (this.wake = resolve));
      }
    }
  }
}
