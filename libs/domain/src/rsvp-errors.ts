/** RSVP error codes of what the rules refuse and of what was observed against them (RFC 2205 App. B). */
import type { EventViolation } from './observed-events';
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

/** What refused an observed message, as the violation that it becomes. */
export function violationOf({ rejection, detail, facts }: Rejection): EventViolation {
  const { code, value } = facts;
  return { name: rejection, detail, ...(typeof code === 'number' && { code }), ...(typeof value === 'number' && { value }) };
}
