/**
 * Requests of a node that were denied last. Each is a fact, with its denial (RFC 5944 §3.4); their repeats that are denied for the same reason
 * are not, and are counted beside the log: it cannot be flooded by asking the same again (docs/adr/0025).
 */
import type { RegistrationDenied } from '../events/events';
import type { MobileNodeAnswer, ObserveReply, RequestFields } from '../commands/mobile-node-commands';
import { pendingMs, requestOf, withoutPending, type PendingRequest } from './pending-requests';
import { reject } from '../refusals/rejection';

export interface DeniedRequest {
  readonly denial: RegistrationDenied;
  /** As it was observed, for a reply to its repeat; null: it was commanded. */
  readonly asked: PendingRequest | null;
}

/** Whoever takes turns with more of them tells news each time. */
const deniedKept = 8;

type Asked = Omit<RequestFields, 'policy' | 'lifetimeSeconds'> & { readonly lifetimeSeconds: number | null };

/** The very request, in every field. */
export function deniedBefore(denied: readonly DeniedRequest[], asked: Asked): DeniedRequest | undefined {
  return denied.length === 0 ? undefined : denied.find(({ denial }) => isSame(denial, asked));
}

export function withDenied(denied: readonly DeniedRequest[], denial: RegistrationDenied, pending: readonly PendingRequest[]): readonly DeniedRequest[] {
  const left = withoutPending(pending, denial);
  const asked = pending.find((waiting) => !left.includes(waiting)) ?? deniedBefore(denied, denial)?.asked ?? null;
  return [...denied.filter((one) => !isSame(one.denial, denial)), { denial, asked }].slice(-deniedKept);
}

/** Its reply comes to a repeat within the same time as to any (RFC 5944 §3.7.1). */
export function askedAgain(denied: readonly DeniedRequest[], reply: ObserveReply): DeniedRequest | undefined {
  const { requestedAt, observedAt } = reply;
  if (requestedAt === undefined || observedAt - requestedAt > pendingMs) return undefined;
  const asked: PendingRequest | undefined = requestOf(denied.flatMap((one) => one.asked ?? []), reply);
  return asked && denied.find((one) => one.asked === asked);
}

/** As it was answered before, and nothing new: it is counted, and no fact. */
export function refusedAgain({ denial }: DeniedRequest, identification: string | undefined): MobileNodeAnswer {
  const { code, codeName, detail, foreignAgent } = denial;
  const facts = { code, codeName, foreignAgent, ...(identification !== undefined && { identification }) };
  return { outcome: 'refused', rejection: reject('registration-denied', detail, facts) };
}

const fields = ['foreignAgent', 'careOfAddress', 'homeAgent', 'homeAddress', 'identification', 'lifetimeSeconds'] as const;

function isSame(denial: RegistrationDenied, asked: Asked): boolean {
  return fields.every((field) => denial[field] === asked[field]) && [...denial.flags].sort().join() === [...asked.flags].sort().join();
}
