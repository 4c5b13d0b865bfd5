import { parseAddress } from '#domain';
import { directAgent } from '#domain';
import { foreignAgentIdPattern, mobileNodeIdPattern, readMobileNodeId } from '#ledger';
import type { JsonSchema } from '../validation/json-schema';

/** A parameter of the path or the query: what it may be, for OpenAPI and for reading alike. */
export interface Parameter<T = unknown> {
  readonly description: string;
  readonly schema: JsonSchema;
  /** Of the parameter that is not there. */
  readonly absent: T;
  /** The value, or undefined for a text that is none. */
  readonly read: (text: string) => T | undefined;
  /** What would have been right, after "must be". */
  readonly expected: string;
}

export type Parameters = Readonly<Record<string, Parameter>>;
export type ValuesOf<P extends Parameters> = { readonly [K in keyof P]: P[K] extends Parameter<infer T> ? T : never };

/** Decimal digits only: no sign, no exponent, no other base, no leading zeros (F24). */
const decimal = /^(?:0|[1-9][0-9]{0,18})$/;

export function integer(description: string, minimum: number, maximum: number, absent: number): Parameter<number> {
  const read = (text: string): number | undefined => {
    const value = decimal.test(text) ? Number(text) : Number.NaN;
    return value >= minimum && value <= maximum ? value : undefined;
  };
  return { description, schema: { type: 'integer', minimum, maximum, default: absent }, absent, read, expected: `a whole number from ${minimum} to ${maximum}` };
}

export function position(description: string): Parameter<bigint | null> {
  const read = (text: string): bigint | undefined => (decimal.test(text) && BigInt(text) < 2n ** 63n ? BigInt(text) : undefined);
  return { description, schema: { type: 'string', pattern: decimal.source }, absent: null, read, expected: 'a position: a decimal number below 2^63' };
}

export function oneOf<T extends string>(description: string, values: readonly T[], absent: T): Parameter<T> {
  const read = (text: string): T | undefined => values.find((value) => value === text);
  return { description, schema: { type: 'string', enum: values, default: absent }, absent, read, expected: `one of ${values.join(', ')}` };
}

export function flag(description: string): Parameter<boolean> {
  const read = (text: string): boolean | undefined => (text === 'true' ? true : text === 'false' ? false : undefined);
  return { description, schema: { type: 'boolean', default: false }, absent: false, read, expected: 'true or false' };
}

const instantPattern = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** RFC 3339 §5.6 with a zone, in a month that has the day (F26); answered in UTC with milliseconds. */
export function readInstant(text: string): string | undefined {
  if (!instantPattern.test(text)) return undefined;
  const [year, month, day] = text.slice(0, 10).split('-').map(Number) as [number, number, number];
  if (new Date(Date.UTC(year, month - 1, day)).getUTCDate() !== day) return undefined;
  const time = Date.parse(text.replace(/(\.\d{3})\d+/, '$1'));
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

export function instant(description: string): Parameter<string | null> {
  return { description, schema: { type: 'string', format: 'date-time' }, absent: null, read: readInstant, expected: 'a time as in 2026-01-31T23:59:59.000Z (RFC 3339, with a zone)' };
}

export function optionalAddress(description: string): Parameter<string | null> {
  return { description, schema: { type: 'string', format: 'address' }, absent: null, read: readAddress, expected: 'an IPv4 or IPv6 address' };
}

export const readAddress = (text: string): string | undefined => parseAddress(text)?.canonical;

/** A text of a pattern, where it may be left out. */
export function text(description: string, pattern: RegExp, expected: string): Parameter<string | null> {
  const read = (value: string): string | undefined => (pattern.test(value) ? value : undefined);
  return { description, schema: { type: 'string', pattern: pattern.source }, absent: null, read, expected };
}

/** A part of the path is always there. */
function pathPart(description: string, schema: JsonSchema, read: (text: string) => string | undefined, expected: string): Parameter<string> {
  return { description, schema, absent: '', read, expected };
}

export const foreignAgentId = pathPart(
  'Id of the foreign agent.',
  { type: 'string', pattern: foreignAgentIdPattern.source },
  (value) => (foreignAgentIdPattern.test(value) ? value : undefined),
  'the id of a foreign agent: 1 to 64 letters, digits and . _ : -',
);

/** `direct` names what has no foreign agent (domain.md §2): nothing is provisioned for it. */
export const provisionedAgentId = pathPart(
  'Id of the foreign agent; not `direct`, which names what has none.',
  { type: 'string', pattern: foreignAgentIdPattern.source.replace('^', `^(?!${directAgent}$)`) },
  (value) => (foreignAgentIdPattern.test(value) && value !== directAgent ? value : undefined),
  `the id of a foreign agent: 1 to 64 letters, digits and . _ : -, and not ${directAgent}, which names what has none`,
);

export const mobileNodeId = pathPart(
  'Mobile node id: its NAI, or `homeAddress@homeAgent`.',
  { type: 'string', pattern: mobileNodeIdPattern.source },
  (value) => (mobileNodeIdPattern.test(value) ? readMobileNodeId(value).id : undefined),
  'a mobile node id: 1 to 253 characters, without spaces and controls',
);

function readUuid(text: string): string | undefined {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? text.toLowerCase() : undefined;
}

export const sessionId = pathPart('Id of the QoS session.', { type: 'string', format: 'uuid' }, readUuid, 'the UUID of a session');

export const handoffId = pathPart('Id of the handoff.', { type: 'string', format: 'uuid' }, readUuid, 'the UUID of a handoff');

export const captureId = pathPart(
  'Id of the capture: its SHA-256.',
  { type: 'string', pattern: '^[0-9a-f]{64}$' },
  (value) => (/^[0-9a-f]{64}$/.test(value) ? value : undefined),
  'a SHA-256 digest of 64 hexadecimal digits',
);
