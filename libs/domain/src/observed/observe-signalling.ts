/** Observed RSVP (domain.md §5): what was seen is recorded; the rule judges it as it judges what is commanded. */
import { sessionOf } from '../rule/configure-session';
import type { FlowTableDecision } from '../scope/flow-table-decision';
import type { FlowTableAnswer, ObservedMessage, ObserveOther } from '../commands/flow-table-commands';
import { tellLateWithReservation } from './late-association';
import { observePath, observePathTear } from './observe-path';
import { observeReservation, observeReservationTear } from './observe-reservation';
import { observeInTunnel, observeTunnel, tunnelOf } from './observe-tunnel';
import { done, emitObserved, reservationOf } from './observed-decision';
import { isKeptAlready } from '../scope/kept-messages';
import { seenAgain } from './seen-again';
import { toTimestamp } from '../flow/soft-state';

export function observeSignalling(decision: FlowTableDecision, command: ObservedMessage): FlowTableAnswer {
  const isAgain = (command.type === 'ObservePath' || command.type === 'ObserveReservation') && command.again === true;
  if (command.type === 'ObserveOther' && isRepeated(decision, command)) return { outcome: 'kept-before' };
  if (command.observedAt < decision.state.lastOccurredAt) return isAgain ? done : keepLate(decision, command);
  if (command.type === 'ObserveTunnel') return observeTunnel(decision, command);
  const inTunnel = tunnelOf(decision, command);
  if (isAgain) return inTunnel === null ? seenAgain(decision, command) : done;
  if (inTunnel !== null) return observeInTunnel(decision, command, inTunnel);
  switch (command.type) {
    case 'ObservePath':
      return observePath(decision, command);
    case 'ObserveReservation': {
      const answer = observeReservation(decision, command);
      tellLateWithReservation(decision, command);
      return answer;
    }
    case 'ObservePathTear':
      return observePathTear(decision, command);
    case 'ObserveReservationTear':
      return observeReservationTear(decision, command);
    case 'ObserveOther':
      return observeOther(decision, command);
  }
}

/** New, but older than the scope's last event: kept, and changes no state. */
function keepLate(decision: FlowTableDecision, command: ObservedMessage): FlowTableAnswer {
  const { type, observedAt, ...detail } = command;
  decision.emit({ type: 'ObservedLate', message: type, observedAt: toTimestamp(observedAt), detail: { ...detail }, occurredAt: decision.occurredAt });
  return done;
}

function isRepeated({ state }: FlowTableDecision, { digest, violations }: ObserveOther): boolean {
  return digest !== undefined && isKeptAlready(state, digest, violations);
}

function observeOther(decision: FlowTableDecision, command: ObserveOther): FlowTableAnswer {
  const { message, mobileNode, flow, detail, violations, digest } = command;
  const session = flow && (sessionOf(decision.state, mobileNode, flow, null) ?? reservationOf(decision, mobileNode, flow));
  emitObserved(decision, message, session?.sessionId ?? null, { ...detail, ...(flow && { flow }) }, violations, digest);
  return done;
}
