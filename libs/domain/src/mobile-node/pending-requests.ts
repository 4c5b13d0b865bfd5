/** Requests that were seen and wait for their replies (RFC 5944 §3.7). A node has few: they are compared one by one. */
import type { EventViolation, RegistrationPolicy, RegistrationReplyUnmatched, RegistrationRequested } from '../events/events';
import { fromTimestamp } from '../flow/soft-state';

/** A request waits for its reply (code 78 after it), RFC 5944 §3.7.1. */
export const pendingMs = 7_000;

export interface PendingRequest {
  readonly request: Omit<RegistrationRequested, 'type' | 'identification'> & { readonly identification: string };
  readonly policy: RegistrationPolicy;
  /** Milliseconds. */
  readonly until: number;
  /** Higher Identifications that the home agent accepted since, and of which home addresses. */
  readonly overtakenBy: readonly Overtaking[];
}

type Overtaking = { readonly [F in 'identification' | 'homeAddress']: string };

/** Of a node that asks for one (RFC 5944 §3.3, RFC 2794 §3). */
export const noHomeAddress = '0.0.0.0';
/** Whichever home agent answers is the one (RFC 4433 §3). */
export const anyHomeAgent: ReadonlySet<string> = new Set(['0.0.0.0', '255.255.255.255']);
/** RFC 5944 §3.8.3.2: what was asked for is no home agent, and one that is tells its address. */
export const unknownHomeAgent = 136;

type Asked = Pick<RegistrationRequested, 'identification' | 'homeAgent' | 'homeAddress' | 'careOfAddress'>;
type Replied = Pick<RegistrationReplyUnmatched, 'homeAgent' | 'homeAddress' | 'code'> & { readonly identification: string };

/** The very request waits already: this is its repeat. */
export function isWaiting(pending: readonly PendingRequest[], asked: Asked): boolean {
  return pending.some(isOf(asked));
}

export function withPending(pending: readonly PendingRequest[], event: RegistrationRequested, now: number): readonly PendingRequest[] {
  const { type: _type, identification, ...request } = event;
  if (identification === null) return pending;
  const stillWaiting = pending.filter(({ until }) => until >= now);
  return [...stillWaiting, { request: { ...request, identification }, policy: event.policy, until: fromTimestamp(event.pendingUntil), overtakenBy: [] }];
}

/**
 * Only the very request is settled: another that shares the low half of its Identification waits on. Who asked any home agent has the one
 * that answered, and who asked for a home address the one that was given.
 */
export function withoutPending(pending: readonly PendingRequest[], settled: Asked): readonly PendingRequest[] {
  if (isWaiting(pending, settled)) return pending.filter((waiting) => !isOf(settled)(waiting));
  const asked = pending.find(asksFor(settled, false)) ?? pending.find(asksFor(settled, true));
  return asked ? pending.filter((waiting) => waiting !== asked) : pending;
}

/** It left open what was settled: the home address, and the home agent where it may be any. */
function asksFor(settled: Asked, ofAny: boolean) {
  return (waiting: PendingRequest): boolean => {
    const { homeAgent, homeAddress } = waiting.request;
    const isOpen = homeAddress === settled.homeAddress || homeAddress === noHomeAddress;
    const isAsked = anyHomeAgent.has(homeAgent) ? ofAny : homeAgent === settled.homeAgent;
    return isOpen && isAsked && isOf({ ...settled, homeAgent, homeAddress })(waiting);
  };
}

/** The one that was asked, unless any was. */
export function homeAgentOf(request: Pick<Asked, 'homeAgent'>, reply: Pick<Replied, 'homeAgent'>): string {
  return anyHomeAgent.has(request.homeAgent) ? reply.homeAgent : request.homeAgent;
}

/** Why a reply that answers a request here is told elsewhere. */
export function namedElsewhere(mobileNode: string): EventViolation {
  return { name: 'named-by-reply', detail: `The request named no node: the reply gives ${mobileNode} what was asked for.` };
}

/**
 * What rises is taken in its order: the reply to a lower one is late, whenever it comes (RFC 5944 §5.7). A home address has a list of its
 * own (§1.6): a request about another one leaves its binding as it is, and is overtaken by none of it.
 */
export function withOvertaken(pending: readonly PendingRequest[], { homeAgent, homeAddress, identification }: Asked): readonly PendingRequest[] {
  if (identification === null) return pending;
  const isOvertaken = ({ request }: PendingRequest): boolean =>
    request.homeAgent === homeAgent && BigInt(request.identification) < BigInt(identification) && isSameHome(request.homeAddress, homeAddress);
  const by = { identification, homeAddress };
  return pending.some(isOvertaken) ? pending.map((one) => (isOvertaken(one) ? { ...one, overtakenBy: [...one.overtakenBy, by] } : one)) : pending;
}

/** Which one is meant by none is known by the reply alone. */
function isSameHome(a: string, b: string): boolean {
  return a === b || a === noHomeAddress || b === noHomeAddress;
}

/**
 * The home agent took this one before the higher one: its reply was overtaken on the way. Nonces do not rise.
 * @param given the home address of the reply
 */
export function overtakenViolation({ request, policy, overtakenBy }: PendingRequest, given: string): EventViolation | null {
  const by = overtakenBy.findLast(({ homeAddress }) => isSameHome(homeAddress, given));
  if (!by || policy.replayProtection === 'nonces') return null;
  const detail = `The identification ${request.identification} was accepted before ${by.identification}, whose reply came first (RFC 5944 §5.7).`;
  return { name: 'identification-not-rising', detail };
}

/** A reply that changed nothing answers its request all the same. */
export function withoutAnswered(pending: readonly PendingRequest[], reply: RegistrationReplyUnmatched): readonly PendingRequest[] {
  const { identification } = reply;
  const answered = identification === null ? undefined : requestOf(pending, { ...reply, identification });
  return answered ? pending.filter((waiting) => waiting !== answered) : pending;
}

/**
 * The request that a reply answers: the home address and the low 32 bits of the Identification come back unchanged (RFC 5944 §3.7.3), the
 * high 32 may not (§5.7). Of several the one with the very Identification, else the last; and the one of the very home address before those
 * that asked for any.
 */
export function requestOf(pending: readonly PendingRequest[], reply: Replied): PendingRequest | undefined {
  const waiting = pending.filter(({ request }) => {
    const isFor = request.homeAddress === reply.homeAddress || request.homeAddress === noHomeAddress;
    const isFrom = request.homeAgent === reply.homeAgent || anyHomeAgent.has(request.homeAgent) || reply.code === unknownHomeAgent;
    return isFor && isFrom && lowHalf(request.identification) === lowHalf(reply.identification);
  });
  const exact = waiting.filter(({ request }) => request.identification === reply.identification);
  const isNamed = ({ request }: PendingRequest): boolean => request.homeAddress === reply.homeAddress;
  return exact.find(isNamed) ?? exact[0] ?? waiting.findLast(isNamed) ?? waiting.at(-1);
}

function isOf({ identification, homeAgent, homeAddress, careOfAddress }: Asked) {
  return ({ request }: PendingRequest): boolean =>
    request.identification === identification && request.homeAgent === homeAgent && request.homeAddress === homeAddress
    && request.careOfAddress === careOfAddress;
}

function lowHalf(identification: string): bigint {
  return BigInt(identification) & 0xffffffffn;
}
