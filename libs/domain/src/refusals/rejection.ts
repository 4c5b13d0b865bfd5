/**
 * Every refusal of the rules, in order of precedence: of several that hold, the first is told. A refusal is an answer and a fact,
 * never an exception. docs/reference/refusals.md equals this table (a test holds them together).
 */
export const rejectionCatalogue = {
  'foreign-agent-unknown': 'No foreign agent has this id, or none with this care-of address.',
  'care-of-address-taken': 'The care-of address belongs to another foreign agent.',
  'foreign-agent-in-use': 'The foreign agent still has live sessions.',
  'handoff-in-progress': 'The mobile node is being handed off from this care-of address.',
  'already-bound-there': 'The mobile node is bound at this care-of address already.',
  'no-binding': 'The mobile node has no accepted, unexpired registration at this care-of address.',
  'scope-closed': 'The care-of address was taken from its foreign agent, or is about to be: no session begins there.',
  'not-owner': 'Only the owning mobile node may release or replace the session.',
  'session-unknown': 'No session has the id that is to be replaced.',
  'address-family-differs': 'A handoff brought a flow of IPv4 to an IPv6 care-of address, or the other way round.',
  'style-conflict': 'Another session of the node on this protocol and destination port has an incompatible style (RSVP error 05).',
  'port-zero-conflict': 'Destination port zero and non-zero cannot meet in one scope and protocol (RSVP error 07).',
  'change-overlaps': 'The change would make the session overlap an id that is held or quarantined.',
  'flow-id-pool-exhausted': 'No value of the pool gives an id that overlaps nothing (RSVP error 01).',
  'registration-denied': 'The registration was denied.',
} as const;

export type RejectionName = keyof typeof rejectionCatalogue;

export interface Rejection {
  readonly rejection: RejectionName;
  /** One sentence with the values. */
  readonly detail: string;
  /** Facts beside the sentence: `matched`, `pool`, `code`, `owner` … */
  readonly facts: Readonly<Record<string, unknown>>;
}

export function reject(rejection: RejectionName, detail: string, facts: Readonly<Record<string, unknown>> = {}): Rejection {
  return { rejection, detail, facts };
}
