import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { Logger } from 'pino';
import { UnreadableEvent } from '#domain';
import { EventStoreUnavailable, logChannel, MirrorDiverged, parseEventStoreDbAddress, PostgresEventStore, refuseMirror, refuseOwnLog, type EventStore } from '#event-store';
import { DiskReserve, isServerAway, migrate, openPool, ServerWatch, startEmbeddedPostgres, type ConnectionTarget, type EmbeddedPostgres, type Listener } from '#postgres';
import { ledgerParts, ReadModel, type LedgerParts } from '#ledger';
import { checkpointChannel, lastReadEvent, ProjectionRunner } from '#projections';
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
  let isClosing = false;
  const close = async (): Promise<void> => {
    isClosing = true;
    for (let end = opened.pop(); end; end = opened.pop()) await end();
  };
  try {
    const embedded = config.databaseUrl === null ? await startEmbeddedPostgres({ dataDir: config.dataDir, log: (line) => log.debug({ part: 'postgres' }, line) }) : null;
    if (embedded) opened.push(() => embedded.stop());
    const reserve = embedded && new DiskReserve(config.dataDir, {
      onExhausted: (freeBytes) => log.error({ dataDir: config.dataDir, freeBytes }, 'The disk is almost full: commands are refused until there is room, reads go on.'),
      onRoom: (freeBytes) => log.info({ dataDir: config.dataDir, freeBytes }, 'There is room on the disk again.'),
    });
    if (reserve) opened.push(() => reserve.stop());
    const target: ConnectionTarget = embedded ? { ...embedded.connection } : config.databaseUrl!;
    const watch = new ServerWatch(target, {
      channels: [logChannel, checkpointChannel],
      onAway: (error) => isClosing || log.error({ err: error }, 'PostgreSQL does not answer: everything that needs it is refused until it does.'),
      onBack: () => log.info('PostgreSQL answers again.'),
    });
    opened.push(() => watch.stop());
    const pool = (max: number): pg.Pool => {
      const made = openPool(target, { max, watch, connectTimeoutMs: 4_000, onIdleError: (error) => isClosing || log.warn(lostSession(error), 'An idle database session was lost.') });
      opened.push(() => made.end());
      return made;
    };
    // The mirror of EventStoreDB holds one session of them.
    const appends = pool(config.eventStore === 'postgres' ? 4 : 5);
    const queries = pool(8);
    await migrate(appends, { log: (line) => log.info({ part: 'postgres' }, line) });
    const store = await openStore(config, log, { appends, listen: (listener) => watch.listen(listener), hasRoom: () => reserve?.exhausted !== true }, opened);
    const runner = new ProjectionRunner({ store, pool: queries, connection: target, listen: (listener) => watch.listen(listener), log });
    opened.push(() => runner.stop());
    runner.start();
    const parts = ledgerParts({ store, pool: queries, runner, stateBytes: config.stateBytes });
    opened.push(() => parts.refusals.stop());
    opened.push(() => parts.mailboxes.close());
    await parts.heartbeat.open();
    opened.push(() => parts.heartbeat.stop());
    parts.heartbeat.start((error) => log.warn({ err: error }, 'The heartbeat could not be written and is written again.'));
    const onUnreadable = (error: UnreadableEvent): void =>
      log.error({ err: error, ...placeOf(error) }, 'The foreign agents cannot be read from the log: commands that need them are refused, all else goes on.');
    await whenStoreAnswers(() => parts.mailboxes.open(onUnreadable), log);
    parts.refusals.start((error) => log.warn({ err: error }, 'Refusals could not be counted in their table and are counted again.'));
    opened.push(() => parts.process.stop());
    parts.process.start(
      (error) => log.warn({ err: error }, 'The registration process lost the store and tries again.'),
      (error) => log.error({ err: error, ...placeOf(error) }, 'The registration process leaves out an event that cannot be told; its stream is told again from there on at the next start.'),
    );
    opened.push(() => parts.handoffProcess.stop());
    parts.handoffProcess.start((error) => {
      if (error instanceof UnreadableEvent) log.error({ err: error, ...placeOf(error) }, 'A handoff cannot be resumed before an event can be read that it needs.');
      else log.warn({ err: error }, 'A handoff could not be resumed and is tried again.');
    });
    opened.push(async () => parts.timers.stop());
    // In the background: after an outage the tables may have much to catch up with, and commands need not wait for that.
    void parts.timers.start((error) => log.warn({ err: error }, 'A deadline could not be told to its stream and is told again.'));
    return { embedded, appends, queries, store, runner, readModel: new ReadModel(queries, runner, store), parts, close };
  } catch (error) {
    await close();
    if (config.databaseUrl !== null && isServerAway(error)) {
      throw new ConfigError(`LEDGER_DATABASE_URL names a PostgreSQL that does not answer (${(error as Error).message}): start it, or correct the address.`);
    }
    throw error;
  }
}

/** It was idle: where it was lost says nothing, and the pool opens another. */
function lostSession({ message, code }: NodeJS.ErrnoException): object {
  return { detail: message, ...(code === undefined ? {} : { code }) };
}

/** As a line of the log tells it. */
function placeOf({ place }: UnreadableEvent): object {
  return place === null ? {} : { stream: place.stream, revision: String(place.revision), position: String(place.position) };
}

interface StoreParts {
  readonly appends: pg.Pool;
  readonly listen: (listener: Listener) => Promise<void>;
  readonly hasRoom: () => boolean;
}

/** PostgreSQL as the log, or as the mirror of EventStoreDB: one database is never both. */
async function openStore(config: Config, log: Logger, { appends, listen, hasRoom }: StoreParts, opened: (() => Promise<void>)[]): Promise<EventStore> {
  const inPostgres = config.eventStore === 'postgres';
  await (inPostgres ? refuseMirror : refuseOwnLog)(appends).catch((error: unknown) => {
    if (error instanceof MirrorDiverged) throw new ConfigError(`LEDGER_EVENT_STORE is not what this database was used with: ${error.message}.`);
    throw error;
  });
  if (inPostgres) {
    const store = new PostgresEventStore({ pool: appends, listen, hasRoom, known: await lastReadEvent(appends) });
    opened.push(() => store.close());
    return store;
  }
  const { EventStoreDbEventStore, EventStoreDbNode } = await import('#event-store/eventstoredb');
  const node = new EventStoreDbNode(parseEventStoreDbAddress(config.eventStore));
  opened.push(() => node.close());
  const onLost = (error: Error): void => log.warn({ err: error }, 'The mirror of EventStoreDB lost its subscription and opens it again.');
  const store = new EventStoreDbEventStore({ node, pool: appends, listen, onLost });
  opened.push(() => store.close());
  return store;
}

const startPatienceMs = 60_000;

/** A store that is started together with the service may need a while; a supervisor that starts the service again has the last word. */
async function whenStoreAnswers(open: () => Promise<void>, log: Logger): Promise<void> {
  const giveUp = performance.now() + startPatienceMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof EventStoreUnavailable) || performance.now() > giveUp) throw error;
      if (attempt === 1) log.warn({ err: error }, 'The event store does not answer yet; the start waits for it.');
      await delay(500);
    }
  }
}
