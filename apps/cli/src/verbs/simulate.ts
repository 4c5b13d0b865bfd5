import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import type { Cli, Finish } from '../cli';
import { Failure, Interrupted, throwIfInterrupted } from '../exit';
import { type LedgerOptions, withLedger, withLedgerOptions } from '../http/open-ledger';
import type { CaptureReport } from '../ledger-rows';
import { type NetworkOptions, networkOf, withNetworkOptions } from '../network-options';
import { speed } from '../options';
import { pacedCapture } from '../play';
import { reportLines, reportTabbed } from '../terminal/capture-report';
import { Progress } from '../terminal/progress';
import { byteCount } from '../terminal/text';
import { type TellTruth, withTruthFile } from '../truth-file';

interface SimulateOptions extends LedgerOptions, NetworkOptions {
  readonly pcap?: string;
  readonly truth?: string;
  readonly speed: number;
  readonly json?: true;
}

export function addSimulate(program: Command, cli: Cli, finish: Finish): void {
  const command = program
    .command('simulate')
    .description('Play a network of correspondent nodes, home agents, foreign agents and mobile nodes in wire format, into a ledger or a capture file.');
  withNetworkOptions(command)
    .option('--pcap <file>', 'write a capture instead of playing into a ledger; - is standard output')
    .option('--truth <file>', 'write what the network really did: sessions with their legs, bindings, handoffs and reboots, as lines of JSON')
    .option('--speed <n>', 'how fast to play into a ledger: 1 is real time, max as fast as it goes', speed, 1)
    .option('--json', 'the report of the play as one JSON document');
  withLedgerOptions(command)
    .addHelpText(
      'after',
      `
A capture begins at 2026-01-01T00:00:00Z, so that the same seed and options make the same bytes; a play begins now.

Examples:
  qos-ledger simulate --seed 7 --mobile-nodes 50 --duration 300 --pcap network.pcap
  qos-ledger simulate --foreign-agents 4 --handoffs 20 --pcap handoffs.pcap --truth handoffs.ndjson
  qos-ledger simulate --loss 0.02 --duplication 0.01 --reordering 0.05 --clock-skew 20 --pcap poor.pcap
  qos-ledger simulate --speed 10 --url http://127.0.0.1:7434`,
    )
    .action(async (options: SimulateOptions) => {
      await withTruthFile(options.truth, tell =>
        options.pcap !== undefined ? writeFile(options, options.pcap, cli, tell) : playIntoLedger(options, cli, tell),
      );
      finish(0);
    });
}

async function writeFile(options: SimulateOptions, file: string, cli: Cli, tell: TellTruth): Promise<void> {
  const { simulate, writeCapture } = await import('#simulator');
  const pieces = writeCapture(simulate(networkOf(options), tell));
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

async function playIntoLedger(options: SimulateOptions, cli: Cli, onTruth: TellTruth): Promise<void> {
  // Ctrl-C ends the play and the report is shown: what was sent is in the ledger.
  const report = await withLedger(options, { ...cli, interrupted: new AbortController().signal }, async client => {
    if (cli.interrupted.aborted) throw new Interrupted();
    const play = await pacedCapture({ ...networkOf(options), startTimeMs: Date.now() }, options.speed, cli.interrupted, { onTruth });
    return client.postCapture<CaptureReport>(play, { follow: true });
  });
  const name = `seed ${options.seed}`;
  if (options.json) await cli.out.json(report);
  else await cli.out.line((cli.out.isTerminal ? reportLines(name, report, cli.out.columns, cli.colors) : reportTabbed(name, report)).join('\n'));
}
