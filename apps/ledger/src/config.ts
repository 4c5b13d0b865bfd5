import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { homedir } from 'node:os';
import path from 'node:path';
import { parseEventStoreDbAddress } from '#event-store';
import { parseTokens, type Token } from './tokens';

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Everything that a start may be told. Secrets are in `databaseUrl`, `eventStore` and `tokens`: print `printable` instead. */
export interface Config {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Where the embedded PostgreSQL and the lock file are. */
  readonly dataDir: string;
  /** Null: the embedded PostgreSQL. */
  readonly databaseUrl: string | null;
  /** `postgres`, or the connection string of EventStoreDB. */
  readonly eventStore: string;
  readonly logLevel: LogLevel;
  readonly tokensFile: string | null;
  readonly tokens: readonly Token[];
  /** Memory for the folded states of scopes, in bytes. */
  readonly stateBytes: number;
}

/** A start that cannot be: one sentence that names the variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Command line flags by the name of their variable: `{ LEDGER_PORT: '7434' }`. */
export type Settings = Readonly<Record<string, string | undefined>>;

const defaults = {
  LEDGER_HOST: '127.0.0.1',
  LEDGER_PORT: '7434',
  LEDGER_EVENT_STORE: 'postgres',
  LEDGER_LOG_LEVEL: 'info',
  LEDGER_STATE_BYTES: String(256 * 1024 * 1024),
} as const;

const known: ReadonlySet<string> = new Set([...Object.keys(defaults), 'LEDGER_DATA_DIR', 'LEDGER_DATABASE_URL', 'LEDGER_TOKENS_FILE']);

/**
 * @param flags win over the environment
 * @throws ConfigError
 */
export function readConfig(flags: Settings = {}, environment: Settings = process.env): Config {
  const unknown = Object.keys(flags).find((name) => !known.has(name));
  if (unknown !== undefined) throw new ConfigError(`${unknown} is no setting of the ledger.`);
  /** An empty variable is one that is not set, as in every shell. */
  const setting = (name: string): string | undefined => flags[name] || environment[name] || undefined;
  const tokensFile = setting('LEDGER_TOKENS_FILE');
  // A data directory on the command line asks for the ledger that lies there: a database in the environment is another one.
  const asksForEmbedded = Boolean(flags['LEDGER_DATA_DIR']) && !flags['LEDGER_DATABASE_URL'];
  const config: Config = {
    host: readHost(setting('LEDGER_HOST') ?? defaults.LEDGER_HOST),
    port: readInteger('LEDGER_PORT', setting('LEDGER_PORT') ?? defaults.LEDGER_PORT, 0, 65535),
    dataDir: path.resolve(setting('LEDGER_DATA_DIR') ?? defaultDataDir(environment)),
    databaseUrl: asksForEmbedded ? null : readUrl('LEDGER_DATABASE_URL', setting('LEDGER_DATABASE_URL'), ['postgres:', 'postgresql:']),
    eventStore: readEventStore(setting('LEDGER_EVENT_STORE') ?? defaults.LEDGER_EVENT_STORE),
    logLevel: readLogLevel(setting('LEDGER_LOG_LEVEL') ?? defaults.LEDGER_LOG_LEVEL),
    tokensFile: tokensFile === undefined ? null : path.resolve(tokensFile),
    tokens: tokensFile === undefined ? [] : readTokensFile(path.resolve(tokensFile)),
    stateBytes: readInteger('LEDGER_STATE_BYTES', setting('LEDGER_STATE_BYTES') ?? defaults.LEDGER_STATE_BYTES, 1024 * 1024, 2 ** 40),
  };
  if (config.tokens.length === 0 && !isLoopback(config.host)) {
    throw new ConfigError(`LEDGER_HOST is ${config.host}, which others can reach: name a file of tokens in LEDGER_TOKENS_FILE first, or listen on 127.0.0.1.`);
  }
  return config;
}

/** What is in force, by variable, secrets hidden: for `doctor` and the log. */
export function printable(config: Config): Readonly<Record<string, string>> {
  return {
    LEDGER_HOST: config.host,
    LEDGER_PORT: String(config.port),
    LEDGER_DATA_DIR: config.dataDir,
    LEDGER_DATABASE_URL: config.databaseUrl === null ? '(embedded)' : withoutSecrets(config.databaseUrl),
    LEDGER_EVENT_STORE: config.eventStore === 'postgres' ? 'postgres' : parseEventStoreDbAddress(config.eventStore).printable,
    LEDGER_LOG_LEVEL: config.logLevel,
    LEDGER_TOKENS_FILE: config.tokensFile === null ? '(none)' : `${config.tokensFile} (${config.tokens.length} tokens)`,
    LEDGER_STATE_BYTES: String(config.stateBytes),
  };
}

function withoutSecrets(address: string): string {
  const url = new URL(address);
  if (url.password) url.password = '***';
  for (const name of [...url.searchParams.keys()]) if (/pass|secret|key/i.test(name)) url.searchParams.set(name, '***');
  return url.href;
}

function defaultDataDir(environment: Settings): string {
  return path.join(environment['XDG_DATA_HOME'] || path.join(homedir(), '.local', 'share'), 'qos-ledger');
}

function readHost(value: string): string {
  if (isIP(value) || /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i.test(value)) return value;
  throw new ConfigError('LEDGER_HOST must be an IP address or a host name.');
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function readInteger(name: string, value: string, minimum: number, maximum: number): number {
  const number = /^(0|[1-9][0-9]*)$/.test(value) ? Number(value) : Number.NaN;
  if (number >= minimum && number <= maximum) return number;
  throw new ConfigError(`${name} must be a whole number from ${minimum} to ${maximum}.`);
}

function readUrl(name: string, value: string | undefined, protocols: readonly string[]): string | null {
  if (value === undefined) return null;
  if (URL.canParse(value) && protocols.includes(new URL(value).protocol)) return value;
  throw new ConfigError(`${name} must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}.`);
}

function readEventStore(value: string): string {
  if (value === 'postgres') return value;
  if (!/^(esdb|kurrentdb)(\+discover)?:/.test(value)) {
    throw new ConfigError('LEDGER_EVENT_STORE must be postgres, or a connection string of EventStoreDB that begins with esdb://.');
  }
  try {
    parseEventStoreDbAddress(value);
  } catch (error) {
    throw new ConfigError(`LEDGER_EVENT_STORE is no connection string of EventStoreDB: ${(error as Error).message}.`);
  }
  return value;
}

function readLogLevel(value: string): LogLevel {
  const level = logLevels.find((known) => known === value);
  if (level) return level;
  throw new ConfigError(`LEDGER_LOG_LEVEL must be one of ${logLevels.join(', ')}.`);
}

function readTokensFile(file: string): readonly Token[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`LEDGER_TOKENS_FILE names ${file}, which cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown cause'}.`);
  }
  const { tokens, fault } = parseTokens(text);
  if (fault !== null) throw new ConfigError(`LEDGER_TOKENS_FILE names ${file}, whose ${fault}.`);
  return tokens;
}
