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

  it('F8 fails those behind a lost call with it, and asks anew afterwards', async () => {
    const { calls, grouped } = callsByHand();
    const waiting = [1, 2].map((asked) => grouped.ask(asked));
    calls[0]!.fail(new Error('away'));
    for (const each of waiting) await expect(each).rejects.toThrow('away');
    await turn();
    void grouped.ask(3);
    expect(calls.map(({ asked }) => asked)).toEqual([[1], [3]]);
  });
});
