import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import type { Doorbell } from './doorbell';
import type { NewEvent, Position } from './event-store';
import { int8Array, textArray } from './postgres-array';
import { read } from './postgres-read';

/** What is stored of an append, once it is in the mirror. */
export interface Arrival {
  readonly position: Position;
  /** Of the events from `first` on (`digestOf`); null where `first` is behind `last`. */
  readonly digest: string | null;
}

interface Waiting {
  readonly stream: string;
  readonly first: bigint;
  readonly last: bigint;
  readonly settle: (arrival: Arrival | null) => void;
  readonly fail: (error: Error) => void;
}

/** Without a ring the mirror is looked at this often: a notification may be lost. */
const lookMs = 250;

/** Waits for events of the node to be in the mirror: one question at a time, for all that wait. */
export class Arrivals {
  readonly #waiting = new Set<Waiting>();
  readonly #stopped = new AbortController();
  #looking = false;
  /** Rings of the bell when an append was last waited for in vain. */
  #missedAt: number | undefined;

  constructor(
    private readonly pool: Pool,
    /** Rings when the mirror has grown. */
    private readonly bell: Doorbell,
    private readonly timeoutMs: number,
  ) {}

  /** Whether somebody waits for what the node has and the mirror has not. */
  get pending(): boolean {
    return this.#waiting.size > 0;
  }

  /** An append did not come in time, and nothing has come since. */
  get stalled(): boolean {
    return this.#missedAt === this.bell.rings;
  }

  /** Null where it did not come in time. @throws EventStoreUnavailable the mirror cannot be read */
  async of(stream: string, first: bigint, last: bigint): Promise<Arrival | null> {
    let timer: NodeJS.Timeout | undefined;
    let waiting: Waiting | undefined;
    try {
      return await new Promise<Arrival | null>((resolve, reject) => {
        waiting = { stream, first, last, settle: resolve, fail: reject };
        timer = setTimeout(() => {
          this.#missedAt = this.bell.rings;
          resolve(null);
        }, this.timeoutMs);
        this.#waiting.add(waiting);
        if (!this.#looking) void this.#look();
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(waiting!);
    }
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #look(): Promise<void> {
    this.#looking = true;
    // All that were woken together ask together.
    await new Promise(setImmediate);
    while (this.#waiting.size > 0 && !this.#stopped.signal.aborted) {
      const asked = [...this.#waiting];
      const { rings } = this.bell;
      try {
        const arrived = await this.#ask(asked);
        for (const [index, arrival] of arrived) asked[index]!.settle(arrival);
        if (arrived.size < asked.length) await this.bell.wait(rings, this.#stopped.signal, lookMs);
      } catch (error) {
        for (const { fail } of asked) fail(error as Error);
      }
      await new Promise(setImmediate);
    }
    for (const { settle } of this.#waiting) settle(null);
    this.#looking = false;
  }

  async #ask(asked: readonly Waiting[]): Promise<ReadonlyMap<number, Arrival>> {
    const values = [textArray(asked.map(({ stream }) => stream)), int8Array(asked.map(({ first }) => first)), int8Array(asked.map(({ last }) => last))];
    const call = { name: 'ledger.mirrored-appends', text: 'select place, position, digest from ledger.mirrored_appends($1, $2, $3)', values };
    const rows = await read(this.pool, call, this.timeoutMs);
    return new Map(rows.map(([place, position, digest]) => [Number(place) - 1, { position: BigInt(position!), digest: digest ?? null }]));
  }
}

/** As ledger.mirrored_appends makes it of what is stored: a success of the node may be an old one, with other data. */
export function digestOf(events: readonly NewEvent[]): string {
  const hash = createHash('sha256');
  for (const { id, type, data } of events) hash.update(`${id} ${Buffer.byteLength(type)} ${Buffer.byteLength(data)} ${type}${data}`);
  return hash.digest('hex');
}
