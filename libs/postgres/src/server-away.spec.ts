import pg from 'pg';
import { isServerAway } from './server-away';
import { openTestDatabase } from './test-database.testing';

const failureOf = (work: Promise<unknown>): Promise<unknown> => work.then(() => 'no failure', (error: unknown) => error);

describe('isServerAway', () => {
  it('F2 tells a server that is not there, and one that ends a session, from a statement that is wrong', async () => {
    const nowhere = new pg.Client({ host: '/tmp/no-such-directory', port: 5432 });
    expect(isServerAway(await failureOf(nowhere.connect()))).toBe(true);

    const database = await openTestDatabase({ migrated: false });
    const client = await database.pool.connect();
    const lost = new Promise((resolve) => client.once('error', resolve));
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const sleeping = failureOf(client.query('select pg_sleep(20)'));
    await database.pool.query('select pg_terminate_backend($1)', [rows[0]!.pid]);
    expect(isServerAway(await sleeping)).toBe(true);
    await lost;
    expect(isServerAway(await failureOf(client.query('select 1')))).toBe(true);
    client.release(true);

    expect(isServerAway(await failureOf(database.pool.query('select * from nowhere')))).toBe(false);
    expect(isServerAway(await failureOf(database.pool.query(`select 'x'::integer`)))).toBe(false);
    await database.close();
  });
});
