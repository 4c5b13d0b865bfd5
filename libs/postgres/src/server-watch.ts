import type { Duplex } from 'node:stream';
import type pg from 'pg';
import { listen } from './listen';
import type { ConnectionTarget } from './pool';

/** PostgreSQL said nothing when it was last asked: what would be sent now is refused unsent. */
export class ServerSilent extends Error {
  override readonly name = 'ServerSilent';
}

export interface ServerWatchOptions {
  /** Once per outage. */
  readonly onAway?: (error: Error) => void;
  readonly onBack?: () => void;
  readonly everyMs?: number;
  readonly answerMs?: number;
}

/**
 * A server that is frozen, or behind a black hole, keeps every connection open and answers nothing: each statement would wait for its
 * whole time-out and hold a session of its pool meanwhile. So one session asks it every second. While no answer comes, the guarded pools
 * hand out nothing and what is under way is cut off; the first answer ends that.
 */
export class ServerWatch {
  readonly #stopped = new AbortController();
  readonly #sessions = new Set<pg.Client>();
  readonly #watching: Promise<void>;
  #away = false;

  constructor(target: ConnectionTarget, { onAway, onBack, everyMs = 1_000, answerMs = 2_500 }: ServerWatchOptions = {}) {
    this.#watching = listen(target, {
      channels: [],
      onNotify: () => undefined,
      signal: this.#stopped.signal,
      applicationName: 'qos-ledger-watch',
      heartbeatMs: everyMs,
      answerMs,
      lastRetryMs: 250,
      onListening: () => {
        if (this.#away) onBack?.();
        this.#away = false;
      },
      onLost: (error) => {
        this.#away = true;
        onAway?.(error);
        for (const session of this.#sessions) cutOff(session);
      },
    });
  }

  get away(): boolean {
    return this.#away;
  }

  guard(pool: pg.Pool): void {
    pool.on('connect', (client) => this.#sessions.add(client as pg.Client));
    pool.on('remove', (client) => this.#sessions.delete(client as pg.Client));
    const connect = pool.connect.bind(pool) as (callback?: Connected) => Promise<pg.PoolClient>;
    // `query` of the pool comes through here as well, with a callback.
    pool.connect = ((callback?: Connected) => {
      if (!this.#away) return connect(callback);
      const refusal = new ServerSilent('PostgreSQL does not answer; it is asked again every second.');
      if (!callback) return Promise.reject(refusal);
      process.nextTick(callback, refusal, undefined, () => undefined);
      return undefined;
    }) as typeof pool.connect;
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#watching;
  }
}

type Connected = (error: Error | undefined, client: pg.PoolClient | undefined, release: () => void) => void;

/** A farewell would wait for the answer that does not come. */
function cutOff(client: pg.Client): void {
  (client as unknown as { readonly connection: { readonly stream: Duplex } }).connection.stream.destroy();
}
