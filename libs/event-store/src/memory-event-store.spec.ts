import { collect, newEvents, newStream } from './contract-ledger.testing';
import { describeEventStore } from './event-store.contract';
import { MemoryEventStore, MemoryLedger } from './memory-event-store';

describeEventStore('MemoryEventStore', async () => {
  const ledger = new MemoryLedger();
  const store = new MemoryEventStore({ ledger });
  return { store, another: async () => new MemoryEventStore({ ledger }), dispose: () => store.close() };
});

describe('MemoryEventStore', () => {
  it('F14 records times that never fall, whatever the clock does', async () => {
    const times = [1_000_000, 900_000, 1_000_001];
    const store = new MemoryEventStore({ clock: () => times.shift()! });
    for (let append = 0; append < 3; append += 1) await store.append(newStream(), 'no-stream', newEvents(1));
    const recorded = (await collect(store.readAll())).map(({ recordedAt }) => Date.parse(recordedAt));
    expect(recorded).toEqual([1_000_000, 1_000_000, 1_000_001]);
  });

  it('forks: the past is shared, what comes after is not', async () => {
    const store = new MemoryEventStore();
    const stream = newStream();
    await store.append(stream, 'no-stream', newEvents(2));
    const fork = new MemoryEventStore({ ledger: new MemoryLedger(await collect(store.readAll())) });
    expect(await fork.append(stream, 1n, newEvents(1))).toMatchObject({ outcome: 'appended', position: 3n });
    expect(await store.head()).toBe(2n);
  });
});
