import { existsSync } from 'node:fs';
import path from 'node:path';
import { crashTest } from './crash-test';

const rounds = Number(process.env['LEDGER_TEST_CRASH_ROUNDS'] ?? 10);

/** The built service: `npm run build` comes before `npm test`. */
const program = path.resolve(process.cwd(), 'dist/apps/cli/src/main.js');

describe('the service under kill -9', () => {
  it(
    'F1 F2 F3 F9 keeps every acknowledged command once, nothing by half, and its tables equal a rebuild',
    async () => {
      expect(existsSync(program) ? 'built' : 'not built: run npm run build first').toBe('built');
      const seed = Date.now() % 1_000_000;
      const done = await crashTest({ program, rounds, seed });
      const faults = done.flatMap(({ round, victim, faults: ofRound }) => ofRound.map((fault) => `seed ${seed}, round ${round} (${victim}): ${fault}`));
      expect(faults).toEqual([]);
      expect(done.map(({ victim }) => victim)).toEqual(expect.arrayContaining(['service', 'postgres']));
      expect(Math.min(...done.map(({ acknowledged }) => acknowledged))).toBeGreaterThan(0);
    },
    60_000 + rounds * 30_000,
  );
});
