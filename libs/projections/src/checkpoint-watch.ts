import type pg from 'pg';
import type { Listener } from '#postgres';
import type { TableSet } from './projection-session';

/** The tables did not reach the position in time: 503 `projection-behind`. */
export class ProjectionBehind extends Error {
  override readonly name = 'ProjectionBehind';
  constructor(
    readonly position: bigint,
    readonly reached: bigint,
  ) {
    super(`The read tables have reached position ${reached}, not yet ${position}.`);
  }
}

interface Waiter {
  readonly position: bigint;
  readonly wake: () => void;
}

/** Knows how far the read tables are, whichever server writes them: by NOTIFY, and in the runner's own process without it. */
export class CheckpointWatch {
  #position = 0n;
  #listening: Promise<void> | undefined;
  readonly #stopped = new AbortController();
  readonly #waiters = new Set<Waiter>();
  readonly #listeners = new Set<(position: bigint) => void>();
  #hurry: (() => void) | undefined;

  constructor(
    /** `listen` of the room postgres with its target, or of a session that others listen on as well. */
    private readonly listen: (listener: Listener) => Promise<void>,
    private readonly pool: pg.Pool,
    private readonly tables: TableSet,
  ) {}

  get position(): bigint {
    return this.#position;
  }

  start(): void {
    if (this.tables.channel === null) return;
    this.#listening ??= this.listen({
      channels: [this.tables.channel],
      onNotify: (_, payload) => this.moved(BigInt(payload)),
      // What moved while nobody listened. Where the look fails, the next notification tells as much.
      onListening: () => void this.#look().catch(() => undefined),
      signal: this.#stopped.signal,
    });
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    for (const waiter of [...this.#waiters]) waiter.wake();
    await this.#listening;
  }

  moved(position: bigint): void {
    if (position <= this.#position) return;
    this.#position = position;
    for (const waiter of [...this.#waiters]) if (waiter.position <= position) waiter.wake();
    for (const listener of this.#listeners) listener(position);
  }

  onMove(listener: (position: bigint) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws ProjectionBehind */
  async waitFor(position: bigint, timeoutMs: number): Promise<void> {
    if (position <= this.#position) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => waiter.wake(), timeoutMs);
      const waiter: Waiter = {
        position,
        wake: () => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve();
        },
      };
      this.#waiters.add(waiter);
      this.#hurry?.();
    });
    if (this.#position < position) throw new ProjectionBehind(position, this.#position);
  }

  /** Resolves as soon as somebody waits for the tables, at the latest after the time. */
  async wanted(withinMs: number, signal: AbortSignal): Promise<void> {
    if (this.#waiters.size > 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
      signal.addEventListener('abort', this.#hurry, { once: true });
    });
    signal.removeEventListener('abort', this.#hurry!);
    this.#hurry = undefined;
  }

  async #look(): Promise<void> {
    const { schema, name, version } = this.tables;
    const sql = `select position::text from "${schema.replaceAll('"', '""')}".checkpoints where projection = $1 and version = $2`;
    const { rows } = await this.pool.query<{ position: string }>(sql, [name, version]);
    if (rows[0]) this.moved(BigInt(rows[0].position));
  }
}
