import { statfs } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

export interface DiskReserveOptions {
  /** Once each time; `freeBytes` is what is left. */
  readonly onExhausted?: (freeBytes: number) => void;
  readonly onRoom?: (freeBytes: number) => void;
}

/** Checkpoints, recovery and reads need room for themselves: the last of it is not for new events. */
const reserveBytes = 100 * 1024 * 1024;
/** Room again only where a burst does not take it at once. */
const roomBytes = 1.25 * reserveBytes;
const everyMs = 500;

/**
 * PostgreSQL ends itself when there is no room for its log (PANIC, then recovery, which needs room as well). So the embedded one is
 * told nothing new while its disk is almost full: reads go on, and so does everything once there is room.
 */
export class DiskReserve {
  readonly #stopped = new AbortController();
  readonly #watching: Promise<void>;
  #exhausted = false;

  constructor(
    private readonly dataDir: string,
    private readonly options: DiskReserveOptions = {},
  ) {
    this.#watching = this.#watch();
  }

  get exhausted(): boolean {
    return this.#exhausted;
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await this.#look();
      await delay(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** A file system that tells nothing of its room is taken to have some. */
  async #look(): Promise<void> {
    const free = await statfs(this.dataDir).then(({ bavail, bsize }) => bavail * bsize, () => Infinity);
    if (!this.#exhausted && free < reserveBytes) {
      this.#exhausted = true;
      this.options.onExhausted?.(free);
    } else if (this.#exhausted && free > roomBytes) {
      this.#exhausted = false;
      this.options.onRoom?.(free);
    }
  }
}
