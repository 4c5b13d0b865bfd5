import { MemoryEventStore } from '#event-store';
import { openTestDatabase, type TestDatabase } from '#postgres/testing';
import { lastReadEvent } from './last-read-event';
import { configured, LogWriter, released } from './log-writer.testing';
import { ProjectionRunner } from './projection-runner';

const scope = ['fa-1', '198.51.100.1'] as const;

describe('the ends of streams', () => {
  let database: TestDatabase;
  const store = new MemoryEventStore();
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  it('are known as far as the tables have read, and the last event of all with its id', async () => {
    expect(await lastReadEvent(database.pool)).toBeNull();
    const log = new LogWriter(store);
    const runner = new ProjectionRunner({ store, connection: database.connection, pool: database.pool });
    runner.start();
    const stream = await log.provision(...scope, ['mn-1']);
    const session = configured({ scope, session: 'a' });
    for (const position of [await log.append(stream, session), await log.append(stream, released(session, 1), configured({ scope, session: 'b' }))]) await runner.waitFor(position, 20_000);
    const ends = new Map<string, object>();
    let last: object = {};
    for await (const { stream: name, revision, position, id } of store.readAll()) {
      ends.set(name, { stream: name, revision: String(revision), position: String(position) });
      last = { stream: name, revision, position, id };
    }
    await runner.stop();
    const { rows } = await database.pool.query<{ stream: string }>('select stream, revision::text, position::text from projection.stream_ends');
    expect(new Map(rows.map((row) => [row.stream, row]))).toEqual(ends);
    expect(ends.size).toBeGreaterThan(1);
    expect(await lastReadEvent(database.pool)).toEqual(last);
  });
});
