import type { PoolRange } from '../flow/policy';

/** A pool as sets: every value that was ever inside, or is out, stands in exactly one. */
export class NaivePool {
  private inside: number[] = [];
  private readonly used = new Set<number>();
  /** In the order of their release. */
  private free: { readonly value: number; readonly released: number }[] = [];
  readonly quarantined = new Map<number, number>();
  readonly allocated = new Set<number>();
  private releases = 0;

  /** What is out stays out; what lies outside, or is reserved, is not handed out. */
  provision(range: PoolRange | null): void {
    const all = range === null ? [] : Array.from({ length: range.last - range.first + 1 }, (_, i) => range.first + i);
    this.inside = all.filter((value) => !(range?.reserved ?? []).some(({ first, last }) => value >= first && value <= last));
  }

  /** Whether it may be handed out at all, were it free. */
  hands(value: number): boolean {
    return this.inside.includes(value);
  }

  /** Never-used values first, ascending; then the least recently released. */
  inOrder(): number[] {
    const neverUsed = this.inside.filter((value) => !this.used.has(value));
    const released = this.free.filter(({ value }) => this.inside.includes(value)).sort((a, b) => a.released - b.released);
    return [...neverUsed, ...released.map(({ value }) => value)];
  }

  take(value: number): void {
    this.used.add(value);
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
    const count = (values: Iterable<number>): number => [...values].filter((value) => this.inside.includes(value)).length;
    return { free: this.inOrder().length, allocated: count(this.allocated), quarantined: count(this.quarantined.keys()), size: this.inside.length };
  }
}
