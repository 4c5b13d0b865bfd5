import type { SimulationOptions } from './options';
import { Random } from './random';
import { RandomStream } from './random-stream';

/** What becomes of a frame on its link. */
export interface Fate {
  readonly isLost: boolean;
  readonly delayUs: number;
  /** So long behind the first; null: it comes once. */
  readonly copyAfterUs: number | null;
}

const unharmed: Fate = { isLost: false, delayUs: 0, copyAfterUs: null };

/** Loss, duplication, reordering, and clocks that are off. */
export class Impairments {
  private readonly random: Random;
  private readonly isClean: boolean;
  private readonly skewsNs = new Map<number, bigint>();

  constructor(private readonly options: SimulationOptions) {
    this.random = new Random(options.seed, RandomStream.impairments);
    this.isClean = options.lossRate === 0 && options.duplicationRate === 0 && options.reorderingRate === 0;
  }

  next(): Fate {
    if (this.isClean) return unharmed;
    const { random, options } = this;
    return {
      isLost: random.chance(options.lossRate),
      // Late enough for what comes behind it to overtake it.
      delayUs: random.chance(options.reorderingRate) ? random.between(1_000, 200_000) : 0,
      copyAfterUs: random.chance(options.duplicationRate) ? random.between(50, 20_000) : null,
    };
  }

  /** Of the clock with which the link is captured: the same for the whole run. */
  skewNs(link: number): bigint {
    const { seed, clockSkewMs } = this.options;
    if (clockSkewMs === 0) return 0n;
    let skew = this.skewsNs.get(link);
    if (skew === undefined) {
      const mostUs = Math.round(clockSkewMs * 1_000);
      skew = BigInt(new Random(seed, RandomStream.link + link).integer(-mostUs, mostUs)) * 1_000n;
      this.skewsNs.set(link, skew);
    }
    return skew;
  }
}
