import type { PoolRange } from './policy';

/** A pool as sets: each value of the range stands in exactly one. */
export class NaivePool {
  neverUsed: number[] = [];
  /** In the order of their release. */
  free: { readonly value: number; readonly released: number }[] = [];
  readonly quarantined = new Map<number, number>();
  readonly allocated = new Set<number>();
  private releases = 0;

  provision(range: PoolRange | null): void {
    this.neverUsed = range === null ? [] : Array.from({ length: range.last - range.first + 1 }, (_, i) => range.first + i);
  }

  /** Never-used values first, ascending; then the least recently released. */
  inOrder(): number[] {
    return [...this.neverUsed, ...this.free.sort((a, b) => a.released - b.released).map(({ value }) => value)];
  }

  take(value: number): void {
    this.neverUsed = this.neverUsed.filter((v) => v !== value);
    this.free = this.free.filter((entry) => entry.value !== value);
    this.quarantined.delete(value);
    this.allocated.add(value);
  }

  release(value: number): void {
    this.allocated.delete(value);
    this.quarantined.set(value, this.releases++);
  }

  endQuarantine(value: number): void {
    this.free.push({ value, released: this.quarantined.get(value)! });
    this.quarantined.delete(value);
  }

  get counts(): { readonly free: number; readonly allocated: number; readonly quarantined: number; readonly size: number } {
    const [free, allocated, quarantined] = [this.neverUsed.length + this.free.length, this.allocated.size, this.quarantined.size];
    return { free, allocated, quarantined, size: free + allocated + quarantined };
  }
}
