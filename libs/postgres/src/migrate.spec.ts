import fs from 'node:fs';
import path from 'node:path';
import type pg from 'pg';
import { runChild } from './child-process.testing';
import { DatabaseNewerThanProgram, migrate, MigrationMismatch } from './migrate';
import { openPool } from './pool';
import { openTestDatabase, type TestDatabase } from './test-database.testing';

describe('migrate', () => {
  let database: TestDatabase;
  let directory: string;
  beforeEach(async () => {
    database = await openTestDatabase({ migrated: false });
    directory = fs.mkdtempSync('/tmp/ledger-migrations-');
    file('0001-first.sql', 'create table ledger.first (id integer);');
    file('0002-second.sql', 'create table ledger.second (id integer); insert into ledger.second values (1);');
  });
  afterEach(async () => {
    await database.close();
    fs.rmSync(directory, { recursive: true, force: true });
  });
  const file = (name: string, sql: string): void => fs.writeFileSync(path.join(directory, name), sql);
  const value = async (text: string): Promise<unknown> => (await database.pool.query<{ value: unknown }>(`select (${text}) as value`)).rows[0]?.value;

  it('applies what is missing, in order, and nothing twice', async () => {
    expect(await migrate(database.pool, { directory })).toEqual(['0001-first', '0002-second']);
    expect(await migrate(database.pool, { directory })).toEqual([]);
    file('0003-third.sql', 'create table ledger.third (id integer);');
    expect(await migrate(database.pool, { directory })).toEqual(['0003-third']);
    expect(await value(`select string_agg(name, ' ' order by number) from ledger.ledger_migrations`)).toBe('0001-first 0002-second 0003-third');
  });

  it('lets 20 at once do each migration exactly once', async () => {
    const pools = Array.from({ length: 20 }, () => openPool(database.connection, { max: 1 }));
    const applied = await Promise.all(pools.map((pool) => migrate(pool, { directory })));
    await Promise.all(pools.map((pool) => pool.end()));
    expect(applied.flat().sort()).toEqual(['0001-first', '0002-second']);
    expect(await value('select count(*) from ledger.second')).toBe(1n);
  });

  it('refuses an applied file that has changed, but not its line ends', async () => {
    file('0001-first.sql', 'create table ledger.first (\n  id integer\n);');
    await migrate(database.pool, { directory });
    file('0001-first.sql', 'create table ledger.first (\r\n  id integer\r\n);');
    expect(await migrate(database.pool, { directory })).toEqual([]);
    file('0001-first.sql', 'create table ledger.first (id bigint);');
    await expect(migrate(database.pool, { directory })).rejects.toThrow(MigrationMismatch);
    await expect(migrate(database.pool, { directory })).rejects.toThrow('Migration 0001-first was applied to this database with another content');
  });

  it.each([
    ['a gap', '0004-fourth.sql', 'select 1;', '0003 was expected'],
    ['a number twice', '0002-other.sql', 'select 1;', 'a gap or a number twice'],
    ['a strange name', '3-third.sql', 'select 1;', 'is named NNNN-some-name.sql'],
    ['a transaction of its own', '0003-third.sql', 'select 1;\ncommit;\n', 'must not begin or end one itself'],
  ])('refuses %s before it touches the database', async (_what, name, sql, detail) => {
    file(name, sql);
    await expect(migrate(database.pool, { directory })).rejects.toThrow(detail);
    expect(await value(`to_regnamespace('ledger')::text`)).toBeNull();
  });

  it('tells a program that is older than the database what to do', async () => {
    await migrate(database.pool, { directory });
    fs.rmSync(path.join(directory, '0002-second.sql'));
    const refusal = await migrate(database.pool, { directory }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(DatabaseNewerThanProgram);
    expect((refusal as Error).message).toBe(
      'The database is at migration 0002-second and this program knows none beyond 0001-first: start the version of the ledger that migrated it, or a later one.',
    );
  });

  it('leaves nothing of a migration that fails', async () => {
    file('0003-third.sql', 'create table ledger.third (id integer); select 1 / 0;');
    await expect(migrate(database.pool, { directory })).rejects.toThrow('Migration 0003-third failed: division by zero');
    expect(await value(`to_regclass('ledger.third')::text`)).toBeNull();
    expect(await value('select max(number) from ledger.ledger_migrations')).toBe(2);
  });

  it('F4 killed inside a migration, the next start completes', async () => {
    file('0003-third.sql', `create table ledger.third (id integer); select pg_sleep(case when current_setting('application_name') = 'killed' then 60 else 0 end);`);
    const killed = runChild(`await room.migrate(room.openPool(${JSON.stringify(database.connection)}, { applicationName: 'killed' }), { directory: ${JSON.stringify(directory)} });`);
    const inside = async (): Promise<boolean> => (await value(`select count(*) from pg_stat_activity where query like '%pg_sleep(case%' and application_name = 'killed'`)) === 1n;
    while (!(await inside())) await new Promise((resolve) => setTimeout(resolve, 20));
    killed.process.kill('SIGKILL');
    await killed.ended();
    expect(await migrate(database.pool, { directory })).toEqual(['0003-third']);
    expect(await value(`select count(*) from ledger.third`)).toBe(0n);
  });
});

describe('the reader role', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  it('reads what is in qos, also what is made there later, and nothing of the log', async () => {
    await database.pool.query('create view qos.made_later as select 1 as one');
    const asReader = async (text: string): Promise<pg.QueryResult> => {
      const client = await database.pool.connect();
      try {
        await client.query('set role ledger_reader');
        return await client.query(text);
      } finally {
        client.release(true);
      }
    };
    expect((await asReader('select one from qos.made_later')).rows).toEqual([{ one: 1 }]);
    await expect(asReader('select 1 from ledger.ledger_migrations')).rejects.toThrow('permission denied for schema ledger');
    await expect(asReader('create view qos.mine as select 1')).rejects.toThrow('permission denied for schema qos');
  });
});
