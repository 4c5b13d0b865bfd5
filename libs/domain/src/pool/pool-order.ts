import { JournaledMap, type Journal } from '../journal/journal';
import { OrderedNumbers } from '../journal/ordered-numbers';
import { contains, reservedAround, type PoolRange } from '../flow/policy';

/** A never-used value stands at its own place in the pool's order, a released one behind all of them, by its rank. */
const placeOfRank = 2 ** 33;

/** What of a pool is out, or was: value → session, rank of its release while its quarantine runs, rank once that ended. */
export interface PoolContents {
  readonly allocated: JournaledMap<number, string>;
  readonly quarantined: JournaledMap<number, number>;
  readonly released: JournaledMap<number, number>;
}

/** Place of a value that was released. */
export function placeOf(rank: number): number {
  return placeOfRank + rank;
}

/** In which order a pool offers its values: made of its contents when somebody asks for a value, and kept up from then on. */
export class PoolOrder {
  /** Values that are nowhere in the contents. */
  private readonly neverUsed: OrderedNumbers;
  private readonly releasedRanks: OrderedNumbers;
  private readonly valueOfRank: JournaledMap<number, number>;

  constructor(journal: Journal, { allocated, quarantined, released }: PoolContents) {
    this.neverUsed = new OrderedNumbers(journal, 'all');
    this.releasedRanks = new OrderedNumbers(journal, 'none');
    this.valueOfRank = new JournaledMap(journal);
    for (const values of [allocated, quarantined, released]) for (const value of values.keys()) this.neverUsed.delete(value);
    for (const [value, rank] of released.entries()) this.free(value, rank);
  }

  /** @param rank of its release; undefined: it was not on offer by one */
  take(value: number, rank: number | undefined): void {
    this.neverUsed.delete(value);
    if (rank === undefined) return;
    this.releasedRanks.delete(rank);
    this.valueOfRank.delete(rank);
  }

  free(value: number, rank: number): void {
    this.releasedRanks.add(rank);
    this.valueOfRank.set(rank, value);
  }

  /** The first place from there on at which a value of the range is on offer. */
  nextPlace(range: PoolRange, from: number): number | null {
    for (let place: number | null = Math.max(from, range.first); place !== null && place <= range.last; ) {
      const value = this.neverUsed.firstFrom(place);
      if (value === null || value > range.last) break;
      const reserved = reservedAround(range, value);
      if (reserved === undefined) return value;
      place = reserved.last + 1;
    }
    for (let rank = this.releasedRanks.firstFrom(Math.max(0, from - placeOfRank)); rank !== null; rank = this.releasedRanks.firstFrom(rank + 1)) {
      if (contains(range, this.valueOfRank.get(rank)!)) return placeOf(rank);
    }
    return null;
  }

  valueAt(place: number): number | undefined {
    if (place >= placeOfRank) return this.valueOfRank.get(place - placeOfRank);
    return this.neverUsed.has(place) ? place : undefined;
  }

  choiceAt(place: number): 'never-used' | 'least-recently-released' {
    return place < placeOfRank ? 'never-used' : 'least-recently-released';
  }
}
