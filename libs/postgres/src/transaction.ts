import type pg from 'pg';

export interface TransactionOptions {
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable';
  readonly readOnly?: boolean;
}

/** The server answered COMMIT with a rollback: a statement had failed and the failure was swallowed. Nothing was written. */
export class TransactionRolledBack extends Error {
  override readonly name = 'TransactionRolledBack';
}

/**
 * Runs the work in one transaction. When it throws, nothing was written; when only the COMMIT fails for want of an answer,
 * it may have been written: the error then has no SQLSTATE.
 */
export async function withTransaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
  const client = await pool.connect();
  // A session that dies between two statements reports it here; the next statement fails, which is what the work sees.
  const ignore = (): void => undefined;
  client.on('error', ignore);
  let unusable = false;
  try {
    await client.query(`begin isolation level ${options.isolation ?? 'read committed'}${options.readOnly === true ? ' read only' : ''}`);
    const result = await work(client);
    const { command } = await client.query('commit');
    if (command !== 'COMMIT') throw new TransactionRolledBack('A statement of the transaction had failed, so the server rolled it back.');
    return result;
  } catch (error) {
    unusable = await rollback(client, error);
    throw error;
  } finally {
    client.off('error', ignore);
    client.release(unusable);
  }
}

/** True where the session must not go back to the pool. */
async function rollback(client: pg.PoolClient, error: unknown): Promise<boolean> {
  // Our own timer ran out: the statement still occupies the session, and a rollback would only queue behind it.
  if (error instanceof Error && error.message === 'Query read timeout') return true;
  try {
    await client.query('rollback');
    return false;
  } catch {
    return true;
  }
}
