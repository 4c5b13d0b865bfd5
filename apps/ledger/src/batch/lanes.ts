/** A stream of commands that must keep their order, and what they are called in it. */
export interface LaneUse {
  readonly name: string;
  /** Neighbours of one kind may be under way together: they are begun in order, and what they act on takes them in that order. */
  readonly kind: string;
}

/** A kind without neighbours: of two of them the second begins when the first is done. */
export const oneAfterTheOther = 'one after the other';

interface Place {
  readonly lane: Lane;
  readonly kind: string;
}

interface Task {
  readonly places: readonly Place[];
  readonly begin: () => void;
}

interface Lane {
  readonly name: string;
  /** Of those that are under way. */
  kind: string;
  underWay: number;
  /** Not begun yet, in order. */
  readonly waiting: Task[];
}

/**
 * Runs work side by side, and in order where it shares a lane. Whoever is in several lanes begins when it is its turn in all of
 * them; turns are given in the order of the calls, so nobody waits for somebody later. Work whose turn it is begins within the call.
 */
export class Lanes {
  private readonly lanes = new Map<string, Lane>();
  private unfinished = 0;
  private readonly idlers: (() => void)[] = [];

  run<T>(uses: readonly LaneUse[], work: () => Promise<T>): Promise<T> {
    this.unfinished += 1;
    return new Promise<T>((resolve, reject) => {
      const places = uses.map(({ name, kind }) => ({ lane: this.lane(name), kind }));
      const task: Task = { places, begin: () => void this.settle(places, work).then(resolve, reject) };
      for (const { lane } of places) lane.waiting.push(task);
      this.beginIfItsTurn(task);
    });
  }

  /** Everything so far is done. */
  async idle(): Promise<void> {
    if (this.unfinished > 0) await new Promise<void>((resolve) => this.idlers.push(resolve));
  }

  private beginIfItsTurn(task: Task): boolean {
    const isTurn = task.places.every(({ lane, kind }) => {
      const joins = lane.underWay === 0 || (lane.kind === kind && kind !== oneAfterTheOther);
      return lane.waiting[0] === task && joins;
    });
    if (!isTurn) return false;
    for (const { lane, kind } of task.places) {
      lane.waiting.shift();
      lane.underWay += 1;
      lane.kind = kind;
    }
    task.begin();
    return true;
  }

  private async settle<T>(places: readonly Place[], work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      for (const { lane } of places) lane.underWay -= 1;
      for (const { lane } of places) this.advance(lane);
      this.unfinished -= 1;
      if (this.unfinished === 0) for (const resolve of this.idlers.splice(0)) resolve();
    }
  }

  /** Whoever begins leaves its place to the next in all of its lanes. */
  private advance(lane: Lane): void {
    const opened = [lane];
    for (let next = opened.pop(); next; next = opened.pop()) {
      const [task] = next.waiting;
      if (task === undefined) {
        if (next.underWay === 0) this.lanes.delete(next.name);
      } else if (this.beginIfItsTurn(task)) {
        opened.push(...task.places.map((place) => place.lane));
      }
    }
  }

  private lane(name: string): Lane {
    let lane = this.lanes.get(name);
    if (!lane) this.lanes.set(name, (lane = { name, kind: '', underWay: 0, waiting: [] }));
    return lane;
  }
}
