import { EventStoreUnavailable } from './event-store';

/**
 * Each classic append is a call of its own, and calls overtake each other: one is under way for a stream at a time, in the order of
 * arrival, so that a caller may send the next append without waiting for the answer to the one before.
 */
export class StreamLanes {
  readonly #lastOf = new Map<string, Promise<unknown>>();

  /** @throws EventStoreUnavailable the append before this one failed: nothing was sent, and nobody waits for two time-outs */
  async inTurn<T>(stream: string, send: () => Promise<T>): Promise<T> {
    const before = this.#lastOf.get(stream);
    const sent = before === undefined ? send() : before.then(send, refuse);
    this.#lastOf.set(stream, sent);
    try {
      return await sent;
    } finally {
      if (this.#lastOf.get(stream) === sent) this.#lastOf.delete(stream);
    }
  }
}

function refuse(error: unknown): never {
  throw new EventStoreUnavailable('the append to this stream before it failed; it was not sent', { cause: error });
}
