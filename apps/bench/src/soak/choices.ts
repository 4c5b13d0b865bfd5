import { Random } from '#simulator';

/** Where every choice of a run comes from: the same choices make the same run. */
export interface Choices {
  /** A whole number from 0 to n − 1. */
  below(n: number): number;
  /** Nothing is left to choose: the run comes to its end. */
  readonly exhausted: boolean;
}

/** As many choices as are asked for, from a seed. */
export class SeededChoices implements Choices {
  readonly exhausted = false;
  private readonly random: Random;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  below(n: number): number {
    return this.random.integer(0, n - 1);
  }
}

/** Choices that were drawn before, for a property that shrinks them; behind the last one everything is 0. */
export class DrawnChoices implements Choices {
  private next = 0;

  constructor(private readonly drawn: readonly number[]) {}

  get exhausted(): boolean {
    return this.next >= this.drawn.length;
  }

  below(n: number): number {
    return (this.drawn[this.next++] ?? 0) % n;
  }
}

export function pick<T>(choices: Choices, from: readonly T[]): T {
  return from[choices.below(from.length)]!;
}

/** True once in `n` times; false where nothing is left to choose. */
export function oneIn(choices: Choices, n: number): boolean {
  return choices.below(n) === n - 1;
}

/** One of the weighted kinds. */
export function weighted<K extends string>(choices: Choices, weights: Readonly<Record<K, number>>): K {
  const kinds = Object.entries(weights) as [K, number][];
  let left = choices.below(kinds.reduce((sum, [, weight]) => sum + weight, 0));
  for (const [kind, weight] of kinds) {
    if (left < weight) return kind;
    left -= weight;
  }
  return kinds[0]![0];
}
