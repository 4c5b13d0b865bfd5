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
  /** A higher Identification that the home agent accepted since; null: none. */
  readonly overtakenBy: string | null;
}

/** Of a node that asks for one (RFC 5944 §3.3, RFC 2794 §3). */
export const noHomeAddress = '0.0.0.0';
/** Whichever home agent answers is the one (RFC 4433 §3). */
export const anyHomeAgent: ReadonlySet<string> = new Set(['0.0.0.0', '255.255.255.255']);
/** RFC 5944 §3.8.3.2: what was asked for is no home agent, and one that is tells its address. */
export const unknownHomeAgent = 136;

type Asked = Pick<RegistrationRequested, 'identification' | 'homeAgent' | 'careOfAddress'>;
type Replied = Pick<RegistrationReplyUnmatched, 'homeAgent' | 'homeAddress' | 'code'> & { readonly identification: string };

/** The very request waits already: this is its repeat. */
export function isWaiting(pending: readonly PendingRequest[], asked: Asked): boolean {
  return pending.some(isOf(asked));
}

export function withPending(pending: readonly PendingRequest[], event: RegistrationRequested, now: number): readonly PendingRequest[] {
  const { type: _type, identification, ...request } = event;
  if (identification === null) return pending;
  const stillWaiting = pending.filter(({ until }) => until >= now);
  return [...stillWaiting, { request: { ...request, identification }, policy: event.policy, until: fromTimestamp(event.pendingUntil), overtakenBy: null }];
}

/** Only the very request is settled: another that shares the low half of its Identification waits on. Who asked any home agent has the one that answered. */
export function withoutPending(pending: readonly PendingRequest[], settled: Asked): readonly PendingRequest[] {
  if (isWaiting(pending, settled)) return pending.filter((waiting) => !isOf(settled)(waiting));
  const isAskedOfAny = ({ request }: PendingRequest): boolean => anyHomeAgent.has(request.homeAgent);
  const askedAny = pending.find((waiting) => isAskedOfAny(waiting) && isOf({ ...settled, homeAgent: waiting.request.homeAgent })(waiting));
  return askedAny ? pending.filter((waiting) => waiting !== askedAny) : pending;
}

/** The one that was asked, unless any was. */
export function homeAgentOf(request: Pick<Asked, 'homeAgent'>, reply: Pick<Replied, 'homeAgent'>): string {
  return anyHomeAgent.has(request.homeAgent) ? reply.homeAgent : request.homeAgent;
}

/** Why a reply that answers a request here is told elsewhere. */
export function namedElsewhere(mobileNode: string): EventViolation {
  return { name: 'named-by-reply', detail: `The request named no node: the reply gives ${mobileNode} what was asked for.` };
}

/** What rises is taken in its order: the reply to a lower one is late, whenever it comes (RFC 5944 §5.7). */
export function withOvertaken(pending: readonly PendingRequest[], { homeAgent, identification }: Asked): readonly PendingRequest[] {
  if (identification === null) return pending;
  const isOvertaken = ({ request }: PendingRequest): boolean => request.homeAgent === homeAgent && BigInt(request.identification) < BigInt(identification);
  return pending.some(isOvertaken) ? pending.map((waiting) => (isOvertaken(waiting) ? { ...waiting, overtakenBy: identification } : waiting)) : pending;
}

/** The home agent took this one before the higher one: its reply was overtaken on the way. Nonces do not rise. */
export function overtakenViolation({ request, policy, overtakenBy }: PendingRequest): EventViolation | null {
  if (overtakenBy === null || policy.replayProtection === 'nonces') return null;
  const detail = `The identification ${request.identification} was accepted before ${overtakenBy}, whose reply came first (RFC 5944 §5.7).`;
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
 * high 32 may not (§5.7). Of several the one with the very Identification, else the last.
 */
export function requestOf(pending: readonly PendingRequest[], reply: Replied): PendingRequest | undefined {
  const waiting = pending.filter(({ request }) => {
    const isFor = request.homeAddress === reply.homeAddress || request.homeAddress === noHomeAddress;
    const isFrom = request.homeAgent === reply.homeAgent || anyHomeAgent.has(request.homeAgent) || reply.code === unknownHomeAgent;
    return isFor && isFrom && lowHalf(request.identification) === lowHalf(reply.identification);
  });
  return waiting.find(({ request }) => request.identification === reply.identification) ?? waiting.at(-1);
}

function isOf({ identification, homeAgent, careOfAddress }: Asked) {
  return ({ request }: PendingRequest): boolean =>
    request.identification === identification && request.homeAgent === homeAgent && request.careOfAddress === careOfAddress;
}

function lowHalf(identification: string): bigint {
  return BigInt(identification) & 0xffffffffn;
}
