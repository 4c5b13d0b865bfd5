import fc from 'fast-check';
import { Lanes, oneAfterTheOther, type LaneUse } from './lanes';

/** Work that begins when the lanes say so and ends when the test says so. */
function work(lanes: Lanes) {
  const begun: number[] = [];
  const open = new Map<number, () => void>();
  const results: Promise<number>[] = [];
  const run = (uses: readonly LaneUse[]): void => {
    const id = results.length;
    results.push(
      lanes.run(uses, () => {
        begun.push(id);
        return new Promise((resolve) => open.set(id, () => resolve(id)));
      }),
    );
  };
  const end = async (id: number): Promise<void> => {
    open.get(id)!();
    open.delete(id);
    await new Promise(setImmediate);
  };
  return { begun, open, results, run, end };
}

const use = (name: string, kind: string): LaneUse => ({ name, kind });

describe('Lanes', () => {
  it('begins neighbours of one kind together and at once, and another kind behind them all', async () => {
    const { begun, run, end } = work(new Lanes());
    run([use('scope', 'configure')]);
    run([use('scope', 'configure')]);
    run([use('scope', 'release')]);
    expect(begun).toEqual([0, 1]);
    await end(1);
    expect(begun).toEqual([0, 1]);
    await end(0);
    expect(begun).toEqual([0, 1, 2]);
  });

  it('lets nobody overtake a neighbour that waits in another lane', async () => {
    const { begun, run, end } = work(new Lanes());
    run([use('node 1', oneAfterTheOther)]);
    run([use('scope', 'configure'), use('node 1', 'configure')]);
    run([use('scope', 'configure'), use('node 2', 'configure')]);
    expect(begun).toEqual([0]);
    await end(0);
    expect(begun).toEqual([0, 1, 2]);
  });

  it('goes on behind work that fails, and is idle when all is done', async () => {
    const lanes = new Lanes();
    const failed = lanes.run([use('scope', oneAfterTheOther)], () => Promise.reject(new Error('no')));
    const next = lanes.run([use('scope', oneAfterTheOther)], async () => 1);
    await expect(failed).rejects.toThrow('no');
    await lanes.idle();
    expect(await next).toBe(1);
  });

  it('keeps the order in every lane, and ends, whatever ends first', async () => {
    const kinds = fc.constantFrom('configure', 'release', oneAfterTheOther);
    const uses = fc.uniqueArray(fc.record({ name: fc.constantFrom('a', 'b', 'c'), kind: kinds }), { selector: ({ name }) => name, minLength: 1 });
    await fc.assert(
      fc.asyncProperty(fc.array(uses, { maxLength: 12 }), fc.infiniteStream(fc.nat()), async (all, choices) => {
        const { begun, open, results, run, end } = work(new Lanes());
        for (const each of all) run(each);
        for (let choice = choices.next(); open.size > 0; choice = choices.next()) {
          const underWay = [...open.keys()];
          for (const name of ['a', 'b', 'c']) {
            const inLane = underWay.map((id) => all[id]!.find((each) => each.name === name)?.kind).filter((kind) => kind !== undefined);
            expect(new Set(inLane).size).toBeLessThanOrEqual(1);
            expect(inLane.filter((kind) => kind === oneAfterTheOther).length).toBeLessThanOrEqual(1);
          }
          await end(underWay[(choice.value as number) % underWay.length]!);
        }
        await Promise.all(results);
        for (const name of ['a', 'b', 'c']) {
          const inLane = begun.filter((id) => all[id]!.some((each) => each.name === name));
          expect(inLane).toEqual([...inLane].sort((a, b) => a - b));
        }
      }),
    );
  });
});
