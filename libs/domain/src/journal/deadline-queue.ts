import type { Journal, Unwindable } from './journal';

export interface Due<T> {
  /** Milliseconds. */
  readonly rank: number;
  readonly item: T;
}

export interface Deadlines<T> {
  /** Milliseconds; undefined: it has none, or is no more. */
  deadlineOf(item: T): number | undefined;
  /** Orders what is due at one instant, so that every server takes it in the same order. */
  precedes(a: T, b: T): boolean;
  /** Everything that has a deadline. */
  all(): Iterable<T>;
  /** At least how many have one, without counting. */
  readonly size: number;
}

/**
 * What falls due, the earliest first. Deadlines mostly move away, with every lease that is extended: an entry stays where it is then
 * and takes its new place when it comes to the front, so that a refresh costs nothing here. What has a deadline has an entry that is
 * no later; only a deadline that comes nearer needs a new one. Sixteen bytes an entry and the item.
 */
export class DeadlineQueue<T> implements Unwindable {
  private readonly ranks: number[] = [];
  private readonly items: T[] = [];

  constructor(
    private readonly journal: Journal,
    private readonly deadlines: Deadlines<T>,
  ) {}

  /** @param before the deadline that it had, undefined: none */
  schedule(item: T, before: number | undefined, after: number | undefined): void {
    if (after !== undefined && (before === undefined || after < before)) this.push(after, item);
  }

  /** The first, left in place. */
  first(): Due<T> | undefined {
    return this.firstBefore(Number.POSITIVE_INFINITY);
  }

  /** Takes the first that is due by then. */
  takeDue(now: number): Due<T> | undefined {
    const first = this.firstBefore(now);
    if (first) this.drop(first.rank, first.item);
    return first;
  }

  takeBack(rank: number, item: T): void {
    this.push(rank, item);
  }

  private firstBefore(now: number): Due<T> | undefined {
    const { ranks, items } = this;
    if (this.journal.clean && ranks.length > 2 * this.deadlines.size + 64) this.rebuild();
    while (ranks.length > 0 && ranks[0]! <= now) {
      const [rank, item] = [ranks[0]!, items[0]!];
      const deadline = this.deadlines.deadlineOf(item);
      if (deadline === rank) return { rank, item };
      this.drop(rank, item);
      if (deadline !== undefined && deadline > rank) this.push(deadline, item);
    }
    return undefined;
  }

  /** From what has a deadline now: those that left, and whose deadlines came nearer and went away again, left entries behind. */
  rebuild(): void {
    this.ranks.length = 0;
    this.items.length = 0;
    for (const item of this.deadlines.all()) this.schedule(item, undefined, this.deadlines.deadlineOf(item));
  }

  private push(rank: number, item: T): void {
    const { ranks, items } = this;
    let index = ranks.length;
    ranks.push(rank);
    items.push(item);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.isBefore(rank, item, parent)) break;
      ranks[index] = ranks[parent]!;
      items[index] = items[parent]!;
      index = parent;
    }
    ranks[index] = rank;
    items[index] = item;
  }

  /** Removes the front. */
  private drop(droppedRank: number, droppedItem: T): void {
    this.journal.record(this, droppedRank, droppedItem);
    const { ranks, items } = this;
    const rank = ranks.pop()!;
    const item = items.pop()!;
    const length = ranks.length;
    if (length === 0) return;
    let index = 0;
    for (let child = 1; child < length; child = 2 * index + 1) {
      if (child + 1 < length && this.isBefore(ranks[child + 1]!, items[child + 1]!, child)) child++;
      if (this.isBefore(rank, item, child)) break;
      ranks[index] = ranks[child]!;
      items[index] = items[child]!;
      index = child;
    }
    ranks[index] = rank;
    items[index] = item;
  }

  private isBefore(rank: number, item: T, other: number): boolean {
    const otherRank = this.ranks[other]!;
    return rank === otherRank ? this.deadlines.precedes(item, this.items[other]!) : rank < otherRank;
  }
}
