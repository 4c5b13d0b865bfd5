/** Whether a payload has the shape of its event. Compiled once a type into two lists: this stands in the way of every event that is read. */
import type { LedgerEventType } from './events';
import { eventShapes, type FieldKind, type ValueKind } from './event-shapes';
import { fromTimestamp } from '../flow/timestamp';

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText: Check = (value) => typeof value === 'string';
const isWireFloat: Check = (value) => typeof value === 'number' || value === 'Infinity' || value === '-Infinity' || value === 'NaN' || value === '-0';

const checks: Readonly<Record<ValueKind, Check>> = {
  text: isText,
  time: (value) => typeof value === 'string' && !Number.isNaN(fromTimestamp(value)),
  decimal: (value) => typeof value === 'string' && /^-?[0-9]+$/.test(value),
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  texts: (value) => Array.isArray(value) && value.every(isText),
  list: (value) => Array.isArray(value) && value.every(isObject),
  flow: (value) => isObject(value) && typeof value['protocol'] === 'number' && (value['senders'] === undefined || Array.isArray(value['senders'])),
  id: (value) => isObject(value) && typeof value['destination'] === 'string',
  tspec: (value) =>
    isObject(value) && isWireFloat(value['r']) && isWireFloat(value['b']) && isWireFloat(value['p']) && typeof value['m'] === 'number' && typeof value['M'] === 'number',
  object: isObject,
};

const words: Readonly<Record<ValueKind, string>> = {
  text: 'text', time: 'a time', decimal: 'a whole number as text', number: 'a number', boolean: 'true or false', texts: 'a list of texts', list: 'a list of objects',
  flow: 'a flow', id: 'a flow id', tspec: 'a token bucket', object: 'an object',
};

interface Field {
  readonly name: string;
  readonly kind: ValueKind;
  readonly check: Check;
  readonly mayBeAbsent: boolean;
  readonly mayBeNull: boolean;
}

const compiled = new Map<string, readonly Field[]>(
  (Object.entries(eventShapes) as [LedgerEventType, Readonly<Record<string, FieldKind>>][]).map(([type, shape]) => [
    type,
    Object.entries(shape).map(([name, written]) => {
      const kind = written.replace('?', '').replace('|null', '') as ValueKind;
      return { name, kind, check: checks[kind], mayBeAbsent: written.startsWith('?'), mayBeNull: written.endsWith('|null') };
    }),
  ]),
);

/** What is wrong with the payload of a known type, the first field of the table; null: nothing. Fields that the table does not know say nothing here. */
export function faultOfPayload(type: LedgerEventType, payload: unknown): string | null {
  if (!isObject(payload)) return 'the payload is no object';
  for (const { name, kind, check, mayBeAbsent, mayBeNull } of compiled.get(type)!) {
    const value = payload[name];
    if (value === undefined ? mayBeAbsent : value === null ? mayBeNull : check(value)) continue;
    return value === undefined ? `${name} is missing` : `${name} is not ${words[kind]}`;
  }
  return null;
}
