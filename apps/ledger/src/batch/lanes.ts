/** A stream of commands that must keep their order, and what they are called in it. */
export interface LaneUse {
  readonly name: string;
  /** Neighbours of one kind may be under way together: they are begun in order, and what they act on takes them in that order. */
  readonly kind: string;
}

/** A kind without neighbours: of two of them the second begins when the first is done. */
export const oneAfterTheOther = 'one after the other';

interface Lane {
  kind: string;
  /** All before the neighbours of this kind are done. */
  before: Promise<unknown>;
  /** The latest neighbour has begun. */
  begun: Promise<unknown>;
  done: Promise<unknown>[];
}

/**
 * Runs work side by side, and in order where it shares a lane. Whoever is in several lanes begins when it is its turn in all of
 * them; turns are given in the order of the calls, so nobody waits for somebody later.
 */
export class Lanes {
  private readonly lanes = new Map<string, Lane>();

  run<T>(uses: readonly LaneUse[], work: () => Promise<T>): Promise<T> {
    const turns = uses.map((use) => this.turn(use));
    let begin!: () => void;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const result = Promise.all(turns.map(({ wait }) => wait)).then(() => {
      const working = work();
      begin();
      return working;
    });
    const settled = result.then(noop, noop);
    for (const { lane } of turns) {
      lane.begun = begun;
      lane.done.push(settled);
    }
    return result;
  }

  /** Everything so far is done. */
  async idle(): Promise<void> {
    await Promise.all([...this.lanes.values()].flatMap(({ before, done }) => [before, ...done]));
  }

  private turn({ name, kind }: LaneUse): { readonly lane: Lane; readonly wait: Promise<unknown> } {
    const known = this.lanes.get(name);
    if (known?.kind === kind && kind !== oneAfterTheOther) return { lane: known, wait: Promise.all([known.before, known.begun]) };
    const before = known ? Promise.all([known.before, ...known.done]) : Promise.resolve();
    const lane: Lane = { kind, before, begun: before, done: [] };
    this.lanes.set(name, lane);
    return { lane, wait: before };
  }
}

const noop = (): void => undefined;
