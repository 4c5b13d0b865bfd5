import { setTimeout as delay } from 'node:timers/promises';
import { listen } from './listen';
import { openTestDatabase, type TestDatabase } from './test-database.testing';

describe('listen', () => {
  let database: TestDatabase;
  let heard: string[];
  let stop: AbortController;
  beforeEach(async () => {
    database = await openTestDatabase({ migrated: false });
    heard = [];
    stop = new AbortController();
  });
  afterEach(() => database.close());

  const begin = (connection = database.connection): Promise<void> =>
    listen(connection, {
      channels: ['ledger', 'Other Channel'],
      onNotify: (channel, payload) => heard.push(`${channel}: ${payload}`),
      onListening: () => heard.push('listening'),
      onLost: () => heard.push('lost'),
      signal: stop.signal,
      applicationName: 'listener',
    });
  const until = async (line: string, times = 1): Promise<void> => {
    while (heard.filter((one) => one === line).length < times) await delay(5);
  };

  it('hears its channels', async () => {
    const over = begin();
    await until('listening');
    await database.pool.query(`select pg_notify('ledger', '17'), pg_notify('Other Channel', ''), pg_notify('third', 'x')`);
    await until('Other Channel: ');
    stop.abort();
    await over;
    expect(heard).toEqual(['listening', 'ledger: 17', 'Other Channel: ']);
    const { rowCount } = await database.pool.query(`select from pg_stat_activity where application_name = 'listener' and datname = current_database()`);
    expect(rowCount).toBe(0);
  });

  it('tells that it was lost and that it listens again', async () => {
    const over = begin();
    await until('listening');
    await database.pool.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'listener' and datname = current_database()`);
    await until('listening', 2);
    await database.pool.query(`select pg_notify('ledger', '18')`);
    await until('ledger: 18');
    stop.abort();
    await over;
    expect(heard).toEqual(['listening', 'lost', 'listening', 'ledger: 18']);
  });

  it('keeps trying without a server, tells it once, and stops when told', async () => {
    const over = begin({ host: '/tmp', port: 1, user: 'nobody', database: 'none' });
    await until('lost');
    await delay(300);
    stop.abort();
    await over;
    expect(heard).toEqual(['lost']);
  });
});
