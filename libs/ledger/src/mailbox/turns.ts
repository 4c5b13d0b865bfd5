import { setTimeout as delay } from 'node:timers/promises';

/** So long after a lost race others are expected to write the stream too. */
const contendedMs = 1_000;
const longestTurnMs = 20;

/**
 * Turns of several servers that write one stream. Whoever has just won a race would win again, while the others still read what it
 * wrote: so it leaves them as much time as it took. Told in `performance.now()`: nothing is decided by it.
 */
export class Turns {
  private contendedUntil = 0;
  private othersUntil = 0;
  private begun = 0;

  /** Others may have written since: what they wrote is to be read before anything is decided. */
  get areTaken(): boolean {
    return performance.now() < this.contendedUntil;
  }

  lost(): void {
    this.contendedUntil = performance.now() + contendedMs;
  }

  /** Resolves when it is this server's turn; at once where nobody else writes. */
  async begin(): Promise<void> {
    const othersMs = this.othersUntil - performance.now();
    if (othersMs > 0 && this.areTaken) await delay(othersMs);
    this.begun = performance.now();
  }

  end(): void {
    const now = performance.now();
    this.othersUntil = this.areTaken ? now + Math.min(longestTurnMs, now - this.begun) : 0;
  }
}
