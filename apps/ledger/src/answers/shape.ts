import type { JsonSchema } from '../validation/json-schema';

declare const accepts: unique symbol;

/**
 * The JSON schema of an answer. `T` is what it lets pass at least: a field that may be null, or a value that is not listed, does not
 * compile, so that the description cannot be narrower than the type that is answered.
 */
export interface Shape<in T = never> extends JsonSchema {
  readonly [accepts]?: (value: T) => void;
}

export const anything: Shape<unknown> = {};
export const string: Shape<string> = { type: 'string' };
export const boolean: Shape<boolean> = { type: 'boolean' };
export const number: Shape<number> = { type: 'number' };
export const integer: Shape<number> = { type: 'integer', minimum: 0 };
/** Revisions, positions and 64-bit identifications: no JSON number holds them all. */
export const decimal: Shape<string> = { type: 'string', pattern: '^(0|[1-9][0-9]*)$' };
export const time: Shape<string> = { type: 'string', format: 'date-time' };
export const uuid: Shape<string> = { type: 'string', format: 'uuid' };
/** IPv4 or IPv6 in canonical form (RFC 5952). */
export const address: Shape<string> = { type: 'string', format: 'address' };

export const oneOf = <const T extends string | number>(...values: readonly T[]): Shape<T> => ({ enum: values });
export const list = <T>(items: Shape<T>): Shape<readonly T[]> => ({ type: 'array', items });
export const orNull = <T>(shape: Shape<T>): Shape<T | null> => ({ anyOf: [shape, { type: 'null' }] });
export const map = <T>(values: Shape<T>): Shape<Readonly<Record<string, T>>> => ({ type: 'object', additionalProperties: values });

type Accepted<S> = S extends Shape<infer T> ? T : never;
export const either = <const S extends readonly Shape[]>(...shapes: S): Shape<Accepted<S[number]>> => ({ anyOf: shapes });

/** Every field of the type, each in the shape of its own. */
export type Fields<T> = { readonly [K in keyof T]-?: Shape<Exclude<T[K], undefined>> };

/** @param optional fields that may be absent */
export function fields<T extends object>(properties: Fields<T>, optional: readonly (keyof T)[] = []): Shape<T> {
  const required = Object.keys(properties).filter((name) => !(optional as readonly string[]).includes(name));
  return { type: 'object', required, properties };
}

/** With a name of its own: a component of the OpenAPI document. */
export function record<T extends object>(title: string, properties: Fields<T>, optional: readonly (keyof T)[] = []): Shape<T> {
  return { title, ...fields(properties, optional) };
}
