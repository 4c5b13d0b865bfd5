import type pg from 'pg';
import type { Gap } from '#domain';
import { processIdentity } from '../idempotency/command-identity';
import type { Mailboxes } from '../mailbox/mailboxes';
import { flowTableStream, mobileNodeStream, streamSubject } from '../mailbox/stream-names';

/** setTimeout takes no more. */
const longestDelayMs = 2_147_483_647;

/** Scopes of which something would end so soon after a gap are told of it at once, any other when it is touched next. */
const soonMs = 600_000;

/**
 * Time for what is commanded: when something of a scope or node falls due, it is sent a `Tick`, and nothing else. One timer a stream,
 * for its next deadline; the deadlines behind it are the fold's. Two servers' timers do no harm: the second finds nothing due.
 */
export class Timers {
  private readonly timers = new Map<string, { readonly at: number; readonly timer: NodeJS.Timeout }>();
  /** Few ticks at a time: after a restart every scope may be due at once. */
  private readonly lanes: Promise<void>[] = Array.from({ length: 16 }, () => Promise.resolve());
  private fired = 0;
  private stopped = true;
  private onError: (error: unknown) => void = () => undefined;

  constructor(
    private readonly pool: pg.Pool,
    private readonly mailboxes: Mailboxes,
    private readonly clock: () => number,
    /** Resolves when the read tables have come as far as the ledger is now. */
    private readonly tablesCaughtUp: () => Promise<void>,
    /** In which no refresh could be told. */
    private readonly gaps: readonly Gap[] = [],
  ) {}

  /** Deadlines survive a restart: the read tables tell the next one of every scope and node, once they have caught up. */
  async start(onError: (error: unknown) => void): Promise<void> {
    this.stopped = false;
    this.onError = onError;
    this.mailboxes.onDeadline = (stream, at) => this.schedule(stream, at);
    try {
      await this.tablesCaughtUp();
      const lastGap = this.gaps.at(-1)?.to;
      const soonAfterGap = (lastGap ?? Number.NEGATIVE_INFINITY) + soonMs;
      const open = [...(lastGap === undefined ? [] : await this.scopesInDoubt(lastGap)), ...(await this.openDeadlines())];
      for (const { stream, at } of open) {
        if (!this.timers.has(stream)) this.schedule(stream, at < soonAfterGap ? Math.min(at, this.clock()) : at);
      }
    } catch (error) {
      if (!this.stopped) onError(error);
    }
  }

  stop(): void {
    this.stopped = true;
    this.mailboxes.onDeadline = () => undefined;
    for (const { timer } of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }

  private schedule(stream: string, at: number | null): void {
    const known = this.timers.get(stream);
    if (known?.at === at) return;
    if (known) clearTimeout(known.timer);
    this.timers.delete(stream);
    if (at === null || this.stopped) return;
    const delay = Math.min(Math.max(0, at - this.clock()) + 1, longestDelayMs);
    this.timers.set(stream, { at, timer: setTimeout(() => this.fire(stream), delay).unref() });
  }

  private fire(stream: string): void {
    this.timers.delete(stream);
    const lane = this.fired++ % this.lanes.length;
    this.lanes[lane] = this.lanes[lane]!.then(() => (this.stopped ? undefined : this.tick(stream))).catch((error: unknown) => {
      // The store is away: what is due stays due.
      if (this.stopped) return;
      this.onError(error);
      this.schedule(stream, this.clock() + 1_000);
    });
  }

  private async tick(stream: string): Promise<void> {
    const subject = streamSubject(stream);
    if (subject === null) return;
    const mailbox = 'mobileNode' in subject ? this.mailboxes.mobileNode(subject.mobileNode) : this.mailboxes.flowTable(subject.foreignAgent, subject.careOfAddress);
    await mailbox.load();
    const due = mailbox.fold.nextDeadline;
    if (due !== null && due <= this.clock()) await mailbox.send({ identity: processIdentity('timer'), command: { type: 'Tick' } });
    else this.schedule(stream, due);
  }

  /** Where a leg that nothing would ever end has not been told of since before the gap ended (design.md, "Time"). */
  private async scopesInDoubt(gapEnded: number): Promise<{ stream: string; at: number }[]> {
    const { rows } = await this.pool.query<{ foreign_agent: string; care_of_address: string }>(
      `select distinct f.foreign_agent, f.care_of_address from projection.flow_table f
       left join projection.leases l using (session_id, foreign_agent, care_of_address)
       left join projection.visitors v on (v.foreign_agent, v.care_of_address, v.mobile_node) = (f.foreign_agent, f.care_of_address, f.mobile_node) and v.to_position is null
       where f.to_position is null and f.refresh_period_ms = 0 and coalesce(l.expires_at, f.expires_at, f.orphaned_until, v.expires_at) is null
         and f.state <> 'degraded' and f.changed_at < $1`,
      [new Date(gapEnded)],
    );
    return rows.map((row) => ({ stream: flowTableStream(row.foreign_agent, row.care_of_address), at: gapEnded }));
  }

  private async openDeadlines(): Promise<{ stream: string; at: number }[]> {
    const { rows: scopes } = await this.pool.query<{ foreign_agent: string; care_of_address: string; due: string }>(`
      select foreign_agent, care_of_address, to_char(min(due) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as due from (
        select f.foreign_agent, f.care_of_address, least(coalesce(l.expires_at, f.expires_at), coalesce(l.reservation_expires_at, f.reservation_expires_at), f.orphaned_until) as due
          from projection.flow_table f left join projection.leases l using (session_id, foreign_agent, care_of_address) where f.to_position is null
        union all select foreign_agent, care_of_address, expires_at from projection.visitors where to_position is null
        union all select foreign_agent, care_of_address, quarantined_until from projection.quarantines where to_position is null
      ) deadlines where due is not null group by foreign_agent, care_of_address`);
    const { rows: nodes } = await this.pool.query<{ mobile_node: string; due: string }>(`
      select mobile_node, to_char(min(expires_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as due
        from projection.registrations where ended_at is null and expires_at is not null group by mobile_node`);
    return [
      ...scopes.map((row) => ({ stream: flowTableStream(row.foreign_agent, row.care_of_address), at: Date.parse(row.due) })),
      ...nodes.map((row) => ({ stream: mobileNodeStream(row.mobile_node), at: Date.parse(row.due) })),
    ];
  }
}
