import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type pg from 'pg';
import { PostgresEventStore } from '#event-store';
import { listen, migrate, openPool, startEmbeddedPostgres, type ConnectionTarget, type EmbeddedConnection } from '#postgres';
import { tellGuard } from './guard';

/** A PostgreSQL as the ledger brings it, fsync on, with as many fresh ledgers in it as a figure needs. */
export interface BenchServer {
  readonly connection: EmbeddedConnection;
  /** A database of its own, with the ledger's schema. */
  freshLedger(): Promise<FreshLedger>;
  stop(): Promise<void>;
}

export interface FreshLedger {
  readonly connection: ConnectionTarget;
  /** The same database as LEDGER_DATABASE_URL names it. */
  readonly url: string;
  /** Of the log alone, as the service has it. */
  readonly appends: pg.Pool;
  readonly queries: pg.Pool;
  readonly store: PostgresEventStore;
  close(): Promise<void>;
}

export async function startBenchServer(): Promise<BenchServer> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'qos-ledger-bench-'));
  tellGuard({ remove: dataDir });
  const server = await startEmbeddedPostgres({ dataDir });
  const pid = server.pid();
  tellGuard({ watch: pid });
  const admin = openPool(server.connection, { max: 1 });
  let made = 0;
  return {
    connection: server.connection,
    async freshLedger() {
      const database = `bench_${++made}`;
      await admin.query(`create database ${database}`);
      return openFreshLedger({ ...server.connection, database });
    },
    async stop() {
      await admin.end();
      await server.stop();
      tellGuard({ forget: pid });
      await rm(dataDir, { recursive: true, force: true });
      tellGuard({ keep: dataDir });
    },
  };
}

async function openFreshLedger(connection: EmbeddedConnection): Promise<FreshLedger> {
  const appends = openPool(connection, { max: 4 });
  const queries = openPool(connection, { max: 8 });
  await migrate(appends);
  const store = new PostgresEventStore({ pool: appends, listen: (options) => listen(connection, options) });
  return {
    connection, url: urlOf(connection), appends, queries, store,
    async close() {
      await store.close();
      await queries.end();
      await appends.end();
    },
  };
}

/** A socket's folder cannot be the host of a URL. */
function urlOf({ host, port, user, password, database }: EmbeddedConnection): string {
  return `postgresql://${user}:${encodeURIComponent(password)}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`;
}
