import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PostgresEventStore, type EventStore, type ExpectedRevision } from '#event-store';
import { listen, migrate, openPool, startEmbeddedPostgres } from '#postgres';

/** One event of 300 bytes, exact revision, a stream per caller, fsync on: appends a second and their latencies. */
export interface AppendFigures {
  readonly callers: number;
  readonly appendsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Appends a second in the last quarter over the first: 1 = no decay. */
  readonly lastOverFirstQuarter: number;
}

const data = JSON.stringify({ sessionId: randomUUID(), filler: 'x'.repeat(205) });
const metadata = '{"commandId":"c"}';

export async function measureAppends(store: EventStore, callers: number, seconds: number): Promise<AppendFigures> {
  const latencies: number[] = [];
  const quarters = [0, 0, 0, 0];
  const from = performance.now();
  const until = from + seconds * 1_000;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      const stream = `flowTable-${randomUUID()}`;
      let expected: ExpectedRevision = 'no-stream';
      for (let begun = performance.now(); begun < until; ) {
        const answer = await store.append(stream, expected, [{ id: randomUUID(), type: 'QosSessionConfigured', data, metadata }]);
        if (answer.outcome !== 'appended') throw new Error(`${stream}: ${answer.outcome}`);
        expected = answer.revision;
        const now = performance.now();
        latencies.push(now - begun);
        const quarter = Math.min(3, Math.floor((4 * (now - from)) / (until - from)));
        quarters[quarter] = quarters[quarter]! + 1;
        begun = now;
      }
    }),
  );
  const tookSeconds = (performance.now() - from) / 1_000;
  latencies.sort((a, b) => a - b);
  const quantile = (part: number): number => latencies[Math.floor(latencies.length * part)] ?? Number.NaN;
  return {
    callers,
    appendsPerSecond: latencies.length / tookSeconds,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    lastOverFirstQuarter: quarters[3]! / quarters[0]!,
  };
}

/** `node dist/apps/bench/src/append.js [seconds]`: 1 and 32 callers, each also while a REPEATABLE READ snapshot stays open. */
async function main(seconds: number): Promise<void> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'ledger-bench-'));
  const server = await startEmbeddedPostgres({ dataDir });
  const pool = openPool(server.connection);
  try {
    await migrate(pool);
    const store = new PostgresEventStore({ pool, listen: (options) => listen(server.connection, options) });
    for (const snapshot of [false, true]) {
      const reader = snapshot ? await pool.connect() : undefined;
      await reader?.query('begin isolation level repeatable read; set local idle_in_transaction_session_timeout = 0; select count(*) from ledger.events');
      for (const callers of [1, 32]) console.log(JSON.stringify({ snapshot, ...(await measureAppends(store, callers, seconds)) }));
      await reader?.query('rollback');
      reader?.release();
    }
    await store.close();
  } finally {
    await pool.end();
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

if (require.main === module) void main(Number(process.argv[2] ?? 5));
