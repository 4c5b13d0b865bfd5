import { mkdtempSync, rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import { listen, migrate, openPool, startEmbeddedPostgres, type EmbeddedPostgres } from '#postgres';
import { collect, newEvents, newStream, positions } from './contract-ledger.testing';
import { EventStoreUnavailable, OutcomeUnknown, type AppendResult, type ExpectedRevision, type NewEvent, type RecordedEvent } from './event-store';
import { PostgresEventStore } from './postgres-event-store';

/** A server of its own: it is killed. */
describe('PostgresEventStore on a server that is killed', () => {
  const dataDir = mkdtempSync('/var/tmp/ledger-crash-');
  let server: EmbeddedPostgres;
  let pool: Pool;
  let store: PostgresEventStore;
  const failures = { unavailable: 0, unknown: 0 };

  beforeAll(async () => {
    server = await startEmbeddedPostgres({ dataDir });
    pool = openPool(server.connection);
    await migrate(pool);
    store = new PostgresEventStore({ pool, listen: (options) => listen(server.connection, options) });
  }, 120_000);
  afterAll(async () => {
    await store?.close();
    await pool?.end();
    await server?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }, 60_000);

  /** What every caller does: the same ids at the same expected revision until there is an answer. */
  async function appendForSure(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    for (;;) {
      try {
        return await store.append(stream, expected, events);
      } catch (error) {
        if (error instanceof EventStoreUnavailable) failures.unavailable += 1;
        else if (error instanceof OutcomeUnknown) failures.unknown += 1;
        else throw error;
        await pause(20 + Math.random() * 30);
      }
    }
  }

  it('F2 loses nothing that it acknowledged and writes nothing twice, and a subscriber resumes without gap or repeat', async () => {
    const acknowledged = new Map<bigint, string>();
    let writing = true;
    const writers = Array.from({ length: 24 }, async () => {
      const stream = newStream();
      for (let expected: ExpectedRevision = 'no-stream'; writing; ) {
        const events = newEvents(2);
        const answer = await appendForSure(stream, expected, events);
        if (answer.outcome !== 'appended') throw new Error(`${stream} has no other writer, yet ${answer.actual} is not ${expected}`);
        for (const [index, { id }] of events.entries()) acknowledged.set(answer.position - BigInt(events.length - 1 - index), id);
        expected = answer.revision;
      }
    });
    const seen: RecordedEvent[] = [];
    const abort = new AbortController();
    const subscriber = (async () => {
      while (!abort.signal.aborted) {
        try {
          for await (const batch of store.subscribeAll(seen.at(-1)?.position ?? 0n, abort.signal)) seen.push(...batch);
        } catch (error) {
          expect(error).toBeInstanceOf(EventStoreUnavailable);
          await pause(50);
        }
      }
    })();

    for (let kill = 0; kill < 3; kill += 1) {
      await pause(500);
      const before = acknowledged.size;
      const pid = server.pid();
      process.kill(pid, 'SIGKILL');
      while (server.pid() === pid || acknowledged.size < before + 100) await pause(50);
    }
    writing = false;
    await Promise.all(writers);
    const head = await store.head();
    while ((seen.at(-1)?.position ?? 0n) < head) await pause(50);
    abort.abort();
    await subscriber;

    const stored = await collect(store.readAll());
    expect(failures.unknown + failures.unavailable).toBeGreaterThan(0);
    expect(new Set(stored.map(({ id }) => id)).size).toBe(stored.length);
    expect(acknowledged.size).toBe(stored.length);
    expect(stored.every(({ position, id }) => acknowledged.get(position) === id)).toBe(true);
    expect(positions(stored)).toEqual(stored.map((_, index) => BigInt(index + 1)));
    expect(positions(seen)).toEqual(positions(stored));
  }, 120_000);
});
