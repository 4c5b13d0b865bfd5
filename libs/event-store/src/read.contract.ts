import { collect, newCategory, newEvent, newEvents, newStream, positions, revisions, type ContractLedger } from './contract-ledger.testing';

export function describeReads(ledger: () => ContractLedger): void {
  describe('reads', () => {
    it('reads a stream in both directions from any point', async () => {
      const { store } = ledger();
      const stream = newStream();
      const numbers = Array.from({ length: 1_203 }, (_, index) => index);
      await store.append(stream, 'no-stream', newEvents(1_203));
      expect(revisions(await collect(store.readStream(stream)))).toEqual(numbers);
      expect(revisions(await collect(store.readStream(stream, { direction: 'backwards' })))).toEqual(numbers.toReversed());
      expect(revisions(await collect(store.readStream(stream, { from: 700n })))).toEqual(numbers.slice(700));
      expect(revisions(await collect(store.readStream(stream, { from: 700n, limit: 2 })))).toEqual([700, 701]);
      expect(revisions(await collect(store.readStream(stream, { from: 700n, direction: 'backwards' })))).toEqual(numbers.slice(0, 701).toReversed());
      expect(revisions(await collect(store.readStream(stream, { from: 700n, direction: 'backwards', limit: 502 })))).toEqual(numbers.slice(199, 701).toReversed());
      expect(await collect(store.readStream(stream, { from: 1_203n }))).toEqual([]);
      expect(revisions(await collect(store.readStream(stream, { from: 9_999n, direction: 'backwards', limit: 1 })))).toEqual([1_202]);
      expect(await collect(store.readStream(stream, { limit: 0 }))).toEqual([]);
      expect(await collect(store.readStream(newStream()))).toEqual([]);
      expect(await collect(store.readStream(stream, { from: 10n ** 30n }))).toEqual([]);
      expect(revisions(await collect(store.readStream(stream, { from: 10n ** 30n, direction: 'backwards', limit: 1 })))).toEqual([1_202]);
    });

    it('reads the whole ledger in both directions, after a position', async () => {
      const { store } = ledger();
      const before = await store.head();
      for (let index = 0; index < 3; index += 1) await store.append(newStream(), 'no-stream', newEvents(2));
      const forwards = await collect(store.readAll({ after: before }));
      expect(positions(forwards)).toEqual([1n, 2n, 3n, 4n, 5n, 6n].map((n) => before + n));
      expect(await collect(store.readAll({ direction: 'backwards', limit: 6 }))).toEqual(forwards.toReversed());
      expect(await collect(store.readAll({ direction: 'backwards', after: before + 5n, limit: 2 }))).toEqual([forwards[3], forwards[2]]);
      expect(await collect(store.readAll({ after: before + 2n, limit: 2 }))).toEqual(forwards.slice(2, 4));
      expect(await collect(store.readAll({ after: before + 6n }))).toEqual([]);
      expect(await collect(store.readAll({ after: 10n ** 30n }))).toEqual([]);
      expect(positions(await collect(store.readAll({ after: 10n ** 30n, direction: 'backwards', limit: 1 })))).toEqual([before + 6n]);
      expect(await collect(store.readAll({ direction: 'backwards', after: 1n }))).toEqual([]);
      expect(positions(await collect(store.readAll({ limit: 1 })))).toEqual([1n]);
    });

    it('filters by stream, category and types, together and after a position', async () => {
      const { store } = ledger();
      const [category, lonely] = [newCategory(), newCategory()];
      const [one, two] = [`${category}-a-b`, `${category}-c`];
      const before = await store.head();
      // Positions behind `before`: 1 one A, 2 two B, 3 lonely A, 4 one B, 5 two A, 6 one C.
      await store.append(one, 'no-stream', [newEvent({ type: 'A' })]);
      await store.append(two, 'no-stream', [newEvent({ type: 'B' })]);
      await store.append(lonely, 'no-stream', [newEvent({ type: 'A' })]);
      await store.append(one, 0n, [newEvent({ type: 'B' })]);
      await store.append(two, 0n, [newEvent({ type: 'A' })]);
      await store.append(one, 1n, [newEvent({ type: 'C' })]);
      const read = async (options: Parameters<typeof store.readAll>[0]): Promise<number[]> =>
        (await collect(store.readAll(options))).map(({ position }) => Number(position - before));
      expect(await read({ category })).toEqual([1, 2, 4, 5, 6]);
      expect(await read({ category: lonely })).toEqual([3]);
      expect(await read({ category, after: before + 2n, limit: 2 })).toEqual([4, 5]);
      expect(await read({ category, direction: 'backwards', after: before + 5n })).toEqual([4, 2, 1]);
      expect(await read({ stream: one })).toEqual([1, 4, 6]);
      expect(await read({ stream: one, after: before + 1n })).toEqual([4, 6]);
      expect(await read({ stream: one, after: before + 3n })).toEqual([4, 6]);
      expect(await read({ stream: one, after: before + 6n })).toEqual([]);
      expect(await read({ stream: one, direction: 'backwards' })).toEqual([6, 4, 1]);
      expect(await read({ stream: one, direction: 'backwards', after: before + 6n })).toEqual([4, 1]);
      expect(await read({ stream: one, direction: 'backwards', after: before + 5n })).toEqual([4, 1]);
      expect(await read({ stream: one, direction: 'backwards', after: before + 1n })).toEqual([]);
      expect(await read({ after: before, types: ['A'] })).toEqual([1, 3, 5]);
      expect(await read({ types: ['A', 'C'], direction: 'backwards', limit: 4 })).toEqual([6, 5, 3, 1]);
      expect(await read({ category, types: ['A', 'B'], after: before + 1n })).toEqual([2, 4, 5]);
      expect(await read({ stream: two, category, types: ['A'] })).toEqual([5]);
      expect(await read({ stream: two, category: lonely })).toEqual([]);
      expect(await read({ after: before, types: [] })).toEqual([]);
    });

    it('reads what is larger than a page, and stops where the consumer stops', async () => {
      const { store } = ledger();
      const stream = newStream();
      const data = `"${'x'.repeat(300_000)}"`;
      for (let append = 0n; append < 4n; append += 1n) await store.append(stream, append === 0n ? 'no-stream' : 3n * append - 1n, newEvents(3, { data }));
      const read = await collect(store.readStream(stream));
      expect(revisions(read)).toEqual(Array.from({ length: 12 }, (_, index) => index));
      expect(read.every((event) => event.data === data)).toBe(true);
      expect(revisions(await collect(store.readStream(stream, { direction: 'backwards' }), 5))).toEqual([11, 10, 9, 8, 7]);
    });

    it('reads what two instances wrote, from either', async () => {
      const { store, another } = ledger();
      const other = await another();
      const stream = newStream();
      await store.append(stream, 'no-stream', newEvents(1));
      await other.append(stream, 0n, newEvents(1));
      expect(await collect(store.readStream(stream))).toEqual(await collect(other.readStream(stream)));
      expect(await store.head()).toBe(await other.head());
      await other.close();
    });
  });
}
