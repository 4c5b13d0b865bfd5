import type pg from 'pg';
import { directAgent } from '#domain';
import type { Mailboxes } from '../mailbox/mailboxes';
import { refusalsOf, type Refusal } from './refusals-of';

interface Count {
  readonly refusal: Refusal;
  count: number;
  firstAt: number;
  lastAt: number;
}

const flushMs = 1_000;
/** What an example may take in the table, JSON text. */
const maximumExampleLength = 8_192;

/**
 * Counts what is refused, per agent and reason, with the last example of each: beside the log, which refusals never touch. Noting one is
 * a look into a map; the table is told once a second, of all at once. A flood of refusals changes a number.
 */
export class RefusalCounts {
  private counts = new Map<string, Count>();
  private timer: NodeJS.Timeout | null = null;
  private flushing: Promise<void> = Promise.resolve();
  private onError: (error: unknown) => void = () => undefined;

  constructor(
    private readonly pool: pg.Pool,
    private readonly mailboxes: Mailboxes,
    private readonly clock: () => number,
  ) {
    mailboxes.listeners.push((stream, command, answer, events) => {
      for (const refusal of refusalsOf(stream, command, answer, events)) this.note(refusal);
    });
  }

  start(onError: (error: unknown) => void): void {
    this.onError = onError;
    this.schedule();
  }

  note(refusal: Refusal): void {
    const now = this.clock();
    const foreignAgent = this.isKnown(refusal.foreignAgent) ? refusal.foreignAgent : '';
    this.add({ refusal: { ...refusal, foreignAgent }, count: 1, firstAt: now, lastAt: now });
    this.schedule();
  }

  /** What was noted stands in the table then. */
  async flush(): Promise<void> {
    const run = this.flushing.then(() => this.write());
    this.flushing = run.catch(() => undefined);
    await run;
  }

  /** Tells the table what is left. */
  async stop(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    await this.flush().catch(this.onError);
  }

  /** Whoever invents ids of agents makes one row of them all. */
  private isKnown(foreignAgent: string): boolean {
    return foreignAgent === directAgent || this.mailboxes.foreignAgents().fold.state.agents.has(foreignAgent);
  }

  private add({ refusal, count, firstAt, lastAt }: Count): void {
    const key = `${refusal.foreignAgent} ${refusal.kind} ${refusal.reason} ${refusal.code ?? 0}`;
    const known = this.counts.get(key);
    if (!known) this.counts.set(key, { refusal, count, firstAt, lastAt });
    else {
      const last = lastAt >= known.lastAt ? refusal : known.refusal;
      const [first, later] = [Math.min(known.firstAt, firstAt), Math.max(known.lastAt, lastAt)];
      this.counts.set(key, { refusal: last, count: known.count + count, firstAt: first, lastAt: later });
    }
  }

  private schedule(): void {
    if (this.timer !== null || this.counts.size === 0) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.flush().catch((error: unknown) => {
        this.onError(error);
        this.schedule();
      });
    }, flushMs).unref();
  }

  private async write(): Promise<void> {
    const taken = this.counts;
    if (taken.size === 0) return;
    this.counts = new Map();
    // In one order, so that two servers never wait for each other's rows.
    const rows = [...taken].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => rowOf(count));
    try {
      await this.pool.query({ name: 'count-refusals', text: countSql, values: [JSON.stringify(rows)] });
    } catch (error) {
      for (const count of taken.values()) this.add(count);
      throw error;
    }
  }
}

const countSql = `insert into ledger.refusals (foreign_agent, kind, reason, code, count, first_at, last_at, last_example)
  select foreign_agent, kind, reason, code, count, first_at, last_at, last_example from json_to_recordset($1) as e(
    foreign_agent text, kind text, reason text, code integer, count bigint, first_at timestamptz, last_at timestamptz, last_example json)
  on conflict (foreign_agent, kind, reason, code) do update set count = refusals.count + excluded.count,
    first_at = least(refusals.first_at, excluded.first_at), last_at = greatest(refusals.last_at, excluded.last_at),
    last_example = case when excluded.last_at >= refusals.last_at then excluded.last_example else refusals.last_example end`;

function rowOf({ refusal, count, firstAt, lastAt }: Count) {
  const { foreignAgent, kind, reason, code, example } = refusal;
  const isShort = JSON.stringify(example).length <= maximumExampleLength;
  return {
    foreign_agent: foreignAgent, kind, reason, code: code ?? 0, count, first_at: new Date(firstAt).toISOString(), last_at: new Date(lastAt).toISOString(),
    last_example: isShort ? example : { ...example, detail: example.detail.slice(0, 1_000), facts: {} },
  };
}
