import { spawn, type ChildProcessByStdio } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Cluster } from './cluster';
import { isAlive } from './process-identity';
import { runAs } from './server-account';

export interface Postmaster {
  readonly pid: number;
  /** Resolves when the process has gone, with a line that says how. Never rejects. */
  readonly exited: Promise<string>;
  hasExited(): boolean;
  /** The last of what it wrote to its log. */
  tail(): string;
  stop(): Promise<void>;
}

/** How long a fast shutdown may take before the children are told to drop everything (recovery then runs at the next start). */
const fastShutdownMs = 15_000;

/** The server's answers to being asked whether it is ready, dozens at each start. */
const ownQuestions = /the database system is (starting up|not yet accepting connections)|Consistent recovery state has not been yet reached/;

export function launchPostmaster(cluster: Cluster, settings: Readonly<Record<string, string>>, log: (line: string) => void): Postmaster {
  const args = ['-D', cluster.directory, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  // Detached: Ctrl-C reaches the whole process group, and PostgreSQL must outlive the service's own drain.
  const child: ChildProcessByStdio<null, null, Readable> = spawn(path.join(cluster.binaries.directory, 'postgres'), args, {
    ...runAs(cluster.account),
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let tail = '';
  let ended = false;
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (ownQuestions.test(line)) return;
    tail = `${tail}${line}\n`.slice(-4000);
    log(line);
  });
  const interrupt = (): void => void child.kill('SIGINT');
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code ?? 'unknown'}` : signal));
  }).finally(() => {
    ended = true;
    process.off('exit', interrupt);
  });
  // A process that ends without stopping its server leaves no orphan behind, unless it is killed outright.
  process.once('exit', interrupt);
  return {
    pid: child.pid ?? 0,
    exited,
    hasExited: () => ended,
    tail: () => tail,
    async stop() {
      if (ended) return;
      child.kill('SIGINT');
      if (!(await within(exited, fastShutdownMs))) child.kill('SIGQUIT');
      await exited;
    },
  };
}

/**
 * Ends what an earlier ledger left behind. Whoever holds the data directory's lock is the only rightful owner of the cluster,
 * so a postmaster that still runs on it is an orphan. Never SIGKILL: shared memory and children would stay.
 */
export async function clearOrphan(cluster: Cluster, log: (line: string) => void): Promise<void> {
  const file = path.join(cluster.directory, 'postmaster.pid');
  if (!fs.existsSync(file)) return;
  const pid = Number.parseInt(fs.readFileSync(file, 'utf8'), 10);
  if (isAlive(pid) && runsOn(pid, cluster.directory)) {
    log(`stopping PostgreSQL ${pid}, left behind by a ledger that was killed`);
    process.kill(pid, 'SIGINT');
    if (await gone(pid, fastShutdownMs)) return;
    process.kill(pid, 'SIGQUIT');
    if (await gone(pid, fastShutdownMs)) return;
    throw new Error(`PostgreSQL ${pid} on ${cluster.directory} does not stop: stop it by hand.`);
  }
  // PostgreSQL sees that a pid is free; it does not see that it is a zombie's or a stranger's. That old children may still write is
  // excluded by the shared memory segment, whose key PostgreSQL takes from the directory and not from this file.
  if (pidExists(pid)) fs.rmSync(file, { force: true });
}

function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A postmaster's working directory is its cluster; where that may not be read, the safe answer is yes. */
function runsOn(pid: number, directory: string): boolean {
  if (process.platform !== 'linux') return true;
  try {
    return fs.readlinkSync(`/proc/${pid}/cwd`) === fs.realpathSync(directory);
  } catch {
    return true;
  }
}

async function gone(pid: number, timeoutMs: number): Promise<boolean> {
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; ) {
    if (!isAlive(pid)) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

async function within(done: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => (timer = setTimeout(resolve, timeoutMs, false)));
  const first = await Promise.race([done.then(() => true), late]);
  clearTimeout(timer);
  return first;
}
