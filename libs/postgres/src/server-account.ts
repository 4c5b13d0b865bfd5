import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';

/** The account that PostgreSQL runs as. Without uid and gid it is the account of this process. */
export interface ServerAccount {
  readonly name?: string;
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * PostgreSQL refuses to run as root. A cluster that exists is run by its owner; a new one by the first unprivileged account of
 * the machine (initdb needs one with an entry in passwd).
 */
export function serverAccount(existingCluster: string | undefined): ServerAccount {
  if (process.getuid?.() !== 0) return {};
  if (existingCluster !== undefined) {
    const { uid, gid } = fs.statSync(existingCluster);
    if (uid !== 0) return { name: `uid ${uid}`, uid, gid };
  }
  for (const name of ['postgres', 'node', 'nobody']) {
    const [uid, gid] = [numericId('-u', name), numericId('-g', name)];
    if (uid !== undefined && gid !== undefined && uid > 0) return { name, uid, gid };
  }
  throw new Error('PostgreSQL does not run as root and there is no account postgres, node or nobody: start the ledger as an ordinary user, or set LEDGER_DATABASE_URL.');
}

function numericId(flag: '-u' | '-g', name: string): number | undefined {
  try {
    const id = Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
    return Number.isInteger(id) ? id : undefined;
  } catch {
    return undefined;
  }
}

/** Options of a child process that runs as the account. PostgreSQL's messages stay in English, its clock in UTC. */
export const runAs = (account: ServerAccount) => ({
  ...(account.uid === undefined ? {} : { uid: account.uid, gid: account.gid! }),
  cwd: '/',
  env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', LANG: 'C', TZ: 'UTC' },
});

/** Whether the account may enter the directory: asked of the kernel, because mode bits do not tell of groups and access lists. */
export function canEnter(account: ServerAccount, directory: string): boolean {
  if (account.uid === undefined) return true;
  return spawnSync('/bin/sh', ['-c', 'cd "$0"', directory], { ...runAs(account), stdio: 'ignore' }).status === 0;
}

export function give(account: ServerAccount, file: string): void {
  if (account.uid !== undefined) fs.chownSync(file, account.uid, account.gid!);
}
