import { randomBytes, createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { DataDirectoryInUse, readLock } from '#postgres';
import type { Config, Service, Settings } from '#service';
import type { Command } from 'commander';
import type { Cli } from '../cli';
import { Failure, throwIfInterrupted } from '../exit';
import { LedgerClient } from './ledger-client';

export interface LedgerOptions {
  readonly url?: string;
  readonly dataDir?: string;
}

/** The options of every verb that talks to a ledger. */
export function withLedgerOptions(command: Command): Command {
  return command
    .option('--url <url>', 'the server to ask (or LEDGER_URL)')
    .option('--data-dir <folder>', 'the embedded ledger to open, or whose server to ask (or LEDGER_DATA_DIR)');
}

export interface OpenLedger {
  readonly client: LedgerClient;
  close(): Promise<void>;
}

/** A server that has the data directory but does not listen yet gets so long to do so. */
const listenPatienceMs = 20_000;

/**
 * The ledger that a verb works on, always over HTTP: the server that was named; else the one that runs on the data directory;
 * else one of our own for the length of the verb, on any free port of the loopback interface.
 */
export async function openLedger(options: LedgerOptions, cli: Cli): Promise<OpenLedger> {
  // Flags win: a data directory on the command line is asked for before a server in the environment.
  const named = options.url ?? (options.dataDir === undefined ? cli.env['LEDGER_URL'] || undefined : undefined);
  if (named !== undefined) return remote(parseUrl(named), cli);
  const config = await readServiceConfig(flagsOf(options), cli);
  if (config.databaseUrl === null) {
    const url = await runningServer(config.dataDir, cli);
    if (url !== undefined) return remote(new URL(url), cli);
  }
  try {
    return await ownServer(config, cli);
  } catch (error) {
    // Somebody else took the directory between our look and our start.
    if (!(error instanceof DataDirectoryInUse)) throw error;
    const url = await runningServer(config.dataDir, cli);
    if (url === undefined) throw new Failure(3, error.message);
    return remote(new URL(url), cli);
  }
}

export function flagsOf(options: LedgerOptions): Settings {
  return options.dataDir === undefined ? {} : { LEDGER_DATA_DIR: options.dataDir };
}

/** A wrong value is wrong use, told in the sentence that names the variable. */
export async function readServiceConfig(flags: Settings, cli: Cli): Promise<Config> {
  // Loaded here and not at the top: `decode` and `--help` need no service, and are done before it would be read.
  const { ConfigError, readConfig } = await import('#service');
  try {
    return readConfig(flags, cli.env);
  } catch (error) {
    throw error instanceof ConfigError ? new Failure(2, error.message) : error;
  }
}

/** Starts the service in this process; whatever keeps it from starting ends the verb with one sentence. */
export async function startOwn(config: Config, log: (line: string) => void): Promise<Service> {
  const { ConfigError, startService } = await import('#service');
  try {
    return await startService(config, { write: log });
  } catch (error) {
    if (error instanceof DataDirectoryInUse) throw error;
    if (error instanceof ConfigError) throw new Failure(2, error.message);
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failure(3, `The ledger does not start: ${reason}`, ['qos-ledger doctor looks for the cause.'], { cause: error });
  }
}

async function ownServer(config: Config, cli: Cli): Promise<OpenLedger> {
  // Where tokens are needed, the verb gets one that nobody else knows; where none are, the server is as open as `serve`.
  const token = config.tokens.length === 0 ? null : randomBytes(24).toString('base64url');
  const own = {
    ...config,
    host: '127.0.0.1',
    port: 0,
    // Of a ledger that is open for one verb only what went wrong is told, unless more is asked for.
    logLevel: cli.env['LEDGER_LOG_LEVEL'] ? config.logLevel : ('error' as const),
    tokens: token === null ? [] : [...config.tokens, { name: 'command-line', role: 'admin' as const, sha256: createHash('sha256').update(token).digest() }],
  };
  const service = await startOwn(own, line => cli.err.tell(line));
  return { client: new LedgerClient(new URL(service.url), cli.interrupted, token), close: () => service.close() };
}

function remote(url: URL, cli: Cli): OpenLedger {
  return { client: new LedgerClient(url, cli.interrupted, cli.env['LEDGER_TOKEN'] || null), close: async () => undefined };
}

async function runningServer(dataDir: string, cli: Cli): Promise<string | undefined> {
  for (const until = Date.now() + listenPatienceMs; ; await pause(100)) {
    throwIfInterrupted(cli.interrupted);
    const owner = readLock(dataDir);
    if (owner === undefined || owner.url !== undefined) return owner?.url;
    if (Date.now() > until) throw new Failure(3, `Process ${owner.pid} has the data directory ${dataDir} and answers nowhere.`);
  }
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw new Failure(2, `The URL of the ledger must begin with http:// or https://, and ${text} does not.`);
  return url;
}

/** Opens, works, closes, whatever happens; what a failure of the work says is what is told. */
export async function withLedger<Result>(options: LedgerOptions, cli: Cli, work: (client: LedgerClient) => Promise<Result>): Promise<Result> {
  const ledger = await openLedger(options, cli);
  try {
    return await work(ledger.client);
  } finally {
    await ledger.close();
  }
}
