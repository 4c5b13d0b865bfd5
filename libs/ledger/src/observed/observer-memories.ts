import type pg from 'pg';
import type { KeptMemory } from './observer-memory';

/** What the last capture left for the next one, beside the log: without it captures are read as if each were the first. */
export class ObserverMemories {
  constructor(private readonly pool: pg.Pool) {}

  async kept(): Promise<KeptMemory | null> {
    const { rows } = await this.pool.query<{ memory: string }>('select memory from ledger.observer_memory');
    return rows[0] ? (JSON.parse(rows[0].memory) as KeptMemory) : null;
  }

  /** Once what the capture showed is durable. One that was read again, or is older, says nothing of what is known since. */
  async keep(memory: KeptMemory): Promise<void> {
    await this.pool.query(
      `insert into ledger.observer_memory as m (ended_ms, memory) values ($1, $2)
        on conflict (only_one) do update set ended_ms = excluded.ended_ms, memory = excluded.memory where m.ended_ms <= excluded.ended_ms`,
      [memory.endedAt, JSON.stringify(memory)],
    );
  }
}
