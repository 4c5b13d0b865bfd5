import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { importEvents, type RecordedEvent } from '#event-store';
import { startBenchServer, type BenchServer, type FreshLedger } from './bench-database';
import { serve, type Serving } from './child-process';
import { clonesBehind, moved, wholeLog } from './cloned-log';
import type { Figure, Measured } from './figure';
import { load } from './load/load';
import { median } from './median';

const smallLog = 10_000;
const commands = 500;

/** What a command costs must not depend on how much was written before it. */
export const growthFigure: Figure = {
  name: 'P6',
  title: 'one command as the log grows, and the first command of a cold scope with a long stream',
  async run({ runs, events }, tell) {
    const server = await startBenchServer();
    try {
      const grown = await growth(server, runs, events, tell);
      const cold = await coldScope(server, runs, events, tell);
      return [grown, cold];
    } finally {
      await server.stop();
    }
  },
};

type Tell = (line: string) => void;

async function growth(server: BenchServer, runs: number, size: number, tell: Tell): Promise<Measured> {
  const ledger = await server.freshLedger();
  try {
    const small = await withService(ledger, async ({ url }) => {
      // Half of the requests make two events, the other half one.
      const { next } = await load({ urls: [url], warmUpSeconds: 0, seconds: 120, requests: (smallLog * 2) / 3 });
      return oneCaller(url, runs, next);
    });
    const seed = await wholeLog(ledger.store);
    await importEvents(ledger.appends, BigInt(seed.length), clonesBehind(seed, size));
    const large = await withService(ledger, async ({ url }) => {
      const head = await ledger.store.head();
      await reached(url, head);
      tell(`the log has ${head} events, the tables too; load average ${loadavg()[0]!.toFixed(1)}`);
      return oneCaller(url, runs, small.next);
    });
    tell(`one caller: ${small.p50Ms.toFixed(2)} ms at ${seed.length} events, ${large.p50Ms.toFixed(2)} ms at ${Math.max(size, seed.length)}; load average ${loadavg()[0]!.toFixed(1)}`);
    const measure = `one command at ${size} events, p50 (ms); anchor: at ${seed.length}`;
    const goal = { bound: 'at-most', value: 1.3 } as const;
    return { name: 'P6', measure, value: large.p50Ms / small.p50Ms, unit: 'ratio', ours: large.p50Ms, anchor: small.p50Ms, goal };
  } finally {
    await ledger.close();
  }
}

/** Native flows of one scope. */
async function oneCaller(url: string, runs: number, from: number): Promise<{ readonly p50Ms: number; readonly next: number }> {
  const all: number[] = [];
  let next = from + commands;
  for (let run = 0; run < runs; run += 1) {
    const alone = { urls: [url], connections: 1, scopes: 1, collide: false, warmUpSeconds: 1, seconds: 60, requests: commands } as const;
    // The numbers that 64 connections share out are one connection's now.
    const report = await load({ ...alone, from: 64 * next, register: false });
    all.push(report.p50Ms);
    next = Math.ceil(report.next / 64) + 1;
  }
  return { p50Ms: median(all), next };
}

const scope = { foreignAgent: 'fa-cold', careOfAddress: '203.0.113.77' } as const;
const session = { ...scope, mobileNode: 'mn-cold', refreshPeriodMs: 0, flow: { correspondentNode: '192.0.2.200', protocol: 17, destinationPort: 5_004, sourcePort: 4_000 } };

/** One session, modified over and over: its snapshot is small, what stands before it is not. */
async function coldScope(server: BenchServer, runs: number, size: number, tell: Tell): Promise<Measured> {
  const ledger = await server.freshLedger();
  try {
    await withService(ledger, async ({ url }) => {
      await post(url, '/v1/mobile-nodes/mn-cold/registrations', { ...scope, homeAgent: '192.0.2.1', homeAddress: '10.9.9.9', lifetimeSeconds: 36_000 });
      for (const r of [1_000, 2_000]) await post(url, '/v1/qos-sessions', { ...session, tspec: { r, b: 3_000, p: 'Infinity', m: 64, M: 1_500 } });
    });
    const seed = await wholeLog(ledger.store);
    await importEvents(ledger.appends, BigInt(seed.length), modifiedAgain(seed, size));
    const first = await firstCommand(ledger, 0);
    tell(`at the first start ${first.toFixed(0)} ms at ${size} events; load average ${loadavg()[0]!.toFixed(1)}`);
    const latencies: number[] = [];
    for (let run = 1; run <= runs; run += 1) latencies.push(await firstCommand(ledger, run));
    tell(`with its snapshot ${latencies.map((latency) => latency.toFixed(0)).join(', ')} ms; load average ${loadavg()[0]!.toFixed(1)}`);
    const value = median(latencies);
    const { rowCount } = await ledger.queries.query('select from projection.snapshots where stream = $1', [`flowTable-${scope.foreignAgent}@${scope.careOfAddress}`]);
    const fault = rowCount === 1 ? {} : { fault: 'no snapshot was taken' };
    const measure = `first command of a cold scope, a stream of ${size} events and its snapshot`;
    return { name: 'P6-cold', measure, value, unit: 'ms', ours: value, anchor: null, goal: { bound: 'at-most', value: 300 }, ...fault };
  } finally {
    await ledger.close();
  }
}

/** The modification once more, as often as it takes. */
function* modifiedAgain(seed: readonly RecordedEvent[], size: number): Generator<RecordedEvent, void, undefined> {
  const { stream } = seed.find(({ type }) => type === 'QosSessionModified')!;
  const last = seed.findLast((event) => event.stream === stream)!;
  if (last.type !== 'QosSessionModified') throw new Error(`the stream of the cold scope ends with ${last.type}`);
  for (let nth = 1; nth < size; nth += 1) {
    const id = `${nth.toString(16).padStart(8, '0')}${last.id.slice(8)}`;
    yield { ...last, ...moved(last, BigInt(nth)), id, recordedAt: seed.at(-1)!.recordedAt, position: BigInt(seed.length + nth) };
  }
}

/** Of a service that has answered others before. In ms. */
function firstCommand(ledger: FreshLedger, nth: number): Promise<number> {
  return withService(ledger, async ({ url }) => {
    await reached(url, await ledger.store.head());
    await load({ urls: [url], connections: 1, scopes: 1, collide: false, warmUpSeconds: 0, seconds: 30, requests: 200, from: nth * 10_000 });
    const from = performance.now();
    await post(url, '/v1/qos-sessions', { ...session, flow: { ...session.flow, sourcePort: 4_001 + nth } });
    const took = performance.now() - from;
    // A snapshot is written behind the answer.
    await delay(2_000);
    return took;
  });
}

async function post(url: string, path: string, body: object): Promise<void> {
  const answer = await fetch(url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`);
  await answer.arrayBuffer();
}

/** Resolves when the read tables are at the position. */
async function reached(url: string, position: bigint): Promise<void> {
  for (;;) {
    const answer = await fetch(`${url}/v1/foreign-agents?limit=1`);
    await answer.arrayBuffer();
    if (BigInt(answer.headers.get('ledger-position') ?? 0) >= position) return;
    await delay(200);
  }
}

async function withService<T>(ledger: FreshLedger, use: (serving: Serving) => Promise<T>): Promise<T> {
  const serving = await serve(['--database-url', ledger.url, '--log-level', 'error']);
  try {
    return await use(serving);
  } finally {
    await serving.stop();
  }
}
