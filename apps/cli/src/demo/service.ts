import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { DataDirectoryInUse } from '#postgres';
import type { Cli } from '../cli';
import { Failure } from '../exit';
import { readServiceConfig, startOwn } from '../http/open-ledger';

export interface DemoService {
  readonly url: string;
  readonly dataDir: string;
  close(): Promise<void>;
}

/** The whole service on an embedded PostgreSQL, whatever the environment names: a demo touches no ledger but its own. */
export async function startDemoService(options: { readonly dataDir?: string; readonly port: number }, cli: Cli): Promise<DemoService> {
  const temporary = options.dataDir === undefined ? await mkdtemp(path.join(os.tmpdir(), 'qos-ledger-demo-')) : undefined;
  const dataDir = path.resolve(options.dataDir ?? temporary ?? '');
  const remove = async (): Promise<void> => {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    const port = (await isFree(options.port)) ? options.port : 0;
    const flags = { LEDGER_DATA_DIR: dataDir, LEDGER_PORT: String(port), LEDGER_LOG_LEVEL: cli.env['LEDGER_LOG_LEVEL'] || 'error' };
    const config = await readServiceConfig(flags, { ...cli, env: {} });
    const service = await startOwn(config, line => cli.err.tell(line));
    const close = async (): Promise<void> => {
      await service.close();
      await remove();
    };
    return { url: service.url, dataDir, close };
  } catch (error) {
    await remove();
    throw error instanceof DataDirectoryInUse ? new Failure(1, error.message) : error;
  }
}

/** The usual port where nobody has it, so that what the documentation says works as it stands. */
function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
