/** What observed messages have in common: where they are told, and what they cover. */
import { settleSession, sessionOf } from '../rule/configure-session';
import { covers } from '../rule/covered-paths';
import type { SessionTerms } from '../rule/session-terms';
import type { EventViolation } from '../events/events';
import { otherPortOf, type Flow } from '../flow/flow';
import { styledFlowKey } from '../flow/flow-id';
import type { FlowTableDecision } from '../scope/flow-table-decision';
import type { FlowTableAnswer, ObservePath, ObserveReservation } from '../commands/flow-table-commands';
import type { Session } from '../scope/flow-table-state';
import { violationOf } from '../refusals/rsvp-errors';

export const done = { outcome: 'done' } as const;

export function emitObserved(
  decision: FlowTableDecision,
  message: string,
  sessionId: string | null,
  detail: Readonly<Record<string, unknown>>,
  violations: readonly EventViolation[],
  digest?: string,
): void {
  const { occurredAt } = decision;
  const known = digest !== undefined && { digest };
  decision.emit({ type: 'SignallingObserved', message, sessionId, detail, ...known, occurredAt, ...(violations.length > 0 && { violations }) });
}

/** A refusal of the rule becomes a violation, told once and not with every refresh: also where path and reservation are refused for two reasons, in turns. */
export function settleObserved(
  decision: FlowTableDecision,
  command: Pick<ObservePath | ObserveReservation, 'sessionId' | 'mobileNode' | 'flow' | 'service' | 'tspec' | 'refreshPeriodMs' | 'violations' | 'home'>,
  judged: Pick<SessionTerms, 'style' | 'state' | 'merges' | 'path' | 'refreshes' | 'association' | 'told' | 'part'>,
): FlowTableAnswer {
  const { state } = decision;
  const { sessionId, mobileNode, flow, service, tspec, refreshPeriodMs, violations, home } = command;
  const refusedFlow = styledFlowKey(mobileNode, flow, judged.style);
  const answer = settleSession(decision, {
    sessionId, mobileNode, flow, service, tspec, refreshPeriodMs, violations, home, ...judged, replaces: null, allocator: 'ledger',
  });
  if (!('rejection' in answer)) return answer;
  const { rejection } = answer;
  if (!state.refusedFlows.get(refusedFlow)?.split(' ').includes(rejection)) {
    const kind = judged.state === 'live' ? 'resv' : 'path';
    emitObserved(decision, kind, null, { flow, refusedFlow, rejection }, [...violations, violationOf(answer)]);
  }
  return { outcome: 'refused', rejection: answer };
}

/**
 * A label or an SPI that is seen with another destination port is the same flow, and keeps the port that it has: of two RSVP sessions with one label
 * refreshes come in turns, and no router can tell their packets apart.
 */
export function otherPortViolation(known: Session | undefined, flow: Flow): EventViolation[] {
  const port = known && otherPortOf(known.flow, flow);
  if (port === undefined) return [];
  const told = flow.flowLabel === undefined ? `SPI ${flow.spi}` : `flow label ${flow.flowLabel}`;
  const detail = `The ${told} of ${flow.correspondentNode} is seen with destination port ${port} beside ${known!.flow.destinationPort ?? 'none'}: it is of one flow (RFC 6437 §3, RFC 2207 §3).`;
  return [{ name: 'destination-port-differs', detail }];
}

/** The SE or WF session of the node that covers this sender. */
export function reservationOf(decision: FlowTableDecision, mobileNode: string | null, flow: Flow): Session | undefined {
  for (const style of ['SE', 'WF'] as const) {
    const session = sessionOf(decision.state, mobileNode, flow, style);
    if (session && covers(style, session.flow, flow)) return session;
  }
  return undefined;
}
