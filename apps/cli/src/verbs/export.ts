import { logLine } from '#event-store';
import { readLock } from '#postgres';
import type { Command } from 'commander';
import type { Cli, Finish } from '../cli';
import { Failure, throwIfInterrupted } from '../exit';
import { flagsOf, type LedgerOptions, readServiceConfig, withLedger, withLedgerOptions } from '../http/open-ledger';
import { openLogAtRest } from '../log-at-rest';
import { position } from '../options';

interface ExportOptions extends LedgerOptions {
  readonly after?: string;
  readonly json?: true;
}

export function addExport(program: Command, cli: Cli, finish: Finish): void {
  const command = program
    .command('export')
    .description('Write the log to standard output, for import: positions, ids, times and bytes as they are.')
    .option('--after <position>', 'only what is behind this position, to go on with an export', position)
    .option('--json', 'as always here: one JSON document an event and line');
  withLedgerOptions(command)
    .addHelpText(
      'after',
      `
From a server that runs, or from the data directory of one that does not. Ends where the ledger ended when it began.

Examples:
  qos-ledger export > ledger.ndjson
  qos-ledger export --after "$(tail -1 ledger.ndjson | jq -r .position)" >> ledger.ndjson`,
    )
    .action(async (options: ExportOptions) => {
      if (await isServed(options, cli)) {
        await withLedger(options, cli, async client => {
          for await (const piece of client.bytes('/v1/export', { after: options.after })) await cli.out.bytes(piece);
        });
      } else await exportAtRest(options, cli);
      finish(0);
    });
}

/** Whether a server is named, or runs on the data directory. */
export async function isServed(options: LedgerOptions, cli: Cli): Promise<boolean> {
  if (options.url !== undefined || (options.dataDir === undefined && cli.env['LEDGER_URL'])) return true;
  const config = await readServiceConfig(flagsOf(options), cli);
  return config.databaseUrl === null && readLock(config.dataDir) !== undefined;
}

async function exportAtRest(options: ExportOptions, cli: Cli): Promise<void> {
  const log = await openLogAtRest(await readServiceConfig(flagsOf(options), cli), cli, 'to read');
  try {
    const after = BigInt(options.after ?? 0);
    const head = await log.store.head();
    // As the server answers: whoever goes on with an export that is longer than the ledger has another one, or an older one.
    if (after > head) throw new Failure(1, `The ledger ends at position ${head}.`);
    // A server may go on writing behind it, where the database is not the embedded one.
    for await (const event of log.store.readAll({ after, limit: Number(head - after) })) {
      throwIfInterrupted(cli.interrupted);
      await cli.out.line(logLine(event));
    }
  } finally {
    await log.close();
  }
}
