import fs from 'node:fs';
import path from 'node:path';
import { startEmbeddedPostgres } from './embedded-postgres';
import { migrate } from './migrate';
import { migrationsDirectory } from './migration-files';
import { openPool } from './pool';
import { schemaSnapshot } from './schema-snapshot';

/** `npm run schema:snapshot`: migrates a database of its own and writes what came of it to migrations/schema.sql. */
async function main(): Promise<void> {
  const dataDir = fs.mkdtempSync(path.join('/tmp', 'ledger-snapshot-'));
  const server = await startEmbeddedPostgres({ dataDir });
  try {
    const pool = openPool({ ...server.connection });
    await migrate(pool);
    fs.writeFileSync(path.join(migrationsDirectory(), 'schema.sql'), await schemaSnapshot(pool));
    await pool.end();
  } finally {
    await server.stop();
    fs.rmSync(dataDir, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
