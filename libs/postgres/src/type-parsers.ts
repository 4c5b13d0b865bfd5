import pg from 'pg';

/**
 * How values of PostgreSQL arrive, for one pool; the parsers of the `pg` module itself are left alone.
 *
 * - int8: bigint (positions and revisions are 64 bits wide; a number would round them in silence).
 * - timestamptz: RFC 3339 text, UTC, milliseconds, as events and the HTTP API write it. Never a Date: it would only be turned into
 *   this text again, and it has no infinity. Values without such a form (infinity, BC) keep PostgreSQL's spelling.
 * - date, timestamp without zone: PostgreSQL's own text, because a Date would put them into the zone of this machine.
 * - numeric: text. json, jsonb: parsed. Everything else as `pg` does it.
 */
export const typeParsers: pg.CustomTypesConfig = {
  getTypeParser: (oid: Oid, format?: 'text' | 'binary'): unknown =>
    (format === 'binary' ? undefined : textParsers.get(oid)) ?? pg.types.getTypeParser(oid, format),
};

type Oid = Parameters<typeof pg.types.getTypeParser>[0];
const { builtins } = pg.types;
const textArray = pg.types.getTypeParser(1009 as typeof builtins.TEXT, 'text') as (value: string) => (string | null)[];
const arrayOf = <T>(parse: (value: string) => T) => (value: string): (T | null)[] =>
  textArray(value).map((item) => (item === null ? null : parse(item)));
const asIs = (value: string): string => value;

function rfc3339(value: string): string {
  // The ordinary case, a session in UTC: 2025-01-02 03:04:05.678901+00
  if (/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00$/.test(value)) {
    return `${value.slice(0, 10)}T${value.slice(11, 19)}.${value.slice(20, -3).padEnd(3, '0').slice(0, 3)}Z`;
  }
  const time = /^\d{4}-/.test(value) && !value.endsWith('BC') ? new Date(value) : undefined;
  return time === undefined || Number.isNaN(time.getTime()) ? value : time.toISOString();
}

const textParsers = new Map<Oid | number, (value: string) => unknown>([
  [builtins.INT8, BigInt],
  [1016, arrayOf(BigInt)],
  [builtins.TIMESTAMPTZ, rfc3339],
  [1185, arrayOf(rfc3339)],
  [builtins.TIMESTAMP, asIs],
  [1115, arrayOf(asIs)],
  [builtins.DATE, asIs],
  [1182, arrayOf(asIs)],
]);
