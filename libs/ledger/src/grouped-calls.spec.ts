import { GroupedCalls } from './grouped-calls';

/** Calls that are answered one by one, by hand. */
function callsByHand() {
  const calls: { readonly asked: readonly number[]; readonly answer: () => void; readonly fail: (error: Error) => void }[] = [];
  const grouped = new GroupedCalls<number, string>(
    (asked) => new Promise((resolve, reject) => calls.push({ asked, answer: () => resolve(asked.map(String)), fail: reject })),
    3,
  );
  return { calls, grouped };
}

const turn = (): Promise<void> => new Promise(setImmediate);

describe('GroupedCalls', () => {
  it('asks at once, and together for all that came meanwhile, up to the limit', async () => {
    const { calls, grouped } = callsByHand();
    const order: string[] = [];
    const all = [1, 2, 3, 4, 5].map((asked) => grouped.ask(asked).then((answer) => order.push(answer)));
    for (let next = 0; next < 3; next += 1) {
      expect(calls).toHaveLength(next + 1);
      calls[next]!.answer();
      await turn();
    }
    await Promise.all(all);
    expect(calls.map(({ asked }) => asked)).toEqual([[1], [2, 3, 4], [5]]);
    expect(order).toEqual(['1', '2', '3', '4', '5']);
  });

  it('fails those of a lost call, and goes on with the others', async () => {
    const { calls, grouped } = callsByHand();
    const first = grouped.ask(1);
    const second = grouped.ask(2);
    calls[0]!.fail(new Error('away'));
    await expect(first).rejects.toThrow('away');
    await turn();
    calls[1]!.answer();
    expect(await second).toBe('2');
    void grouped.ask(3);
    expect(calls[2]!.asked).toEqual([3]);
  });
});
