import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ledgerParts, type LedgerParts } from '#ledger';
import { ProjectionRunner } from '#projections';
import { decodeCapture } from '#signalling';
import { simulate, writeCapture } from '#simulator';
import { startBenchServer, type BenchServer, type FreshLedger } from './bench-database';
import { CannotMeasure, type Figure, type Measured } from './figure';
import { median } from './median';
import type { BenchOptions } from './options';
import { appendAgain, RecordingStore } from './recorded-appends';

/** Nothing but signalling: the real ingest into a real PostgreSQL, projections running as in the service, beside its two parts alone. */
export const ingestFigure: Figure = {
  name: 'D2',
  title: 'ingest of signalling alone, against the decoder alone and the store alone',
  async run(options, tell) {
    const folder = await mkdtemp(path.join(tmpdir(), 'qos-ledger-bench-'));
    const file = path.join(folder, 'signalling.pcap');
    const { mobileNodes } = options;
    await writeFile(file, writeCapture(simulate({ mobileNodes, foreignAgents: 4, durationSeconds: 300, dataPacketsPerSecond: 0 })));
    const server = await startBenchServer();
    try {
      return await measure(file, server, options, tell);
    } finally {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

type Tell = (line: string) => void;

async function measure(file: string, server: BenchServer, { runs, mobileNodes }: BenchOptions, tell: Tell): Promise<readonly Measured[]> {
  const decodes: number[] = [];
  const ingests: number[] = [];
  const stores: number[] = [];
  const logs = new Set<number>();
  for (let run = 1; run <= runs; run += 1) {
    const decoded = await decodeAlone(file);
    const ingested = await withLedger(server, (ledger) => ingest(file, ledger));
    const stored = await withLedger(server, ({ store }) => appendAgain(store, ingested.batches));
    decodes.push(decoded.seconds);
    ingests.push(ingested.seconds);
    stores.push(stored);
    const { batches, frames } = ingested;
    const events = batches.flat().reduce((sum, append) => sum + append.events.length, 0);
    logs.add(events);
    if (events === 0) throw new CannotMeasure('the capture led to no event');
    tell(
      `run ${run}: ${frames} frames, ${decoded.messages} messages, ${events} events in ${batches.length} commits; ` +
        `ingest ${ingested.seconds.toFixed(2)} s, decoder alone ${decoded.seconds.toFixed(2)} s, store alone ${stored.toFixed(2)} s`,
    );
  }
  const [decode, whole, store] = [median(decodes), median(ingests), median(stores)];
  const what = `ingest of ${mobileNodes} nodes' signalling`;
  // The same bytes make the same history, or what was timed was not the same work.
  const fault = logs.size === 1 ? {} : { fault: `the same capture made logs of ${[...logs].join(', ')} events` };
  const entry = { unit: 'ratio', anchor: whole, ...fault } as const;
  return [
    {
      ...entry,
      name: 'D2',
      measure: `decoder's share of the ${what}; anchor: the ingest (s)`,
      value: decode / whole,
      ours: decode,
      goal: { bound: 'at-most', value: 0.25 },
    },
    {
      ...entry,
      name: 'D2-store',
      measure: `store's share of the ${what}; anchor: the ingest (s)`,
      value: store / whole,
      ours: store,
      goal: { bound: 'at-least', value: 0.5 },
    },
  ];
}

async function decodeAlone(file: string): Promise<{ readonly seconds: number; readonly messages: number }> {
  const from = performance.now();
  let messages = 0;
  for await (const results of decodeCapture(createReadStream(file))) messages += results.length;
  return { seconds: (performance.now() - from) / 1_000, messages };
}

interface Ingested {
  /** Until everything is durable. */
  readonly seconds: number;
  readonly frames: number;
  readonly batches: RecordingStore['batches'];
}

async function ingest(file: string, { store, queries, connection }: FreshLedger): Promise<Ingested> {
  const recording = new RecordingStore(store);
  const runner = new ProjectionRunner({ store, pool: queries, connection });
  runner.start();
  const parts = ledgerParts({ store: recording, pool: queries, runner });
  await parts.mailboxes.open();
  const failures: unknown[] = [];
  parts.process.start((error) => failures.push(error));
  try {
    const from = performance.now();
    const report = await parts.ingest.ingest(createReadStream(file), { actor: 'bench' });
    const seconds = (performance.now() - from) / 1_000;
    if (failures.length > 0) throw failures[0];
    return { seconds, frames: report.frames, batches: recording.batches };
  } finally {
    await closeParts(parts);
    await runner.stop();
  }
}

async function closeParts({ process, mailboxes }: LedgerParts): Promise<void> {
  await process.stop();
  await mailboxes.close();
}

async function withLedger<T>(server: BenchServer, use: (ledger: FreshLedger) => Promise<T>): Promise<T> {
  const ledger = await server.freshLedger();
  try {
    return await use(ledger);
  } finally {
    await ledger.close();
  }
}
