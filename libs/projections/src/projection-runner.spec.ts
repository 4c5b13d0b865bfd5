import { MemoryEventStore } from '#event-store';
import { openTestDatabase, type TestDatabase } from '#postgres/testing';
import { admitted, at, configured, LogWriter, matchOf, released, uuidOf } from './log-writer.testing';
import { ProjectionRunner } from './projection-runner';

describe('ProjectionRunner', () => {
  let database: TestDatabase;
  let store: MemoryEventStore;
  let log: LogWriter;
  const runners: ProjectionRunner[] = [];
  const start = (options: Partial<ConstructorParameters<typeof ProjectionRunner>[0]> = {}): ProjectionRunner => {
    const runner = new ProjectionRunner({ store, connection: database.connection, pool: database.pool, ...options });
    runners.push(runner);
    runner.start();
    return runner;
  };

  beforeEach(async () => {
    database = await openTestDatabase();
    store = new MemoryEventStore();
    log = new LogWriter(store);
  });
  afterEach(async () => {
    await Promise.all(runners.splice(0).map((runner) => runner.stop()));
    await store.close();
    await database.close();
  });

  it('writes the row of a session and moves the checkpoint', async () => {
    const stream = await log.provision('fa-1', '198.51.100.1', ['mn-1']);
    const session = configured({ scope: ['fa-1', '198.51.100.1'], session: 'a' });
    const runner = start();
    const position = await log.append(stream, session);
    await runner.waitFor(position, 5000);
    const { rows } = await database.pool.query('select session_id, state, effective, to_position from projection.flow_table');
    expect(rows).toEqual([{ session_id: uuidOf('a'), state: 'live', effective: session.effective, to_position: null }]);
    expect(runner.parked).toEqual([]);
  });
});
void admitted;
void at;
void matchOf;
void released;
