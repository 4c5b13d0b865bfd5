import path from 'node:path';
import { parseArgs } from 'node:util';
import { testEventStore } from '#event-store/testing';
import { crashTest, whatWasNotTried, type CrashRound } from './crash-test';

/**
 * `npm run crash -- --rounds 100 --seed 7`: a line a round; exit code 1 where a promise was broken, or not put to the test.
 * LEDGER_TEST_EVENTSTORE names a node for the log.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '10' }, seed: { type: 'string' } } });
  const count = wholeNumber('rounds', values.rounds, 1);
  const seed = wholeNumber('seed', values.seed ?? String(Date.now() % 1_000_000), 0);
  console.log(`seed ${seed}`);
  const program = path.resolve(__dirname, '../../../cli/src/main.js');
  const rounds = await crashTest({ program, rounds: count, seed, eventStore: testEventStore, onRound: tell });
  const faults = rounds.reduce((sum, round) => sum + round.faults.length, 0);
  const slowest = Math.max(...rounds.map(({ backInMs }) => backInMs));
  const acknowledged = rounds.reduce((sum, round) => sum + round.acknowledged, 0);
  console.log(`${rounds.length} rounds, ${acknowledged} commands acknowledged, back in ${slowest} ms at the latest, ${faults} faults (seed ${seed})`);
  const missing = whatWasNotTried(rounds);
  for (const each of missing) console.log(each);
  process.exitCode = faults > 0 || missing.length > 0 ? 1 : 0;
}

function wholeNumber(name: string, text: string, minimum: number): number {
  const number = /^(0|[1-9][0-9]{0,8})$/.test(text) ? Number(text) : Number.NaN;
  if (number >= minimum) return number;
  throw new Error(`--${name} must be a whole number from ${minimum} on, and is ${text}.`);
}

function tell({ round, victim, loadMs, acknowledged, unanswered, events, backInMs, faults }: CrashRound): void {
  console.log(`round ${round}: ${victim} killed after ${loadMs} ms; ${acknowledged} acknowledged, ${unanswered} under way, ${events} events; back in ${backInMs} ms; ${faults.length} faults`);
  for (const fault of faults.slice(0, 20)) console.log(`  ${fault}`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 2;
});
