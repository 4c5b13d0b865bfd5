import type { Journal, Unwindable } from './journal';

/** 32⁷ numbers: more than any field of the wire has values, or a scope releases. */
const levels = 7;

/**
 * A set of numbers in order, of which only what differs from the beginning is stored: all of them, or none. A word tells for 32
 * numbers which are in it, a word above it for 32 words which are not empty: the next one is found in as many steps as there are levels.
 */
export class OrderedNumbers {
  private readonly words = Array.from({ length: levels }, () => new Map<number, number>());
  private readonly initial: number;
  private readonly included: Unwindable = { takeBack: (value) => void this.drop(value as number) };
  private readonly excluded: Unwindable = { takeBack: (value) => void this.put(value as number) };

  constructor(
    private readonly journal: Journal,
    initially: 'all' | 'none',
  ) {
    this.initial = initially === 'all' ? -1 : 0;
  }

  has(value: number): boolean {
    return (this.read(0, Math.floor(value / 32)) & (1 << (value % 32))) !== 0;
  }

  add(value: number): void {
    if (this.put(value)) this.journal.record(this.included, value, undefined);
  }

  delete(value: number): void {
    if (this.drop(value)) this.journal.record(this.excluded, value, undefined);
  }

  /** The least that is not less than `value`; null: there is none. */
  firstFrom(value: number): number | null {
    let at = value;
    for (let level = 0; level < levels; ) {
      const index = Math.floor(at / 32);
      const word = this.read(level, index) & (-1 << (at % 32));
      if (word === 0) {
        at = index + 1;
        level++;
        continue;
      }
      at = index * 32 + 31 - Math.clz32(word & -word);
      if (level === 0) return at;
      at *= 32;
      level--;
    }
    return null;
  }

  /** Whether it was not there. */
  private put(value: number): boolean {
    for (let level = 0, at = value; level < levels; level++) {
      const index = Math.floor(at / 32);
      const before = this.read(level, index);
      const after = before | (1 << (at % 32));
      if (after === before) return false;
      this.write(level, index, after);
      if (before !== 0) return true;
      at = index;
    }
    return true;
  }

  /** Whether it was there. */
  private drop(value: number): boolean {
    for (let level = 0, at = value; level < levels; level++) {
      const index = Math.floor(at / 32);
      const before = this.read(level, index);
      const after = before & ~(1 << (at % 32));
      if (after === before) return false;
      this.write(level, index, after);
      if (after !== 0) return true;
      at = index;
    }
    return true;
  }

  private read(level: number, index: number): number {
    return this.words[level]!.get(index) ?? this.initial;
  }

  private write(level: number, index: number, word: number): void {
    if (word === this.initial) this.words[level]!.delete(index);
    else this.words[level]!.set(index, word);
  }
}
