import pg from 'pg';
import { textArray } from '#event-store';
import { sessionConfig, type ConnectionTarget } from '#postgres';
import type { Checkpoint } from './log-changed';
import type { Statement } from './projection';
import { fencedState, sessionFunction } from './session-function';
import type { PlannedStatement } from './write-plan';

/** Which set of read tables, and which making of it: a rebuild fills another version in another schema beside the old one. */
export interface TableSet {
  readonly name: string;
  readonly version: number;
  readonly schema: string;
  /** NOTIFY of the checkpoint; null for a set that nobody reads yet. */
  readonly channel: string | null;
}

export const checkpointChannel = 'ledger_checkpoint';
export const readTables: TableSet = { name: 'read_tables', version: 1, schema: 'projection', channel: checkpointChannel };

const firstPlanAgainAt = 500;

/** Another runner moved the checkpoint: this one is outdated, whatever it believes of its lock. */
export class Fenced extends Error {
  override readonly name = 'Fenced';
}

/**
 * The one connection of a runner: lock and rows in one session, so that who lost the lock cannot write. A transaction is one round
 * trip, however many tables it writes; where it needs more than statements, statements are pipelined.
 */
export class ProjectionSession {
  readonly #client: pg.Client;
  readonly #set: TableSet;
  /** Those that the session's function knows, by name. */
  readonly #known = new Map<string, Statement>();
  #rowsWritten = 0;
  #planAgainAt = firstPlanAgainAt;

  private constructor(client: pg.Client, set: TableSet) {
    this.#client = client;
    this.#set = set;
  }

  /** @param onLost called once when the connection breaks */
  static async open(target: ConnectionTarget, set: TableSet, onLost: (error: Error) => void): Promise<ProjectionSession> {
    const client = new pg.Client({ ...sessionConfig(target, { applicationName: 'qos-ledger projections' }), pipeline: true });
    client.on('error', onLost);
    client.on('end', () => onLost(new Error('The connection ended.')));
    try {
      await client.connect();
    } catch (error) {
      // `pg` keeps the socket where the server refused the session.
      void client.end().catch(() => undefined);
      throw error;
    }
    // Rows lost with a crash of PostgreSQL are lost together with the checkpoint, and made again from the log.
    // Every statement finds a handful of rows by key. Its plan is made once, perhaps while the tables are empty: no scan may come of that.
    await client.query(`set search_path to ${client.escapeIdentifier(set.schema)}; set synchronous_commit to off; set timezone to 'UTC';
      set jit to off; set plan_cache_mode to force_generic_plan; set enable_seqscan to off; set enable_hashjoin to off; set enable_mergejoin to off`);
    return new ProjectionSession(client, set);
  }

  /**
   * Tried again and again instead of waited for: a statement that waits holds a snapshot, and would keep dead rows from being
   * cleared for as long as this server stands by.
   */
  async tryLock(): Promise<boolean> {
    const { name, version, schema } = this.#set;
    const sql = 'select pg_try_advisory_lock(hashtextextended($1, 0)) as locked';
    const { rows } = await this.#client.query<{ locked: boolean }>(sql, [`projection ${schema} ${name} ${version}`]);
    return rows[0]!.locked;
  }

  async checkpoint(): Promise<Checkpoint> {
    const key = [this.#set.name, this.#set.version];
    await this.#client.query('insert into checkpoints (projection, version, position) values ($1, $2, 0) on conflict do nothing', key);
    const { rows } = await this.#client.query<{ position: string; event_id: string | null }>(
      'select position::text, case when event_position = position then event_id end as event_id from checkpoints where projection = $1 and version = $2',
      key,
    );
    return { position: BigInt(rows[0]!.position), eventId: rows[0]!.event_id };
  }

  /**
   * The statements, in order, and the checkpoint, in one transaction.
   * @throws Fenced; whatever PostgreSQL says. Nothing is written then
   */
  async apply(from: bigint, { position: to, eventId }: Checkpoint, statements: readonly PlannedStatement[]): Promise<void> {
    await this.#know(statements);
    const names = textArray(statements.map(({ statement }) => statement.name));
    const rows = textArray(statements.map((planned) => JSON.stringify(planned.rows)));
    const values = [this.#set.name, this.#set.version, from, to, eventId, this.#set.channel, names, rows];
    try {
      await this.#client.query({ name: 'apply', text: 'select pg_temp.apply($1, $2, $3, $4, $5, $6, $7, $8)', values });
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== fencedState) throw error;
      throw new Fenced(`The checkpoint is not at ${from} any more.`);
    }
    await this.#planAgain(statements);
  }

  /**
   * Where tables were empty when a plan was made it walks them as a whole, and goes on so while they grow; what autovacuum learns of them
   * corrects that, a minute later. So plans are made again whenever four times as much was written.
   */
  async #planAgain(statements: readonly PlannedStatement[]): Promise<void> {
    this.#rowsWritten += statements.reduce((sum, { rows }) => sum + rows.length, 0);
    if (this.#rowsWritten < this.#planAgainAt) return;
    this.#planAgainAt = 4 * this.#rowsWritten;
    await this.#client.query('discard plans');
  }

  /** A projection's statements are met one after the other, all of them soon. */
  async #know(statements: readonly PlannedStatement[]): Promise<void> {
    const unknown = statements.filter(({ statement }) => this.#known.get(statement.name) !== statement);
    if (unknown.length === 0 && this.#known.size > 0) return;
    for (const { statement } of unknown) this.#known.set(statement.name, statement);
    await this.#client.query(sessionFunction(this.#known.values()));
  }

  /**
   * Rows and checkpoint in one transaction. The checkpoint goes first: its row keeps a rival out until the commit.
   * @throws Fenced; whatever PostgreSQL says. Nothing is written then
   */
  async transaction(from: bigint, to: Checkpoint, work: () => Promise<unknown>): Promise<void> {
    const begun = this.#client.query('begin');
    const moved = this.#move(from, to);
    const worked = work();
    const [, , worksResult] = await Promise.allSettled([begun, moved, worked]);
    try {
      if (!(await moved)) throw new Fenced(`The checkpoint is not at ${from} any more.`);
      if (worksResult.status === 'rejected') throw worksResult.reason;
      const { command } = await this.#client.query('commit');
      if (command !== 'COMMIT') throw new Error('PostgreSQL rolled the transaction back.');
    } catch (error) {
      // A session that cannot even roll back fails at its next statement.
      await this.#client.query('rollback').catch(() => undefined);
      throw error;
    }
  }

  /** The statements, in order; the first failure is thrown once all have been answered. */
  async execute(statements: readonly PlannedStatement[]): Promise<void> {
    const answers = statements.map(({ statement, rows }) =>
      this.#client.query({ name: statement.name, text: statement.sql, values: [JSON.stringify(rows)] }),
    );
    const settled = await Promise.allSettled(answers);
    const failed = settled.find((answer) => answer.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** Work that may fail without the transaction around it. */
  async savepoint(work: () => Promise<void>): Promise<void> {
    await this.#client.query('savepoint attempt');
    try {
      await work();
      await this.#client.query('release savepoint attempt');
    } catch (error) {
      await this.#client.query('rollback to savepoint attempt');
      throw error;
    }
  }

  async query<Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[]): Promise<readonly Row[]> {
    const { rows } = await this.#client.query<Row>(sql, [...values]);
    return rows;
  }

  /** Gives the lock back with the connection. */
  async close(): Promise<void> {
    this.#client.removeAllListeners('end');
    await this.#client.end().catch(() => undefined);
  }

  #move(from: bigint, { position: to, eventId }: Checkpoint): Promise<boolean> {
    const sql = `with moved as (
        update checkpoints set position = $4, event_position = $4, event_id = $6 where projection = $1 and version = $2 and position = $3 returning position)
      select case when $5::text is not null then pg_notify($5, position::text) end from moved`;
    const values = [this.#set.name, this.#set.version, from, to, this.#set.channel, eventId];
    return this.#client.query({ name: 'checkpoint-move', text: sql, values }).then(({ rowCount }) => rowCount === 1);
  }
}
