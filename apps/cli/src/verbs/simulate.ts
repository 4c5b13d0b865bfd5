import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import type { Cli, Finish } from '../cli';
import { Failure, Interrupted, throwIfInterrupted } from '../exit';
import { type LedgerOptions, withLedger, withLedgerOptions } from '../http/open-ledger';
import type { CaptureReport } from '../ledger-rows';
import { speed, wholeNumber } from '../options';
import { pacedCapture } from '../play';
import { reportLines, reportTabbed } from '../terminal/capture-report';
import { Progress } from '../terminal/progress';
import { byteCount } from '../terminal/text';

interface SimulateOptions extends LedgerOptions {
  readonly seed: number;
  readonly foreignAgents: number;
  readonly mobileNodes: number;
  readonly duration: number;
  readonly pcap?: string;
  readonly speed: number;
  readonly json?: true;
}

export function addSimulate(program: Command, cli: Cli, finish: Finish): void {
  const command = program
    .command('simulate')
    .description('Play a network of correspondent nodes, home agents, foreign agents and mobile nodes in wire format, into a ledger or a capture file.')
    .option('--seed <n>', 'the same seed makes the same bytes', wholeNumber(0, 2 ** 32 - 1), 7)
    .option('--foreign-agents <n>', 'how many', wholeNumber(1, 10_000), 2)
    .option('--mobile-nodes <n>', 'how many', wholeNumber(0, 1_000_000), 50)
    .option('--duration <seconds>', 'of the network’s own time', wholeNumber(0, 10 * 365 * 86_400), 300)
    .option('--pcap <file>', 'write a capture instead of playing into a ledger; - is standard output')
    .option('--speed <n>', 'how fast to play into a ledger: 1 is real time, max as fast as it goes', speed, 1)
    .option('--json', 'the report of the play as one JSON document');
  withLedgerOptions(command)
    .addHelpText(
      'after',
      `
A capture begins at 2026-01-01T00:00:00Z, so that the same seed makes the same bytes; a play begins now.

Examples:
  qos-ledger simulate --seed 7 --mobile-nodes 50 --duration 300 --pcap network.pcap
  qos-ledger simulate --speed 10 --url http://127.0.0.1:7434`,
    )
    .action(async (options: SimulateOptions) => {
      if (options.pcap !== undefined) await writeFile(options, options.pcap, cli);
      else await playIntoLedger(options, cli);
      finish(0);
    });
}

async function writeFile(options: SimulateOptions, file: string, cli: Cli): Promise<void> {
  const { simulate, writeCapture } = await import('#simulator');
  const pieces = writeCapture(simulate(networkOf(options)));
  if (file === '-') {
    if (cli.out.isTerminal) throw new Failure(2, 'A capture is bytes, and standard output is a terminal: name a file, or pipe it on.');
    for (const piece of pieces) {
      throwIfInterrupted(cli.interrupted);
      await cli.out.bytes(piece);
    }
    return;
  }
  let bytes = 0;
  const progress = new Progress(cli.err, file, null);
  const counting = function* (): Generator<Uint8Array> {
    for (const piece of pieces) {
      bytes += piece.length;
      progress.at(bytes);
      yield piece;
    }
  };
  try {
    await pipeline(Readable.from(counting(), { objectMode: false }), createWriteStream(file), { signal: cli.interrupted });
  } catch (error) {
    throwIfInterrupted(cli.interrupted);
    throw new Failure(1, `${file} cannot be written (${(error as NodeJS.ErrnoException).code ?? String(error)}).`);
  } finally {
    progress.end();
  }
  if (options.json) await cli.out.json({ file, bytes });
  else if (cli.out.isTerminal) await cli.out.line(`${file}  ${byteCount(bytes)}`);
}

async function playIntoLedger(options: SimulateOptions, cli: Cli): Promise<void> {
  // Ctrl-C ends the play and the report is shown: what was sent is in the ledger.
  const report = await withLedger(options, { ...cli, interrupted: new AbortController().signal }, async client => {
    if (cli.interrupted.aborted) throw new Interrupted();
    const play = await pacedCapture({ ...networkOf(options), startTimeMs: Date.now() }, options.speed, cli.interrupted);
    return client.postCapture<CaptureReport>(play, { follow: true });
  });
  const name = `seed ${options.seed}`;
  if (options.json) await cli.out.json(report);
  else await cli.out.line((cli.out.isTerminal ? reportLines(name, report, cli.out.columns, cli.colors) : reportTabbed(name, report)).join('\n'));
}

function networkOf(options: SimulateOptions): { seed: number; foreignAgents: number; mobileNodes: number; durationSeconds: number } {
  return { seed: options.seed, foreignAgents: options.foreignAgents, mobileNodes: options.mobileNodes, durationSeconds: options.duration };
}
