import { loadavg } from 'node:os';
import { startBenchServer } from './bench-database';
import { serve } from './child-process';
import type { Figure } from './figure';
import { loadRefreshes } from './load/load';
import { median } from './median';

const job = { agents: 16, sessionsAnAgent: 1_000, warmUpSeconds: 2 } as const;

/** What keeps soft state alive is most of what a ledger is told. */
export const batchFigure: Figure = {
  name: 'P12',
  title: 'refreshes through POST /v1/batch, 16 agents, one connection each',
  async run({ runs, seconds }, tell) {
    const server = await startBenchServer();
    try {
      const rates: number[] = [];
      for (let run = 1; run <= runs; run += 1) {
        const ledger = await server.freshLedger();
        const serving = await serve(['--database-url', ledger.url, '--log-level', 'error']);
        try {
          const { perSecond, generatorCores } = await loadRefreshes({ url: serving.url, ...job, seconds });
          rates.push(perSecond);
          tell(`run ${run}: ${perSecond.toFixed(0)}/s, generator ${generatorCores.toFixed(2)} cores; load average ${loadavg()[0]!.toFixed(1)}`);
        } finally {
          await serving.stop();
          await ledger.close();
        }
      }
      const rate = median(rates);
      const measure = 'refreshes in batches of 1,000, 16 agents';
      return [{ name: 'P12', measure, value: rate, unit: '1/s', ours: rate, anchor: null, goal: { bound: 'at-least', value: 30_000 } }];
    } finally {
      await server.stop();
    }
  },
};
