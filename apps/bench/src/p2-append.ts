import { loadavg } from 'node:os';
import type pg from 'pg';
import { measureAppends } from './append';
import { startBenchServer, type BenchServer } from './bench-database';
import type { Figure, NotMeasured } from './figure';
import { median } from './median';
import { commands } from './p1-commands';

const callers = 32;
/** Its packages state no licence, so nobody but their owner may say that this repository brings them. */
const cannot = 'the anchor, @event-driven-io/emmett-postgresql, has no licence: it is not brought';

/** What group commit wins. */
export const appendFigure: Figure = {
  name: 'P2',
  title: `the store's bare append, ${callers} callers, also beside an open snapshot, and whole commands`,
  async run({ runs, seconds }, tell) {
    const server = await startBenchServer();
    try {
      const bare: number[] = [];
      const besideSnapshot: number[] = [];
      const whole: number[] = [];
      for (let run = 1; run <= runs; run += 1) {
        bare.push(await appends(server, seconds, false));
        besideSnapshot.push(await appends(server, seconds, true));
        whole.push((await commands(server, 64, seconds)).perSecond);
        const rates = [bare, besideSnapshot, whole].map((all) => all.at(-1)!.toFixed(0));
        tell(`run ${run}: ${rates[0]}/s, beside a snapshot ${rates[1]}/s, whole commands ${rates[2]}/s; load average ${loadavg()[0]!.toFixed(1)}`);
      }
      const entry = (name: string, measure: string, rates: readonly number[]): NotMeasured => ({ name, measure, ours: median(rates), cannot });
      return [
        entry('P2', `bare append, ${callers} callers (1/s)`, bare),
        entry('P2-snapshot', 'the same beside an open REPEATABLE READ snapshot (1/s)', besideSnapshot),
        entry('P2b', 'whole commands over HTTP, 64 connections (1/s)', whole),
      ];
    } finally {
      await server.stop();
    }
  },
};

async function appends(server: BenchServer, seconds: number, snapshot: boolean): Promise<number> {
  const ledger = await server.freshLedger();
  const reader = snapshot ? await openSnapshot(ledger.queries) : null;
  try {
    return (await measureAppends(ledger.store, callers, seconds)).appendsPerSecond;
  } finally {
    await reader?.query('rollback');
    reader?.release();
    await ledger.close();
  }
}

/** Holds back what vacuum may remove: a store that updates rows slows down beside it. */
async function openSnapshot(pool: pg.Pool): Promise<pg.PoolClient> {
  const reader = await pool.connect();
  await reader.query('begin isolation level repeatable read; set local idle_in_transaction_session_timeout = 0; select count(*) from ledger.events');
  return reader;
}
