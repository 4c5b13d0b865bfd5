/** RSVP error codes of what the rules refuse and of what was observed against them (RFC 2205 App. B). */
import type { EventViolation } from '../events/observed-events';
import type { Rejection } from './rejection';

/** Error values of code 01 that are this ledger's own: organisation specific, `ss` = 10 in the two high bits. */
export const admissionValues = { flowIdPoolExhausted: 0x8001, changeOverlaps: 0x8002 } as const;

export const rsvpErrors = {
  admissionFailure: 1,
  policyFailure: 2,
  noPath: 3,
  noSender: 4,
  conflictingStyle: 5,
  conflictingDestinationPorts: 7,
  conflictingSenderPorts: 8,
  servicePreempted: 12,
} as const;

/** Names of RFC 2205 App. B. Those that no rule here gives are seen in ERROR_SPECs of other routers and kept with their names. */
const errorNames: Readonly<Record<number, string>> = {
  0: 'confirmation',
  1: 'admission control failure',
  2: 'policy control failure',
  3: 'no path information for this Resv message',
  4: 'no sender information for this Resv message',
  5: 'conflicting reservation style',
  6: 'unknown reservation style',
  7: 'conflicting destination ports',
  8: 'conflicting sender ports',
  12: 'service preempted',
  13: 'unknown object class',
  14: 'unknown object C-Type',
  20: 'reserved for API',
  21: 'traffic control error',
  22: 'traffic control system error',
  23: 'RSVP system error',
};

/** Values that the standard names: of code 01 and of code 21. */
const valueNames: Readonly<Record<number, Readonly<Record<number, string>>>> = {
  1: { 1: 'delay bound cannot be met', 2: 'requested bandwidth unavailable', 3: 'MTU in flowspec larger than interface MTU' },
  21: { 1: 'service conflict', 2: 'service unsupported', 3: 'bad flowspec value', 4: 'bad Tspec value', 5: 'bad ADSPEC value' },
};

/** `traffic control error: bad Tspec value`; null: the standard has no such code. */
export function rsvpErrorName(code: number, value: number): string | null {
  const name = errorNames[code];
  if (name === undefined) return null;
  const what = valueNames[code]?.[value];
  return what === undefined ? name : `${name}: ${what}`;
}

/** What refused an observed message, as the violation that it becomes. */
export function violationOf({ rejection, detail, facts }: Rejection): EventViolation {
  const { code, value } = facts;
  return { name: rejection, detail, ...(typeof code === 'number' && { code }), ...(typeof value === 'number' && { value }) };
}
