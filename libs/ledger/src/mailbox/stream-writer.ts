import { setTimeout as delay } from 'node:timers/promises';
import {
  AppendRefused, AppendTooLarge, EventStoreUnavailable, OutcomeUnknown, type AppendResult, type EventStore, type ExpectedRevision, type NewEvent,
} from '#event-store';
import type { StreamTail } from './stream-tail';

/** The caller is answered within five seconds, whatever hangs: it asks again with the same key. */
const unknownOutcomeMs = 4_000;

/** Where it stands (0n: nothing was written); or the race was lost, or one append does not take so much. */
export type Written = { readonly position: bigint } | 'lost' | 'too-large';

/** What was decided on the tail of a stream is written behind it, with the exact expected revision, or confirmed against the stream's head. */
export class StreamWriter {
  constructor(
    private readonly stream: string,
    private readonly store: EventStore,
    private readonly tail: Pick<StreamTail<never>, 'requireOwnEnd' | 'forget'> & { readonly fold: { unwind(): void } },
    private readonly clock: () => number,
  ) {}

  /**
   * @param before revision that was decided on
   * @param events none: the answers are confirmed
   * @param mayBeParted the events are of several commands: where one append does not take them, several will
   */
  async appendOrConfirm(before: bigint, events: readonly NewEvent[], mayBeParted: boolean): Promise<Written> {
    const expected: ExpectedRevision = before < 0n ? 'no-stream' : before;
    if (events.length > 0) {
      const result = await this.append(expected, events).catch((error: unknown) => {
        if (mayBeParted && error instanceof AppendTooLarge) return null;
        throw error;
      });
      if (result === null) return 'too-large';
      if (result.outcome === 'appended') return result;
      await this.tail.requireOwnEnd(before, result.actual);
      return 'lost';
    }
    const actual = await this.store.streamRevision(this.stream);
    if (actual === expected) return { position: 0n };
    await this.tail.requireOwnEnd(before, actual);
    return 'lost';
  }

  /** An unknown outcome is settled by the same ids at the same expected revision, never by a newer one. */
  private async append(expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    const giveUp = this.clock() + unknownOutcomeMs;
    let mayBeWritten = false;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.store.append(this.stream, expected, events);
      } catch (error) {
        // Another server told the stream the same command, and decided it at another time: what it wrote is read like any other's.
        const isRefused = error instanceof AppendRefused && !(error instanceof AppendTooLarge);
        if (isRefused && (await this.store.streamRevision(this.stream)) !== expected) return { outcome: 'wrong-expected-revision', actual: expected };
        mayBeWritten ||= error instanceof OutcomeUnknown;
        // A store that is away now says nothing about the attempt before: the doubt stays.
        const goesOn = mayBeWritten && (error instanceof OutcomeUnknown || error instanceof EventStoreUnavailable);
        if (!goesOn || this.clock() > giveUp) {
          this.tail.fold.unwind();
          if (mayBeWritten) this.tail.forget();
          throw goesOn ? new OutcomeUnknown(`Whether ${this.stream} took the events is not known.`, { cause: error }) : error;
        }
        await delay(Math.min(1_000, 50 * 2 ** attempt));
      }
    }
  }
}
