import type pg from 'pg';

/** Two sightings of one message lie no further apart (domain.md §5). */
const clockSkewMs = 1_000;

interface Sighting {
  readonly observedMs: number;
  readonly stream: string;
  /** Of a capture before this one: its frames, and the copies of them that were repeats then, are read again, whosever they were taken for. */
  readonly before: boolean;
}

/** Of the capture that is read, or that it continues. */
export interface RecentSighting {
  readonly digest: string;
  readonly observedMs: number;
  readonly stream: string;
}

interface SightingRow {
  readonly digest: Buffer;
  readonly observed_ms: string;
  readonly stream: string;
}

/** Which messages captures showed before: the same digest within ± 1 s is a repeat, whichever link or file it comes from. */
export class ObservedMessages {
  private known = new Map<string, Sighting[]>();
  private fresh: RecentSighting[] = [];
  /** Told by this capture already, not longer ago than two sightings of one message may lie apart: what is read back of them is not `before`. */
  private own = new Map<string, RecentSighting>();

  constructor(private readonly pool: pg.Pool) {}

  /** Reads what is known of the messages of the next chunk. */
  async prepare(messages: readonly { readonly digest: string; readonly observedMs: number; readonly commandId: string }[]): Promise<void> {
    this.known = new Map();
    if (messages.length === 0) return;
    const times = messages.map(({ observedMs }) => observedMs);
    const { rows } = await this.pool.query<SightingRow>({
      name: 'observed-messages',
      text: `select digest, observed_ms::text, stream from ledger.observed_messages
        where digest = any($1::bytea[]) and observed_ms between $2 and $3`,
      values: [
        [...new Set(messages.map(({ digest }) => digest))].map((digest) => Buffer.from(digest, 'hex')),
        times.reduce((a, b) => Math.min(a, b)) - clockSkewMs,
        times.reduce((a, b) => Math.max(a, b)) + clockSkewMs,
      ],
    });
    for (const row of rows) {
      const seen = { digest: row.digest.toString('hex'), observedMs: Number(row.observed_ms), stream: row.stream };
      this.note(seen.digest, { ...seen, before: !this.own.has(keyOf(seen)) });
    }
    await this.prepareCommands(messages);
  }

  /** What a crash left between an append and this table is known by the ids of its commands. */
  private async prepareCommands(messages: readonly { readonly digest: string; readonly observedMs: number; readonly commandId: string }[]): Promise<void> {
    const unseen = new Map(messages.filter(({ digest }) => !this.known.has(digest)).map((message) => [message.commandId, message]));
    if (unseen.size === 0) return;
    const { rows } = await this.pool.query<{ command_id: string; stream: string }>({
      name: 'observed-commands',
      text: 'select command_id, stream from projection.commands where command_id = any($1::text[])',
      values: [[...unseen.keys()]],
    });
    for (const { command_id: commandId, stream } of rows) {
      const { digest, observedMs } = unseen.get(commandId)!;
      this.note(digest, { observedMs, stream, before: true });
    }
  }

  /** False, and noted, where it is new. */
  isRepeat(digest: string, observedMs: number, stream: string): boolean {
    const isSame = (s: Sighting): boolean =>
      (s.before || s.stream === stream) && Math.abs(s.observedMs - observedMs) <= clockSkewMs;
    if (this.known.get(digest)?.some(isSame)) return true;
    this.note(digest, { observedMs, stream, before: false });
    this.fresh.push({ digest, observedMs, stream });
    return false;
  }

  /** Keeps what was new, once what came of it is durable. */
  async keep(): Promise<void> {
    const fresh = this.fresh;
    this.fresh = [];
    if (fresh.length === 0) return;
    this.continue(fresh);
    await this.pool.query({
      name: 'keep-observed-messages',
      text: `insert into ledger.observed_messages (digest, observed_ms, stream)
        select * from unnest($1::bytea[], $2::bigint[], $3::text[]) on conflict do nothing`,
      values: [
        fresh.map(({ digest }) => Buffer.from(digest, 'hex')),
        fresh.map(({ observedMs }) => observedMs),
        fresh.map(({ stream }) => stream),
      ],
    });
  }

  /** Sightings that may have a copy yet to come. */
  get recent(): readonly RecentSighting[] {
    return [...this.own.values()];
  }

  /** Those of the file before, or of the messages before, of the same capture. */
  continue(sightings: readonly RecentSighting[]): void {
    const all = [...this.own.values(), ...sightings];
    const last = all.reduce((latest, { observedMs }) => Math.max(latest, observedMs), Number.NEGATIVE_INFINITY);
    this.own = new Map(all.filter(({ observedMs }) => observedMs >= last - 2 * clockSkewMs).map((sighting) => [keyOf(sighting), sighting]));
  }

  private note(digest: string, sighting: Sighting): void {
    const sightings = this.known.get(digest);
    if (sightings) sightings.push(sighting);
    else this.known.set(digest, [sighting]);
  }
}

function keyOf({ digest, observedMs, stream }: RecentSighting): string {
  return `${digest} ${observedMs} ${stream}`;
}
