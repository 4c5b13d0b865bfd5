import type { PoolRange } from './policy';
import { JournaledMap, JournaledQueue, type Journal } from './journal';

/** Entries of the pool's three collections; ranks rise with the time of release. */
export interface PoolSnapshot {
  readonly range: PoolRange | null;
  readonly allocated: readonly (readonly [number, string])[];
  readonly quarantined: readonly (readonly [number, number])[];
  readonly released: readonly (readonly [number, number])[];
  readonly releases: number;
}

/** No field holds it on the wire. */
const impossibleValue = -1;

/**
 * The values of one field in one scope, computed and never materialised (a GRE key pool has 2³² values). Never-used values come
 * first, ascending; then the least recently released, never the last. A value has at most one owner. Values that are out
 * when the range changes stay with their owners and do not come back if they lie outside.
 */
export class Pool {
  /** Value → session that owns it. */
  private readonly allocated: JournaledMap<number, string>;
  /** Value → rank of its release, while its quarantine runs. */
  private readonly quarantined: JournaledMap<number, number>;
  /** Value → rank of its release, once its quarantine ended. */
  private readonly released: JournaledMap<number, number>;
  private readonly leastRecentlyReleased: JournaledQueue<number>;
  private range: PoolRange | null;
  /** No never-used value lies below. */
  private nextFresh: number;
  private releases = 0;

  constructor(
    private readonly journal: Journal,
    range: PoolRange | null,
  ) {
    this.allocated = new JournaledMap(journal);
    this.quarantined = new JournaledMap(journal);
    this.released = new JournaledMap(journal);
    this.leastRecentlyReleased = new JournaledQueue(journal, (value, rank) => this.released.get(value) === rank);
    this.range = range;
    this.nextFresh = range?.first ?? 0;
  }

  get counts(): { readonly free: number; readonly allocated: number; readonly quarantined: number; readonly size: number } {
    const size = this.range ? this.range.last - this.range.first + 1 : 0;
    const inside = (values: JournaledMap<number, unknown>): number => {
      let count = 0;
      for (const value of values.keys()) if (this.contains(value)) count++;
      return count;
    };
    const [allocated, quarantined] = [inside(this.allocated), inside(this.quarantined)];
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
    this.setRange(snapshot.range);
    this.releases = snapshot.releases;
    for (const [value, sessionId] of snapshot.allocated) this.allocated.set(value, sessionId);
    for (const [value, rank] of snapshot.quarantined) this.quarantined.set(value, rank);
    for (const [value, rank] of snapshot.released) this.free(value, rank);
  }

  ownerOf(value: number): string | undefined {
    return this.allocated.get(value);
  }

  setRange(range: PoolRange | null): void {
    const before = [this.range, this.nextFresh] as const;
    this.range = range;
    this.nextFresh = range?.first ?? 0;
    this.journal.onUnwind(() => ([this.range, this.nextFresh] = before));
  }

  /**
   * The first value, in the order of the pool, that `isFree` accepts; null where there is none. Changes nothing. What refuses the
   * impossible value refuses every value (a held WF, an id of another kind): then nobody searches 2³² values in vain. Whatever
   * else is held refuses a few values each, so the search ends after as many steps as ids are held.
   */
  choose(isFree: (value: number) => boolean): { readonly value: number; readonly choice: 'never-used' | 'least-recently-released' } | null {
    if (this.range === null || !isFree(impossibleValue)) return null;
    const fresh = this.firstFresh(isFree);
    if (fresh !== null) return { value: fresh, choice: 'never-used' };
    const reused = this.leastRecentlyReleased.find((value) => this.contains(value) && isFree(value));
    return reused === undefined ? null : { value: reused, choice: 'least-recently-released' };
  }

  /** The session takes the value, wherever it stands: free, released, or in its own quarantine (reclaimed). */
  take(value: number, sessionId: string): void {
    this.quarantined.delete(value);
    this.released.delete(value);
    this.allocated.set(value, sessionId);
  }

  /** @param quarantine whether the value is quarantined; otherwise it passed to another session, or is free at once */
  giveBack(value: number, quarantine: boolean): void {
    this.allocated.delete(value);
    const rank = this.nextRank();
    if (quarantine) this.quarantined.set(value, rank);
    else this.free(value, rank);
  }

  endQuarantine(value: number): void {
    const rank = this.quarantined.get(value);
    if (rank === undefined) return;
    this.quarantined.delete(value);
    this.free(value, rank);
  }

  private free(value: number, rank: number): void {
    this.released.set(value, rank);
    this.leastRecentlyReleased.push(rank, value);
  }

  private nextRank(): number {
    const rank = this.releases++;
    this.journal.onUnwind(() => (this.releases = rank));
    return rank;
  }

  /** Inside the range and owned by nobody. */
  offers(value: number): boolean {
    return this.contains(value) && !this.allocated.has(value);
  }

  private contains(value: number): boolean {
    return this.range !== null && value >= this.range.first && value <= this.range.last;
  }

  private wasUsed(value: number): boolean {
    return this.allocated.has(value) || this.quarantined.has(value) || this.released.has(value);
  }

  private firstFresh(isFree: (value: number) => boolean): number | null {
    if (this.range === null) return null;
    this.skipUsed();
    for (let value = this.nextFresh; value <= this.range.last; value++) {
      if (!this.wasUsed(value) && isFree(value)) return value;
    }
    return null;
  }

  /** What was used once is never fresh again: the pointer only moves up, so that this costs nothing over the pool's life. */
  private skipUsed(): void {
    const before = this.nextFresh;
    while (this.nextFresh <= this.range!.last && this.wasUsed(this.nextFresh)) this.nextFresh++;
    if (this.nextFresh !== before) this.journal.onUnwind(() => (this.nextFresh = before));
  }
}
