import { setTimeout as delay } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import type { Doorbell } from './doorbell';
import { MirrorDiverged, MirrorLog, type MirrorEnd } from './eventstoredb-mirror-log';
import type { EventStoreDbNode } from './eventstoredb-node';
import { idAt } from './eventstoredb-read';
import { mirroredEvents } from './eventstoredb-subscription';

export interface MirrorOptions {
  readonly node: EventStoreDbNode;
  /** One session of it is held. */
  readonly pool: Pool;
  /** Rings when the mirror has grown, whoever wrote it; rung for what is written here. */
  readonly bell: Doorbell;
  /** Whether somebody waits for what the node has and the mirror has not. */
  readonly pending: () => boolean;
  /** Told once per outage: the subscription was dropped, PostgreSQL is away, the log is another one. */
  readonly onLost: (error: Error) => void;
}

const standbyMs = 250;
/** So long nothing came although somebody waits for it, and whoever mirrors has stopped to. */
const stalledMs = 2_000;
const firstPauseMs = 50;
const lastPauseMs = 2_000;
/** Half a second of them. */
const severalFailures = 4;
/** SQLSTATE that blames the values: data, integrity, limits. */
const blamesValues = /^(22|23|54)/;

/**
 * Fills the mirror of the node's log in PostgreSQL. Every server runs one; whoever holds the lock writes, the others stand by. However
 * the subscription ends, it is opened again behind the mirror's last event.
 */
export class EventStoreDbMirror {
  readonly #stopped = new AbortController();
  /** Resolves once the node was seen to hold what the mirror ends with, or not to. */
  readonly compared: Promise<void>;
  #tellCompared: () => void = () => undefined;
  #diverged: MirrorDiverged | undefined;
  #running: Promise<void> | undefined;
  #failures = 0;
  /** PostgreSQL does not take an event: the subscription opens well, and the mirror stands still. */
  #refused = false;

  constructor(private readonly options: MirrorOptions) {
    this.compared = new Promise((resolve) => (this.#tellCompared = resolve));
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  /** What is wrong, where the node and its mirror are not of one log. */
  get diverged(): MirrorDiverged | undefined {
    return this.#diverged;
  }

  /** It cannot follow the node, and not only because a subscription was dropped just now. */
  get failing(): boolean {
    return this.#refused || this.#diverged !== undefined || this.#failures >= severalFailures;
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      try {
        await this.#withSession((log, lost) => this.#standByThenMirror(log, lost));
      } catch (error) {
        await this.#pauseAfter(error as Error);
      }
    }
  }

  /** A session that ends takes the lock with it: then nothing more is read either. */
  async #withSession(work: (log: MirrorLog, lost: AbortSignal) => Promise<void>): Promise<void> {
    const session: PoolClient = await this.options.pool.connect();
    const over = new AbortController();
    const end = (): void => over.abort();
    session.on('error', end);
    session.on('end', end);
    try {
      await work(new MirrorLog(session), AbortSignal.any([over.signal, this.#stopped.signal]));
    } finally {
      session.release(true);
      session.off('end', end);
    }
  }

  async #standByThenMirror(log: MirrorLog, lost: AbortSignal): Promise<void> {
    await this.#compare(log);
    await this.#standBy(log, lost);
    while (!lost.aborted) {
      const end = await this.#compare(log);
      try {
        await this.#mirror(log, end, lost);
      } catch (error) {
        if ((error as Error).name !== 'SubscriptionDropped') throw error;
        await this.#pauseAfter(error as Error);
      }
    }
  }

  async #mirror(log: MirrorLog, from: MirrorEnd, lost: AbortSignal): Promise<void> {
    let end = from;
    // Where an event was refused, only a write shows that it is taken now.
    const opened = (): void => void (this.#refused || (this.#failures = 0));
    for await (const events of mirroredEvents(this.options.node, end.commitPosition, lost, opened)) {
      end = await log.write(end, events);
      this.#refused = false;
      this.#failures = 0;
      this.options.bell.ring();
    }
  }

  /** Returns with the lock. A holder that is paused or cut off from the node is ended; its session's end frees the lock. */
  async #standBy(log: MirrorLog, lost: AbortSignal): Promise<void> {
    let { rings } = this.options.bell;
    let since = performance.now();
    while (!lost.aborted && !(await log.lock())) {
      this.#refused = false;
      this.#failures = 0;
      if (rings !== this.options.bell.rings || !this.options.pending()) {
        rings = this.options.bell.rings;
        since = performance.now();
      } else if (performance.now() - since > stalledMs) {
        await log.endHolder();
        since = performance.now();
      }
      await delay(standbyMs, undefined, { signal: lost }).catch(() => undefined);
    }
  }

  /** Another node, or one restored from a backup, would be mirrored into a log that is not its own. */
  async #compare(log: MirrorLog): Promise<MirrorEnd> {
    const end = await log.end();
    const stands = end.commitPosition === null || (await idAt(this.options.node, end.commitPosition)) === (await log.idAt(end.position));
    if (!stands) throw new MirrorDiverged(`EventStoreDB does not hold the event at position ${end.position} of its mirror (commit position ${end.commitPosition}): it is another log, or an older one`);
    this.#diverged = undefined;
    this.#tellCompared();
    return end;
  }

  async #pauseAfter(error: Error): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    if (error instanceof MirrorDiverged) {
      this.#diverged = error;
      this.#tellCompared();
    }
    this.#refused ||= blamesValues.test((error as { readonly code?: string }).code ?? '');
    if (this.#failures === 0) this.options.onLost(error);
    this.#failures += 1;
    const pauseMs = Math.min(lastPauseMs, firstPauseMs * 2 ** Math.min(this.#failures - 1, 10)) * (0.5 + Math.random() / 2);
    await delay(pauseMs, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
  }
}
