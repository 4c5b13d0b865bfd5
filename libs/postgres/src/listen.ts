import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { sessionConfig, type ConnectionTarget } from './pool';

export interface ListenOptions {
  readonly channels: readonly string[];
  readonly onNotify: (channel: string, payload: string) => void;
  /**
   * LISTEN holds from here on, the first time and after each loss. What was notified before is not repeated, so this is the
   * moment to read what came meanwhile.
   */
  readonly onListening?: () => void;
  /** The session is lost, or could not be opened: once per outage. */
  readonly onLost?: (error: Error) => void;
  readonly signal: AbortSignal;
  readonly applicationName?: string;
  /** How often a silent session is asked whether it still lives; 15 s. */
  readonly heartbeatMs?: number;
  /** A server that does not answer for so long counts as lost; 4 s. */
  readonly answerMs?: number;
  /** Between two attempts to open it again, at most; 5 s. */
  readonly lastRetryMs?: number;
}

const firstRetryMs = 50;

/**
 * Listens on a session of its own and opens it again whenever it is lost, with back-off and jitter. Resolves after `signal` aborts;
 * never rejects. What a callback throws is a bug of the caller and ends the listening with that error.
 */
export async function listen(target: ConnectionTarget, options: ListenOptions): Promise<void> {
  const { lastRetryMs = 5_000 } = options;
  let retryMs = firstRetryMs;
  let known = false;
  while (!options.signal.aborted) {
    const error = await listenOnce(target, options, () => {
      retryMs = firstRetryMs;
      known = false;
      options.onListening?.();
    });
    if (options.signal.aborted) return;
    if (!known) options.onLost?.(error);
    known = true;
    await delay(retryMs * (0.5 + Math.random()), undefined, { signal: options.signal }).catch(() => undefined);
    retryMs = Math.min(lastRetryMs, retryMs * 2);
  }
}

/** Resolves when the session has ended, with what ended it. */
async function listenOnce(target: ConnectionTarget, options: ListenOptions, onListening: () => void): Promise<Error> {
  const { applicationName = 'qos-ledger-listen', answerMs = 4_000 } = options;
  const client = new pg.Client(sessionConfig(target, { applicationName, statementTimeoutMs: answerMs - 1_000, connectTimeoutMs: answerMs }));
  const lost = new Promise<Error>((resolve) => {
    client.once('error', resolve);
    client.once('end', () => resolve(new Error('The server ended the listening session.')));
    options.signal.addEventListener('abort', () => resolve(new Error('aborted')), { once: true });
  });
  // A session may report more than one error while it goes down.
  client.on('error', () => undefined);
  client.on('notification', ({ channel, payload }) => options.onNotify(channel, payload ?? ''));
  const over = new AbortController();
  try {
    await Promise.race([client.connect(), lost.then(raise)]);
    for (const channel of options.channels) await client.query(`listen ${client.escapeIdentifier(channel)}`);
  } catch (error) {
    void end(client);
    return asError(error);
  }
  onListening();
  const cause = await Promise.race([lost, heartbeat(client, options.heartbeatMs ?? 15_000, over.signal)]);
  over.abort();
  await end(client);
  return cause;
}

/** A server that is frozen, or behind a black hole, keeps the connection open and says nothing. */
async function heartbeat(client: pg.Client, everyMs: number, signal: AbortSignal): Promise<Error> {
  for (;;) {
    try {
      await delay(everyMs, undefined, { signal });
      await client.query('select 1');
    } catch (error) {
      return asError(error);
    }
  }
}

/** The farewell is not waited for longer than a second: a lost server never answers it. */
async function end(client: pg.Client): Promise<void> {
  await Promise.race([client.end().catch(() => undefined), delay(1000, undefined, { ref: false })]);
}

function raise(error: Error): never {
  throw error;
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
