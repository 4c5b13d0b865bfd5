/** What was seen less than a second before, byte for byte (docs/adr/0030): it refreshes what stands, and makes or changes nothing. */
import { sessionOf } from '../rule/configure-session';
import { senderOf } from '../flow/flow';
import type { FlowTableDecision } from '../scope/flow-table-decision';
import type { FlowTableAnswer, ObservePath, ObserveReservation } from '../commands/flow-table-commands';
import { refreshLeases } from '../leases/leases';
import { done, reservationOf } from './observed-decision';
import { requestOf } from './reservation-requests';
import { partKey } from '../scope/session-parts';

export function seenAgain(decision: FlowTableDecision, command: ObservePath | ObserveReservation): FlowTableAnswer {
  if (command.type === 'ObservePath') refreshPath(decision, command);
  else refreshReservation(decision, command);
  return done;
}

function refreshPath(decision: FlowTableDecision, { mobileNode, flow }: ObservePath): void {
  const own = sessionOf(decision.state, mobileNode, flow, null);
  const covering = own?.state === 'path-only' ? undefined : reservationOf(decision, mobileNode, flow);
  if (covering) {
    refreshLeases(decision, covering, 'path', partKey({ kind: 'path', sessionId: covering.sessionId, sender: senderOf(flow) }));
  } else if (own?.pathSeen) {
    refreshLeases(decision, own, 'path');
  }
}

/** One that was torn since stands no more. */
function refreshReservation(decision: FlowTableDecision, command: ObserveReservation): void {
  const { state } = decision;
  const session = sessionOf(state, command.mobileNode, command.flow, command.style);
  if (!session?.isReserved) return;
  const request = requestOf(state, session, command);
  refreshLeases(decision, session, 'reservation', request && partKey(request));
}
