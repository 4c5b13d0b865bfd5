import { MirrorDiverged, PostgresEventStore, refuseMirror, type EventStore } from '#event-store';
import { someServerRuns } from '#ledger';
import { DataDirectoryInUse, listen, migrate, openPool, startEmbeddedPostgres } from '#postgres';
import type { Config } from '#service';
import type pg from 'pg';
import type { Cli } from './cli';
import { Failure } from './exit';

/** The log without a service over it: no timer and no process appends while it is read or filled. */
export interface LogAtRest {
  readonly pool: pg.Pool;
  readonly store: EventStore;
  close(): Promise<void>;
}

/**
 * @param purpose to fill it, the log must be PostgreSQL's own, and no server may run on it
 * @throws DataDirectoryInUse a server runs on it
 */
export async function openLogAtRest(config: Config, cli: Cli, purpose: 'to read' | 'to fill'): Promise<LogAtRest> {
  if (config.eventStore !== 'postgres') {
    const way = purpose === 'to fill' ? 'nothing is imported there, because it gives events its own times' : 'its log is copied with its own tools, or through a server that is running';
    throw new Failure(2, `LEDGER_EVENT_STORE names EventStoreDB: ${way}.`);
  }
  const embedded = config.databaseUrl === null ? await startEmbeddedPostgres({ dataDir: config.dataDir }).catch(refused) : null;
  const target = embedded ? { ...embedded.connection } : config.databaseUrl!;
  const pool = openPool(target, { max: 3, onIdleError: error => cli.err.tell(`A database session was lost: ${error.message}\n`) });
  const store = new PostgresEventStore({ pool, listen: options => listen(target, options) });
  const close = async (): Promise<void> => {
    await store.close();
    await pool.end();
    await embedded?.stop();
  };
  try {
    await migrate(pool);
    if (purpose === 'to fill') await refuseMirror(pool);
    // The embedded PostgreSQL is locked by its data directory.
    if (purpose === 'to fill' && !embedded && (await someServerRuns(pool))) throw new Failure(1, 'A server runs on this database. Stop it first: an import needs the ledger at rest.');
  } catch (error) {
    await close();
    return refused(error);
  }
  return { pool, store, close };
}

function refused(error: unknown): never {
  if (error instanceof DataDirectoryInUse || error instanceof Failure) throw error;
  if (error instanceof MirrorDiverged) throw new Failure(1, `Nothing is imported here: ${error.message}.`, [], { cause: error });
  throw new Failure(3, `The ledger does not open: ${error instanceof Error ? error.message : String(error)}`, [], { cause: error });
}
