import type pg from 'pg';
import { snapshotQuery } from './schema-snapshot.queries';
import { withTransaction } from './transaction';

/**
 * The schemas of the ledger as text, from the catalogs and in a fixed order, so that a migration shows in git as a difference. It is
 * read by people; what makes a database is the migrations. Owners are left out, because they differ from server to server.
 */
export async function schemaSnapshot(pool: pg.Pool, schemas: readonly string[] = ['ledger', 'qos']): Promise<string> {
  const rows = await withTransaction(
    pool,
    async (client) => {
      // Nothing but the catalogs is in the path, so every name is written with its schema.
      await client.query(`set local search_path = pg_catalog`);
      return (await client.query<{ object: string; text: string }>(snapshotQuery, [schemas])).rows;
    },
    { readOnly: true },
  );
  const objects = new Map<string, string[]>();
  for (const { object, text } of rows) objects.set(object, [...(objects.get(object) ?? []), text]);
  const parts = [...objects.values()].map((statements) => statements.join('\n'));
  return `-- Written from the migrations by npm run schema:snapshot; not to be edited.\n\n${parts.join('\n\n')}\n`;
}
