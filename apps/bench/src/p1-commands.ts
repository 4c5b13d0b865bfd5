import { loadavg } from 'node:os';
import { startBenchServer, type BenchServer } from './bench-database';
import { serve, serveBare } from './child-process';
import type { Figure, Measured } from './figure';
import { load } from './load/load';
import type { LoadReport } from './load/load-job';
import { median } from './median';

/** What deciding, durability and projections cost, beside HTTP and validation, which are there either way. */
export const commandsFigure: Figure = {
  name: 'P1',
  title: '`POST /v1/qos-sessions` over 64 connections, half collisions, against the same app without a ledger',
  async run({ runs, seconds }, tell) {
    const server = await startBenchServer();
    try {
      const measured: Measured[] = [];
      for (const [name, scopes] of [['P1', 64], ['P1-scope', 1]] as const) {
        const ours: LoadReport[] = [];
        const bare: LoadReport[] = [];
        for (let run = 1; run <= runs; run += 1) {
          ours.push(await commands(server, scopes, seconds));
          bare.push(await withoutLedger(scopes, seconds));
          tell(`${name} run ${run}: ours ${told(ours.at(-1)!)}; without a ledger ${told(bare.at(-1)!)}; load average ${loadavg()[0]!.toFixed(1)}`);
        }
        measured.push(ratio(name, scopes, ours, bare));
      }
      return measured;
    } finally {
      await server.stop();
    }
  },
};

function ratio(name: string, scopes: number, ours: readonly LoadReport[], bare: readonly LoadReport[]): Measured {
  const [rate, anchor] = [median(ours.map(({ perSecond }) => perSecond)), median(bare.map(({ perSecond }) => perSecond))];
  const uneven = ours.find(({ collided }) => Math.abs(collided - 0.5) > 0.02);
  const measure = `configure, ${scopes === 1 ? '1 scope' : `${scopes} scopes`}, 64 connections (1/s); anchor: the same app without ledger`;
  const fault = uneven === undefined ? {} : { fault: `${(uneven.collided * 100).toFixed(0)} % collided, not half` };
  return { name, measure, value: rate / anchor, unit: 'ratio', ours: rate, anchor, goal: { bound: 'at-least', value: 0.6 }, ...fault };
}

/** Whole commands, durable and projected, on a ledger of their own. */
export async function commands(server: BenchServer, scopes: number, seconds: number): Promise<LoadReport> {
  const ledger = await server.freshLedger();
  try {
    const serving = await serve(['--database-url', ledger.url, '--log-level', 'error']);
    try {
      return await load({ urls: [serving.url], scopes, seconds });
    } finally {
      await serving.stop();
    }
  } finally {
    await ledger.close();
  }
}

async function withoutLedger(scopes: number, seconds: number): Promise<LoadReport> {
  const serving = await serveBare();
  try {
    return await load({ urls: [serving.url], scopes, seconds, register: false });
  } finally {
    await serving.stop();
  }
}

export function told({ perSecond, p50Ms, p99Ms, generatorCores }: LoadReport): string {
  return `${perSecond.toFixed(0)}/s (p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, generator ${generatorCores.toFixed(2)} cores)`;
}
