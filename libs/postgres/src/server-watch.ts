import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type pg from 'pg';
import { listen, type ListenOptions } from './listen';
import type { ConnectionTarget } from './pool';

/** PostgreSQL said nothing when it was last asked: what would be sent now is refused unsent. */
export class ServerSilent extends Error {
  override readonly name = 'ServerSilent';
}

export interface ServerWatchOptions {
  /** What `listen` may be asked for. */
  readonly channels?: readonly string[];
  /** Once per outage. */
  readonly onAway?: (error: Error) => void;
  readonly onBack?: () => void;
  readonly everyMs?: number;
  readonly answerMs?: number;
}

/**
 * A server that is frozen, or behind a black hole, keeps every connection open and answers nothing: each statement would wait for its
 * whole time-out and hold a session of its pool meanwhile. So one session asks it twice a second. While no answer comes, the guarded pools
 * hand out nothing and what is under way is cut off; the first answer ends that. The same session listens for all who want to hear of
 * something: each session more is a process of the server's, which every NOTIFY of any channel wakes.
 */
export class ServerWatch {
  readonly #stopped = new AbortController();
  readonly #sessions = new Set<pg.Client>();
  /** Refuses those that wait for a session. */
  readonly #waiting = new Set<() => void>();
  readonly #listeners = new Set<Listener>();
  readonly #watching: Promise<void>;
  #away = false;
  #isListening = false;

  constructor(target: ConnectionTarget, { channels = [], onAway, onBack, everyMs = 500, answerMs = 2_000 }: ServerWatchOptions = {}) {
    this.#watching = listen(target, {
      channels,
      onNotify: (channel, payload) => {
        for (const listener of this.#listeners) if (listener.channels.includes(channel)) listener.onNotify(channel, payload);
      },
      signal: this.#stopped.signal,
      applicationName: 'qos-ledger-watch',
      heartbeatMs: everyMs,
      answerMs,
      lastRetryMs: 250,
      onListening: () => {
        if (this.#away) onBack?.();
        this.#away = false;
        this.#isListening = true;
        for (const { onListening } of this.#listeners) onListening?.();
      },
      onLost: (error) => {
        this.#away = true;
        this.#isListening = false;
        for (const { onLost } of this.#listeners) onLost?.(error);
        onAway?.(error);
        for (const session of this.#sessions) cutOff(session);
        for (const refuse of this.#waiting) refuse();
      },
    });
  }

  get away(): boolean {
    return this.#away;
  }

  /** `listen` on the watch's own session, to channels that it was given. Who comes while that listens already is told so at once. */
  async listen(listener: Listener): Promise<void> {
    const { signal } = listener;
    if (signal.aborted) return;
    this.#listeners.add(listener);
    if (this.#isListening) listener.onListening?.();
    await once(signal, 'abort');
    this.#listeners.delete(listener);
  }

  guard(pool: pg.Pool): void {
    pool.on('connect', (client) => this.#sessions.add(client as pg.Client));
    pool.on('remove', (client) => this.#sessions.delete(client as pg.Client));
    const connect = pool.connect.bind(pool) as (settle: Connected) => void;
    // `query` of the pool comes through here as well, with a callback.
    pool.connect = ((callback?: Connected) => {
      if (callback) return this.#connect(connect, callback);
      return new Promise((resolve, reject) => this.#connect(connect, (error, client) => (error ? reject(error) : resolve(client!))));
    }) as typeof pool.connect;
  }

  /** Whoever waits for a session when the server falls silent is told so at once; a session that comes too late is none. */
  #connect(connect: (settle: Connected) => void, settle: Connected): void {
    const refuse = (): void => {
      this.#waiting.delete(refuse);
      settle(new ServerSilent('PostgreSQL does not answer; it is asked again all the time.'), undefined, () => undefined);
    };
    if (this.#away) {
      process.nextTick(refuse);
      return;
    }
    this.#waiting.add(refuse);
    connect((error, client, release) => {
      if (this.#waiting.delete(refuse)) settle(error, client, release);
      else if (client) release(true);
    });
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#watching;
  }
}

export type Listener = Pick<ListenOptions, 'channels' | 'onNotify' | 'onListening' | 'onLost' | 'signal'>;

type Connected = (error: Error | undefined, client: pg.PoolClient | undefined, release: (destroy?: boolean) => void) => void;

/** A farewell would wait for the answer that does not come. */
function cutOff(client: pg.Client): void {
  (client as unknown as { readonly connection: { readonly stream: Duplex } }).connection.stream.destroy();
}
