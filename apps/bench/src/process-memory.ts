import { readdirSync, readFileSync } from 'node:fs';

/** Bytes that a process has in memory. */
export interface ProcessMemory {
  readonly pid: number;
  readonly command: string;
  /** Every page that it maps, shared ones as if they were its own. */
  readonly residentBytes: number;
  /** Shared pages divided by the number of processes that map them: what a set of processes takes is the sum of these. */
  readonly proportionalBytes: number;
}

/** Of a process and all that descend from it; null where the system has no /proc. */
export function memoryOfTree(root: number): readonly ProcessMemory[] | null {
  if (read('/proc/self/smaps_rollup') === null) return null;
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    // pid (command) state parent …; a command may hold blanks and parentheses.
    const parent = Number(read(`/proc/${name}/stat`)?.replace(/^.*\) . /s, '').split(' ')[0]);
    if (/^\d+$/.test(name)) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: ProcessMemory[] = [];
  for (const pids = [root]; pids.length > 0; ) {
    const pid = pids.pop()!;
    const memory = memoryOf(pid);
    if (memory !== null) found.push(memory);
    pids.push(...(children.get(pid) ?? []));
  }
  return found;
}

/** The most that a process had resident so far; null where it has ended or the system does not tell. */
export function peakMemory(pid: number): number | null {
  return kilobytes(read(`/proc/${pid}/status`), 'VmHWM');
}

function memoryOf(pid: number): ProcessMemory | null {
  const rollup = read(`/proc/${pid}/smaps_rollup`);
  const residentBytes = kilobytes(rollup, 'Rss');
  const proportionalBytes = kilobytes(rollup, 'Pss');
  if (residentBytes === null || proportionalBytes === null) return null;
  const command = (read(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ').trim();
  return { pid, command, residentBytes, proportionalBytes };
}

function kilobytes(text: string | null, field: string): number | null {
  const value = new RegExp(`^${field}:\\s*(\\d+) kB`, 'm').exec(text ?? '')?.[1];
  return value === undefined ? null : Number(value) * 1_024;
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
