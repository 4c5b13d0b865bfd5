import type { SimulatedFrame } from '#simulator';
import { paced } from './play';

const frames = (...seconds: number[]): SimulatedFrame[] => seconds.map(second => ({ timeNs: BigInt(Math.round(second * 1e9)), bytes: new Uint8Array(1) }));
const never = new AbortController().signal;

describe('a play', () => {
  it('hands frames on when their time has come, counted from the first', async () => {
    const startedAt = performance.now();
    const waited: number[] = [];
    for await (const _frame of paced(frames(1000, 1000, 1001, 1003), 20, never)) waited.push(performance.now() - startedAt);
    expect(waited[1]).toBeLessThan(40);
    expect(waited[2]).toBeGreaterThanOrEqual(48);
    expect(waited[3]).toBeGreaterThanOrEqual(148);
  });

  it('waits for nothing at full speed', async () => {
    const startedAt = performance.now();
    let count = 0;
    for await (const _frame of paced(frames(0, 3600, 7200), Infinity, never)) count += 1;
    expect(count).toBe(3);
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });

  it('ends where it is when interrupted', async () => {
    const interruption = new AbortController();
    const played: bigint[] = [];
    for await (const { timeNs } of paced(frames(0, 1, 3600), 1000, interruption.signal)) {
      played.push(timeNs);
      if (played.length === 2) interruption.abort();
    }
    expect(played.length).toBe(2);
  });
});
