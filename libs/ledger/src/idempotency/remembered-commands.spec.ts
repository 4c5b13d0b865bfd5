import { ProjectionBehind } from '#projections';
import { ReachedBefore } from './reached-before';
import { CommandRepeated, RememberedCommands } from './remembered-commands';

describe('commands with a key that a stream remembers', () => {
  let reached: bigint;
  let now: number;
  let remembered: RememberedCommands;
  const add = (number: number): void => remembered.add({ commandId: `c${number}`, bodyDigest: 'd' }, '{}', BigInt(number));
  const isKnown = (number: number): boolean => remembered.refusalOf(`c${number}`) instanceof CommandRepeated;
  beforeEach(() => {
    [reached, now] = [0n, 0];
    remembered = new RememberedCommands(new ReachedBefore(() => reached, () => now));
  });

  it('F11 none is forgotten before the tables have come past it, however many there are', () => {
    for (let number = 1; number <= 20_000; number += 1) add(number);
    now += 60_000;
    add(20_001);
    expect([1, 20_001].map(isKnown)).toEqual([true, true]);
  });

  it('given tables that came past it, then it is known until nobody can have looked before', () => {
    for (let number = 1; number <= 3; number += 1) add(number);
    [reached, now] = [2n, 20_000];
    add(4);
    now += 19_999;
    add(5);
    expect([1, 2, 3].map(isKnown)).toEqual([true, true, true]);
    now += 1;
    add(6);
    expect([1, 2, 3, 6].map(isKnown)).toEqual([false, false, true, true]);
  });

  it('given a clock that is set back, then they are known for longer, and not for ever', () => {
    now = 1_000_000;
    add(1);
    [reached, now] = [1n, 0];
    add(2);
    for (const step of [20_000, 20_000]) {
      now += step;
      add(now);
    }
    expect(isKnown(1)).toBe(false);
  });

  it('their bytes are counted, and no longer when they are forgotten', () => {
    expect(remembered.bytes).toBe(0);
    add(1);
    const { bytes } = remembered;
    expect(bytes).toBeGreaterThan(100);
    add(2);
    add(2);
    expect(remembered.bytes).toBe(2 * bytes);
    reached = 2n;
    for (const number of [3, 4, 5]) {
      now += 20_000;
      add(number);
    }
    expect(remembered.bytes).toBe(3 * bytes);
  });

  it('given tables that stand still, then one more than it can remember is not decided', () => {
    for (let number = 1; number <= 100_000; number += 1) add(number);
    expect(remembered.refusalOf('another')).toEqual(new ProjectionBehind(1n, 0n));
    expect(isKnown(1)).toBe(true);
    reached = 1n;
    remembered.refusalOf('another');
    now += 20_000;
    remembered.refusalOf('another');
    now += 20_000;
    expect(remembered.refusalOf('another')).toBeNull();
  });
});
