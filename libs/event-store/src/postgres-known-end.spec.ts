import { collect, follow, newEvents, newStream } from './contract-ledger.testing';
import { LogCutShort } from './known-event';
import { PostgresEventStore } from './postgres-event-store';
import { openTestLedger, type TestLedger } from './postgres-ledger.testing';

describe('PostgresEventStore on a log whose end was taken away', () => {
  let ledger: TestLedger;
  let store: PostgresEventStore;
  beforeEach(async () => {
    ledger = await openTestLedger();
    store = new PostgresEventStore(ledger);
  });
  afterEach(async () => {
    await store.close();
    await ledger.drop();
  });

  /** As somebody with every privilege may. */
  async function change(statement: string): Promise<void> {
    await ledger.pool.query('alter table ledger.events disable trigger append_only');
    await ledger.pool.query(statement);
    await ledger.pool.query('alter table ledger.events enable always trigger append_only');
  }

  it.each([
    ['the last event is gone', 'delete from ledger.events where position = 3'],
    ['several are', 'delete from ledger.events where position > 1'],
    ['all are', 'delete from ledger.events'],
    ['another one is there', 'update ledger.events set id = gen_random_uuid() where position = 3'],
  ])('F39 given that %s, appends nothing to any stream, names the place, and goes on when it is back', async (_, statement) => {
    const stream = newStream();
    await store.append(stream, 'no-stream', newEvents(3));
    await change('create table taken as select * from ledger.events');
    await change(statement);
    const place = { stream, revision: 2n, position: 3n };
    const appends = await Promise.allSettled([newStream(), newStream(), stream].map((each) => store.append(each, 'no-stream', newEvents(2))));
    expect(appends.map((each) => each.status === 'rejected' && each.reason instanceof LogCutShort && each.reason.place)).toMatchObject([place, place, place]);
    const head = await store.head();
    expect([head <= 3n, store.missing]).toMatchObject([true, place]);
    await change('delete from ledger.events');
    await change('insert into ledger.events select * from taken');
    expect(await store.append(newStream(), 'no-stream', newEvents(1))).toEqual({ outcome: 'appended', revision: 0n, position: 4n });
    expect([await store.head(), store.missing]).toEqual([4n, null]);
  });

  it('F39 knows what another server appended, and what was there before it', async () => {
    const other = new PostgresEventStore(ledger);
    const stream = newStream();
    const seen = follow(store, 0n, 2);
    await other.append(stream, 'no-stream', newEvents(2));
    await seen;
    const [, last] = await collect(store.readAll());
    const later = new PostgresEventStore({ ...ledger, known: last! });
    await change('delete from ledger.events where position = 2');
    for (const each of [store, other, later]) {
      await expect(each.append(newStream(), 'no-stream', newEvents(1))).rejects.toMatchObject({ place: { stream, revision: 1n, position: 2n } });
      expect([await each.head(), each.missing]).toMatchObject([1n, { position: 2n }]);
    }
    await Promise.all([other.close(), later.close()]);
  });

  it('F39 given more behind what it knows, of servers that it did not hear of, appends behind that', async () => {
    await store.append(newStream(), 'no-stream', newEvents(1));
    const other = new PostgresEventStore(ledger);
    await other.append(newStream(), 'no-stream', newEvents(5));
    await other.close();
    expect(await store.append(newStream(), 'no-stream', newEvents(1))).toEqual({ outcome: 'appended', revision: 0n, position: 7n });
  });
});
