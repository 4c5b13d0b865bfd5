import { readdir } from 'node:fs/promises';
import { DataDirectoryInUse, migrationsDirectory, openPool, readLock, startEmbeddedPostgres } from '#postgres';
import type { Config } from '#service';
import { Failure } from '../exit';
import { LedgerClient } from '../http/ledger-client';
import { type Check, good, note, reasonOf, wrong } from './check';

interface Readiness {
  readonly status?: string;
  readonly checks?: Readonly<Record<string, { readonly status: string; readonly detail?: string }>>;
}

/** Whether the server that a verb would ask answers, and whether it is ready. */
export async function checkServer(config: Config, named: string | undefined, interrupted: AbortSignal): Promise<Check> {
  const url = named ?? (config.databaseUrl === null ? readLock(config.dataDir)?.url : undefined);
  if (url === undefined) return note('server', 'none runs on the data directory; a verb opens the ledger by itself');
  if (!URL.canParse(url)) return wrong('server', `${url} is no URL`, 'Correct LEDGER_URL or --url.');
  try {
    const { status, body } = await new LedgerClient(new URL(url), interrupted).look('/health/ready');
    if (status === 200) return good('server', `${url} answers and is ready`);
    const down = Object.entries((body as Readiness | null)?.checks ?? {}).filter(([, check]) => check.status !== 'up');
    const causes = down.map(([name, { detail }]) => `${name}: ${detail ?? 'down'}`).join('; ');
    return wrong('server', `${url} answers ${status}, not ready${causes === '' ? '' : ` (${causes})`}`, 'Look into its log; it becomes ready by itself when what it lacks is back.');
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return wrong('server', error.message, 'Start it (qos-ledger serve), or take LEDGER_URL away to open the ledger in place.');
  }
}

/** Opens the database as a start would, without changing it, and compares its migrations with those of this program. */
export async function checkDatabase(config: Config, hasLedger: boolean): Promise<Check> {
  const name = 'database';
  if (config.databaseUrl !== null) {
    try {
      return await migrationsOf(config.databaseUrl);
    } catch (error) {
      return wrong(name, `it does not answer: ${reasonOf(error)}`, 'Start it, or correct LEDGER_DATABASE_URL.');
    }
  }
  if (readLock(config.dataDir) !== undefined) return good(name, 'open in the server that runs, which migrated it when it started');
  if (!hasLedger) return note(name, 'none yet; the first start makes it');
  try {
    const embedded = await startEmbeddedPostgres({ dataDir: config.dataDir, log: () => undefined });
    try {
      return await migrationsOf({ ...embedded.connection });
    } finally {
      await embedded.stop();
    }
  } catch (error) {
    if (error instanceof DataDirectoryInUse) return good(name, error.message);
    return wrong(name, `it does not start: ${reasonOf(error)}`, 'Look at the end of the message; the data are as they were.');
  }
}

async function migrationsOf(target: Parameters<typeof openPool>[0]): Promise<Check> {
  const known = (await readdir(migrationsDirectory())).filter(file => /^\d{4}-.*\.sql$/.test(file)).length;
  const pool = openPool(target, { max: 1 });
  try {
    const { rows: versions } = await pool.query<{ server_version: string }>('show server_version');
    const { rows } = await pool.query<{ there: boolean }>("select to_regclass('ledger.ledger_migrations') is not null as there");
    const applied = rows[0]?.there ? (await pool.query('select from ledger.ledger_migrations')).rowCount ?? 0 : 0;
    const finding = `PostgreSQL ${versions[0]?.server_version ?? '?'}, ${applied} of ${known} migrations applied`;
    if (applied > known) return wrong('database', finding, 'A later version of the ledger migrated it: use that one.');
    return applied === known ? good('database', finding) : note('database', `${finding}; the next start applies the rest`);
  } finally {
    await pool.end();
  }
}
