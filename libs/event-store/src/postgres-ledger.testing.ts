import { Client, type Pool, type PoolConfig } from 'pg';
import { openTestDatabase } from '#postgres/testing';
import type { Listen } from './postgres-event-store';

export interface TestLedger {
  readonly pool: Pool;
  readonly connection: PoolConfig;
  readonly listen: Listen;
  readonly drop: () => Promise<void>;
}

/** A ledger in a database of its own, on the server of this test run. */
export async function openTestLedger(): Promise<TestLedger> {
  const { pool, connection, ...database } = await openTestDatabase();
  const listen: Listen = async (channel, onNotification) => {
    const client = new Client(connection);
    client.on('error', () => undefined);
    client.on('notification', () => onNotification());
    await client.connect();
    await client.query(`listen ${channel}`);
    return { close: () => client.end() };
  };
  return { pool, connection, listen, drop: () => database.close() };
}
