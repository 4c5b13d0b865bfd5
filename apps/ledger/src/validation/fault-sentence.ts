import type { ErrorObject } from 'ajv';
import { foreignAgentIdPattern, mobileNodeIdPattern } from '#ledger';
import type { Fault } from '../problems/problem';
import type { JsonSchema } from './json-schema';
import { jsonPointer } from '../http/json-text';

/** What ajv found, as faults of the request: one sentence each for a person, with what would have been right. */
export function faultsOf(errors: readonly ErrorObject[]): readonly Fault[] {
  const faults = errors.filter(isTold).map((error): Fault => ({ pointer: pointerOf(error), detail: sentence(error) }));
  // The branches of a nullable field tell the same fault twice.
  return [...new Map(faults.map((fault) => [JSON.stringify(fault), fault])).values()];
}

/** Of `anyOf [the field's own schema, null]` the first branch tells what is wrong. */
function isTold({ keyword, schemaPath }: ErrorObject): boolean {
  return keyword !== 'anyOf' && !/\/anyOf\/1\/type$/.test(schemaPath);
}

/** A missing or unknown member is told at its own place, not at its object's. */
function pointerOf({ keyword, instancePath, params }: ErrorObject): string {
  const { missingProperty, additionalProperty } = params as { missingProperty?: string; additionalProperty?: string };
  const member = keyword === 'required' ? missingProperty : keyword === 'additionalProperties' ? additionalProperty : undefined;
  return member === undefined ? instancePath : instancePath + jsonPointer([member]);
}

function sentence(error: ErrorObject): string {
  const schema = error.parentSchema as JsonSchema;
  switch (error.keyword) {
    case 'required':
      return 'The field is missing.';
    case 'additionalProperties':
      return 'No field of this name is known here.';
    case 'type':
      return `The value must be ${kindOf(schema)}.`;
    case 'minimum':
    case 'maximum':
      return `The value must be ${rangeOf(schema)}.`;
    case 'enum':
      return `The value must be one of ${schema.enum!.filter((value) => typeof value === 'string').join(', ')}.`;
    case 'format':
      return `The value must be ${formatNames[schema.format!] ?? schema.format}.`;
    case 'pattern':
      return `The value must be ${patternNames[schema.pattern!] ?? `a text that matches ${schema.pattern}`}.`;
    case 'minLength':
    case 'maxLength':
      return `The text must have ${schema.minLength ?? 0} to ${schema.maxLength} characters.`;
    case 'minItems':
    case 'maxItems':
      return `The list must have ${schema.minItems ?? 0} to ${schema.maxItems} entries.`;
    case 'uniqueItems':
      return 'The list has an entry twice.';
    default:
      return `The value ${error.message ?? 'is not right'}.`;
  }
}

const formatNames: Readonly<Record<string, string>> = {
  address: 'an IPv4 or IPv6 address, without zone, leading zeros or an IPv4 address mapped into IPv6',
  unsigned64: 'a decimal string of a 64-bit unsigned number',
  rate: 'a number of bytes per second, 0 or more, or the text "Infinity"',
  uuid: 'a UUID',
};

const patternNames: Readonly<Record<string, string>> = {
  [foreignAgentIdPattern.source]: 'the id of a foreign agent: 1 to 64 letters, digits and . _ : -',
  [mobileNodeIdPattern.source]: 'a mobile node id: 1 to 253 characters, without spaces and controls',
};

const kindNames: Readonly<Record<string, string>> = {
  object: 'an object',
  array: 'a list',
  string: 'a text',
  boolean: 'true or false',
  number: 'a number',
  integer: 'a whole number',
};

function kindOf(schema: JsonSchema): string {
  if (schema.format !== undefined) return formatNames[schema.format] ?? schema.format;
  const kinds = (typeof schema.type === 'string' ? [schema.type] : (schema.type ?? [])).filter((kind) => kind !== 'null');
  if (kinds.includes('integer')) return rangeOf(schema);
  return kinds.map((kind) => kindNames[kind] ?? kind).join(' or ');
}

function rangeOf({ type, minimum, maximum }: JsonSchema): string {
  const whole = [type].flat().includes('integer') ? 'a whole number' : 'a number';
  if (minimum === undefined && maximum === undefined) return whole;
  return maximum === undefined ? `${whole}, ${minimum} or more` : `${whole} from ${minimum ?? 0} to ${maximum}`;
}
