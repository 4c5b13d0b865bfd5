import type pg from 'pg';
import type { EventStore } from '#event-store';

export interface Check {
  readonly status: 'up' | 'down';
  readonly detail?: string;
  readonly position?: string;
}

/** A part that says nothing for so long is down: `ready` must be told in 2 s. */
const patienceMs = 1_500;

/** Asks what the service stands on; each check ends in time, whatever hangs. */
export class Health {
  constructor(
    private readonly store: EventStore,
    private readonly reads: pg.Pool,
  ) {}

  async check(): Promise<Readonly<Record<'store' | 'projection', Check>>> {
    const [store, projection] = await Promise.all([inTime(this.#store()), inTime(this.#projection())]);
    return { store, projection };
  }

  async #store(): Promise<Check> {
    return { status: 'up', position: String(await this.store.head()) };
  }

  async #projection(): Promise<Check> {
    await this.reads.query('select 1');
    return { status: 'up' };
  }
}

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
