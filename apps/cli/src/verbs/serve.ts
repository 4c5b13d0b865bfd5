import { once } from 'node:events';
import { DataDirectoryInUse } from '#postgres';
import type { Command } from 'commander';
import pretty from 'pino-pretty';
import type { Cli, Finish } from '../cli';
import { Failure } from '../exit';
import { readServiceConfig, startOwn } from '../http/open-ledger';

interface ServeOptions {
  readonly host?: string;
  readonly port?: string;
  readonly dataDir?: string;
  readonly databaseUrl?: string;
  readonly logLevel?: string;
  readonly json?: true;
}

export function addServe(program: Command, cli: Cli, finish: Finish): void {
  program
    .command('serve')
    .description('Run the ledger: HTTP API, its pages, and the embedded PostgreSQL unless a database is named.')
    .option('--host <address>', 'where to listen (or LEDGER_HOST; 127.0.0.1)')
    .option('--port <n>', 'where to listen, 0 for any free port (or LEDGER_PORT; 7434)')
    .option('--data-dir <folder>', 'where the embedded PostgreSQL lives (or LEDGER_DATA_DIR)')
    .option('--database-url <url>', 'a PostgreSQL of your own (or LEDGER_DATABASE_URL)')
    .option('--log-level <level>', 'fatal, error, warn, info, debug, trace or silent (or LEDGER_LOG_LEVEL)')
    .option('--json', 'one JSON document when it listens; the log goes to standard error')
    .addHelpText('after', '\nStops cleanly at Ctrl-C or SIGTERM: what is in flight is answered first.\n\nExample:\n  qos-ledger serve --port 7434 --data-dir /var/lib/qos-ledger')
    .action(async (options: ServeOptions) => {
      const flags = {
        LEDGER_HOST: options.host,
        LEDGER_PORT: options.port,
        LEDGER_DATA_DIR: options.dataDir,
        LEDGER_DATABASE_URL: options.databaseUrl,
        LEDGER_LOG_LEVEL: options.logLevel,
      };
      const config = await readServiceConfig(flags, cli);
      const service = await startOwn(config, logWriter(options.json ?? false, cli)).catch((error: unknown) => {
        throw error instanceof DataDirectoryInUse ? new Failure(1, error.message) : error;
      });
      try {
        if (options.json) await cli.out.json({ url: service.url, dataDir: config.databaseUrl === null ? config.dataDir : null, pid: process.pid });
        else if (cli.out.isTerminal) await cli.out.line(`\nThe ledger answers at ${cli.colors.bold(service.url)}, its page is ${service.url}/docs. Ctrl-C stops it.\n`);
        if (!cli.interrupted.aborted) await once(cli.interrupted, 'abort');
      } finally {
        await service.close();
      }
      finish(0);
    });
}

/** JSON lines for machines, readable lines for whoever watches. */
function logWriter(toStandardError: boolean, cli: Cli): (line: string) => void {
  const output = toStandardError ? cli.err : cli.out;
  if (!output.isTerminal) return line => output.tell(line);
  const readable = pretty.prettyFactory({ colorize: !cli.env['NO_COLOR'], ignore: 'pid,hostname', translateTime: 'HH:MM:ss' });
  return line => output.tell(readable(line));
}
