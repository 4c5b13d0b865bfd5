import type { LoggedEvent } from './logged-event';

/** An object or a list is JSON in its column, unless the column is an array. */
export type SqlValue = string | number | boolean | null | object;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/**
 * One SQL statement that takes many rows at once: `$1` is a JSON array of them. Rows of one execution stand for different keys,
 * unless the statement `merges`: then it makes out of many rows of one key, given in order, what they would make one by one.
 */
export interface Statement {
  /** Also the name of the prepared statement. */
  readonly name: string;
  readonly sql: string;
  readonly merges: boolean;
}

/** What one event does to one table. Writes of one key keep their order, writes of different keys may be exchanged. */
export interface Write {
  readonly statement: Statement;
  readonly keys: readonly string[];
  readonly row: SqlRow;
}

/** A plain function from events to SQL: no clock, no memory, no look at the tables but in the SQL itself. */
export interface Projection {
  readonly name: string;
  /** The streams that it reads, by the part of their name before the first hyphen; null: all. */
  readonly categories: readonly string[] | null;
  /** @throws whatever it cannot apply: the stream is then parked */
  readonly project: (logged: LoggedEvent) => readonly Write[];
}

/** Column → PostgreSQL type, in the order of the table. */
export type Columns = Readonly<Record<string, string>>;

/**
 * `$1` as a table `e` of these columns. PostgreSQL believes that a function gives 100 rows, and rather than look 100 times into the index
 * of a table that is small when the plan is made, it walks all of it. A limit that it does not know it takes for a tenth of the rows: behind
 * two of them it expects one, and looks it up.
 */
export function rowsOf(columns: Columns): string {
  const definitions = Object.entries(columns).map(([name, type]) => `${name} ${type}`);
  const rows = `select * from json_to_recordset($1) as r(${definitions.join(', ')}) limit (select ${moreThanAnyBatch})`;
  return `(select * from (${rows}) r limit (select ${moreThanAnyBatch})) e`;
}

const moreThanAnyBatch = 1_000_000_000;

export function namesOf(columns: Columns, prefix = ''): string {
  return Object.keys(columns)
    .map((name) => prefix + name)
    .join(', ');
}

export function insert(table: string, columns: Columns, onConflict = ''): Statement {
  const sql = `insert into ${table} (${namesOf(columns)}) select ${namesOf(columns, 'e.')} from ${rowsOf(columns)} ${onConflict}`;
  return { name: `${table}-insert`, sql, merges: false };
}
