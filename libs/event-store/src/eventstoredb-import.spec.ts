import { randomUUID } from 'node:crypto';
import { collect, newEvent, newEvents } from './contract-ledger.testing';
import { EventStoreUnavailable, maximumAppendBytes, type RecordedEvent } from './event-store';
import type { EventStoreDbEventStore } from './eventstoredb-event-store';
import { importIntoEventStoreDb } from './eventstoredb-import';
import { openDoubledLedger, openEventStoreDbLedger, type DoubledLedger, type EventStoreDbLedger } from './eventstoredb-ledger.testing';
import { ImportRefused } from './import-refused';

interface Append {
  readonly stream: string;
  readonly size: number;
  readonly data?: string;
}

/** The log of another ledger: its appends, one after the other. */
function logOf(appends: readonly Append[]): RecordedEvent[] {
  const ends = new Map<string, number>();
  const log: RecordedEvent[] = [];
  for (const { stream, size, data = '{"a":1}' } of appends) {
    const first = (ends.get(stream) ?? -1) + 1;
    ends.set(stream, first + size - 1);
    for (let place = 0; place < size; place += 1) {
      const recordedAt = new Date(Date.UTC(2021, 0, 1) + 1_000 * log.length).toISOString();
      const metadata = JSON.stringify({ batchEnd: String(first + size - 1) });
      log.push({ ...newEvent({ data, metadata }), position: BigInt(log.length + 1), stream, revision: BigInt(first + place), recordedAt });
    }
  }
  return log;
}

const twoStreams = logOf([{ stream: 's-a', size: 2 }, { stream: 's-b@1%: ü', size: 1 }, { stream: 's-a', size: 1 }, { stream: 's-b@1%: ü', size: 3 }]);
const waitMs = 300;

describe('an import into EventStoreDB', () => {
  let ledger: EventStoreDbLedger;
  let store: EventStoreDbEventStore;
  beforeEach(async () => {
    ledger = await openEventStoreDbLedger();
    store = ledger.open();
  });
  afterEach(async () => {
    await store.close();
    await ledger.close();
  });

  it('keeps positions, revisions, ids, times and every byte, in a mirror that is made again too; appends go on behind', async () => {
    await store.caughtUp();
    expect(await importIntoEventStoreDb(store, 0n, twoStreams)).toBe(7n);
    expect(await collect(store.readAll())).toEqual(twoStreams);
    expect(await collect(store.readStream('s-a'))).toEqual(twoStreams.filter(({ stream }) => stream === 's-a'));
    const { pool } = ledger;
    await pool.query('alter table ledger.events disable trigger append_only; alter table ledger.mirrored disable trigger append_only');
    await store.close();
    await pool.query('truncate ledger.events, ledger.mirrored');
    store = ledger.open();
    await store.caughtUp();
    expect(await collect(store.readAll())).toEqual(twoStreams);
    const [next] = newEvents(1);
    expect(await store.append('s-a', 2n, [next!])).toEqual({ outcome: 'appended', revision: 3n, position: 8n });
    const [last] = await collect(store.readAll({ after: 7n }));
    expect(Math.abs(Date.parse(last!.recordedAt) - Date.now())).toBeLessThan(3_600_000);
  });

  it('given an append that leaves no room for the times, writes it in several, and nothing is lost', async () => {
    const full = (size: number): string => JSON.stringify('x'.repeat(Math.floor(maximumAppendBytes / size) - 40));
    const log = logOf([{ stream: 's-a', size: 1, data: full(1) }, { stream: 's-b', size: 4, data: full(4) }, { stream: 's-a', size: 1 }]);
    expect(await importIntoEventStoreDb(store, 0n, log)).toBe(6n);
    expect(await collect(store.readAll())).toEqual(log);
  });

  it('given events of other programs, which may say nothing, takes them over', async () => {
    const log = [
      ...logOf([{ stream: 'others-1', size: 1 }]),
      { ...newEvent({ data: '', metadata: '' }), position: 2n, stream: 'others-1', revision: 1n, recordedAt: '2022-01-01T00:00:00.000Z' },
      { ...newEvent({ data: 'x', metadata: '{"batchEnd":"1000"}' }), position: 3n, stream: 'others-2', revision: 0n, recordedAt: '2022-01-01T00:00:00.000Z' },
      { ...newEvent(), position: 4n, stream: 'others-1', revision: 2n, recordedAt: '2022-01-01T00:00:00.000Z' },
    ];
    expect(await importIntoEventStoreDb(store, 0n, log)).toBe(4n);
    expect(await collect(store.readAll())).toEqual(log);
  });

  it('refuses what is not the next of its stream, what is of a time to come and another head, and names the position', async () => {
    await importIntoEventStoreDb(store, 0n, twoStreams.slice(0, 3));
    await expect(importIntoEventStoreDb(store, 2n, twoStreams.slice(2))).rejects.toThrow('The ledger ends at position 3, not at 2');
    const skipped = { ...twoStreams[3]!, revision: 3n };
    await expect(importIntoEventStoreDb(store, 3n, [skipped])).rejects.toThrow(new ImportRefused('The event at position 4 is revision 3 of s-a, which ends at revision 1 in EventStoreDB.'));
    const ahead = { ...twoStreams[3]!, recordedAt: '2199-01-01T00:00:00.000Z' };
    await expect(importIntoEventStoreDb(store, 3n, [ahead])).rejects.toThrow('The event at position 4 is of 2199-01-01T00:00:00.000Z');
    expect(await collect(store.readAll())).toEqual(twoStreams.slice(0, 3));
  });

  it('given that somebody else writes meanwhile, names the first position that is another one', async () => {
    async function* disturbed(): AsyncIterable<RecordedEvent> {
      yield* twoStreams.slice(0, 4);
      await store.append('s-other', 'no-stream', newEvents(1));
      yield* twoStreams.slice(4);
    }
    await expect(importIntoEventStoreDb(store, 0n, disturbed())).rejects.toThrow(/^The event at position [45] came out otherwise: EventStoreDB has Noted in s-other, revision 0, there/);
  });
});

describe('an import into EventStoreDB that breaks off', () => {
  let ledger: DoubledLedger;
  beforeAll(async () => {
    ledger = await openDoubledLedger();
    ledger.double.log.append('other-program', null, [{ id: randomUUID(), type: 'Other', contentType: 'application/octet-stream', data: Buffer.alloc(0), metadata: Buffer.alloc(0) }]);
  });
  afterAll(() => ledger.close());

  it.each([
    ['before it is written', 'unavailable'],
    ['after it is written', 'unavailable-after'],
  ] as const)('F9 at any of its appends, %s, goes on from there with the same events', async (_, fault) => {
    const large = JSON.stringify('x'.repeat(maximumAppendBytes / 2 - 40));
    const log = logOf([{ stream: 's-a', size: 2 }, { stream: 's-b', size: 3, data: large }, { stream: 's-a', size: 1 }]);
    let broken: unknown;
    let place = 0;
    do {
      const own = await openDoubledLedger();
      let appends = 0;
      own.double.fault = (call) => (call === 'append' && appends++ >= place ? fault : undefined);
      const first = own.open();
      broken = await importIntoEventStoreDb(first, 0n, log, waitMs).catch((error: Error) => error);
      await first.close();
      own.double.fault = () => undefined;
      const again = own.open();
      await again.caughtUp();
      const head = await again.head();
      expect(await importIntoEventStoreDb(again, head, log.slice(Number(head)))).toBe(6n);
      expect(await collect(again.readAll())).toEqual(log);
      await again.close();
      await own.close();
      place += 1;
    } while (broken instanceof EventStoreUnavailable);
    // Each of the large events is an append of its own: five, and one that nothing was wrong with.
    expect([broken, place]).toEqual([6n, 6]);
  }, 120_000);

  it('F9 settles a lost answer by the same ids', async () => {
    const store = ledger.open();
    await store.caughtUp();
    let lost = 0;
    ledger.double.fault = (call) => (call === 'append' && lost++ % 2 === 0 ? 'unavailable-after' : undefined);
    expect(await importIntoEventStoreDb(store, 0n, twoStreams)).toBe(7n);
    ledger.double.fault = () => undefined;
    expect(await collect(store.readAll())).toEqual(twoStreams);
    await store.close();
  });
});
