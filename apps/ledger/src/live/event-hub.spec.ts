import { setTimeout as pause } from 'node:timers/promises';
import { MemoryEventStore } from '#event-store';
import { EventHub, type LiveFilter } from './event-hub';

const all: LiveFilter = { types: null, category: null, stream: null };
/** Whole numbers from 0 to `most`, the same for the same seed (Park and Miller). */
function drawing(seed: number): (most: number) => number {
  let state = (seed % 2_147_483_646) + 1;
  return (most) => (state = (state * 48_271) % 2_147_483_647) % (most + 1);
}
const positionsIn = (text: string): number[] => [...text.matchAll(/^id: (\d+)\ndata/gm)].map(([, id]) => Number(id));

describe('EventHub', () => {
  const stopping = new AbortController();
  afterAll(() => stopping.abort());

  async function append(store: MemoryEventStore, stream: string, type: string): Promise<void> {
    const revision = await store.streamRevision(stream);
    await store.append(stream, revision, [{ id: crypto.randomUUID(), type, data: '{}', metadata: '{"batchEnd":"0"}' }]);
  }

  const seed = Date.now() % 1_000_000;
  it(`F18 F19 skips and repeats nothing, however small the ring and however slow the client (seed ${seed})`, async () => {
    const random = drawing(seed);
    const store = new MemoryEventStore();
    const names = ['A', 'B'];
    for (let index = 0; index < 40; index++) await append(store, `s${index % 3}-x`, names[index % 2]!);
    const hub = new EventHub(store, stopping.signal, { ringEvents: 16, heartbeatMs: 20 });
    const filters: LiveFilter[] = [all, { ...all, types: ['B'] }, { ...all, category: 's1' }, { ...all, stream: 's2-x' }];
    const client = (index: number) => ({ filter: filters[index % 4]!, after: random(40), seen: [] as number[], own: drawing(seed + index) });
    const clients = Array.from({ length: 24 }, (_, index) => client(index));
    const gone = new AbortController();
    const reading = clients.map(async ({ filter, after, seen, own }) => {
      for await (const text of hub.frames(BigInt(after), filter, gone.signal)) {
        seen.push(...positionsIn(text));
        if (own(2) === 0) await pause(own(15));
      }
    });
    for (let index = 0; index < 400; index++) {
      await append(store, `s${random(2)}-x`, names[random(1)]!);
      if (random(4) === 0) await pause(random(3));
    }
    await pause(300);
    gone.abort();
    await Promise.all(reading);
    for (const { filter, after, seen } of clients) {
      const expected: number[] = [];
      const { types, category, stream } = filter;
      const where = { ...(types && { types }), ...(category !== null && { category }), ...(stream !== null && { stream }) };
      for await (const { position } of store.readAll({ after: BigInt(after), ...where })) expected.push(Number(position));
      expect(seen).toEqual(expected);
    }
  });

  it('shares one subscription, begins it with the first client, and tells by heartbeats how far it has looked', async () => {
    const store = new MemoryEventStore();
    const subscribe = jest.spyOn(store, 'subscribeAll');
    await append(store, 's-1', 'A');
    const hub = new EventHub(store, stopping.signal, { heartbeatMs: 5 });
    expect(subscribe).not.toHaveBeenCalled();
    const gone = new AbortController();
    const first = hub.frames(0n, { ...all, types: ['Z'] }, gone.signal);
    const second = hub.frames(1n, all, gone.signal);
    await first.next();
    await second.next();
    expect((await first.next()).value).toBe(': heartbeat\nid: 1\n\n');
    expect(subscribe).toHaveBeenCalledTimes(1);
    gone.abort();
    expect((await first.next()).done).toBe(true);
  });

  it('goes on where it was when the store was lost', async () => {
    const store = new MemoryEventStore();
    const lost = new Error('lost');
    let losses = 3;
    const subscribeAll = store.subscribeAll.bind(store);
    jest.spyOn(store, 'subscribeAll').mockImplementation(async function* (after, signal) {
      for await (const batch of subscribeAll(after, signal)) {
        yield batch;
        if ((losses -= 1) >= 0) throw lost;
      }
    });
    const told: unknown[] = [];
    const hub = new EventHub(store, stopping.signal, { heartbeatMs: 1_000, onLost: (error) => told.push(error) });
    const gone = new AbortController();
    const seen: number[] = [];
    const reading = (async () => {
      for await (const text of hub.frames(0n, all, gone.signal)) {
        seen.push(...positionsIn(text));
        if (seen.length === 5) gone.abort();
      }
    })();
    for (let index = 0; index < 5; index++) {
      await append(store, 's-1', 'A');
      await pause(50);
    }
    await reading;
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect(told).toEqual([lost, lost, lost]);
  });
});
