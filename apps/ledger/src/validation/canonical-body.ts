import { parseAddress } from '#domain';
import { mobileNodeIdPattern, readMobileNodeId } from '#ledger';
import { definitionOf, definitionsPrefix, type JsonSchema } from './json-schema';

/** Where null is a value of its own: an empty pool. Elsewhere it says the same as no field at all. */
const nullIsAValue: ReadonlySet<string> = new Set([`${definitionsPrefix}PoolsBody`]);

type Reader = (value: unknown) => unknown;

const asItIs: Reader = (value) => value;

/**
 * Reads a valid body into the one spelling that the rest of the program knows: addresses as RFC 5952 writes them (those of a
 * mobile node id, too), UUIDs in lower case, no field that is null because it was left out. Made once of a schema; the body itself stays as it came.
 */
export function canonicalReader(schema: JsonSchema): Reader {
  const read = readerOf(schema);
  return (value) => (value === null || value === undefined ? value : read(value));
}

function readerOf(schema: JsonSchema): Reader {
  if (schema.anyOf) return canonicalReader(schema.anyOf[0]!);
  if (schema.$ref !== undefined) return membersReader(definitionOf(schema.$ref), nullIsAValue.has(schema.$ref));
  if (schema.properties) return membersReader(schema, false);
  if (schema.items) {
    const item = canonicalReader(schema.items);
    return (value) => (value as unknown[]).map(item);
  }
  if (schema.format === 'address') return (value) => parseAddress(value as string)!.canonical;
  if (schema.format === 'uuid') return (value) => (value as string).toLowerCase();
  // An id of two addresses is one id however the addresses are spelled (I18).
  if (schema.pattern === mobileNodeIdPattern.source) return (value) => readMobileNodeId(value as string).id;
  return asItIs;
}

function membersReader(schema: JsonSchema, keepsNull: boolean): Reader {
  const readers = new Map(Object.entries(schema.properties ?? {}).map(([name, member]) => [name, canonicalReader(member)]));
  return (value) => {
    const read: Record<string, unknown> = {};
    for (const name of Object.keys(value as object)) {
      const member = (value as Record<string, unknown>)[name];
      if (member !== null || keepsNull) read[name] = readers.get(name)!(member);
    }
    return read;
  };
}
