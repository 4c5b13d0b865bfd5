import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createHash } from 'node:crypto';
import pg from 'pg';
import { DataDirectoryInUse } from './data-directory-lock';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres';
import { migrate } from './migrate';
import { migrationsDirectory, readMigrations } from './migration-files';
import { openPool } from './pool';

/** What a suite is told: where the server is, and the database to copy. */
export interface TestServerAnswer {
  readonly connection: pg.ClientConfig;
  readonly template: string;
}

/** Tests may lose everything in a power failure; all else is as in service. */
const fastSettings = { fsync: 'off', full_page_writes: 'off', shared_buffers: '64MB', max_connections: '120', max_wal_size: '1GB' };

/**
 * One PostgreSQL for a whole jest run. It lives in jest's own process and starts when the first suite asks over a unix socket, so
 * that a run without database tests costs nothing. Its data directory is kept for the next run, which then starts in a tenth of a second.
 */
export class TestServer {
  private readonly directory = fs.mkdtempSync(path.join('/tmp', 'ledger-jest-'));
  private embedded: EmbeddedPostgres | undefined;
  private readonly answers = new Map<string, Promise<TestServerAnswer>>();
  private readonly desk = net.createServer({ allowHalfOpen: true }, (socket) => {
    let question = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => (question += chunk.toString()));
    socket.on('end', () => {
      this.ask(question === 'migrated').then(
        (answer) => socket.end(JSON.stringify(answer)),
        (error: unknown) => socket.end(JSON.stringify({ error: error instanceof Error ? error.message : String(error) })),
      );
    });
  });

  /** Answers the address at which suites ask. */
  async open(): Promise<string> {
    const address = path.join(this.directory, 'desk');
    await new Promise<void>((resolve) => this.desk.listen(address, resolve));
    this.desk.unref();
    return address;
  }

  async close(): Promise<void> {
    this.desk.close();
    await Promise.allSettled(this.answers.values());
    await this.embedded?.stop();
    fs.rmSync(this.directory, { recursive: true, force: true });
  }

  private ask(migrated: boolean): Promise<TestServerAnswer> {
    const connection = this.once('server', async () => ({ connection: await this.connect(), template: 'template0' }));
    if (!migrated) return connection;
    return this.once('template', async () => {
      const server = (await connection).connection;
      return { connection: server, template: await makeTemplate(server) };
    });
  }

  private once(what: string, make: () => Promise<TestServerAnswer>): Promise<TestServerAnswer> {
    const answer = this.answers.get(what) ?? make();
    this.answers.set(what, answer);
    return answer;
  }

  private async connect(): Promise<pg.ClientConfig> {
    const url = process.env['LEDGER_TEST_DATABASE_URL'];
    if (url !== undefined && url !== '') return { connectionString: url };
    this.embedded = await startInFreeSlot();
    const connection = { ...this.embedded.connection };
    await dropLeftovers(connection);
    return connection;
  }
}

/** A run beside this one has its own slot; what a killed run left behind is cleared by whoever takes its slot next. */
async function startInFreeSlot(): Promise<EmbeddedPostgres> {
  const checkout = createHash('sha256').update(migrationsDirectory()).digest('hex').slice(0, 8);
  for (let slot = 0; ; slot++) {
    const dataDir = path.join('/tmp', `qos-ledger-tests-${os.userInfo().uid}-${checkout}-${slot}`);
    try {
      return await startEmbeddedPostgres({ dataDir, settings: fastSettings });
    } catch (error) {
      if (error instanceof DataDirectoryInUse) continue;
      // fsync is off, so a machine that stopped hard may have spoilt the cluster: one try with a new one.
      fs.rmSync(dataDir, { recursive: true, force: true });
      return await startEmbeddedPostgres({ dataDir, settings: fastSettings });
    }
  }
}

async function dropLeftovers(connection: pg.ClientConfig): Promise<void> {
  await session(connection, async (client) => {
    const { rows } = await client.query<{ datname: string }>(`select datname from pg_database where datname like 'test\\_%'`);
    for (const { datname } of rows) await client.query(`drop database if exists ${client.escapeIdentifier(datname)} with (force)`);
  });
}

/** The migrated database that suites copy, named after the content of the migrations: a later run finds it ready. */
async function makeTemplate(connection: pg.ClientConfig): Promise<string> {
  const content = readMigrations(migrationsDirectory()).map((migration) => migration.checksum).join();
  const template = `ledger_template_${createHash('sha256').update(content).digest('hex').slice(0, 12)}`;
  await session(connection, async (client) => {
    const { rowCount } = await client.query('select from pg_database where datname = $1 and datistemplate', [template]);
    if (rowCount === 1) return;
    const half = `${template}_${process.pid}`;
    await client.query(`drop database if exists ${half}`);
    await client.query(`create database ${half} template template0`);
    const pool = openPool({ ...connection, ...named(connection, half) });
    try {
      await migrate(pool);
    } finally {
      await pool.end();
    }
    await client.query(`alter database ${half} with is_template true`);
    await client.query(`alter database ${half} rename to ${template}`);
  });
  return template;
}

/** The same server, another database; in a URL the name is part of the URL. */
export function named(connection: pg.ClientConfig, database: string): pg.ClientConfig {
  if (connection.connectionString === undefined) return { ...connection, database };
  const url = new URL(connection.connectionString);
  url.pathname = `/${database}`;
  return { connectionString: url.href };
}

export async function session<T>(connection: pg.ClientConfig, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(connection);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
