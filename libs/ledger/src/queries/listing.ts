import type pg from 'pg';
import type { Column, ListColumns } from './column-kinds';
import { writeCursor, type Cursor } from './cursor';
import type { ReadRequest } from './list-request';

export interface Page<Row> {
  /** Decimal text: what the tables had reached. */
  readonly position: string;
  readonly items: readonly Row[];
  /** The value for `after`; null: nothing follows. */
  readonly next: string | null;
}

/** The whole filtered set, a page at a time: a slow reader holds no connection and no snapshot. */
export interface RowStream<Row> {
  readonly position: string;
  readonly rows: AsyncIterable<Row>;
}

/** Collects the values of one statement. */
export class SqlParameters {
  readonly values: unknown[] = [];

  /** @returns the placeholder */
  add(value: unknown): string {
    return `$${this.values.push(value)}`;
  }
}

/** A list: what can be filtered and answered, and the SQL that it stands on. */
export interface Listing {
  readonly columns: ListColumns;
  /** A bigint of the row that is unique and never changes: the order by default, and the tie-break of every other. */
  readonly key: string;
  /** `from …` with joins. */
  readonly from: string;
  readonly where: readonly string[];
}

const keyColumn = '$key';
/** Nothing of the request stands in the SQL: names are looked up, values are parameters. */
export function listSql(listing: Listing, parameters: SqlParameters, { conditions, sort, limit, cursor }: ReadRequest): string {
  const { columns, key, from, where } = listing;
  const all = [
    ...where,
    ...conditions.map(({ column, value, negated }) => condition(column, value, negated, parameters)),
    ...(cursor ? [behind(key, sort, cursor, parameters)] : []),
  ];
  const answers = Object.entries(columns).map(([name, { sql, answer }]) => `${answer ?? sql} as "${name}"`);
  const order = sort ? `${sort.column.sql} ${sort.descending ? 'desc' : 'asc'} nulls last, ${key}` : key;
  return `select ${answers.join(', ')}, ${key}::text as "${keyColumn}" ${from}
    ${all.length > 0 ? `where ${all.join(' and ')}` : ''} order by ${order} limit ${parameters.add(limit + 1)}`;
}

function condition({ kind, sql }: Column, value: string | null, negated: boolean, parameters: SqlParameters): string {
  if (value === null) return `${sql} is ${negated ? 'not ' : ''}null`;
  const operand = `${parameters.add(value)}::${kind.type}`;
  if (kind.contains) return `${negated ? 'not ' : ''}coalesce(${operand} = any(${sql}), false)`;
  return negated ? `${sql} is distinct from ${operand}` : `${sql} = ${operand}`;
}

/** Rows without a value stand last in either direction. */
function behind(key: string, sort: ReadRequest['sort'], cursor: Cursor, parameters: SqlParameters): string {
  const later = `${key} > ${parameters.add(cursor.key)}::bigint`;
  if (!sort) return later;
  const { sql, kind } = sort.column;
  if (cursor.value === null) return `(${sql} is null and ${later})`;
  const value = `${parameters.add(cursor.value)}::${kind.type}`;
  return `(${sql} ${sort.descending ? '<' : '>'} ${value} or (${sql} = ${value} and ${later}) or ${sql} is null)`;
}

export async function readPage<Row>(
  client: pg.ClientBase,
  position: bigint,
  listing: Listing,
  parameters: SqlParameters,
  read: ReadRequest,
): Promise<Page<Row>> {
  const sql = listSql(listing, parameters, read);
  const { rows } = await client.query<Record<string, unknown>>(sql, parameters.values);
  const items = rows.slice(0, read.limit);
  const last = rows.length > read.limit ? items.at(-1) : undefined;
  const next = last ? writeCursor({ sort: sortText(read), value: sortValue(read, last), key: last[keyColumn] as string }) : null;
  for (const item of items) delete item[keyColumn];
  return { position: position.toString(), items: items as Row[], next };
}

const sortText = ({ sort }: ReadRequest): string | null => sort && `${sort.descending ? '-' : ''}${sort.name}`;

/** As a filter would tell it. */
function sortValue({ sort }: ReadRequest, row: Readonly<Record<string, unknown>>): string | null {
  const value = (sort ? row[sort.name] : null) as string | number | boolean | null;
  return value === null ? null : value.toString();
}

/** All pages from the first on. */
export async function* everyRow<Row>(first: Page<Row>, more: (after: string) => Promise<Page<Row>>): AsyncIterable<Row> {
  for (let page = first; ; page = await more(page.next)) {
    yield* page.items;
    if (page.next === null) return;
  }
}
