import type pg from 'pg';
import { flowTableSnapshotVersion } from '#domain';

export interface StoredSnapshot {
  /** JSON text. */
  readonly state: string;
  /** Of the last event in it. */
  readonly revision: bigint;
  /** Of that event's append. */
  readonly position: bigint;
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

  async load(stream: string): Promise<StoredSnapshot | null> {
    const { rows } = await this.pool.query<{ state: string; revision: string; position: string }>({
      name: 'load-snapshot',
      text: 'select state, revision::text, position::text from projection.snapshots where stream = $1 and version = $2',
      values: [stream, flowTableSnapshotVersion],
    });
    const [row] = rows;
    return row ? { state: row.state, revision: BigInt(row.revision), position: BigInt(row.position) } : null;
  }

  /**
   * In the background, one of a stream at a time; an older one never takes the place of a newer. Commands that the tables have not
   * reached are known from the events of the stream: no snapshot may hide those, so it waits for the tables.
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
      text: `insert into projection.snapshots (stream, version, revision, position, state) values ($1, $2, $3, $4, $5)
        on conflict (stream, version) do update set revision = excluded.revision, position = excluded.position, state = excluded.state
        where snapshots.revision < excluded.revision`,
      values: [stream, flowTableSnapshotVersion, String(revision), String(position), state],
    });
  }
}
