import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { UnreadableEvent } from '#domain';
import type { Handoffs } from './handoffs';

/** Whoever began a handoff is about to finish it: only one that has not moved on for so long is resumed. */
const lagMs = 2_000;
const pollMs = 1_000;
const pageSize = 1_000;
/** Serialises the process over all servers; 'handof' as a number. */
const lock = 114_627_571_052_390n;

/**
 * Resumes handoffs that a crash left between two steps, and drives the deadlines of those that a command started. Each on its own: what
 * stands in the way of one is told, and the others go on.
 */
export class HandoffProcess {
  private readonly stopped = new AbortController();
  private running: Promise<void> | null = null;
  /** Milliseconds at which an unfinished handoff was first seen where it is now. */
  private seen = new Map<string, number>();
  /** Nodes whose handoff meets an event that cannot be read, by where it was: told once, and tried again after the next start. */
  private readonly unreadable = new Set<string>();

  constructor(
    private readonly pool: pg.Pool,
    private readonly handoffs: Handoffs,
  ) {}

  start(onError: (error: unknown) => void): void {
    this.running ??= this.run(onError);
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }

  /** Everything that the read tables show unfinished now, without regard to its age. @throws the first error, when all were tried */
  async catchUp(): Promise<void> {
    const errors: unknown[] = [];
    await this.step(0, (error) => errors.push(error));
    if (errors.length > 0) throw errors[0];
  }

  private async run(onError: (error: unknown) => void): Promise<void> {
    while (!this.stopped.signal.aborted) {
      const tell = (error: unknown): void => {
        if (!this.stopped.signal.aborted) onError(error);
      };
      await this.step(lagMs, tell).catch(tell);
      await delay(pollMs, undefined, { signal: this.stopped.signal }).catch(() => undefined);
    }
  }

  private async step(lag: number, onError: (error: unknown) => void): Promise<void> {
    const client = await this.pool.connect();
    try {
      const { rows: [held] } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [String(lock)]);
      if (!held?.locked) return;
      try {
        await this.resumeAll(client, lag, onError);
      } finally {
        await client.query('select pg_advisory_unlock($1)', [String(lock)]);
      }
    } finally {
      client.release();
    }
  }

  private async resumeAll(client: pg.PoolClient, lag: number, onError: (error: unknown) => void): Promise<void> {
    const { rows } = await client.query<{ handoff_id: string; mobile_node: string; position: string }>(
      `select handoff_id, mobile_node, position::text from projection.handoffs where state in ('started', 'committed') order by started_position limit $1`,
      [pageSize],
    );
    const now = performance.now();
    this.seen = new Map(rows.map(({ handoff_id, position }) => [`${handoff_id} ${position}`, this.seen.get(`${handoff_id} ${position}`) ?? now]));
    for (const { handoff_id, mobile_node, position } of rows) {
      if (this.stopped.signal.aborted) return;
      if (now - this.seen.get(`${handoff_id} ${position}`)! < lag) continue;
      if (this.unreadable.has(`${handoff_id} ${position}`)) continue;
      await this.handoffs.resume(mobile_node).catch((error: unknown) => {
        if (error instanceof UnreadableEvent) this.unreadable.add(`${handoff_id} ${position}`);
        onError(error);
      });
    }
  }
}
