import { once } from 'node:events';
import type { Command } from 'commander';
import type { Cli, Finish } from '../cli';
import { conclude } from '../demo/conclusion';
import { type Played, playNetwork } from '../demo/play-network';
import { PlainShow } from '../demo/plain-show';
import { DemoScreen } from '../demo/screen';
import { startDemoService } from '../demo/service';
import { noShow } from '../demo/show';
import { Failure, Interrupted } from '../exit';
import { LedgerClient } from '../http/ledger-client';
import { speed, wholeNumber } from '../options';
import { counted } from '../terminal/text';

interface DemoOptions {
  readonly dataDir?: string;
  readonly port: number;
  readonly seed: number;
  readonly foreignAgents: number;
  readonly mobileNodes: number;
  readonly duration: number;
  readonly speed: number;
  readonly exit?: true;
  readonly json?: true;
}

export function addDemo(program: Command, cli: Cli, finish: Finish): void {
  program
    .command('demo')
    .description('Start a ledger, play a simulated network into it and watch collisions being cured. Nothing else is needed, and nothing is left behind.')
    .option('--data-dir <folder>', 'keep the demo’s ledger there; a temporary folder otherwise')
    .option('--port <n>', 'where the API answers, where that port is free', wholeNumber(0, 65_535), 7434)
    .option('--seed <n>', 'the same seed plays the same network', wholeNumber(0, 2 ** 32 - 1), 7)
    .option('--foreign-agents <n>', 'how many', wholeNumber(1, 10), 2)
    .option('--mobile-nodes <n>', 'how many', wholeNumber(2, 10_000), 24)
    .option('--duration <seconds>', 'of the network’s own time', wholeNumber(1, 86_400), 300)
    .option('--speed <n>', 'how fast: 1 is real time, max as fast as it goes', speed, 12)
    .option('--exit', 'end when the play is over instead of staying until Ctrl-C; 0 where collisions were cured')
    .option('--json', 'one JSON document when the play is over')
    .addHelpText('after', '\nExamples:\n  qos-ledger demo\n  qos-ledger demo --exit --speed max')
    .action(async (options: DemoOptions) => {
      if (!options.json) await cli.out.line(cli.colors.dim('Starting PostgreSQL and the ledger …'));
      await cli.out.flush();
      const service = await startDemoService(options, cli);
      try {
        await run(service.url, options, cli);
      } finally {
        await service.close();
      }
      finish(0);
    });
}

async function run(url: string, options: DemoOptions, cli: Cli): Promise<void> {
  if (cli.interrupted.aborted) throw new Interrupted();
  // Ctrl-C ends the play; what looks at the ledger afterwards must still be able to.
  const client = new LedgerClient(new URL(url), new AbortController().signal);
  const played = await play(client, options, cli);
  const { report, snapshot } = played;
  if (options.json) await cli.out.json({ url, report, cures: snapshot.cures, handoffs: snapshot.handoffs, foreignAgents: snapshot.tables });
  else await conclude(played, url, cli);
  if (cli.interrupted.aborted) return;
  if (report.errorCount > 0) throw new Failure(1, `${counted(report.errorCount, 'frame')} of the play could not be read.`);
  if (snapshot.cures.length === 0) throw new Failure(1, 'The play is over and no collision was cured: more nodes or a longer play have some.');
  if (options.exit) return;
  if (!options.json) await cli.out.line(`The ledger stays until ${cli.colors.bold('Ctrl-C')}.`);
  await cli.out.flush();
  if (!cli.interrupted.aborted) await once(cli.interrupted, 'abort');
}

async function play(client: LedgerClient, options: DemoOptions, cli: Cli): Promise<Played> {
  const { seed, foreignAgents, mobileNodes, duration: durationSeconds, speed: pace } = options;
  const startTimeMs = Date.now();
  const show = options.json ? noShow : cli.out.isTerminal ? new DemoScreen(cli) : new PlainShow(cli, startTimeMs);
  if (show instanceof PlainShow) {
    await cli.out.line(`The ledger answers at ${client.url.origin}; ${counted(foreignAgents, 'foreign agent')} and ${counted(mobileNodes, 'mobile node')} play, seed ${seed}.`);
  }
  try {
    return await playNetwork(client, { seed, foreignAgents, mobileNodes, durationSeconds, startTimeMs, speed: pace }, show, cli.interrupted);
  } finally {
    await show.close();
  }
}
