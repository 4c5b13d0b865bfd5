import { Readable } from 'node:stream';
import type { Command } from 'commander';
import type { Cli, Finish } from '../cli';
import { Failure } from '../exit';
import type { LedgerClient } from '../http/ledger-client';
import { type LedgerOptions, withLedger, withLedgerOptions } from '../http/open-ledger';
import { type CaptureInput, openCapture } from '../input';
import type { CaptureReport } from '../ledger-rows';
import { reportLines, reportTabbed } from '../terminal/capture-report';
import { Progress } from '../terminal/progress';

interface IngestOptions extends LedgerOptions {
  readonly follow?: true;
  readonly json?: true;
}

export function addIngest(program: Command, cli: Cli, finish: Finish): void {
  const command = program
    .command('ingest')
    .description('Put what captures show into the ledger.')
    .argument('<file...>', 'captures (pcap or pcapng) in the order they were taken; - is standard input')
    .option('--follow', 'the capture is live: judge its flows by the clock while it lasts')
    .option('--json', 'the report of each capture as one JSON document and line');
  withLedgerOptions(command)
    .addHelpText(
      'after',
      `
A capture that the ledger has seen before, or the same messages from another link, append nothing. The exit code is 1 where
a frame could not be read. With --follow, Ctrl-C ends the capture and shows its report.

Examples:
  qos-ledger ingest monday.pcap tuesday.pcap
  tcpdump -i eth0 -U -w - 'udp port 434 or proto 46' | qos-ledger ingest --follow -`,
    )
    .action(async (files: string[], options: IngestOptions) => {
      if (options.follow && files.length > 1) throw new Failure(2, 'Only one capture can be followed at a time.');
      // Whoever follows ends the capture with Ctrl-C, not the verb: what came before is in, and its report is shown.
      const sent = options.follow ? { ...cli, interrupted: new AbortController().signal } : cli;
      const errors = await withLedger(options, sent, async client => {
        let unreadable = 0;
        for (const file of files) unreadable += await ingestFile(await openCapture(file, cli), options, client, cli);
        return unreadable;
      });
      finish(errors > 0 ? 1 : 0);
    });
}

/** Answers how many frames could not be read. */
async function ingestFile(input: CaptureInput, options: IngestOptions, client: LedgerClient, cli: Cli): Promise<number> {
  const follow = options.follow ?? false;
  const progress = new Progress(cli.err, input.name, input.bytes);
  if (follow) endOnInterrupt(input.stream, cli.interrupted);
  try {
    const body = Readable.from(watched(input.stream, progress, follow ? cli.interrupted : undefined), { objectMode: false });
    const report = await client.postCapture<CaptureReport>(body, { follow });
    // Whoever looks next sees all of it. Tables that stay behind keep nothing from being ingested.
    await client.get('/v1/events', { direction: 'backwards', limit: 1, minPosition: report.position }).catch(() => undefined);
    progress.end();
    if (options.json) await cli.out.json(report);
    else await cli.out.line((cli.out.isTerminal ? reportLines(input.name, report, cli.out.columns, cli.colors) : reportTabbed(input.name, report)).join('\n'));
    return report.errorCount;
  } catch (error) {
    // A file that is no capture is found, not wrong use; of several the sentence says which.
    if (error instanceof Failure) throw new Failure(error.exitCode === 3 ? 3 : 1, `${input.name}: ${error.message}`, error.facts, { cause: error });
    throw error;
  } finally {
    progress.end();
    input.stream.destroy();
  }
}

function endOnInterrupt(stream: Readable, interrupted: AbortSignal): void {
  if (interrupted.aborted) stream.destroy();
  else interrupted.addEventListener('abort', () => stream.destroy(), { once: true });
}

async function* watched(stream: Readable, progress: Progress, ends?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0;
  try {
    for await (const chunk of stream) {
      yield chunk as Uint8Array;
      bytes += (chunk as Uint8Array).length;
      progress.at(bytes);
    }
  } catch (error) {
    // Destroyed because the person who follows has seen enough: that is the end of the capture.
    if (!ends?.aborted) throw error;
  }
}
