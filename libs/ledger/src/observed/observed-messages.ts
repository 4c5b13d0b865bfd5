import type pg from 'pg';
import type { Sighted } from './sighted';
import { mayHaveCome } from './way';

/** Two sightings of one message lie no further apart (domain.md §5). */
const clockSkewMs = 1_000;

interface Sighting {
  readonly observedMs: number;
  /** Of the scope or node; behind it the node, where the frame itself told which of several it was. */
  readonly stream: string;
  /** Of a capture before this one: its frames, and the copies of them that were repeats then, are read again. */
  readonly before: boolean;
  /** On which it and its copies were seen, where that tells it from others with the same bytes (docs/adr/0030). */
  readonly ways: string[];
  /** Whether it came to its stream out of time; undefined: it cannot have. */
  isLate?: Promise<boolean>;
}

/** Of the capture that is read, or that it continues. */
export interface RecentSighting {
  readonly digest: string;
  readonly observedMs: number;
  /** With `late ` before it where the message came out of time. */
  readonly stream: string;
  /** Absent in what an older version kept. */
  readonly ways?: string[];
}

/** Read with an earlier capture, or the very frame; or seen at another moment of this one. */
export type Repeat = 'read-before' | 'seen-again';

/** What is asked of a message before it is told. */
type Seen = Pick<Sighted, 'digest' | 'observedMs' | 'way'>;

const late = 'late ';

interface SightingRow {
  readonly digest: Buffer;
  readonly observed_ms: string;
  readonly stream: string;
  readonly way: string;
}

/** Which messages captures showed before: the same digest within ± 1 s is a repeat, whichever link or file it comes from. */
export class ObservedMessages {
  private known = new Map<string, Sighting[]>();
  private fresh: (Sighting & { readonly digest: string })[] = [];
  /** No event of this capture, nor of the one that it continues, is younger. */
  private latest = Number.NEGATIVE_INFINITY;
  /** Streams that were told something. */
  private readonly begun = new Set<string>();
  /** Told by this capture already, not longer ago than two sightings of one message may lie apart: what is read back of them is not `before`. */
  private own = new Map<string, RecentSighting>();

  constructor(private readonly pool: pg.Pool) {}

  /** Reads what is known of the messages of the next chunk. */
  async prepare(messages: readonly (Seen & Pick<Sighted, 'commandId'>)[]): Promise<void> {
    this.known = new Map();
    if (messages.length === 0) return;
    const times = messages.map(({ observedMs }) => observedMs);
    const { rows } = await this.pool.query<SightingRow>({
      name: 'observed-messages',
      text: `select digest, observed_ms::text, stream, way from ledger.observed_messages
        where digest = any($1::bytea[]) and observed_ms between $2 and $3`,
      values: [
        [...new Set(messages.map(({ digest }) => digest))].map((digest) => Buffer.from(digest, 'hex')),
        times.reduce((a, b) => Math.min(a, b)) - clockSkewMs,
        times.reduce((a, b) => Math.max(a, b)) + clockSkewMs,
      ],
    });
    for (const row of rows) {
      const seen = { digest: row.digest.toString('hex'), observedMs: Number(row.observed_ms), stream: row.stream, ways: waysOf(row.way) };
      const own = this.own.get(keyOf(seen));
      const sighting = { ...seen, before: own === undefined, ...(own?.ways && { ways: own.ways }) };
      const isLate = seen.stream.startsWith(late);
      this.note(seen.digest, isLate ? { ...sighting, stream: seen.stream.slice(late.length), isLate: Promise.resolve(true) } : sighting);
    }
    await this.prepareCommands(messages);
  }

  /** What a crash left between an append and this table is known by the ids of its commands. */
  private async prepareCommands(messages: readonly (Seen & Pick<Sighted, 'commandId'>)[]): Promise<void> {
    const isKnown = ({ digest, observedMs: at, way }: Seen): boolean =>
      this.known.get(digest)?.some(({ observedMs, ways }) => areNear(observedMs, at) && mayHaveCome(ways, way)) ?? false;
    const unseen = new Map(messages.filter((message) => !isKnown(message)).map((message) => [message.commandId, message]));
    if (unseen.size === 0) return;
    const { rows } = await this.pool.query<{ command_id: string; stream: string }>({
      name: 'observed-commands',
      text: 'select command_id, stream from projection.commands where command_id = any($1::text[])',
      values: [[...unseen.keys()]],
    });
    for (const { command_id: commandId, stream } of rows) {
      const { digest, observedMs, way } = unseen.get(commandId)!;
      this.note(digest, { observedMs, stream, before: true, ways: waysOf(way) });
    }
  }

  /**
   * False, and noted, where it is new. One that was seen too late changed nothing: its copy that is in time, from a link with another clock,
   * is the one that counts.
   */
  async isRepeat({ digest, observedMs, way }: Seen, stream: string): Promise<Repeat | false> {
    const isSame = (s: Sighting): boolean =>
      areNear(s.observedMs, observedMs) && mayHaveCome(s.ways, way) && (mayBeOne(s, stream) || (s.before && s.observedMs === observedMs));
    for (const same of this.known.get(digest)?.filter(isSame) ?? []) {
      if (same.observedMs < observedMs && (await same.isLate)) continue;
      // The frame itself, taken for another's now: so are its copies.
      if (!mayBeOne(same, stream)) this.note(digest, { ...same, stream });
      // What an older version read may have come any way: to know one would make another hop's a new message.
      if (way !== '' && same.ways.length > 0 && !same.ways.includes(way)) same.ways.push(way);
      return same.before || same.observedMs === observedMs ? 'read-before' : 'seen-again';
    }
    const sighting = { digest, observedMs, stream, before: false, ways: waysOf(way) };
    this.note(digest, sighting);
    this.fresh.push(sighting);
    return false;
  }

  /**
   * What a message that is new came to in its stream. Only one that is older than what was told before it, or the first of its stream, can be
   * out of time.
   */
  noteOutcome({ digest, observedMs }: { readonly digest: string; readonly observedMs: number }, stream: string, isLate: Promise<boolean>): void {
    const isInOrder = observedMs >= this.latest && this.begun.has(stream);
    this.latest = Math.max(this.latest, observedMs);
    this.begun.add(stream);
    if (isInOrder) return;
    const sighting = this.known.get(digest)?.findLast((known) => !known.before && known.observedMs === observedMs && known.stream === stream);
    if (sighting) sighting.isLate = isLate;
  }

  /** Keeps what was new, once what came of it is durable. */
  async keep(): Promise<void> {
    const told = this.fresh;
    this.fresh = [];
    const fresh: RecentSighting[] = [];
    for (const { digest, observedMs, stream, ways, isLate } of told) fresh.push({ digest, observedMs, stream: (await isLate) ? late + stream : stream, ways });
    if (fresh.length === 0) return;
    this.continue(fresh);
    await this.pool.query({
      name: 'keep-observed-messages',
      text: `insert into ledger.observed_messages (digest, observed_ms, stream, way)
        select * from unnest($1::bytea[], $2::bigint[], $3::text[], $4::text[]) on conflict do nothing`,
      values: [
        fresh.map(({ digest }) => Buffer.from(digest, 'hex')),
        fresh.map(({ observedMs }) => observedMs),
        fresh.map(({ stream }) => stream),
        fresh.map(({ ways }) => ways?.[0] ?? ''),
      ],
    });
  }

  /** Sightings that may have a copy yet to come. */
  get recent(): readonly RecentSighting[] {
    return [...this.own.values()];
  }

  /** Of what was told before this capture nothing is younger than its last frame and a clock that is ahead of that frame's. */
  follow(endedAt: number): void {
    this.latest = endedAt + clockSkewMs;
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

/** Whether a copy that is told there may be the message that was seen before (docs/adr/0025). */
function mayBeOne({ stream: seen, before }: Sighting, told: string): boolean {
  if (seen === told) return true;
  const [one, other] = [seen, told].map((stream) => /^flowTable-(?<scope>\S+)(?: (?<node>.*))?$/u.exec(stream)?.groups);
  // Whose a registration is may be known better by the next capture, and so it is with what was nobody's.
  if (!one || !other || one['scope']!.startsWith('direct@') || other['scope']!.startsWith('direct@')) return before;
  return one['scope'] === other['scope'] && (one['node'] === undefined || other['node'] === undefined);
}

function areNear(one: number, other: number): boolean {
  return Math.abs(one - other) <= clockSkewMs;
}

function waysOf(way: string): string[] {
  return way === '' ? [] : [way];
}

/** The first way is the one on which it was new. */
function keyOf({ digest, observedMs, stream, ways = [] }: RecentSighting): string {
  return `${digest} ${observedMs} ${stream} ${ways[0] ?? ''}`;
}
