import { DatabaseNewerThanProgram, DataDirectoryInUse, MigrationMismatch } from '#postgres';
import { ConfigError, readConfig } from './config';
import { startService } from './service';

/** What an operator can mend is told in its one sentence; anything else with where it happened. */
function refuse(error: unknown): never {
  const isOperators = [ConfigError, DataDirectoryInUse, DatabaseNewerThanProgram, MigrationMismatch].some((kind) => error instanceof kind);
  console.error(isOperators ? (error as Error).message : error);
  process.exit(1);
}

async function main(): Promise<void> {
  const service = await startService(readConfig());
  const stop = (): void => void service.close().then(() => process.exit(0), refuse);
  process.once('SIGTERM', stop).once('SIGINT', stop);
}

main().catch(refuse);
