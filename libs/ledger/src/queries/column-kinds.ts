import { parseAddress } from '#domain';
import { readMobileNodeId } from '../mobile-node-id';

/** What stands in a column: how a value of a request is read, and as which type of PostgreSQL it is compared. */
export interface ColumnKind {
  /** The value in canonical form; undefined for a text that is none (F35: the same for filters and cursors). */
  readonly read: (text: string) => string | undefined;
  readonly type: string;
  /** What would have been right, after "must be". */
  readonly expected: string;
  readonly sortable: boolean;
  /** A list that holds the value. */
  readonly contains?: true;
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const decimal = /^(?:0|[1-9][0-9]{0,18})$/;
const largestBigint = 2n ** 63n - 1n;
const instant = /^(\d{4})-(\d{2})-(\d{2})T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** No control characters, no lone surrogates: PostgreSQL takes no NUL, and nothing else of these names anything (F22). */
const readText = (text: string): string | undefined => (/^[^\p{Cc}\p{Cs}]{1,300}$/u.test(text) ? text : undefined);
const readUuid = (text: string): string | undefined => (uuid.test(text) ? text.toLowerCase() : undefined);

function readInteger(text: string): string | undefined {
  return decimal.test(text) && BigInt(text) <= largestBigint ? text : undefined;
}

/** RFC 3339 with a zone, in a month that has the day (F26). */
export function readInstant(text: string): string | undefined {
  const [, year, month, day] = instant.exec(text)?.map(Number) ?? [];
  if (year === undefined || new Date(Date.UTC(year, month! - 1, day)).getUTCDate() !== day || month === 0 || month! > 12) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

function readJson(text: string): string | undefined {
  // PostgreSQL's jsonb takes no NUL, not even an escaped one.
  if (text.length > 4096 || text.includes('\\u') || readText(text.slice(0, 300)) === undefined) return undefined;
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export const kinds = {
  text: { read: readText, type: 'text', expected: 'a text without control characters', sortable: true },
  address: { read: (text) => parseAddress(text)?.canonical, type: 'text', expected: 'an IPv4 or IPv6 address', sortable: true },
  node: { read: (text) => readText(text) && readMobileNodeId(text).id, type: 'text', expected: 'a text without control characters', sortable: true },
  uuid: { read: readUuid, type: 'uuid', expected: 'a UUID', sortable: true },
  integer: { read: readInteger, type: 'bigint', expected: 'a decimal number', sortable: true },
  time: { read: readInstant, type: 'timestamptz', expected: 'a time as in 2026-01-31T23:59:59.000Z', sortable: true },
  flag: { read: (text) => (text === 'true' || text === 'false' ? text : undefined), type: 'boolean', expected: 'true or false', sortable: true },
  json: { read: readJson, type: 'jsonb', expected: 'JSON', sortable: false },
  ids: { read: readUuid, type: 'uuid', expected: 'a UUID', sortable: false, contains: true },
  addresses: { read: (text) => parseAddress(text)?.canonical, type: 'text', expected: 'an IPv4 or IPv6 address', sortable: false, contains: true },
} as const satisfies Readonly<Record<string, ColumnKind>>;

export interface Column {
  readonly kind: ColumnKind;
  /** The value as it is compared. */
  readonly sql: string;
  /** The value as it is answered, where it differs. */
  readonly answer?: string;
}

export type ListColumns = Readonly<Record<string, Column>>;

/** Numbers beyond 32 bits are answered as JSON numbers: none is larger than 2^53. */
export const wide = (sql: string): Column => ({ kind: kinds.integer, sql, answer: `${sql}::float8` });
/** Revisions and positions are answered as decimal text. */
export const decimalText = (sql: string): Column => ({ kind: kinds.integer, sql, answer: `${sql}::text` });
export const json = (sql: string): Column => ({ kind: kinds.json, sql: `${sql}::jsonb`, answer: sql });
export const column = (kind: Exclude<keyof typeof kinds, 'json'>, sql: string): Column => ({ kind: kinds[kind], sql });
/** Words that more than one list has. */
export const words = {
  legStates: ['live', 'path-only', 'orphaned', 'degraded'],
  styles: ['FF', 'SE', 'WF'],
} as const;

/** A text of which there are only these. */
export const oneOf = (sql: string, values: readonly string[]): Column => ({
  kind: { read: (text) => (values.includes(text) ? text : undefined), type: 'text', expected: `one of ${values.join(', ')}`, sortable: true },
  sql,
});
