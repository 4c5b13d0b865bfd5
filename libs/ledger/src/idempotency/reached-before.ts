/** Longer than any caller waits between the look into the tables and the decision. */
const whileMs = 20_000;

/** How far the read tables had come a while ago: what they told of then is known to everybody who is not answered yet. */
export class ReachedBefore {
  private before = 0n;
  private sample = 0n;
  private sampledAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly reached: () => bigint,
    /** Milliseconds. */
    private readonly clock: () => number,
  ) {}

  get now(): bigint {
    return this.reached();
  }

  get position(): bigint {
    const now = this.clock();
    if (now - this.sampledAt >= whileMs) {
      this.before = this.sample;
      this.sample = this.reached();
      this.sampledAt = now;
    }
    // A clock that was set back begins anew.
    this.sampledAt = Math.min(this.sampledAt, now);
    return this.before;
  }
}
