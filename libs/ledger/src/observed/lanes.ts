/**
 * Work on streams in order: what comes behind waits only where it concerns the same stream. What is under way is counted, and the first
 * failure is told to whoever settles.
 */
export class Lanes {
  private readonly tails = new Map<string, Promise<void>>();
  private readonly underWay = new Set<Promise<void>>();
  private failure: { readonly error: unknown } | null = null;

  get size(): number {
    return this.underWay.size;
  }

  /**
   * Does the work at once where nothing is before it on these streams and nothing is to be waited for. What comes behind waits until it is
   * begun, or until the promise that it gives is kept.
   * @returns where it waits: until it is begun, or what before it failed
   */
  enter(streams: readonly string[], work: () => void | Promise<unknown>, after?: Promise<unknown>): Promise<void> | undefined {
    const before = streams.flatMap((stream) => this.tails.get(stream) ?? []);
    if (before.length === 0 && after === undefined) {
      const done = work();
      if (done) this.hold(streams, done.then(() => undefined));
      return undefined;
    }
    const begun = Promise.all([after, ...before]).then(async () => void (await work()));
    this.hold(streams, begun);
    return begun;
  }

  /** Whether what comes there now has to wait. */
  isHeld(stream: string): boolean {
    return this.tails.has(stream);
  }

  /** As `enter`, for whoever needs what the work comes to. */
  turn<T>(streams: readonly string[], work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.enter(streams, () => void work().then(resolve, reject))?.catch(reject);
    });
  }

  private hold(streams: readonly string[], tail: Promise<void>): void {
    for (const stream of streams) this.tails.set(stream, tail);
    const leave = (): void => {
      for (const stream of streams) if (this.tails.get(stream) === tail) this.tails.delete(stream);
    };
    tail.then(leave, leave);
    this.track(tail);
  }

  track(work: Promise<unknown>): void {
    const watched: Promise<void> = work
      .then(
        () => undefined,
        (error: unknown) => {
          this.failure ??= { error };
        },
      )
      .then(() => {
        this.underWay.delete(watched);
      });
    this.underWay.add(watched);
  }

  /** @throws what the first failure was */
  async settle(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay);
    if (this.failure) throw this.failure.error;
  }
}

/** Behind whatever is held under the key already. */
export function holdUntilOver(held: Map<string, Promise<unknown>>, key: string, work: Promise<unknown>): void {
  const all = Promise.all([work, held.get(key)]);
  held.set(key, all);
  const over = (): void => {
    if (held.get(key) === all) held.delete(key);
  };
  all.then(over, over);
}
