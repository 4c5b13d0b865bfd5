import { execFileSync } from 'node:child_process';
import fs from 'node:fs';

/**
 * Whether a process runs, and a word that tells it from a later process with the same pid.
 *
 * A zombie answers `kill(pid, 0)` for as long as nobody reaps it, in a container without an init for ever, so it counts as dead.
 * The start time of Linux is in clock ticks since boot, hence the boot id before it.
 */
export function processStart(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      const fields = statFields(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
      if (fields.state === 'Z' || fields.state === 'X') return undefined;
      return `${bootId()}:${fields.startTicks}`;
    } catch {
      return undefined;
    }
  }
  try {
    const [state = '', ...started] = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    }).trim().split(/\s+/);
    return state === '' || state.startsWith('Z') ? undefined : started.join(' ');
  } catch {
    return undefined;
  }
}

export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there and belongs to another account.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return processStart(pid) !== undefined;
}

/** The command name in parentheses may hold spaces and parentheses itself, so the fields are counted behind the last one. */
function statFields(stat: string): { state: string; startTicks: string } {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? 'X', startTicks: fields[19] ?? '' };
}

let cachedBootId: string | undefined;
function bootId(): string {
  cachedBootId ??= fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return cachedBootId;
}
