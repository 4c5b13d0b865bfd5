import path from 'node:path';
import { parseArgs } from 'node:util';
import { testEventStore } from '#event-store/testing';
import { crashTest, type CrashRound } from './crash-test';

/** `npm run crash -- --rounds 100 --seed 7`: a line a round; exit code 1 where a promise was broken. LEDGER_TEST_EVENTSTORE names a node for the log. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '10' }, seed: { type: 'string' } } });
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  console.log(`seed ${seed}`);
  const program = path.resolve(__dirname, '../../../cli/src/main.js');
  const rounds = await crashTest({ program, rounds: Number(values.rounds), seed, eventStore: testEventStore, onRound: tell });
  const faults = rounds.reduce((sum, round) => sum + round.faults.length, 0);
  const slowest = Math.max(...rounds.map(({ backInMs }) => backInMs));
  const acknowledged = rounds.reduce((sum, round) => sum + round.acknowledged, 0);
  console.log(`${rounds.length} rounds, ${acknowledged} commands acknowledged, back in ${slowest} ms at the latest, ${faults} faults (seed ${seed})`);
  process.exitCode = faults > 0 ? 1 : 0;
}

function tell({ round, victim, loadMs, acknowledged, unanswered, events, backInMs, faults }: CrashRound): void {
  console.log(`round ${round}: ${victim} killed after ${loadMs} ms; ${acknowledged} acknowledged, ${unanswered} under way, ${events} events; back in ${backInMs} ms; ${faults.length} faults`);
  for (const fault of faults.slice(0, 20)) console.log(`  ${fault}`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 2;
});
