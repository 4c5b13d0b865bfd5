import { openTestDatabase, type TestDatabase } from './test-database.testing';

describe('the functions of the schema ledger', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  it('given all migrations, none may be executed by whoever was not given it', async () => {
    const { rows } = await database.pool.query<{ name: string; open: boolean }>(`
      select p.oid::regprocedure::text as name, has_function_privilege('public', p.oid, 'execute') as open
      from pg_proc p where p.pronamespace = 'ledger'::regnamespace order by 1`);
    expect(rows.map(({ name }) => name.replace(/\(.*/s, ''))).toEqual(expect.arrayContaining(['ledger.append', 'ledger.mirror', 'ledger.finish_import']));
    expect(rows.filter(({ open }) => open)).toEqual([]);
  });
});
