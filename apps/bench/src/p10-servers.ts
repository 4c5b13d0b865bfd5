import { loadavg } from 'node:os';
import { startBenchServer, type BenchServer } from './bench-database';
import { serve, type Serving } from './child-process';
import type { Figure } from './figure';
import { load } from './load/load';
import type { LoadReport } from './load/load-job';
import { median } from './median';
import { told } from './p1-commands';

/** Two processes gain what a core gives, and lose what they decide twice. */
export const serversFigure: Figure = {
  name: 'P10',
  title: 'two servers on one store against one, with scopes of their own and with one scope',
  async run({ runs, seconds }, tell) {
    const server = await startBenchServer();
    try {
      const measured: Record<'alone' | 'two' | 'sharedAlone' | 'sharedTwo', LoadReport[]> = { alone: [], two: [], sharedAlone: [], sharedTwo: [] };
      for (let run = 1; run <= runs; run += 1) {
        measured.alone.push(await onServers(server, 1, 64, seconds));
        measured.two.push(await onServers(server, 2, 64, seconds));
        measured.sharedAlone.push(await onServers(server, 1, 1, seconds));
        measured.sharedTwo.push(await onServers(server, 2, 1, seconds));
        const [alone, two, sharedAlone, sharedTwo] = Object.values(measured).map((all) => told(all.at(-1)!));
        tell(`run ${run}: one server ${alone}, two ${two}; one scope: one server ${sharedAlone}, two ${sharedTwo}; load average ${loadavg()[0]!.toFixed(1)}`);
      }
      const middle = (reports: readonly LoadReport[], field: 'perSecond' | 'p99Ms'): number => median(reports.map((report) => report[field]));
      const [rate, alone] = [middle(measured.two, 'perSecond'), middle(measured.alone, 'perSecond')];
      const [p99, p99Alone] = [middle(measured.sharedTwo, 'p99Ms'), middle(measured.sharedAlone, 'p99Ms')];
      const measure = 'two servers, 64 scopes (1/s); anchor: one';
      const shared = 'two servers in one scope, p99 (ms); anchor: one';
      return [
        { name: 'P10', measure, value: rate / alone, unit: 'ratio', ours: rate, anchor: alone, goal: { bound: 'at-least', value: 1 } },
        { name: 'P10-shared', measure: shared, value: p99 / p99Alone, unit: 'ratio', ours: p99, anchor: p99Alone, goal: { bound: 'at-most', value: 3 } },
      ];
    } finally {
      await server.stop();
    }
  },
};

/** 64 connections in turn to each server; with 64 scopes no two servers have one in common. */
async function onServers(server: BenchServer, servers: number, scopes: number, seconds: number): Promise<LoadReport> {
  const ledger = await server.freshLedger();
  const serving: Serving[] = [];
  try {
    while (serving.length < servers) serving.push(await serve(['--database-url', ledger.url, '--log-level', 'error']));
    return await load({ urls: serving.map(({ url }) => url), scopes, seconds });
  } finally {
    await Promise.all(serving.map((each) => each.stop()));
    await ledger.close();
  }
}
