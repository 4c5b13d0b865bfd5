import { randomBytes } from 'node:crypto';
import net from 'node:net';
import type pg from 'pg';
import { openPool, type PoolOptions } from './pool';
import { named, session, type TestServerAnswer } from './test-server.testing';

export interface TestDatabase {
  readonly pool: pg.Pool;
  /** For further pools and clients of the suite. */
  readonly connection: pg.PoolConfig;
  /** The same as a URL, for programs that take LEDGER_DATABASE_URL. */
  readonly url: string;
  readonly databaseName: string;
  /** Ends the pool and drops the database, whoever is still connected to it. */
  close(): Promise<void>;
}

export interface TestDatabaseOptions extends PoolOptions {
  /** Whether the migrations have run in it; true by default. */
  readonly migrated?: boolean;
}

/** A fresh database for one suite on the server of this jest run; about 50 ms. LEDGER_TEST_DATABASE_URL names another server. */
export async function openTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const { migrated = true, ...poolOptions } = options;
  const { connection: server, template } = await askTestServer(migrated ? 'migrated' : 'empty');
  const databaseName = `test_${process.pid}_${randomBytes(4).toString('hex')}`;
  await session(server, (client) => client.query(`create database ${databaseName} template ${template}`));
  const connection = named(server, databaseName);
  const pool = openPool(connection, { applicationName: databaseName, ...poolOptions });
  return {
    pool,
    connection,
    url: connection.connectionString ?? socketUrl(connection),
    databaseName,
    async close() {
      if (!pool.ended) await pool.end();
      await session(server, (client) => client.query(`drop database if exists ${databaseName} with (force)`));
    },
  };
}

/** In a URL the directory of a unix socket stands percent-encoded in the place of the host. */
function socketUrl({ host = '', user = '', password, database = '' }: pg.ClientConfig): string {
  const secret = typeof password === 'string' ? `:${encodeURIComponent(password)}` : '';
  return `postgres://${encodeURIComponent(user)}${secret}@${encodeURIComponent(host)}/${database}`;
}

async function askTestServer(question: 'migrated' | 'empty'): Promise<TestServerAnswer> {
  const desk = process.env['LEDGER_TEST_SERVER'];
  if (desk === undefined) throw new Error('openTestDatabase works inside a jest run with the global set-up of jest.config.js.');
  const text = await new Promise<string>((resolve, reject) => {
    let answer = '';
    const socket = net.connect({ path: desk, allowHalfOpen: true }, () => socket.end(question));
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.once('end', () => resolve(answer));
    socket.once('error', reject);
  });
  const answer = JSON.parse(text) as TestServerAnswer | { readonly error: string };
  if ('error' in answer) throw new Error(answer.error);
  return answer;
}
