import { JournaledMap, type Journal, type Unwindable } from '../journal/journal';
import { LeastFirst } from '../journal/least-first';
import { contains, sizeOf, type PoolRange } from '../flow/policy';
import { placeOf, PoolOrder, type PoolContents } from './pool-order';

/** Entries of the pool's three collections; ranks rise with the time of release. */
export interface PoolSnapshot {
  readonly range: PoolRange | null;
  readonly allocated: readonly (readonly [number, string])[];
  readonly quarantined: readonly (readonly [number, number])[];
  readonly released: readonly (readonly [number, number])[];
  readonly releases: number;
}

export interface Chosen {
  readonly value: number;
  readonly choice: 'never-used' | 'least-recently-released';
}

/** How far those who ask for one kind of id (the same but for the value) have looked: what lies before was refused to them. */
interface Search {
  /** Place of the pool's order (pool-order.ts). */
  reached: number;
  /** Places before it that may have become free for them since. */
  readonly again: LeastFirst;
}

/** A search that went over so many is remembered: the next of its kind goes on where it ended. */
const longSearch = 32;

/**
 * The values of one field in one scope, computed and never materialised (a GRE key pool has 2³² values). Never-used values come
 * first, ascending; then the least recently released, never the last. A value has at most one owner. Values that are out
 * when the range changes stay with their owners and do not come back if they lie outside, or are reserved.
 */
export class Pool implements PoolContents {
  /** Value → session that owns it. */
  readonly allocated: JournaledMap<number, string>;
  /** Value → rank of its release, while its quarantine runs. */
  readonly quarantined: JournaledMap<number, number>;
  /** Value → rank of its release, once its quarantine ended. */
  readonly released: JournaledMap<number, number>;
  private madeOrder: PoolOrder | null = null;
  private range: PoolRange | null;
  private releases = 0;
  /** Of the values inside. */
  private inside = { allocated: 0, quarantined: 0, size: 0 };
  /** By kind of id: a cache, which unwinding forgets. */
  private readonly searches = new Map<string, Search>();
  private furthest = 0;
  private readonly searched: Unwindable = { takeBack: (kind) => void this.searches.delete(kind as string) };
  private readonly counted: Unwindable = { takeBack: (_, before) => void (this.inside = before as Pool['inside']) };
  private readonly ranked: Unwindable = { takeBack: () => void this.releases-- };

  constructor(
    private readonly journal: Journal,
    range: PoolRange | null,
  ) {
    this.allocated = new JournaledMap(journal);
    this.quarantined = new JournaledMap(journal);
    this.released = new JournaledMap(journal);
    this.range = range;
    this.inside.size = sizeOf(range);
  }

  get counts(): { readonly free: number; readonly allocated: number; readonly quarantined: number; readonly size: number } {
    const { allocated, quarantined, size } = this.inside;
    return { free: size - allocated - quarantined, allocated, quarantined, size };
  }

  get currentRange(): PoolRange | null {
    return this.range;
  }

  snapshot(): PoolSnapshot {
    const { range, releases } = this;
    return { range, allocated: [...this.allocated.entries()], quarantined: [...this.quarantined.entries()], released: [...this.released.entries()], releases };
  }

  /** Into a pool that nothing was taken from yet. */
  restore(snapshot: PoolSnapshot): void {
    this.releases = snapshot.releases;
    for (const [value, sessionId] of snapshot.allocated) this.take(value, sessionId);
    for (const [value, rank] of snapshot.quarantined) this.quarantined.set(value, rank);
    for (const [value, rank] of snapshot.released) this.released.set(value, rank);
    this.setRange(snapshot.range);
  }

  ownerOf(value: number): string | undefined {
    return this.allocated.get(value);
  }

  /** The only thing here that looks at everything that is out. */
  setRange(range: PoolRange | null): void {
    const [before, counts] = [this.range, this.inside];
    this.journal.onUnwind(() => ([this.range, this.inside] = [before, counts]));
    this.range = range;
    const count = (values: JournaledMap<number, unknown>): number => [...values.keys()].filter((value) => contains(range, value)).length;
    this.inside = { allocated: count(this.allocated), quarantined: count(this.quarantined), size: sizeOf(range) };
    this.forgetSearches();
  }

  /**
   * The first value, in the order of the pool, that `isFree` accepts; null where there is none. Changes nothing. Where something is held
   * that refuses every value (a WF, an id of another kind) nobody may ask: 2³² values would be searched in vain. Whatever else is
   * held refuses a few values each, and a long search is not made again.
   * @param kind of the id that is asked for, the same but for the value; null where what is refused to one is not refused to all of the kind
   */
  choose(isFree: (value: number) => boolean, kind: string | null = null): Chosen | null {
    if (this.range === null) return null;
    const search = kind === null ? undefined : this.searches.get(kind);
    const again = search && this.chooseAgain(kind!, search, isFree);
    if (again) return again;
    let place = this.order.nextPlace(this.range, search?.reached ?? this.range.first);
    let end = search?.reached ?? 0;
    let refused = 0;
    while (place !== null && !isFree(this.order.valueAt(place)!)) {
      refused++;
      end = place + 1;
      place = this.order.nextPlace(this.range, end);
    }
    if (kind !== null && (search ? refused > 0 : refused > longSearch)) this.remember(kind, place ?? end);
    return place === null ? null : this.chosenAt(place);
  }

  /** A value that the kind was refused may be free for it now. */
  mayBeFree(kind: string, value: number): void {
    const search = this.searches.get(kind);
    if (search) this.lookAgain(search, value);
  }

  /** The same for every kind. */
  mayBeFreeForAll(value: number): void {
    for (const search of this.searches.values()) this.lookAgain(search, value);
  }

  get hasSearches(): boolean {
    return this.searches.size > 0;
  }

  forgetSearches(): void {
    this.searches.clear();
    this.furthest = 0;
  }

  /** The session takes the value, wherever it stands: free, released, or in its own quarantine (reclaimed). */
  take(value: number, sessionId: string): void {
    const rank = this.released.get(value);
    if (rank !== undefined) this.released.delete(value);
    this.madeOrder?.take(value, rank);
    if (this.quarantined.has(value)) {
      this.quarantined.delete(value);
      this.count(value, 0, -1);
    }
    if (!this.allocated.has(value)) this.count(value, 1, 0);
    this.allocated.set(value, sessionId);
  }

  /** @param quarantine whether the value is quarantined; otherwise it passed to another session, or is free at once */
  giveBack(value: number, quarantine: boolean): void {
    if (this.allocated.has(value)) this.count(value, -1, 0);
    this.allocated.delete(value);
    this.journal.record(this.ranked, undefined, undefined);
    const rank = this.releases++;
    if (!quarantine) return this.free(value, rank);
    this.quarantined.set(value, rank);
    this.count(value, 0, 1);
  }

  endQuarantine(value: number): void {
    const rank = this.quarantined.get(value);
    if (rank === undefined) return;
    this.quarantined.delete(value);
    this.count(value, 0, -1);
    this.free(value, rank);
  }

  isQuarantined(value: number): boolean {
    return this.quarantined.has(value);
  }

  /** Inside the range and owned by nobody. */
  offers(value: number): boolean {
    return contains(this.range, value) && !this.allocated.has(value);
  }

  private free(value: number, rank: number): void {
    this.released.set(value, rank);
    this.madeOrder?.free(value, rank);
    // Another that was released later came free before it.
    if (placeOf(rank) < this.furthest) this.mayBeFreeForAll(value);
  }

  private count(value: number, allocated: number, quarantined: number): void {
    if (!contains(this.range, value)) return;
    const before = this.inside;
    this.journal.record(this.counted, undefined, before);
    this.inside = { allocated: before.allocated + allocated, quarantined: before.quarantined + quarantined, size: before.size };
  }

  private get order(): PoolOrder {
    return this.madeOrder ?? this.makeOrder();
  }

  private makeOrder(): PoolOrder {
    // Made of what this decision may have changed already: it goes with it where it is taken back.
    this.journal.onUnwind(() => (this.madeOrder = null));
    return (this.madeOrder = this.journal.unrecorded(() => new PoolOrder(this.journal, this)));
  }

  private chosenAt(place: number): Chosen {
    return { value: this.order.valueAt(place)!, choice: this.order.choiceAt(place) };
  }

  /** What became free before the place that the search reached comes first. */
  private chooseAgain(kind: string, { again }: Search, isFree: (value: number) => boolean): Chosen | null {
    for (let place = again.least; place !== undefined; place = again.least) {
      const value = this.order.valueAt(place);
      if (value !== undefined && contains(this.range, value) && isFree(value)) return this.chosenAt(place);
      again.dropLeast();
      this.journal.record(this.searched, kind, undefined);
    }
    return null;
  }

  private lookAgain({ reached, again }: Search, value: number): void {
    const rank = this.released.get(value);
    const place = rank === undefined ? value : placeOf(rank);
    if (place < reached) again.add(place);
  }

  private remember(kind: string, reached: number): void {
    const search = this.searches.get(kind);
    if (search) search.reached = reached;
    else this.searches.set(kind, { reached, again: new LeastFirst() });
    if (reached > this.furthest) this.furthest = reached;
    this.journal.record(this.searched, kind, undefined);
  }
}
