import { SeededChoices } from './choices';
import { play, type Played } from './play';

export interface SoakOptions {
  /** The first of them; the others follow it. */
  readonly seed: number;
  readonly seeds: number;
  readonly operations: number;
  readonly onSeed?: (seed: number, played: Played) => void;
}

export interface Soaked {
  readonly seeds: number;
  readonly steps: number;
  readonly events: number;
  readonly crashes: number;
  /** The seed that broke an invariant, on the fewest operations that break it. */
  readonly broken: { readonly seed: number; readonly operations: number; readonly played: Played } | null;
}

/** Plays one network a seed, until all are played or one breaks. */
export async function soak({ seed, seeds, operations, onSeed }: SoakOptions): Promise<Soaked> {
  const sum = { seeds: 0, steps: 0, events: 0, crashes: 0 };
  for (let each = seed; each < seed + seeds; each++) {
    const played = await play(new SeededChoices(each), operations);
    sum.seeds++;
    sum.steps += played.steps;
    sum.events += played.events;
    sum.crashes += played.crashes;
    onSeed?.(each, played);
    if (played.fault !== null) return { ...sum, broken: await fewestOperations(each, operations, played) };
  }
  return { ...sum, broken: null };
}

/** The choices are the same, the network only ends earlier. */
async function fewestOperations(seed: number, operations: number, played: Played): Promise<NonNullable<Soaked['broken']>> {
  for (let fewer = 1; fewer < operations; fewer++) {
    const shorter = await play(new SeededChoices(seed), fewer);
    if (shorter.fault !== null) return { seed, operations: fewer, played: shorter };
  }
  return { seed, operations, played };
}
