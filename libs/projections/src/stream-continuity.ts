import type { EventStore, RecordedEvent } from '#event-store';

/** Streams whose last revision is remembered; of any other the event before is looked for in the store. */
const streamsKept = 50_000;

/** Events before this one are missing from the log: what comes behind the hole is not guessed at. */
export class HoleInStream extends Error {
  override readonly name = 'HoleInStream';

  /** @param missing the first revision that is */
  constructor(
    event: RecordedEvent,
    readonly missing: bigint,
  ) {
    super(`Revision ${missing} of the stream is missing before position ${event.position}.`);
  }
}

/** Tells events that stand behind a hole of their stream. Of a log without holes every event follows the one before it. */
export class StreamContinuity {
  /** Revision of the last event seen, by stream. */
  readonly #last = new Map<string, bigint>();

  constructor(private readonly store: Pick<EventStore, 'readStream'>) {}

  /** @param events in the order of the log, each once */
  async holesBefore(events: readonly RecordedEvent[]): Promise<ReadonlyMap<RecordedEvent, HoleInStream>> {
    const holes = new Map<RecordedEvent, HoleInStream>();
    for (const event of events) {
      const { stream, revision } = event;
      let last = this.#last.get(stream);
      if (last === undefined) last = revision === 0n ? -1n : await this.#lastBefore(event);
      if (revision !== last + 1n) holes.set(event, new HoleInStream(event, last + 1n));
      if (this.#last.size >= streamsKept) this.#last.clear();
      this.#last.set(stream, revision);
    }
    return holes;
  }

  /** Revision of the last event before it that the store has; -1: none. */
  async #lastBefore({ stream, revision }: RecordedEvent): Promise<bigint> {
    for await (const before of this.store.readStream(stream, { direction: 'backwards', from: revision - 1n, limit: 1 })) return before.revision;
    return -1n;
  }
}
