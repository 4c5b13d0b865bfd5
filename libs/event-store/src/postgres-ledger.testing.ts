import type { Pool, PoolConfig } from 'pg';
import { listen, type ListenOptions } from '#postgres';
import { openTestDatabase } from '#postgres/testing';

export interface TestLedger {
  readonly pool: Pool;
  readonly connection: PoolConfig;
  readonly listen: (options: ListenOptions) => Promise<void>;
  readonly drop: () => Promise<void>;
}

/** A ledger in a database of its own, on the server of this test run. */
export async function openTestLedger(): Promise<TestLedger> {
  const { pool, connection, ...database } = await openTestDatabase();
  return { pool, connection, listen: (options) => listen(connection, options), drop: () => database.close() };
}
