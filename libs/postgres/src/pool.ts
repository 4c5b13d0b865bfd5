import pg from 'pg';
import type { ServerWatch } from './server-watch';
import { typeParsers } from './type-parsers';

/** A connection URL, or what `pg` takes. */
export type ConnectionTarget = string | pg.PoolConfig;

export interface PoolOptions {
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
  /** Sessions at most; 10 by default. */
  readonly max?: number;
  /** The server gives up on a statement after this time, the client one second later (a frozen server says nothing). 30 s; 0 = never. */
  readonly statementTimeoutMs?: number;
  /** A transaction that says nothing for this long is ended by the server: it would hold locks and old rows. 60 s; 0 = never. */
  readonly idleInTransactionTimeoutMs?: number;
  /** For a session to be had, new or from the pool: 5 s. */
  readonly connectTimeoutMs?: number;
  /** An idle session that the server ended. The pool opens another one; nothing is to be done but to log it. */
  readonly onIdleError?: (error: Error) => void;
  /** Hands out no session while the server is away, and ends those that wait for its answer. */
  readonly watch?: ServerWatch;
}

export function openPool(target: ConnectionTarget, options: PoolOptions = {}): pg.Pool {
  const pool = new pg.Pool({
    ...sessionConfig(target, options),
    max: options.max ?? 10,
    // An idle session is 14 MB and more of the server; opening one takes two milliseconds on a local socket.
    idleTimeoutMillis: 5_000,
  });
  // Without a listener the loss of an idle session would end the process.
  pool.on('error', (error) => options.onIdleError?.(error));
  // So would the loss of one that is checked out and asks nothing at the moment; its holder hears of it at the next statement.
  pool.on('connect', (client) => client.on('error', () => undefined));
  options.watch?.guard(pool);
  return pool;
}

/** The settings that every session of the ledger has, also one outside a pool. */
export function sessionConfig(target: ConnectionTarget, options: PoolOptions = {}): pg.PoolConfig {
  const statementTimeoutMs = options.statementTimeoutMs ?? 30_000;
  return {
    ...withIsolation(typeof target === 'string' ? { connectionString: target } : target),
    application_name: options.applicationName ?? 'qos-ledger',
    types: typeParsers,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5000,
    ...(statementTimeoutMs > 0 ? { statement_timeout: statementTimeoutMs, query_timeout: statementTimeoutMs + 1000 } : {}),
    idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMs ?? 60_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  };
}

/**
 * Statements see what was committed before each of them, whatever the database or the role has for a default: an append waits for the log's lock, and
 * then looks at its end. Behind the target's own options, of which the last one wins.
 */
function withIsolation(target: pg.PoolConfig): pg.PoolConfig {
  const isolation = '-c default_transaction_isolation=read\\ committed';
  const { connectionString } = target;
  // Options in the URL win over those beside it.
  const inUrl = /([?&]options=)([^&#]*)/;
  if (connectionString !== undefined && inUrl.test(connectionString)) {
    return { ...target, connectionString: connectionString.replace(inUrl, (_, name: string, own: string) => `${name}${own}${encodeURIComponent(` ${isolation}`)}`) };
  }
  return { ...target, options: [target.options ?? process.env['PGOPTIONS'], isolation].filter((each) => each !== undefined).join(' ') };
}
