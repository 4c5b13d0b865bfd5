import type pg from 'pg';
import type { Logger } from 'pino';
import { PostgresEventStore, type EventStore } from '#event-store';
import { listen, migrate, openPool, startEmbeddedPostgres, type ConnectionTarget, type EmbeddedPostgres } from '#postgres';
import { ConfigError, type Config } from './config';

/** What the service stands on, opened in order; each part needs the ones before it. */
export interface OpenLedger {
  /** Null: a PostgreSQL of the operator's own. */
  readonly embedded: EmbeddedPostgres | null;
  /** Of the log alone: no read waits in front of an append. */
  readonly appends: pg.Pool;
  readonly reads: pg.Pool;
  readonly store: EventStore;
  /** In the opposite order. */
  close(): Promise<void>;
}

/**
 * Opens PostgreSQL, its schema and the event store. What was opened is closed again where a later part fails.
 * @throws ConfigError, DataDirectoryInUse, DatabaseNewerThanProgram
 */
export async function openLedger(config: Config, log: Logger): Promise<OpenLedger> {
  const opened: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (let end = opened.pop(); end; end = opened.pop()) await end();
  };
  try {
    const embedded = config.databaseUrl === null ? await startEmbeddedPostgres({ dataDir: config.dataDir, log: (line) => log.debug({ part: 'postgres' }, line) }) : null;
    if (embedded) opened.push(() => embedded.stop());
    const target: ConnectionTarget = embedded ? { ...embedded.connection } : config.databaseUrl!;
    const pool = (max: number): pg.Pool => {
      const made = openPool(target, { max, onIdleError: (error) => log.warn({ err: error }, 'An idle database session was lost.') });
      opened.push(() => made.end());
      return made;
    };
    const appends = pool(4);
    const reads = pool(8);
    await migrate(appends, { log: (line) => log.info({ part: 'postgres' }, line) });
    const store = openStore(config, appends, target);
    opened.push(() => store.close());
    return { embedded, appends, reads, store, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function openStore(config: Config, pool: pg.Pool, target: ConnectionTarget): EventStore {
  if (config.eventStore !== 'postgres') throw new ConfigError('LEDGER_EVENT_STORE names EventStoreDB, which this version cannot use: leave it at postgres.');
  return new PostgresEventStore({ pool, listen: (options) => listen(target, options) });
}
