import { loadavg } from 'node:os';
import { measureAppends } from './append';
import { emmett, openSnapshot, peerAppends, plainInserts, type AppendPeer } from './append-peers';
import { startBenchServer, type BenchServer, type FreshLedger } from './bench-database';
import type { Figure, Measured, NotMeasured, Result } from './figure';
import { median } from './median';
import { commands } from './p1-commands';

const callers = 32;
/** Its packages state no licence, so nobody but their owner may say that this repository brings them. */
const cannot = 'the anchor, @event-driven-io/emmett-postgresql, has no licence and is not brought: LEDGER_BENCH_EMMETT names an installed one';

/** Rates of one run, in appends or commands a second; null: there is no emmett. */
interface Rates {
  readonly bare: number;
  readonly besideSnapshot: number;
  readonly whole: number;
  readonly inserts: number;
  readonly insertsBesideSnapshot: number;
  readonly emmett: number | null;
  readonly emmettBesideSnapshot: number | null;
}

/** What group commit wins. */
export const appendFigure: Figure = {
  name: 'P2',
  title: `the store's bare append, ${callers} callers, also beside an open snapshot, and whole commands`,
  async run({ runs, seconds }, tell) {
    const server = await startBenchServer();
    try {
      const rates: Rates[] = [];
      for (let run = 1; run <= runs; run += 1) {
        rates.push(await measure(server, seconds));
        const told = Object.entries(rates.at(-1)!).map(([name, rate]) => `${name} ${(rate as number | null)?.toFixed(0) ?? '–'}/s`);
        tell(`run ${run}: ${told.join(', ')}; load average ${loadavg()[0]!.toFixed(1)}`);
      }
      return results(rates);
    } finally {
      await server.stop();
    }
  },
};

async function measure(server: BenchServer, seconds: number): Promise<Rates> {
  const folder = process.env['LEDGER_BENCH_EMMETT'];
  const peer = (make: (ledger: FreshLedger) => Promise<AppendPeer>, snapshot: boolean): Promise<number> =>
    onFresh(server, snapshot, async (ledger) => {
      const made = await make(ledger);
      try {
        return await peerAppends(made, callers, seconds);
      } finally {
        await made.close();
      }
    });
  const ours = (snapshot: boolean): Promise<number> =>
    onFresh(server, snapshot, async ({ store }) => (await measureAppends(store, callers, seconds)).appendsPerSecond);
  const inserts = (ledger: FreshLedger): Promise<AppendPeer> => plainInserts(ledger, callers);
  const theirs = async (snapshot: boolean): Promise<number | null> => (folder === undefined ? null : peer((ledger) => emmett(folder, ledger), snapshot));
  return {
    bare: await ours(false),
    inserts: await peer(inserts, false),
    emmett: await theirs(false),
    besideSnapshot: await ours(true),
    insertsBesideSnapshot: await peer(inserts, true),
    emmettBesideSnapshot: await theirs(true),
    whole: (await commands(server, 64, seconds)).perSecond,
  };
}

async function onFresh(server: BenchServer, snapshot: boolean, work: (ledger: FreshLedger) => Promise<number>): Promise<number> {
  const ledger = await server.freshLedger();
  const reader = snapshot ? await openSnapshot(ledger.queries, 'ledger.events') : null;
  try {
    return await work(ledger);
  } finally {
    await reader?.close();
    await ledger.close();
  }
}

const measures = {
  P2: `bare append, ${callers} callers (1/s)`,
  'P2-snapshot': 'the same beside an open REPEATABLE READ snapshot (1/s)',
  P2b: 'whole commands over HTTP, 64 connections (1/s)',
} as const;
/** Against emmett, and against an INSERT for each event: no goal of the project, only what a store must not cost. */
const goals = { P2: [5, 1], 'P2-snapshot': [4, 1], P2b: [1.5, 0.1] } as const;

function results(rates: readonly Rates[]): readonly Result[] {
  const middle = (name: keyof Rates): number | null => {
    const known = rates.map((each) => each[name]).filter((rate) => rate !== null);
    return known.length === 0 ? null : median(known);
  };
  const row = (name: keyof typeof measures, ours: keyof Rates, theirs: keyof Rates, inserts: keyof Rates): readonly Result[] => {
    const [own, anchor] = [middle(ours)!, middle(theirs)];
    const measure = measures[name];
    return [
      anchor === null ? ({ name, measure, ours: own, cannot } satisfies NotMeasured) : ratio(name, `${measure}; anchor: emmett`, own, anchor, goals[name][0]),
      ratio(`${name}-insert`, `${measure}; anchor: an INSERT for each event`, own, middle(inserts)!, goals[name][1]),
    ];
  };
  return [
    ...row('P2', 'bare', 'emmett', 'inserts'),
    ...row('P2-snapshot', 'besideSnapshot', 'emmettBesideSnapshot', 'insertsBesideSnapshot'),
    ...row('P2b', 'whole', 'emmett', 'inserts'),
  ];
}

const ratio = (name: string, measure: string, ours: number, anchor: number, least: number): Measured => ({
  name, measure, value: ours / anchor, unit: 'ratio', ours, anchor, goal: { bound: 'at-least', value: least },
});
