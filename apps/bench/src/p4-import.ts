import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { logLine, type RecordedEvent } from '#event-store';
import { startBenchServer, type BenchServer } from './bench-database';
import { ledgerProgram, runProgram, serve } from './child-process';
import { clonesBehind, wholeLog } from './cloned-log';
import type { Figure } from './figure';
import { load } from './load/load';
import { median } from './median';

/** `qos-ledger import` as a user runs it, beside the COPY that it cannot be faster than. */
export const importFigure: Figure = {
  name: 'P4',
  title: '`import` of an export against raw COPY of the same events into a table with the same indexes',
  async run({ runs, events }, tell) {
    const folder = await mkdtemp(path.join(tmpdir(), 'qos-ledger-bench-'));
    const server = await startBenchServer();
    try {
      const files = { lines: path.join(folder, 'log.ndjson'), copy: path.join(folder, 'log.copy') };
      await writeLog(server, files, events);
      const imports: number[] = [];
      const copies: number[] = [];
      for (let run = 1; run <= runs; run += 1) {
        imports.push(await importFile(server, files.lines));
        copies.push(await copyFile(server, files.copy));
        tell(`run ${run}: import ${imports.at(-1)!.toFixed(1)} s, COPY ${copies.at(-1)!.toFixed(1)} s; load average ${loadavg()[0]!.toFixed(1)}`);
      }
      const [ours, anchor] = [events / median(imports), events / median(copies)];
      const measure = `import of ${events} events (1/s); anchor: raw COPY`;
      return [{ name: 'P4', measure, value: ours / anchor, unit: 'ratio', ours, anchor, goal: { bound: 'at-least', value: 0.5 } }];
    } finally {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function writeLog(server: BenchServer, files: { readonly lines: string; readonly copy: string }, size: number): Promise<void> {
  const ledger = await server.freshLedger();
  const serving = await serve(['--database-url', ledger.url, '--log-level', 'error']);
  await load({ urls: [serving.url], warmUpSeconds: 0, seconds: 60, requests: Math.min(5_000, size) }).finally(() => serving.stop());
  const seed = await wholeLog(ledger.store);
  await ledger.close();
  const [lines, copy] = await Promise.all([open(files.lines, 'w'), open(files.copy, 'w')]);
  let texts = ['', ''];
  const flush = async (): Promise<void> => {
    await Promise.all([lines.write(texts[0]!), copy.write(texts[1]!)]);
    texts = ['', ''];
  };
  const add = async (event: RecordedEvent): Promise<void> => {
    texts[0] += `${logLine(event)}\n`;
    texts[1] += `${copyLine(event)}\n`;
    if (texts[0]!.length > 1_000_000) await flush();
  };
  for (const event of seed.slice(0, size)) await add(event);
  for (const event of clonesBehind(seed, size)) await add(event);
  await flush();
  await Promise.all([lines.close(), copy.close()]);
}

/** COPY's text format. */
function copyLine({ position, revision, recordedAt, id, stream, type, data, metadata }: RecordedEvent): string {
  return [position, revision, recordedAt, id, stream, type, data.replaceAll('\\', '\\\\'), metadata.replaceAll('\\', '\\\\')].join('\t');
}

/** In seconds, its start included. */
async function importFile(server: BenchServer, file: string): Promise<number> {
  const ledger = await server.freshLedger();
  try {
    const { seconds, exitCode } = await runProgram('env', [`LEDGER_DATABASE_URL=${ledger.url}`, process.execPath, ledgerProgram, 'import', file]);
    if (exitCode !== 0) throw new Error(`the import ended with ${exitCode}`);
    return seconds;
  } finally {
    await ledger.close();
  }
}

async function copyFile(server: BenchServer, file: string): Promise<number> {
  const ledger = await server.freshLedger();
  const client = await ledger.queries.connect();
  try {
    await client.query('create table public.raw_events (like ledger.events including all); set statement_timeout = 0');
    const from = performance.now();
    await pipeline(createReadStream(file), client.query(copyFrom('copy public.raw_events from stdin')));
    return (performance.now() - from) / 1_000;
  } finally {
    client.release(true);
    await ledger.close();
  }
}
