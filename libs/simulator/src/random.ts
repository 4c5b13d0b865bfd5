/**
 * xoshiro128** of Blackman and Vigna (https://prng.di.unimi.it), seeded by splitmix32: small, fast, and the same on every
 * machine. Each actor draws from a stream of its own, so that one that is added does not change what the others do.
 */
export class Random {
  private readonly state: [number, number, number, number];

  constructor(seed: number, stream = 0) {
    const next = splitmix32(splitmix32(seed)() ^ Math.imul(stream + 1, 0x9e37_79b9));
    this.state = [next(), next(), next(), next()];
  }

  /** For comparison with published vectors. */
  static ofState(state: readonly [number, number, number, number]): Random {
    const random = new Random(0);
    random.state.splice(0, 4, ...state);
    return random;
  }

  /** 0 … 2³² − 1. */
  next32(): number {
    const s = this.state;
    const result = Math.imul(rotateLeft(Math.imul(s[1], 5), 7), 9) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotateLeft(s[3], 11);
    return result;
  }

  /** [0, 1). */
  fraction(): number {
    return this.next32() / 0x1_0000_0000;
  }

  /** A whole number, both ends included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  between(least: number, most: number): number {
    return least + this.fraction() * (most - least);
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    if (choices.length === 0) throw new RangeError('nothing to pick from');
    return choices[this.integer(0, choices.length - 1)]!;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.next32() & 0xff);
  }
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e37_79b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0_aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a_2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
}
