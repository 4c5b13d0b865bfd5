import { setTimeout as delay } from 'node:timers/promises';
import { openPool } from './pool';
import { openTestDatabase, type TestDatabase } from './test-database.testing';
import { TransactionRolledBack, withTransaction } from './transaction';

describe('a pool', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase({ migrated: false });
    await database.pool.query('create table counted (id integer primary key)');
  });
  afterAll(() => database.close());

  it.each<[string, unknown]>([
    ['9223372036854775807::bigint', 9223372036854775807n],
    ['array[1, null, -9223372036854775808]::bigint[]', [1n, null, -9223372036854775808n]],
    [`timestamptz '2025-01-02 03:04:05.678901+00'`, '2025-01-02T03:04:05.678Z'],
    [`timestamptz '2025-01-02 03:04:05.6+01'`, '2025-01-02T02:04:05.600Z'],
    [`timestamptz '2025-01-02 03:04:05Z'`, '2025-01-02T03:04:05.000Z'],
    [`array[timestamptz '2025-01-02 03:04:05.07Z']`, ['2025-01-02T03:04:05.070Z']],
    [`timestamptz 'infinity'`, 'infinity'],
    [`date '2025-01-02'`, '2025-01-02'],
    [`timestamp '2025-01-02 03:04:05'`, '2025-01-02 03:04:05'],
    ['0.10::numeric', '0.10'],
    [`'{"a": [1]}'::jsonb`, { a: [1] }],
    ['7::integer', 7],
    ['true', true],
  ])('reads %s', async (expression, expected) => {
    const { rows } = await database.pool.query<{ value: unknown }>(`select ${expression} as value`);
    expect(rows[0]?.value).toEqual(expected);
  });

  it('reads a time in the zone of the session as UTC', async () => {
    const pool = openPool({ ...database.connection, options: '-c TimeZone=Asia/Kolkata' }, { max: 1 });
    const { rows } = await pool.query<{ at: string }>(`select timestamptz '2025-01-02 03:04:05.678Z' as at`);
    await pool.end();
    expect(rows).toEqual([{ at: '2025-01-02T03:04:05.678Z' }]);
  });

  it('sees what was committed before each statement, whatever the defaults of the database are', async () => {
    const { pool: own, databaseName, connection, url } = database;
    await own.query(`alter database ${databaseName} set default_transaction_isolation = 'repeatable read'`);
    const options = '-c TimeZone=Asia/Kolkata -c default_transaction_isolation=serializable';
    for (const target of [connection, url, { ...connection, options }, `${url}?options=${encodeURIComponent(options)}&keepalives=1`]) {
      const pool = openPool(target, { max: 1 });
      const { rows } = await pool.query<{ isolation: string; zone: string }>(`select current_setting('transaction_isolation') as isolation, current_setting('TimeZone') as zone`);
      await pool.end();
      const isOwn = JSON.stringify(target).includes('Kolkata');
      expect(rows).toEqual([{ isolation: 'read committed', zone: isOwn ? 'Asia/Kolkata' : expect.not.stringContaining('Kolkata') }]);
    }
    await own.query(`alter database ${databaseName} reset default_transaction_isolation`);
  });

  it('survives the loss of an idle session', async () => {
    const errors: Error[] = [];
    const pool = openPool(database.connection, { max: 1, onIdleError: (error) => errors.push(error) });
    const { rows } = await pool.query<{ pid: number }>('select pg_backend_pid() as pid');
    await database.pool.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
    while (errors.length === 0) await delay(10);
    expect(errors[0]?.message).toContain('terminating connection');
    expect((await pool.query('select 1')).rowCount).toBe(1);
    await pool.end();
  });

  it('survives the loss of a session that is checked out and asks nothing', async () => {
    const pool = openPool(database.connection, { max: 1 });
    const client = await pool.connect();
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const ended = new Promise((resolve) => client.once('end', resolve));
    await database.pool.query('select pg_terminate_backend($1)', [rows[0]!.pid]);
    await ended;
    client.release(true);
    expect((await pool.query<{ one: number }>('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await pool.end();
  });

  it('gives up on a statement and on waiting for a session', async () => {
    const pool = openPool(database.connection, { max: 1, statementTimeoutMs: 200, connectTimeoutMs: 100 });
    await expect(pool.query('select pg_sleep(10)')).rejects.toThrow('canceling statement due to statement timeout');
    const client = await pool.connect();
    await expect(pool.connect()).rejects.toThrow('timeout');
    client.release();
    await pool.end();
  });

  it('F8 a server that says nothing costs a time-out, not a session of the pool', async () => {
    const pool = openPool(database.connection, { max: 1, statementTimeoutMs: 100 });
    // The server's own time-out is off for this statement, as if it were frozen; the client's runs.
    await expect(
      withTransaction(pool, async (client) => {
        await client.query('set local statement_timeout = 0');
        await client.query('select pg_sleep(60)');
      }),
    ).rejects.toThrow('Query read timeout');
    expect((await pool.query('select 1')).rowCount).toBe(1);
    await pool.end();
  });

  it('writes all of a transaction or nothing', async () => {
    const { pool } = database;
    await expect(withTransaction(pool, async (client) => {
      await client.query('insert into counted values (1)');
      throw new Error('changed my mind');
    })).rejects.toThrow('changed my mind');
    const answer = await withTransaction(pool, async (client) => (await client.query('insert into counted values (2)')).rowCount);
    expect(answer).toBe(1);
    expect((await pool.query('select id from counted')).rows).toEqual([{ id: 2 }]);
    await expect(withTransaction(pool, (client) => client.query('insert into counted values (3)'), { readOnly: true })).rejects.toThrow('read-only');
  });

  it('never reports a commit that the server turned into a rollback', async () => {
    const swallow = withTransaction(database.pool, async (client) => {
      await client.query('insert into counted values (4)');
      await client.query('insert into counted values (4)').catch(() => undefined);
    });
    await expect(swallow).rejects.toThrow(TransactionRolledBack);
    expect((await database.pool.query('select from counted where id = 4')).rowCount).toBe(0);
  });

  it('survives the loss of a session in a transaction', async () => {
    const pool = openPool(database.connection, { max: 1 });
    await expect(withTransaction(pool, async (client) => {
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
      await database.pool.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
      await delay(50);
      await client.query('select 1');
    })).rejects.toThrow();
    expect((await pool.query('select 1')).rowCount).toBe(1);
    await pool.end();
  });
});
