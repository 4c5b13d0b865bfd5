import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { ConnectionTarget } from '#postgres';

/** What is killed: the service with everything it has in memory, or the PostgreSQL under it. */
export type Victim = 'service' | 'postgres';

export interface LedgerStart {
  /** `dist/apps/cli/src/main.js` of this build. */
  readonly program: string;
  readonly dataDir: string;
  /** The log in EventStoreDB; undefined: in the embedded PostgreSQL. */
  readonly eventStore?: string | undefined;
}

const startPatienceMs = 60_000;

/** The built service, `qos-ledger serve`, as a process of its own on its embedded PostgreSQL. */
export class ServedLedger {
  private constructor(
    private readonly child: ChildProcess,
    private readonly ended: Promise<unknown>,
    private readonly dataDir: string,
    readonly url: string,
    /** From the start of the process to the moment it answers. */
    readonly startedInMs: number,
    /** The end of its log: warnings and worse. */
    readonly log: () => string,
  ) {}

  static async start(how: LedgerStart): Promise<ServedLedger> {
    const begun = performance.now();
    const child = launch(how);
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-20_000)));
    const ended = once(child, 'exit');
    const timer = setTimeout(() => child.kill('SIGKILL'), startPatienceMs);
    const url = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', (line) => resolve((JSON.parse(line) as { readonly url: string }).url));
      void ended.then(() => reject(new Error(`The service ended before it answered:\n${said}`)));
    }).finally(() => clearTimeout(timer));
    return new ServedLedger(child, ended, how.dataDir, url, performance.now() - begun, () => said);
  }

  /** A start that is killed before it is done, wherever it then is: nothing may be left half made. */
  static async startAndKill(how: LedgerStart, afterMs: number): Promise<void> {
    const child = launch(how);
    child.stderr.resume();
    child.stdout.resume();
    const ended = once(child, 'exit');
    await pause(afterMs);
    child.kill('SIGKILL');
    await ended;
  }

  /** SIGKILL: nothing is flushed, nothing is told. The service starts a killed PostgreSQL again by itself. */
  async kill(victim: Victim): Promise<void> {
    if (victim === 'postgres') process.kill(this.postmaster(), 'SIGKILL');
    else {
      this.child.kill('SIGKILL');
      await this.ended;
    }
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGTERM');
    await this.ended;
  }

  /** Of the embedded PostgreSQL, for looking behind the service; as it stands in the data directory while a server runs. */
  database(): ConnectionTarget {
    const note = (name: string): string => readFileSync(path.join(this.dataDir, 'postgres', name), 'utf8').trim();
    return { host: note('socket'), port: 5432, user: 'ledger_owner', password: note('password'), database: 'ledger' };
  }

  private postmaster(): number {
    const pidFile = path.join(this.dataDir, 'postgres', '18', 'postmaster.pid');
    return Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  }
}

/** None of the settings of whoever runs the test. */
function launch({ program, dataDir, eventStore }: LedgerStart): ChildProcessByStdio<null, Readable, Readable> {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('LEDGER_'));
  const environment = { ...Object.fromEntries(own), ...(eventStore !== undefined && { LEDGER_EVENT_STORE: eventStore }) };
  const arguments_ = [program, 'serve', '--json', '--port', '0', '--log-level', 'error', '--data-dir', dataDir];
  return spawn(process.execPath, arguments_, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
}
