import pg from 'pg';
import type { Cluster } from './cluster';
import { clearOrphan, launchPostmaster, type Postmaster } from './postmaster';
import type { ServerSettings } from './server-settings';

/** Fits `pg.ClientConfig` and `pg.PoolConfig`. */
export interface EmbeddedConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Ready means that a session answers a query: PostgreSQL accepts connections on its socket long before. */
export async function startUntilReady(
  cluster: Cluster,
  settings: ServerSettings,
  connection: EmbeddedConnection,
  timeoutMs: number,
  log: (line: string) => void,
): Promise<Postmaster> {
  const deadline = Date.now() + timeoutMs;
  let postmaster = launchPostmaster(cluster, settings, log);
  for (;;) {
    try {
      await answer(connection);
      return postmaster;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (Date.now() > deadline) {
        await postmaster.stop();
        throw new Error(`PostgreSQL was not ready in ${timeoutMs} ms (${message}): ${postmaster.tail().trim()}`, { cause: error });
      }
      if (postmaster.hasExited()) {
        // Children of a postmaster that was killed outright need a moment to notice.
        if (!/lock file .* already exists|pre-existing shared memory block/.test(postmaster.tail())) {
          throw new Error(`PostgreSQL did not start (${await postmaster.exited}): ${postmaster.tail().trim()}`, { cause: error });
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
        await clearOrphan(cluster, log);
        postmaster = launchPostmaster(cluster, settings, log);
      }
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  }
}

async function answer(connection: EmbeddedConnection): Promise<void> {
  const client = new pg.Client({ ...connection, database: 'postgres', connectionTimeoutMillis: 2000, query_timeout: 30_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [connection.database]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(connection.database)}`);
  } finally {
    // The end of a session that never began is not awaited: it may never come.
    client.end().catch(() => undefined);
  }
}
