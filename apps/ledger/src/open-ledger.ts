import type pg from 'pg';
import type { Logger } from 'pino';
import { PostgresEventStore, type EventStore } from '#event-store';
import { listen, migrate, openPool, startEmbeddedPostgres, type ConnectionTarget, type EmbeddedPostgres } from '#postgres';
import { ledgerParts, ReadModel, type LedgerParts } from '#ledger';
import { ProjectionRunner } from '#projections';
import { ConfigError, type Config } from './config';

/** What the service stands on, opened in order; each part needs the ones before it. */
export interface OpenLedger {
  /** Null: a PostgreSQL of the operator's own. */
  readonly embedded: EmbeddedPostgres | null;
  /** Of the log alone: no read waits in front of an append. */
  readonly appends: pg.Pool;
  readonly queries: pg.Pool;
  readonly store: EventStore;
  readonly runner: ProjectionRunner;
  readonly readModel: ReadModel;
  readonly parts: LedgerParts;
  /** In the opposite order. */
  close(): Promise<void>;
}

/**
 * Opens PostgreSQL, its schema, the event store, the read tables and what decides. What was opened is closed again where a later part fails.
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
    const queries = pool(8);
    await migrate(appends, { log: (line) => log.info({ part: 'postgres' }, line) });
    const store = openStore(config, appends, target);
    opened.push(() => store.close());
    const runner = new ProjectionRunner({ store, pool: queries, connection: target, log });
    opened.push(() => runner.stop());
    runner.start();
    const parts = ledgerParts({ store, pool: queries, runner, stateBytes: config.stateBytes });
    opened.push(() => parts.mailboxes.close());
    await parts.mailboxes.open();
    opened.push(() => parts.process.stop());
    parts.process.start((error) => log.warn({ err: error }, 'The registration process lost the store and tries again.'));
    opened.push(async () => parts.timers.stop());
    await parts.timers.start((error) => log.warn({ err: error }, 'A deadline could not be told to its stream and is told again.'));
    return { embedded, appends, queries, store, runner, readModel: new ReadModel(queries, runner, store), parts, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function openStore(config: Config, pool: pg.Pool, target: ConnectionTarget): EventStore {
  if (config.eventStore !== 'postgres') throw new ConfigError('LEDGER_EVENT_STORE names EventStoreDB, which this version cannot use: leave it at postgres.');
  return new PostgresEventStore({ pool, listen: (options) => listen(target, options) });
}
