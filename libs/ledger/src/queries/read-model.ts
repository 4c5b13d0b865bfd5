import type pg from 'pg';
import { withTransaction } from '#postgres';
import type { EventStore } from '#event-store';
import { readTables, type ProjectionRunner } from '#projections';

/** A read that names a position waits so long for the tables to reach it. */
export const minPositionWaitMs = 5_000;

/** What every query handler works with: the read tables, the log, and the word that the tables moved. */
export class ReadModel {
  constructor(
    readonly pool: pg.Pool,
    readonly projections: Pick<ProjectionRunner, 'waitFor'>,
    readonly store: EventStore,
  ) {}

  /**
   * One snapshot of the tables, with the position that they had reached in it.
   * @throws ProjectionBehind where they do not reach `minPosition` in time
   */
  async snapshot<T>(minPosition: bigint | null, work: (client: pg.PoolClient, position: bigint) => Promise<T>): Promise<T> {
    if (minPosition !== null) await this.projections.waitFor(minPosition, minPositionWaitMs);
    return withTransaction(
      this.pool,
      async (client) => {
        const sql = 'select position::text from projection.checkpoints where projection = $1 and version = $2';
        const { rows } = await client.query<{ position: string }>({ name: 'read-checkpoint', text: sql, values: [readTables.name, readTables.version] });
        return work(client, BigInt(rows[0]?.position ?? '0'));
      },
      { isolation: 'repeatable read', readOnly: true },
    );
  }

  /** An id that the tables do not know may stand in events that they have not reached: they are asked again once they have. */
  async find<T>(minPosition: bigint | null, look: (client: pg.PoolClient, position: bigint) => Promise<T | null>): Promise<T | null> {
    const found = await this.snapshot(minPosition, look);
    return found ?? this.snapshot(await this.store.head(), look);
  }
}
