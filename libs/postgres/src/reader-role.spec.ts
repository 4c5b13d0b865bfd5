import fs from 'node:fs';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres';
import { migrate } from './migrate';
import { openPool } from './pool';

// Clusters are made from nothing here, which a busy machine does in ten seconds and an idle one in one.
jest.setTimeout(90_000);

/** Roles belong to a whole server, so these cases need one of their own. */
describe('a server without the reader role', () => {
  const dataDir = fs.mkdtempSync('/tmp/ledger-roles-');
  let server: EmbeddedPostgres;
  beforeAll(async () => {
    server = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } });
  });
  afterAll(async () => {
    await server.stop();
    fs.rmSync(dataDir, { recursive: true, force: true });
  });

  it('that may not make roles is migrated with a notice', async () => {
    const admin = openPool({ ...server.connection });
    await admin.query(`create role limited login password 'limited' nocreaterole`);
    await admin.query('create database limited owner limited');
    const pool = openPool({ ...server.connection, user: 'limited', password: 'limited', database: 'limited' });
    const lines: string[] = [];
    await migrate(pool, { log: (line) => lines.push(line) });
    expect(lines.join('\n')).toContain('role ledger_reader is not there and may not be created');
    // Once somebody who may has made it, the next start grants it what it is for.
    await admin.query('create role ledger_reader nologin');
    await migrate(pool);
    const { rows } = await pool.query<{ usage: boolean }>(`select has_schema_privilege('ledger_reader', 'qos', 'usage') as usage`);
    expect(rows).toEqual([{ usage: true }]);
    await pool.end();
    await admin.query('drop database limited with (force)');
    await admin.query('drop role ledger_reader');
    await admin.end();
  });

  it('is given it once by the ledgers of several databases that start at the same time', async () => {
    const admin = openPool({ ...server.connection });
    const names = ['one', 'two', 'three', 'four'];
    for (const name of names) await admin.query(`create database ${name}`);
    const pools = names.map((database) => openPool({ ...server.connection, database }));
    await Promise.all(pools.map((pool) => migrate(pool)));
    await Promise.all(pools.map((pool) => pool.end()));
    const { rowCount } = await admin.query(`select from pg_roles where rolname = 'ledger_reader'`);
    expect(rowCount).toBe(1);
    await admin.end();
  });
});
