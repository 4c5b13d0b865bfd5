import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { tellGuard } from './guard';
import { peakMemory } from './process-memory';

/** The command line as it is built: the thing that users run. */
export const ledgerProgram = path.resolve(__dirname, '../../cli/src/main.js');

export interface Run {
  readonly lines: readonly string[];
  readonly seconds: number;
  /** Null where the system does not tell. */
  readonly peakBytes: number | null;
  readonly exitCode: number | null;
}

const pollMs = 20;

/** Runs a program to its end: wall time with its start, lines of its standard output, and the most memory it had at once. */
export async function runProgram(command: string, args: readonly string[]): Promise<Run> {
  const from = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  let peakBytes: number | null = null;
  const poll = setInterval(() => (peakBytes = peakMemory(child.pid!) ?? peakBytes), pollMs);
  const lines: string[] = [];
  try {
    const reader = createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    const [[exitCode]] = await Promise.all([once(child, 'exit') as Promise<[number | null]>, once(reader, 'close')]);
    return { lines, seconds: (performance.now() - from) / 1_000, peakBytes, exitCode };
  } finally {
    clearInterval(poll);
  }
}

/** The first words that a program says about its version; null where it is not installed. */
export function versionOf(command: string): string | null {
  const { status, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
  return status === 0 ? (stdout.split('\n')[0] ?? '') : null;
}

/** A ledger of the bench's own, as a user starts it; `url` is where it answers. */
export interface Serving {
  readonly child: ChildProcess;
  readonly url: string;
  stop(): Promise<void>;
}

export function serve(args: readonly string[]): Promise<Serving> {
  return startListening('qos-ledger serve', [ledgerProgram, 'serve', '--json', '--port', '0', ...args]);
}

/** The service's HTTP side alone (load/bare-service.ts). */
export function serveBare(): Promise<Serving> {
  return startListening('the bare service', [path.join(__dirname, 'load', 'bare-service.js')]);
}

async function startListening(name: string, args: readonly string[]): Promise<Serving> {
  const child = spawn(process.execPath, [...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  const pid = child.pid!;
  tellGuard({ watch: pid });
  const exited = once(child, 'exit').finally(() => tellGuard({ forget: pid }));
  const document = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (isJson(text)) resolve(text);
    });
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code} before it listened`)));
  });
  const { url } = JSON.parse(document) as { readonly url: string };
  return {
    child,
    url,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
