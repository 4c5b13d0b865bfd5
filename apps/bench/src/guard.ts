import { spawn, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

/** What is ended and removed when the bench is no more. */
export type GuardOrder = { readonly watch: number } | { readonly forget: number } | { readonly remove: string } | { readonly keep: string };

const patienceMs = 15_000;
let guard: ChildProcess | undefined;

/**
 * Tells the guard: a process that outlives the bench however that ends, by a signal that nobody can handle too. Its standard input ends
 * with the bench.
 */
export function tellGuard(order: GuardOrder): void {
  guard ??= start();
  (guard.stdin as Writable).write(`${JSON.stringify(order)}\n`);
}

function start(): ChildProcess {
  // Detached: an interrupt from the terminal is not meant for it.
  const child = spawn(process.execPath, [__filename], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.unref();
  (child.stdin as Writable & { unref(): void }).unref();
  return child;
}

async function main(): Promise<void> {
  const pids = new Set<number>();
  const folders = new Set<string>();
  for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line) as GuardOrder;
    if ('watch' in order) pids.add(order.watch);
    else if ('forget' in order) pids.delete(order.forget);
    else if ('remove' in order) folders.add(order.remove);
    else folders.delete(order.keep);
  }
  // PostgreSQL takes SIGINT for a fast shutdown, the service for its ordinary end.
  for (const pid of pids) signal(pid, 'SIGINT');
  for (const until = Date.now() + patienceMs; Date.now() < until && [...pids].some((pid) => signal(pid, 0)); ) await pause(50);
  for (const pid of pids) signal(pid, 'SIGQUIT');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

/** False: there is no such process. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

if (require.main === module) void main();
