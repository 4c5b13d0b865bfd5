import { loadavg } from 'node:os';
import { startBenchServer, type FreshLedger } from './bench-database';
import { serve } from './child-process';
import type { Figure } from './figure';
import { load } from './load/load';
import { median } from './median';

/** What one caller waits that is alone: nobody shares its commit. */
export const idleCallerFigure: Figure = {
  name: 'P3',
  title: 'one idle caller over HTTP, p50, against a one-row commit from Node',
  async run({ runs, seconds }, tell) {
    const server = await startBenchServer();
    const ledger = await server.freshLedger();
    try {
      const serving = await serve(['--database-url', ledger.url, '--log-level', 'error']);
      const ours: number[] = [];
      const commits: number[] = [];
      try {
        let from = 0;
        for (let run = 1; run <= runs; run += 1) {
          const report = await load({ urls: [serving.url], connections: 1, scopes: 1, collide: false, seconds, from, register: run === 1 });
          from = report.next;
          ours.push(report.p50Ms);
          commits.push(await oneRowCommit(ledger, seconds));
          tell(`run ${run}: p50 ${report.p50Ms.toFixed(2)} ms (p99 ${report.p99Ms.toFixed(2)}), a commit ${commits.at(-1)!.toFixed(2)} ms; load average ${loadavg()[0]!.toFixed(1)}`);
        }
      } finally {
        await serving.stop();
      }
      const [p50, anchor] = [median(ours), median(commits)];
      const measure = 'one caller over HTTP, p50 (ms); anchor: a one-row commit from Node';
      return [{ name: 'P3', measure, value: p50 / anchor, unit: 'ratio', ours: p50, anchor, goal: { bound: 'at-most', value: 2 } }];
    } finally {
      await ledger.close();
      await server.stop();
    }
  },
};

/** p50 in ms, of a table with one key, beside the idle service. */
async function oneRowCommit({ queries }: FreshLedger, seconds: number): Promise<number> {
  const client = await queries.connect();
  try {
    await client.query('create table if not exists public.commits (id bigint primary key, data text not null)');
    const { rows } = await client.query<{ next: string }>('select coalesce(max(id), 0)::text as next from public.commits');
    let id = Number(rows[0]!.next);
    const latencies: number[] = [];
    const until = performance.now() + seconds * 1_000;
    for (let begun = performance.now(); begun < until; begun = performance.now()) {
      await client.query({ name: 'one-row', text: 'insert into public.commits values ($1, $2)', values: [(id += 1), 'x'.repeat(300)] });
      latencies.push(performance.now() - begun);
    }
    return median(latencies);
  } finally {
    client.release();
  }
}
