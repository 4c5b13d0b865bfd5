import type pg from 'pg';
import type { EventStore } from '#event-store';
import { foreignAgentsStream } from '#ledger';
import type { ProjectionRunner } from '#projections';
import { TablesProgress } from './tables-progress';

export interface Check {
  readonly status: 'up' | 'down';
  readonly detail?: string;
  readonly position?: string;
}

/** A part that says nothing for so long is down: `ready` must be told in 2 s. */
const patienceMs = 1_500;

/** Asks what the service stands on; each check ends in time, whatever hangs. */
export class Health {
  readonly #progress = new TablesProgress();

  constructor(
    private readonly store: EventStore,
    private readonly queries: pg.Pool,
    private readonly runner: ProjectionRunner,
  ) {}

  async check(): Promise<Readonly<Record<'store' | 'projection', Check>>> {
    const [store, projection] = await Promise.all([inTime(this.#store()), inTime(this.#projection())]);
    return { store, projection };
  }

  /** What keeps the tables from showing the ledger, whichever server writes them. @throws whatever the store says */
  async tables(): Promise<{ readonly standStill: boolean; readonly parkedStreams: number }> {
    return { standStill: this.runner.changed !== null || (await this.#standStill()), parkedStreams: parkedStreams(this.runner.parked) };
  }

  async #standStill(): Promise<boolean> {
    return this.#progress.standStill(this.runner.position, await this.store.head());
  }

  async #store(): Promise<Check> {
    // Positions may be read from a mirror; how far a stream goes is asked of the log itself.
    const [position] = await Promise.all([this.store.head(), this.store.streamRevision(foreignAgentsStream)]);
    const { missing } = this.store;
    if (missing) {
      const detail = `The event at position ${missing.position} is missing from the log, or another one is there: it was changed from outside, and nothing is appended to it.`;
      return { status: 'down', position: String(position), detail };
    }
    if (this.store.isBehind) return { status: 'down', position: String(position), detail: 'The mirror of EventStoreDB does not follow it; the log says why.' };
    return { status: 'up', position: String(position) };
  }

  async #projection(): Promise<Check> {
    await this.queries.query('select 1');
    const { state, position, parked, changed } = this.runner;
    if (changed) return { status: 'down', detail: 'The log was changed from outside and the read tables stand still; the log of the service says where.' };
    if (await this.#standStill()) return { status: 'down', position: String(position), detail: 'The read tables stand still though the ledger goes on; the log of the server that writes them says why.' };
    if (state === 'stopped') return { status: 'down', detail: 'The read tables are not kept up.' };
    const streams = parkedStreams(parked);
    const detail = streams > 0 ? { detail: `${streams} ${streams === 1 ? 'stream is' : 'streams are'} parked; the log says why.` } : {};
    return { status: 'up', position: String(position), ...detail };
  }
}

/** Each projection parks a stream on its own. */
const parkedStreams = (parked: ProjectionRunner['parked']): number => new Set(parked.map(({ stream }) => stream)).size;

async function inTime(check: Promise<Check>): Promise<Check> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Check>((resolve) => {
    timer = setTimeout(() => resolve({ status: 'down', detail: `It did not answer in ${patienceMs} ms.` }), patienceMs);
  });
  try {
    // The cause may name hosts and users: it is for the log, not for whoever asks.
    return await Promise.race([check.catch((): Check => ({ status: 'down', detail: 'It does not answer.' })), late]);
  } finally {
    clearTimeout(timer);
  }
}
