import { existsSync } from 'node:fs';
import path from 'node:path';
import { EventStoreDbDouble, testEventStore, withOwnStreams } from '#event-store/testing';
import { crashTest, whatWasNotTried, type CrashTestOptions } from './crash-test';

const rounds = Number(process.env['LEDGER_TEST_CRASH_ROUNDS'] ?? 10);

/** The built service: `npm run build` comes before `npm test`. */
const program = path.resolve(process.cwd(), 'dist/apps/cli/src/main.js');

/** How soon it is back is no question for a machine that does much else: `npm run crash` asks it. */
async function expectPromisesKept(options: Pick<CrashTestOptions, 'rounds' | 'eventStore'>): Promise<void> {
  expect(existsSync(program) ? 'built' : 'not built: run npm run build first').toBe('built');
  const seed = Date.now() % 1_000_000;
  const done = await crashTest({ program, seed, backPatienceMs: 60_000, ...options });
  const faults = done.flatMap(({ round, victim, faults: ofRound }) => ofRound.map((fault) => `seed ${seed}, round ${round} (${victim}): ${fault}`));
  expect(faults).toEqual([]);
  expect(whatWasNotTried(done)).toEqual([]);
}

describe('the service under kill -9', () => {
  it(
    'F1 F2 F3 F9 keeps every acknowledged command once, nothing by half, and its tables equal a rebuild',
    () => expectPromisesKept({ rounds, eventStore: testEventStore }),
    60_000 + rounds * 30_000,
  );

  it('F1 F2 F3 F9 does so with its log in EventStoreDB, on a double that keeps what it was told', async () => {
    const double = await new EventStoreDbDouble().start();
    try {
      await expectPromisesKept({ rounds: 3, eventStore: () => withOwnStreams(double.connectionString) });
    } finally {
      double.stop();
    }
  }, 180_000);
});
