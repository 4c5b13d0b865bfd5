import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { isAlive, processStart } from './process-identity';

/** What `ledger.lock` holds, as JSON. */
export interface LockOwner {
  readonly pid: number;
  /** Tells the owner from a later process with the same pid. */
  readonly processStart: string;
  /** Where the owner's HTTP server answers; absent until it listens. */
  readonly url?: string;
  /** RFC 3339, UTC. */
  readonly startedAt: string;
  /** Names this one taking of the lock. */
  readonly token: string;
}

/** Another ledger runs on the data directory. The message is one sentence for an operator. */
export class DataDirectoryInUse extends Error {
  override readonly name = 'DataDirectoryInUse';
  constructor(readonly dataDir: string, readonly owner: LockOwner) {
    const at = owner.url === undefined ? '' : `, which answers at ${owner.url}`;
    super(`The data directory ${dataDir} is in use by the ledger with process id ${owner.pid}${at}: use that one, stop it, or name another directory.`);
  }
}

export interface DataDirectoryLock {
  readonly owner: LockOwner;
  /** Writes the address of the HTTP server into the lock, so that the command line finds it. */
  publishUrl(url: string): void;
  /** Idempotent. */
  release(): void;
}

const fileOf = (dataDir: string): string => path.join(dataDir, 'ledger.lock');

/** The live owner of a data directory; undefined where nobody runs on it (a lock left behind by a dead process counts as none). */
export function readLock(dataDir: string): LockOwner | undefined {
  const lock = read(fileOf(dataDir));
  return lock !== undefined && lock !== 'torn' && owns(lock) ? lock : undefined;
}

/**
 * Takes the data directory for this process.
 * @throws DataDirectoryInUse a live process has it
 */
export async function lockDataDirectory(dataDir: string): Promise<DataDirectoryLock> {
  const file = fileOf(dataDir);
  const start = processStart(process.pid) ?? 'unknown';
  let owner: LockOwner = { pid: process.pid, processStart: start, startedAt: new Date().toISOString(), token: randomUUID() };
  const holder = await acquire(file, owner);
  if (holder !== undefined) throw new DataDirectoryInUse(dataDir, holder);
  let held = true;
  return {
    get owner() {
      return owner;
    },
    publishUrl(url) {
      if (!held) return;
      owner = { ...owner, url };
      const next = write(file, owner);
      fs.renameSync(next, file);
    },
    release() {
      if (!held) return;
      held = false;
      const lock = read(file);
      if (lock !== undefined && lock !== 'torn' && lock.token === owner.token) fs.rmSync(file, { force: true });
    },
  };
}

/**
 * Undefined once the lock is ours, else the live owner. `link` creates the file whole or not at all (as `wx` does, but never half
 * written). A dead owner's file is replaced only by who holds the lock of the same kind beside it, and only if it still is
 * the file that was found dead: of two starters that find the same corpse one wins, and the other then sees a live owner.
 */
async function acquire(file: string, owner: LockOwner): Promise<LockOwner | undefined> {
  for (;;) {
    const own = write(file, owner);
    try {
      fs.linkSync(own, file);
      return undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      fs.rmSync(own, { force: true });
    }
    const found = read(file);
    if (found === undefined) continue;
    if (found !== 'torn' && owns(found)) return found;
    const guard = `${file}.takeover`;
    if ((await acquire(guard, owner)) === undefined) {
      try {
        if (same(read(file), found)) {
          fs.renameSync(write(file, owner), file);
          return undefined;
        }
      } finally {
        fs.rmSync(guard, { force: true });
      }
    } else await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

type Found = LockOwner | 'torn' | undefined;

const same = (a: Found, b: Found): boolean =>
  a === b || (typeof a === 'object' && typeof b === 'object' && a.token === b.token);

/** 'torn': a power failure left no JSON. Nobody who lives writes such a file. */
function read(file: string): Found {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const lock = JSON.parse(text) as LockOwner;
    return Number.isInteger(lock.pid) && typeof lock.token === 'string' ? lock : 'torn';
  } catch {
    return 'torn';
  }
}

function write(file: string, owner: LockOwner): string {
  const own = `${file}.${owner.pid}-${randomUUID()}`;
  fs.writeFileSync(own, `${JSON.stringify(owner)}\n`, { mode: 0o644 });
  return own;
}

const owns = (owner: LockOwner): boolean => isAlive(owner.pid) && processStart(owner.pid) === owner.processStart;
