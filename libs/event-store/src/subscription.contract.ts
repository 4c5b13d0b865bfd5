import { collect, follow, newEvents, newStream, positions, type ContractLedger } from './contract-ledger.testing';
import { EventStoreUnavailable, type EventStore } from './event-store';

const range = (after: bigint, count: number): bigint[] => Array.from({ length: count }, (_, index) => after + BigInt(index + 1));
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function write(store: EventStore, appends: number): Promise<void> {
  const stream = newStream();
  for (let revision = 0; revision < appends; revision += 1) await store.append(stream, revision === 0 ? 'no-stream' : BigInt(revision - 1), newEvents(1));
}

export function describeSubscriptions(ledger: () => ContractLedger): void {
  describe('subscribeAll', () => {
    it('catches up and goes live, no gap and no repeat, while 32 writers write through two instances', async () => {
      const { store, another } = ledger();
      const other = await another();
      const after = await store.head();
      await write(store, 30);
      const following = [follow(store, after, 30 + 32 * 25), follow(other, after, 30 + 32 * 25)];
      await Promise.all(Array.from({ length: 32 }, (_, writer) => write(writer % 2 ? store : other, 25)));
      for (const seen of await Promise.all(following)) expect(positions(seen)).toEqual(range(after, 30 + 32 * 25));
      await other.close();
    });

    it('begins at the beginning and gives what readAll gives', async () => {
      const { store } = ledger();
      await write(store, 3);
      const all = await collect(store.readAll());
      expect((await follow(store, 0n, all.length)).slice(0, all.length)).toEqual(all);
    });

    it('brings an event soon after it was written', async () => {
      const { store } = ledger();
      const after = await store.head();
      const following = follow(store, after, 1);
      await pause(300);
      const from = performance.now();
      await write(store, 1);
      expect(positions(await following)).toEqual([after + 1n]);
      expect(performance.now() - from).toBeLessThan(900);
    });

    it('never gives an empty batch, and bounded ones to a slow consumer', async () => {
      const { store } = ledger();
      const after = await store.head();
      const sizes: number[] = [];
      const following = follow(store, after, 1_600, async (batch) => {
        sizes.push(batch.length);
        await pause(20);
      });
      const stream = newStream();
      for (let append = 0n; append < 16n; append += 1n) await store.append(stream, append === 0n ? 'no-stream' : 100n * append - 1n, newEvents(100));
      expect(positions(await following)).toEqual(range(after, 1_600));
      expect(Math.min(...sizes)).toBeGreaterThan(0);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(500);
    });

    it('ends when its signal aborts: before, while it waits, and with a batch on hand', async () => {
      const { store } = ledger();
      const after = await store.head();
      expect(await collect(store.subscribeAll(0n, AbortSignal.abort()))).toEqual([]);
      const abort = new AbortController();
      const waiting = collect(store.subscribeAll(after, abort.signal));
      await pause(50);
      abort.abort();
      expect(await waiting).toEqual([]);
      await write(store, 2);
      expect((await follow(store, after, 1)).length).toBeGreaterThan(0);
    });

    it('waits for a position that does not exist yet', async () => {
      const { store } = ledger();
      const head = await store.head();
      const following = follow(store, head + 2n, 1);
      await write(store, 3);
      expect(positions(await following)).toEqual([head + 3n]);
    });

    it('throws when the store is closed under it', async () => {
      const closing = await ledger().another();
      const following = collect(closing.subscribeAll(await closing.head(), new AbortController().signal));
      setTimeout(() => void closing.close(), 50);
      await expect(following).rejects.toThrow(EventStoreUnavailable);
    });
  });
}
