import { openPool } from './pool';
import { openTestDatabase } from './test-database.testing';

describe('the database of a suite', () => {
  it('is fresh, migrated and gone after close', async () => {
    const [first, second] = await Promise.all([openTestDatabase(), openTestDatabase()]);
    await first.pool.query('create table ledger.only_here (id int)');
    const there = await second.pool.query<{ name: string | null }>(`select to_regclass('ledger.only_here')::text as name`);
    expect(there.rows).toEqual([{ name: null }]);
    const record = await second.pool.query<{ migrated: boolean }>(`select to_regclass('ledger.ledger_migrations') is not null as migrated`);
    expect(record.rows).toEqual([{ migrated: true }]);
    await second.close();
    const left = await first.pool.query('select 1 from pg_database where datname = $1', [second.databaseName]);
    expect(left.rowCount).toBe(0);
    await first.close();
  });

  it('may be empty', async () => {
    const database = await openTestDatabase({ migrated: false });
    const { rows } = await database.pool.query<{ name: string | null }>(`select to_regnamespace('ledger')::text as name`);
    await database.close();
    expect(rows).toEqual([{ name: null }]);
  });

  it('has a URL that leads to it', async () => {
    const database = await openTestDatabase({ migrated: false });
    const pool = openPool(database.url, { max: 1 });
    const { rows } = await pool.query<{ name: string }>('select current_database() as name');
    await pool.end();
    await database.close();
    expect(rows).toEqual([{ name: database.databaseName }]);
  });
});
