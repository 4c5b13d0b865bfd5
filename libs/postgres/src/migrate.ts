import type pg from 'pg';
import { migrationsDirectory, readMigrations, type Migration } from './migration-files';
import { createSchemas, grantReaderRole } from './schemas';

export interface MigrateOptions {
  /** `migrations/` of this program by default. */
  readonly directory?: string;
  readonly log?: (line: string) => void;
}

/** The database has migrations that this program does not know. */
export class DatabaseNewerThanProgram extends Error {
  override readonly name = 'DatabaseNewerThanProgram';
  constructor(readonly database: string, readonly program: string) {
    super(`The database is at migration ${database} and this program knows none beyond ${program}: start the version of the ledger that migrated it, or a later one.`);
  }
}

/** The record of what was done does not agree with the files: one that was applied has been changed, renamed or lost. */
export class MigrationMismatch extends Error {
  override readonly name = 'MigrationMismatch';
}

/** A number of our own: "qosl" in ASCII. Advisory locks are per database. */
const migrationLock = 0x71_6f_73_6c;
/** A migration may take as long as it takes; so may the wait for another process that migrates. */
const patienceMs = 24 * 3600 * 1000;

/**
 * Brings the database to this program's schema. Answers the names of the migrations that it applied itself.
 *
 * Each file is one transaction together with its record, so a process that is killed leaves whole migrations only. Any number of
 * processes may call it at once: each takes the lock for one migration, looks again what is missing, and goes on.
 * @throws DatabaseNewerThanProgram
 * @throws MigrationMismatch
 */
export async function migrate(pool: pg.Pool, options: MigrateOptions = {}): Promise<readonly string[]> {
  const migrations = readMigrations(options.directory ?? migrationsDirectory());
  const applied: string[] = [];
  const client = await pool.connect();
  const notice = (message: { message: string | undefined }): void => options.log?.(message.message ?? '');
  client.on('notice', notice);
  let failed = true;
  try {
    // A migration whose process was killed must not hold the lock until its statement ends. Not every server's platform can tell.
    await client.query(`set client_connection_check_interval = '2s'`).catch(() => undefined);
    for (let first = true; ; first = false) {
      const step = await inLockedTransaction(client, () => applyNext(client, migrations, first));
      if (step === undefined) break;
      options.log?.(`migrated to ${step}`);
      applied.push(step);
    }
    failed = false;
    return applied;
  } finally {
    client.off('notice', notice);
    // Whatever went wrong, an open transaction ends with its session.
    client.release(failed);
  }
}

/** The first step of a run also makes sure of the schemas, and of the role's grants where a migration made new tables by other means. */
async function applyNext(client: pg.ClientBase, migrations: readonly Migration[], first: boolean): Promise<string | undefined> {
  if (first) {
    await createSchemas(client);
    await grantReaderRole(client);
  }
  const next = migrations[await appliedCount(client, migrations)];
  if (next === undefined) return undefined;
  try {
    await patient(client, next.sql);
  } catch (error) {
    throw new Error(`Migration ${next.name} failed: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  await client.query('insert into ledger.ledger_migrations (number, name, checksum) values ($1, $2, $3)', [next.number, next.name, next.checksum]);
  return next.name;
}

/** How many of the files the database has, after their records have been compared with the files. */
async function appliedCount(client: pg.ClientBase, migrations: readonly Migration[]): Promise<number> {
  const { rows } = await client.query<{ number: number; name: string; checksum: string }>(
    'select number, name, checksum from ledger.ledger_migrations order by number',
  );
  rows.forEach((row, index) => {
    const file = migrations[index];
    if (row.number !== index + 1) throw new MigrationMismatch(`The database lacks the record of migration ${index + 1} and has ${row.name}: it was not migrated by this program.`);
    if (file === undefined) throw new DatabaseNewerThanProgram(rows.at(-1)!.name, migrations.at(-1)?.name ?? '0000');
    if (file.name !== row.name || file.checksum !== row.checksum) {
      throw new MigrationMismatch(`Migration ${row.name} was applied to this database with another content than ${file.name} of this program: an applied migration never changes.`);
    }
  });
  return rows.length;
}

async function inLockedTransaction<T>(client: pg.ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query('begin');
  await client.query('set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0; set local lock_timeout = 0');
  await patient(client, `select pg_advisory_xact_lock(${migrationLock})`);
  const result = await work();
  await client.query('commit');
  return result;
}

/** `pg` reads `query_timeout` of a single query; its types do not know it yet. */
async function patient(client: pg.ClientBase, text: string): Promise<void> {
  await client.query({ text, query_timeout: patienceMs } as pg.QueryConfig);
}
