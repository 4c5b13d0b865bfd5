import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { Gap } from '#domain';

const beatMs = 2_000;
/** A beat, and what may delay one. Longer than that no server said that it runs: nobody could be told of refreshes, be it for seconds. */
const longestSilenceMs = 3_000;
/** A beat that lies further ahead is that of a clock that was wrong. */
const longestSkewMs = 60_000;
/** Gaps that are read at the start; those before are older than any lease that still stands. */
const gapsKept = 1_000;

/**
 * Tells all servers of a ledger that one of them runs, and finds the gaps in which none did. Gaps are kept beside the log; what each scope
 * makes of one is an event of its own, decided before anything else there, so that it does not matter how many servers start together.
 */
export class Heartbeat {
  /** The earliest first; those who decide look here each time. */
  readonly gaps: Gap[] = [];
  private timer: NodeJS.Timeout | null = null;
  private beating: Promise<void> = Promise.resolve();
  /** Gaps of this server's own clock that are not kept yet. */
  private unkept: Gap[] = [];

  constructor(
    private readonly pool: pg.Pool,
    private readonly clock: () => number,
  ) {}

  /** Before anything is decided: whether there was a gap until now. */
  async open(): Promise<void> {
    await this.beat(true);
    const { rows } = await this.pool.query<{ from_ms: string; to_ms: string; cause: Gap['cause'] }>(
      'select from_ms::text, to_ms::text, cause from (select * from ledger.gaps order by to_ms desc limit $1) latest order by to_ms',
      [gapsKept],
    );
    this.gaps.splice(0, this.gaps.length, ...rows.map((row) => ({ from: Number(row.from_ms), to: Number(row.to_ms), cause: row.cause })));
  }

  start(onError: (error: unknown) => void): void {
    this.timer ??= setInterval(() => {
      this.beating = this.beating.then(() => this.beat(false)).catch(onError);
    }, beatMs).unref();
  }

  async stop(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    await this.beating;
  }

  /** The wall clock of this server jumped ahead. In force at once, and kept for other servers and the next start with the next beat. */
  noteJump(from: number, to: number): void {
    const gap: Gap = { from: Math.floor(from), to: Math.ceil(to), cause: 'clock-jump' };
    this.gaps.push(gap);
    this.unkept.push(gap);
  }

  /** @param isFirst this server was not there before: a long silence is a gap */
  private async beat(isFirst: boolean): Promise<void> {
    const unkept = this.unkept;
    const now = Math.floor(this.clock());
    await this.pool.query({
      name: 'beat',
      // The row is locked: of two servers that start together, the second finds the beat of the first. It is read before it is written.
      text: `with before as (select beat_ms from ledger.heartbeat for update),
        silence as (
          insert into ledger.gaps (from_ms, to_ms, cause)
          select beat_ms, $1, 'outage' from before where $2 and $1 - beat_ms > $3
          union all select * from unnest($5::bigint[], $6::bigint[], $7::text[])
          on conflict do nothing returning 1)
        insert into ledger.heartbeat (beat_ms) select $1 from (select count(*) from silence) looked_before
        on conflict (is_it) do update set beat_ms = case
          when heartbeat.beat_ms - excluded.beat_ms > $4 then excluded.beat_ms else greatest(heartbeat.beat_ms, excluded.beat_ms) end`,
      values: [now, isFirst, longestSilenceMs, longestSkewMs, unkept.map(({ from }) => from), unkept.map(({ to }) => to), unkept.map(({ cause }) => cause)],
    });
    this.unkept = this.unkept.slice(unkept.length);
  }
}

/** Whether any server beats on this database. Every beat makes its row anew, so that no clock has to be believed. Takes three beats at most. */
export async function someServerRuns(pool: pg.Pool, lookEveryMs = 250): Promise<boolean> {
  const row = async (): Promise<string | undefined> => (await pool.query<{ made: string }>('select xmin::text as made from ledger.heartbeat')).rows[0]?.made;
  const first = await row();
  for (let waitedMs = 0; first !== undefined && waitedMs < 3 * beatMs; waitedMs += lookEveryMs) {
    await delay(lookEveryMs);
    if ((await row()) !== first) return true;
  }
  return false;
}
