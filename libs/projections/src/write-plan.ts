import type { SqlRow, Statement, Write } from './projection';

export interface PlannedStatement {
  readonly statement: Statement;
  readonly rows: readonly SqlRow[];
}

/**
 * Puts the writes of many events into few executions of set-based statements. A write comes one wave after the last write of any
 * of its keys, or in the same wave where the same merging statement takes both; what stands in one wave has no key in common.
 */
export class WritePlan {
  readonly #waves: Map<Statement, SqlRow[]>[] = [];
  readonly #last = new Map<string, { readonly wave: number; readonly statement: Statement }>();

  add(writes: readonly Write[]): void {
    for (const write of writes) this.#add(write);
  }

  get statements(): readonly PlannedStatement[] {
    return this.#waves.flatMap((wave) => [...wave].map(([statement, rows]) => ({ statement, rows })));
  }

  #add({ statement, keys, row }: Write): void {
    let wave = 0;
    for (const key of keys) {
      const last = this.#last.get(key);
      if (last === undefined) continue;
      const together = statement.merges && last.statement === statement;
      wave = Math.max(wave, together ? last.wave : last.wave + 1);
    }
    for (const key of keys) this.#last.set(key, { wave, statement });
    const statements = (this.#waves[wave] ??= new Map<Statement, SqlRow[]>());
    const rows = statements.get(statement);
    if (rows) rows.push(row);
    else statements.set(statement, [row]);
  }
}
