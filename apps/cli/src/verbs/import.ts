import { EventStoreUnavailable, ImportRefused, logLine, type RecordedEvent } from '#event-store';
import { DataDirectoryInUse } from '#postgres';
import type { Command } from 'commander';
import type { Cli, Finish } from '../cli';
import { Failure, throwIfInterrupted } from '../exit';
import { flagsOf, readServiceConfig } from '../http/open-ledger';
import { openCapture } from '../input';
import { type LogAtRest, openLogAtRest } from '../log-at-rest';
import { LogLines } from '../log-lines';
import { Progress } from '../terminal/progress';

const ownStreams = 'In EventStoreDB an import needs streams that nobody has written to: another node, or another streamPrefix in LEDGER_EVENT_STORE.';

interface ImportOptions {
  readonly dataDir?: string;
  readonly json?: true;
}

interface ImportReport {
  /** Events of the input that the ledger already had, each compared. */
  readonly compared: number;
  readonly imported: number;
  /** Where the ledger ends now. */
  readonly position: string;
}

export function addImport(program: Command, cli: Cli, finish: Finish): void {
  program
    .command('import')
    .description('Fill an empty ledger with an export, or go on where it ends.')
    .argument('<file>', 'what export wrote; - is standard input')
    .option('--data-dir <folder>', 'the embedded ledger to fill (or LEDGER_DATA_DIR, or LEDGER_DATABASE_URL)')
    .option('--json', 'what it came to as one JSON document')
    .addHelpText(
      'after',
      `
No server may run on the ledger meanwhile. What it already has is compared, event by event; the first difference, gap or bad
line ends the import with exit code 1, and what came before it is kept. An import that was cut is begun again with the same file.

Examples:
  qos-ledger import --data-dir /var/lib/qos-ledger-18 ledger.ndjson
  qos-ledger export --url http://old:7434 | qos-ledger import -
  LEDGER_EVENT_STORE='esdb://node1:2113?tls=false' qos-ledger import ledger.ndjson

In EventStoreDB no stream of the ledger may be there yet, except for what an earlier import of the same file has written.`,
    )
    .action(async (file: string, options: ImportOptions) => {
      const config = await readServiceConfig(flagsOf(options), cli);
      const input = await openCapture(file, cli);
      const log = await openLogAtRest(config, cli, 'to fill').catch((error: unknown) => {
        throw error instanceof DataDirectoryInUse ? new Failure(1, `${error.message} Stop it first: an import needs the ledger at rest.`) : error;
      });
      const progress = new Progress(cli.err, input.name, input.bytes);
      let bytes = 0;
      try {
        const lines = new LogLines(input.stream, cli.interrupted, length => progress.at((bytes += length)));
        const report = await importAll(log, lines).finally(() => progress.end());
        throwIfInterrupted(cli.interrupted);
        if (options.json) await cli.out.json(report);
        else await cli.out.line(`${report.imported} events imported, ${report.compared} were there already; the ledger ends at position ${report.position}.`);
        if (lines.fault !== undefined) throw new Failure(1, lines.fault);
      } finally {
        input.stream.destroy();
        await log.close();
      }
      finish(0);
    });
}

async function importAll(log: LogAtRest, lines: LogLines): Promise<ImportReport> {
  const begin = await log.store.head();
  let compared = 0;
  let position = begin;
  try {
    while (!lines.ended) {
      const part = withoutKnown(log, lines.part(), begin, () => (compared += 1));
      const next = await part.next();
      if (next.done === true) continue;
      if (next.value.position !== position + 1n) {
        throw new ImportRefused(`The ledger ends at position ${position}, and the input goes on with ${next.value.position}.`);
      }
      if (log.isInEventStoreDb && BigInt(compared) !== begin) {
        throw new ImportRefused(`EventStoreDB holds ${begin} events of this ledger: only the whole input that they came from, from position 1 on, goes on there.`);
      }
      position = await log.fill(position, follow(next.value, part));
    }
  } catch (error) {
    if (error instanceof ImportRefused) {
      const end = log.isInEventStoreDb ? await log.store.head().catch(() => position) : position;
      throw new Failure(1, error.message, [`The ledger ends at position ${end}.`, ...(log.isInEventStoreDb ? [ownStreams] : [])]);
    }
    if (error instanceof EventStoreUnavailable) throw new Failure(3, error.message);
    throw error;
  }
  return { compared, imported: Number(position - begin), position: String(position) };
}

/** Compares what the ledger had at the begin, and passes on the rest. */
async function* withoutKnown(log: LogAtRest, events: AsyncIterable<RecordedEvent>, begin: bigint, onCompared: () => void): AsyncGenerator<RecordedEvent> {
  let stored: AsyncIterator<RecordedEvent> | undefined;
  for await (const event of events) {
    if (event.position > begin) {
      yield event;
      continue;
    }
    stored ??= log.store.readAll({ after: event.position - 1n })[Symbol.asyncIterator]();
    const known = await stored.next();
    if (known.done === true || logLine(known.value) !== logLine(event)) {
      throw new ImportRefused(`The event at position ${event.position} is another one in this ledger: they are not of one origin.`);
    }
    onCompared();
  }
}

async function* follow(first: RecordedEvent, rest: AsyncGenerator<RecordedEvent>): AsyncGenerator<RecordedEvent> {
  yield first;
  yield* rest;
}
