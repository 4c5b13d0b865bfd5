import type pg from 'pg';
import { flowTableSnapshotVersion } from '#domain';
import type { StreamFold } from './stream-fold';

export interface StoredSnapshot {
  /** JSON text. */
  readonly state: string;
  /** Of the last event in it. */
  readonly revision: bigint;
  /** Of that event's append. */
  readonly position: bigint;
}

interface KnownRow {
  readonly state: string | null;
  readonly revision: string | null;
  readonly position: string | null;
  readonly end_revision: string | null;
  readonly end_position: string | null;
}

/** The last event of a stream, as far as the read tables have come. */
export interface StreamEnd {
  readonly revision: bigint;
  readonly position: bigint;
}

/** What is known of a stream beside the log. */
export interface KnownOfStream {
  readonly snapshot: StoredSnapshot | null;
  readonly end: StreamEnd | null;
}

export const nothingKnown: KnownOfStream = { snapshot: null, end: null };

/** @returns null where the snapshot cannot be read, or is no state at its revision: the stream is folded from its beginning */
export function restored<Fold extends Pick<StreamFold<unknown, unknown>, 'restore' | 'revision'>>(fold: Fold, { state, revision }: StoredSnapshot): Fold | null {
  try {
    fold.restore(state);
    return fold.revision === revision ? fold : null;
  } catch {
    return null;
  }
}

/**
 * Snapshots of folded states, a cache beside the read tables: a cold fold reads the newest one and the events behind it. They may be
 * deleted at any time; one that was not written, or cannot be read, costs time and nothing else.
 */
export class Snapshots {
  private readonly saving = new Set<string>();

  constructor(
    private readonly pool: pg.Pool,
    /** Resolves when the read tables have reached the position. */
    private readonly tablesReach: (position: bigint) => Promise<void>,
  ) {}

  /** What cannot be had at the moment is not known. */
  load(stream: string): Promise<KnownOfStream> {
    return this.read(stream).catch(() => nothingKnown);
  }

  private async read(stream: string): Promise<KnownOfStream> {
    const { rows: [row] } = await this.pool.query<KnownRow>({
      name: 'load-snapshot',
      text: `select s.state, s.revision::text, s.position::text, e.revision::text as end_revision, e.position::text as end_position
        from (select * from projection.snapshots where stream = $1 and version = $2) s
        full join (select * from projection.stream_ends where stream = $1) e on e.stream = s.stream`,
      values: [stream, flowTableSnapshotVersion],
    });
    if (row === undefined) return nothingKnown;
    const { state, revision, position, end_revision: endRevision, end_position: endPosition } = row;
    return {
      snapshot: state === null ? null : { state, revision: BigInt(revision!), position: BigInt(position!) },
      end: endRevision === null ? null : { revision: BigInt(endRevision), position: BigInt(endPosition!) },
    };
  }

  /**
   * In the background, one of a stream at a time; an older one never takes the place of a newer. Commands that the tables have not
   * reached are known from the events of the stream: no snapshot may hide those, so it waits for the tables, and takes none of a stream
   * that is parked there.
   */
  save(stream: string, snapshot: StoredSnapshot): void {
    if (this.saving.has(stream)) return;
    this.saving.add(stream);
    this.write(stream, snapshot)
      .catch(() => undefined)
      .finally(() => this.saving.delete(stream));
  }

  private async write(stream: string, { state, revision, position }: StoredSnapshot): Promise<void> {
    await this.tablesReach(position);
    await this.pool.query({
      name: 'save-snapshot',
      text: `insert into projection.snapshots (stream, version, revision, position, state)
        select $1::text, $2::integer, $3::bigint, $4::bigint, $5::text
        where not exists (select from projection.parked_streams p where p.projection = 'commands' and p.stream = $1)
        on conflict (stream, version) do update set revision = excluded.revision, position = excluded.position, state = excluded.state
        where snapshots.revision < excluded.revision`,
      values: [stream, flowTableSnapshotVersion, String(revision), String(position), state],
    });
  }
}
