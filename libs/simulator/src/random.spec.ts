import { Random } from './random';

describe('xoshiro128**', () => {
  it('draws what the reference implementation in C draws from the same state', () => {
    const random = Random.ofState([0x964d4a0c, 0xd40ab895, 0xad7fdecb, 0x3006f0f0]);
    const drawn = Array.from({ length: 4 }, () => random.next32());
    expect(drawn).toEqual([0xf1391922, 0x6fe53806, 0xa5be2840, 0xf510ee70]);
  });

  it('streams of one seed, and seeds of one stream, are apart', () => {
    const first = (seed: number, stream: number): number => new Random(seed, stream).next32();
    const drawn = [first(7, 0), first(7, 1), first(8, 0), first(8, 1), first(7, 0x2000_0000)];
    expect(new Set(drawn).size).toBe(drawn.length);
    expect(first(7, 1)).toBe(first(7, 1));
  });

  it('integer reaches both ends and nothing beyond', () => {
    const random = new Random(1);
    const drawn = new Set(Array.from({ length: 500 }, () => random.integer(3, 6)));
    expect([...drawn].sort()).toEqual([3, 4, 5, 6]);
  });
});
