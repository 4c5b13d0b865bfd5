import { parseAddress } from '#domain';
import { definitionOf, definitionsPrefix, type JsonSchema } from './json-schema';

/** Where null is a value of its own: an empty pool. Elsewhere it says the same as no field at all. */
const nullIsAValue: ReadonlySet<string> = new Set([`${definitionsPrefix}PoolsBody`]);

/**
 * A valid body in the one spelling that the rest of the program knows: addresses as RFC 5952 writes them, UUIDs in lower case,
 * no field that is null because it was left out.
 */
export function canonicalBody(schema: JsonSchema, value: unknown): unknown {
  if (value === null || value === undefined) return value;
  if (schema.anyOf) return canonicalBody(schema.anyOf[0]!, value);
  if (schema.$ref !== undefined) return canonicalMembers(definitionOf(schema.$ref), value, nullIsAValue.has(schema.$ref));
  if (schema.properties) return canonicalMembers(schema, value, false);
  if (schema.items) return (value as unknown[]).map((item) => canonicalBody(schema.items!, item));
  if (schema.format === 'address') return parseAddress(value as string)!.canonical;
  if (schema.format === 'uuid') return (value as string).toLowerCase();
  return value;
}

function canonicalMembers(schema: JsonSchema, value: object, keepsNull: boolean): object {
  const members = Object.entries(value).filter(([, member]) => keepsNull || member !== null);
  return Object.fromEntries(members.map(([name, member]) => [name, canonicalBody(schema.properties![name]!, member)]));
}

/** `homeAddress@homeAgent` in canonical spelling, and whether the id is of that kind; an NAI stays as it is (RFC 4282 §2.4: case may matter). */
export function readMobileNodeId(id: string): { readonly id: string; readonly addresses: { readonly homeAddress: string; readonly homeAgent: string } | null } {
  const at = id.lastIndexOf('@');
  const homeAddress = parseAddress(id.slice(0, Math.max(at, 0)));
  const homeAgent = parseAddress(id.slice(at + 1));
  if (at < 0 || !homeAddress || !homeAgent) return { id, addresses: null };
  return { id: `${homeAddress.canonical}@${homeAgent.canonical}`, addresses: { homeAddress: homeAddress.canonical, homeAgent: homeAgent.canonical } };
}
