import {
  importEvents, MirrorDiverged, parseEventStoreDbAddress, PostgresEventStore, refuseMirror, refuseOwnLog, type EventStore, type Position, type RecordedEvent,
} from '#event-store';
import { someServerRuns } from '#ledger';
import { DataDirectoryInUse, listen, migrate, openPool, startEmbeddedPostgres, type ListenOptions } from '#postgres';
import type { Config } from '#service';
import type pg from 'pg';
import type { Cli } from './cli';
import { Failure } from './exit';

/** The log without a service over it: no timer and no process appends while it is read or filled. */
export interface LogAtRest {
  readonly store: EventStore;
  /** In EventStoreDB, which gives positions itself: it is filled from its begin, and nothing else may be there. */
  readonly isInEventStoreDb: boolean;
  /** Events that follow the head. @throws ImportRefused, EventStoreUnavailable */
  fill(head: Position, events: AsyncIterable<RecordedEvent>): Promise<Position>;
  close(): Promise<void>;
}

/**
 * @param purpose to fill it, no server may run on it
 * @throws DataDirectoryInUse a server runs on it
 */
export async function openLogAtRest(config: Config, cli: Cli, purpose: 'to read' | 'to fill'): Promise<LogAtRest> {
  const embedded = config.databaseUrl === null ? await startEmbeddedPostgres({ dataDir: config.dataDir }).catch(refused) : null;
  const target = embedded ? { ...embedded.connection } : config.databaseUrl!;
  let isClosing = false;
  const onIdleError = (error: Error): void => void (isClosing || cli.err.tell(`A database session was lost: ${error.message}\n`));
  const pool = openPool(target, { max: 4, onIdleError });
  const opened = [() => embedded?.stop(), () => pool.end()];
  const close = async (): Promise<void> => {
    // The embedded server ends sessions that are on their way out.
    isClosing = true;
    for (let end = opened.pop(); end; end = opened.pop()) await end();
  };
  try {
    // A database that is read alone is left as it is: a server of another version may run on it. The mirror of a node is written to while it is read.
    if (purpose === 'to read' && !embedded && config.eventStore === 'postgres') await requireLog(pool);
    else await migrate(pool);
    // The embedded PostgreSQL is locked by its data directory.
    if (purpose === 'to fill' && !embedded && (await someServerRuns(pool))) throw new Failure(1, 'A server runs on this database. Stop it first: an import needs the ledger at rest.');
    const listening = (options: ListenOptions): Promise<void> => listen(target, options);
    if (config.eventStore !== 'postgres') return { ...(await openEventStoreDb(config.eventStore, { pool, listen: listening }, cli, opened)), close };
    if (purpose === 'to fill') await refuseMirror(pool);
    const store = new PostgresEventStore({ pool, listen: listening });
    opened.push(() => store.close());
    return { store, isInEventStoreDb: false, fill: (head, events) => importEvents(pool, head, events), close };
  } catch (error) {
    await close();
    return refused(error);
  }
}

async function requireLog(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ isThere: boolean }>(`select to_regclass('ledger.events') is not null as "isThere"`);
  if (rows[0]?.isThere !== true) throw new Failure(1, 'There is no ledger in this database.');
}

interface Mirror {
  readonly pool: pg.Pool;
  readonly listen: (options: ListenOptions) => Promise<void>;
}

/** Once its mirror has all that the node holds. */
async function openEventStoreDb(address: string, mirror: Mirror, cli: Cli, opened: (() => unknown)[]): Promise<Omit<LogAtRest, 'close'>> {
  await refuseOwnLog(mirror.pool);
  const { EventStoreDbEventStore, EventStoreDbNode, importIntoEventStoreDb } = await import('#event-store/eventstoredb');
  const node = new EventStoreDbNode(parseEventStoreDbAddress(address));
  opened.push(() => node.close());
  const onLost = (error: Error): void => void cli.err.tell(`The mirror of EventStoreDB does not follow it, and tries again: ${error.message}\n`);
  const store = new EventStoreDbEventStore({ node, ...mirror, onLost });
  opened.push(() => store.close());
  await store.caughtUp();
  return { store, isInEventStoreDb: true, fill: (head, events) => importIntoEventStoreDb(store, head, events) };
}

function refused(error: unknown): never {
  if (error instanceof DataDirectoryInUse || error instanceof Failure) throw error;
  const diverged = [error, (error as Error).cause].find(each => each instanceof MirrorDiverged);
  if (diverged) throw new Failure(1, `The ledger does not open: ${diverged.message}.`, [], { cause: error });
  throw new Failure(3, `The ledger does not open: ${error instanceof Error ? error.message : String(error)}`, [], { cause: error });
}
