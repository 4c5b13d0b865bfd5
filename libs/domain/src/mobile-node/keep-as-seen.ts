/** What was seen of a node and changes none of its bindings. */
import type { EventViolation } from '../events/events';
import type { MobileNodeDecision } from './mobile-node';
import type { MobileNodeAnswer, MobileNodeCommand, Observation, ObserveReply, ObserveRevocationAck } from '../commands/mobile-node-commands';
import { replyCode } from '../refusals/reply-codes';
import { toTimestamp } from '../flow/soft-state';

/** Older than what the node's stream knows already. */
export function keepLate(decision: MobileNodeDecision, command: MobileNodeCommand & Observation): MobileNodeAnswer {
  const { type, observedAt, ...detail } = command;
  decision.emit({ type: 'ObservedLate', message: type, observedAt: toTimestamp(observedAt), detail: { ...detail }, occurredAt: decision.occurredAt });
  return { outcome: 'done' };
}

/** A reply that answers nothing that was asked, or was overtaken. */
export function keepReply(decision: MobileNodeDecision, command: ObserveReply, violations: readonly EventViolation[]): MobileNodeAnswer {
  const { mobileNode, homeAgent, homeAddress, identification, code, lifetimeSeconds } = command;
  decision.emit({
    type: 'RegistrationReplyUnmatched', mobileNode, homeAgent, homeAddress, identification, code, codeName: replyCode(code).name,
    lifetimeSeconds, occurredAt: decision.occurredAt, ...(violations.length > 0 && { violations }),
  });
  return { outcome: 'done' };
}

/** What it answers was judged when it was seen itself. */
export function keepAcknowledgement(decision: MobileNodeDecision, command: ObserveRevocationAck): MobileNodeAnswer {
  const { mobileNode, homeAddress, revocationIdentifier, flags, violations } = command;
  const { occurredAt } = decision;
  decision.emit({ type: 'RevocationAcknowledged', mobileNode, homeAddress, revocationIdentifier, flags, occurredAt, ...(violations.length > 0 && { violations }) });
  return { outcome: 'done' };
}
