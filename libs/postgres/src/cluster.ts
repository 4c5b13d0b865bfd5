import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { canEnter, give, runAs, serverAccount, type ServerAccount } from './server-account';
import { serverBinaries, type ServerBinaries } from './server-binaries';

/** A data directory of PostgreSQL, made and ready to be started. */
export interface Cluster {
  readonly directory: string;
  /** Where the path of the socket directory is noted, for `psql -h` and for the next start. */
  readonly socketNote: string;
  readonly user: string;
  readonly password: string;
  readonly account: ServerAccount;
  readonly binaries: ServerBinaries;
}

/** Not `ledger`: a role named like the schema would have it in its search path, and an unqualified name would work here only. */
const user = 'ledger_owner';
/** Where a root service keeps its cluster when the account of PostgreSQL cannot reach the data directory (below /root, for example). */
const defaultSharedHome = '/var/lib/qos-ledger';

/**
 * Finds the cluster of a data directory or makes it. The caller holds the directory's lock.
 *
 * Layout: `postgres/<major>` the cluster, `postgres/password`, `postgres/socket`. initdb works under a temporary name that is
 * renamed when it is done, so a crash in it leaves nothing that looks like a cluster.
 */
export async function openCluster(dataDir: string, log: (line: string) => void, sharedHome = defaultSharedHome): Promise<Cluster> {
  const known = path.join(dataDir, 'postgres');
  const account = serverAccount(existing(noted(dataDir) ?? known));
  const home = placeFor(dataDir, account, log, sharedHome);
  const binaries = serverBinaries(account, home);
  const major = binaries.version.split('.')[0]!;
  const directory = path.join(home, major);
  const password = path.join(home, 'password');
  if (!fs.existsSync(path.join(directory, 'PG_VERSION'))) {
    refuseOtherMajor(home, major);
    await initialise(binaries, account, directory, password);
  }
  const secret = fs.readFileSync(password, 'utf8').trim();
  return { directory, socketNote: path.join(home, 'socket'), user, password: secret, account, binaries };
}

const existing = (directory: string): string | undefined => (fs.existsSync(directory) ? directory : undefined);

/** The cluster's place where it had to be put elsewhere: the data directory then holds a note of it. */
function noted(dataDir: string): string | undefined {
  const note = path.join(dataDir, 'postgres.elsewhere');
  return fs.existsSync(note) ? fs.readFileSync(note, 'utf8').trim() : undefined;
}

function placeFor(dataDir: string, account: ServerAccount, log: (line: string) => void, sharedHome: string): string {
  const elsewhere = noted(dataDir);
  if (elsewhere !== undefined) return verifiedElsewhere(dataDir, elsewhere);
  if (account.uid !== undefined && !canEnter(account, dataDir)) {
    // The data directory is ours: passing through it may be allowed, reading it is not.
    fs.chmodSync(dataDir, fs.statSync(dataDir).mode | 0o011);
    if (!canEnter(account, dataDir)) return placeElsewhere(dataDir, account, log, sharedHome);
  }
  const home = path.join(dataDir, 'postgres');
  fs.mkdirSync(home, { recursive: true, mode: 0o700 });
  give(account, home);
  return home;
}

function placeElsewhere(dataDir: string, account: ServerAccount, log: (line: string) => void, sharedHome: string): string {
  const refusal = `PostgreSQL runs as '${account.name ?? 'another account'}' because this process is root, and that account cannot reach ${dataDir}`;
  try {
    fs.mkdirSync(sharedHome, { recursive: true, mode: 0o711 });
    const home = fs.mkdtempSync(path.join(sharedHome, 'cluster-'));
    fs.writeFileSync(path.join(home, 'data-directory'), fs.realpathSync(dataDir));
    give(account, home);
    if (!canEnter(account, home)) throw new Error(`${home} is out of reach as well`);
    fs.writeFileSync(path.join(dataDir, 'postgres.elsewhere'), home);
    log(`${refusal}; its files are kept in ${home}`);
    return home;
  } catch (error) {
    throw new Error(`${refusal}: choose another data directory (/var/lib/ledger, for example) or start the ledger as an ordinary user.`, { cause: error });
  }
}

/** A copied data directory must not open the cluster of the one that it was copied from. */
function verifiedElsewhere(dataDir: string, home: string): string {
  const owner = existing(path.join(home, 'data-directory'));
  const named = owner === undefined ? undefined : fs.readFileSync(owner, 'utf8');
  if (named === fs.realpathSync(dataDir)) return home;
  throw new Error(`The database of ${dataDir} is noted to be in ${home}, which ${named === undefined ? 'does not exist' : `belongs to ${named}`}: correct ${path.join(dataDir, 'postgres.elsewhere')} or remove it to start empty.`);
}

function refuseOtherMajor(home: string, major: string): void {
  const other = fs.readdirSync(home).find((name) => /^\d+$/.test(name) && name !== major);
  if (other === undefined) return;
  throw new Error(`${path.join(home, other)} was made by PostgreSQL ${other} and this program brings PostgreSQL ${major}: export the ledger with the program that made it and import it into a new data directory.`);
}

/** The initdb of a ledger that was killed may still be writing, hence a new name each time; what cannot be removed now goes next time. */
function removeHalfMade(directory: string): void {
  for (const name of fs.readdirSync(path.dirname(directory))) {
    if (!name.startsWith(`${path.basename(directory)}.initdb-`)) continue;
    try {
      fs.rmSync(path.join(path.dirname(directory), name), { recursive: true, force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
    }
  }
}

async function initialise(binaries: ServerBinaries, account: ServerAccount, directory: string, passwordFile: string): Promise<void> {
  removeHalfMade(directory);
  const temporary = `${directory}.initdb-${randomBytes(4).toString('hex')}`;
  fs.writeFileSync(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
  give(account, passwordFile);
  const child = spawn(
    path.join(binaries.directory, 'initdb'),
    ['-D', temporary, '-U', user, `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--data-checksums', '--no-instructions'],
    { ...runAs(account), stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let fault = '';
  child.stderr.on('data', (chunk: Buffer) => (fault += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`PostgreSQL could not make its data directory ${directory}: ${fault.trim()}`);
  fs.renameSync(temporary, directory);
}
