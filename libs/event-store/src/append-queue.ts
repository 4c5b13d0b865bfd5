import { setImmediate } from 'node:timers/promises';
import type { AppendResult, ExpectedRevision, NewEvent } from './event-store';
import { EventStoreUnavailable } from './event-store';

export interface Append {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly NewEvent[];
}

/** What one append of a batch comes to: its answer, or its own refusal. */
export type Verdict = AppendResult | Error;

export interface BatchLimits {
  readonly appends: number;
  readonly events: number;
  /** UTF-16 units of data and metadata: a bound on memory and on the time of a commit, not a count of bytes. */
  readonly length: number;
}

interface Waiting extends Append {
  readonly length: number;
  readonly settle: (verdict: Verdict) => void;
}

/**
 * Group commit: one batch is under way at a time, and what comes meanwhile goes into the next, in the order of arrival. An append
 * alone may exceed the limits of a batch.
 */
export class AppendQueue {
  readonly #waiting: Waiting[] = [];
  #draining: Promise<void> | undefined;

  constructor(
    private readonly send: (batch: readonly Append[]) => Promise<readonly Verdict[]>,
    private readonly limits: BatchLimits,
    private readonly maximumWaiting: number,
  ) {}

  add(append: Append): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length >= this.maximumWaiting) {
        reject(new EventStoreUnavailable(`${this.maximumWaiting} appends wait already`));
        return;
      }
      const length = append.events.reduce((sum, { data, metadata }) => sum + data.length + metadata.length, 0);
      const settle = (verdict: Verdict): void => (verdict instanceof Error ? reject(verdict) : resolve(verdict));
      this.#waiting.push({ ...append, length, settle });
      this.#draining ??= this.#drain();
    });
  }

  /** Resolves when nothing waits and nothing is under way. */
  async settled(): Promise<void> {
    await this.#draining;
  }

  async #drain(): Promise<void> {
    do {
      // Callers that were answered together append again together: let all of them in first, or batches fall apart into 1 and n - 1.
      await setImmediate();
      const batch = this.#takeBatch();
      try {
        const verdicts = await this.send(batch);
        for (const [index, { settle }] of batch.entries()) settle(verdicts[index]!);
      } catch (error) {
        this.#failAll(batch, error as Error);
      }
    } while (this.#waiting.length > 0);
    this.#draining = undefined;
  }

  #takeBatch(): readonly Waiting[] {
    let [count, events, length] = [0, 0, 0];
    for (const next of this.#waiting) {
      events += next.events.length;
      length += next.length;
      const full = count >= this.limits.appends || events > this.limits.events || length > this.limits.length;
      if (full && count > 0) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  /** Nobody waits for two time-outs: with a lost batch, what waits behind it is refused as well, unsent. */
  #failAll(batch: readonly Waiting[], error: Error): void {
    for (const { settle } of batch) settle(error);
    for (const { settle } of this.#waiting.splice(0)) {
      settle(new EventStoreUnavailable('the batch before this append failed; it was not sent', { cause: error }));
    }
  }
}
