/** How bindings end otherwise than by a registration: revoked, lost with their agent, or silently at their deadline. */
import type { EventViolation, VisitorLeaveCause } from '../events/events';
import type { MobileNodeDecision } from './mobile-node';
import type { EndedBinding, LoseBinding, MobileNodeAnswer, ObserveRevocation, Revoke } from '../commands/mobile-node-commands';
import { allBindings, termsOfVisitor, visitorAt, withoutBinding, type Binding, type StandingBinding } from './bindings';
import type { MobileNodeState } from './mobile-node-state';
import { noHomeAddress, type PendingRequest } from './pending-requests';
import { replyCode } from '../refusals/reply-codes';
import { fromTimestamp, toTimestamp } from '../flow/soft-state';

/** RFC 3543, by command: whatever is given must agree. */
export function revoke(decision: MobileNodeDecision, command: Revoke): MobileNodeAnswer {
  const fields = ['foreignAgent', 'careOfAddress', 'homeAgent', 'homeAddress'] as const;
  return endAll(decision, (binding) => fields.every((field) => command[field] === null || command[field] === binding[field]), 'revocation');
}

/** One that fits no binding makes no sense here, or is one too many: it is kept as it was seen, and changes nothing. */
export function observeRevocation(decision: MobileNodeDecision, command: ObserveRevocation): MobileNodeAnswer {
  const { mobileNode, foreignDomainAgent, homeAgent, homeAddress = null, violations } = command;
  const isMeant = (binding: Binding): boolean => {
    const isAt = foreignDomainAgent === null || [binding.careOfAddress, binding.foreignAgent].includes(foreignDomainAgent);
    return isAt && (homeAgent === undefined || binding.homeAgent === homeAgent) && [null, noHomeAddress, binding.homeAddress].includes(homeAddress);
  };
  const answer = endAll(decision, isMeant, 'revocation', violations);
  if (answer.outcome === 'ended') return answer;
  const seen = violations.length > 0 ? { violations } : {};
  const { occurredAt } = decision;
  decision.emit({ type: 'RevocationUnmatched', mobileNode, homeAgent: homeAgent ?? null, homeAddress, foreignDomainAgent, occurredAt, ...seen });
  return answer;
}

/** Bindings that were accepted since are others: the agent knows them. */
export function loseBinding(decision: MobileNodeDecision, command: LoseBinding): MobileNodeAnswer {
  const { foreignAgent, careOfAddress, registrationRevision, cause } = command;
  const isLost = (binding: StandingBinding): boolean =>
    binding.careOfAddress === careOfAddress && binding.foreignAgent === foreignAgent && binding.revision <= registrationRevision;
  return endAll(decision, isLost, cause);
}

function endAll(
  decision: MobileNodeDecision,
  ends: (binding: StandingBinding) => boolean,
  cause: VisitorLeaveCause,
  violations: readonly EventViolation[] = [],
): MobileNodeAnswer {
  const ended = allBindings(decision.state.bindings).filter(ends).map((binding) => endBinding(decision, binding, { cause, violations }));
  return ended.length === 0 ? { outcome: 'done' } : { outcome: 'ended', revision: decision.state.revision, ended };
}

interface Ending {
  readonly cause: VisitorLeaveCause;
  /** Of the request that ends it. */
  readonly identification?: string | null;
  readonly violations?: readonly EventViolation[];
  readonly occurredAt?: string;
}

export function endBinding(decision: MobileNodeDecision, binding: Binding, ending: Ending): EndedBinding {
  const { mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress, expiresAt } = binding;
  const { cause, identification = null, violations = [], occurredAt = decision.occurredAt } = ending;
  const visitor = visitorAt(withoutBinding(decision.state.bindings, binding), binding);
  decision.emit({
    type: 'RegistrationEnded', mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress, cause, ...(visitor && { visitor: termsOfVisitor(visitor) }),
    bindingExpiresAt: expiresAt === null ? null : toTimestamp(expiresAt), identification, occurredAt, ...(violations.length > 0 && { violations }),
  });
  return { ...binding, cause, ...(visitor && { visitor }) };
}

/** Milliseconds of what falls due next: a binding, a request that waits for its reply, a handoff; null: nothing does. */
export function nextMobileNodeDeadline(state: MobileNodeState): number | null {
  const bindings = allBindings(state.bindings).flatMap(({ expiresAt }) => (expiresAt === null ? [] : [expiresAt]));
  const due = [...bindings, ...state.pending.map(({ until }) => until + 1), ...handoffDeadline(state)];
  return due.length === 0 ? null : Math.min(...due);
}

/** Of one that is not committed. */
function handoffDeadline({ handoff }: MobileNodeState): number[] {
  const deadline = handoff?.committed === null ? handoff.started.deadline : null;
  return deadline === null ? [] : [fromTimestamp(deadline)];
}

/** Expiry is silent (RFC 5944 §3.7), and so is a reply that never came (§3.7.1): each ends at its own deadline. */
export function emitDue(decision: MobileNodeDecision): void {
  const { bindings, pending } = decision.state;
  const due = [
    ...allBindings(bindings).flatMap((binding) => {
      const { expiresAt } = binding;
      return expiresAt === null ? [] : [{ at: expiresAt, end: () => void endBinding(decision, binding, { cause: 'registration-expiry', occurredAt: toTimestamp(expiresAt) }) }];
    }),
    // A reply at the very deadline is in time.
    ...pending.map((waiting) => ({ at: waiting.until + 1, end: () => timeOut(decision, waiting) })),
  ];
  for (const { end } of due.filter(({ at }) => at <= decision.now).sort((a, b) => a.at - b.at)) end();
}

/** RFC 5944 §3.7.1: the foreign agent denies what waited for more than 7 s. Told too late, it has the stream's time. */
function timeOut(decision: MobileNodeDecision, { request, until }: PendingRequest): void {
  const { mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress, identification, lifetimeSeconds, flags, pendingUntil } = request;
  const { code, name: codeName } = replyCode(78);
  const occurredAt = toTimestamp(Math.max(until, decision.state.lastOccurredAt));
  const detail = `No reply came until ${pendingUntil}.`;
  decision.emit({
    type: 'RegistrationDenied', mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress, identification, lifetimeSeconds, flags,
    code, codeName, detail, occurredAt,
  });
}
