/** What empties a scope at once: its agent lost its state, or the administrator takes the care-of address away. */
import type { ReleaseCause } from '../events/events';
import type { FlowTableDecision } from '../scope/flow-table-decision';
import { endsAlone } from '../scope/leg-hold';
import type { DismissVisitor, FlowTableAnswer, RebootScope, WithdrawScope } from '../commands/flow-table-commands';
import { reject } from '../refusals/rejection';
import { endDegradedLegs } from './leave-with-legs';
import { endsOfAppend } from '../events/append-bounds';
import { thatEndInOneAppend } from '../events/decision-weight';
import { toTimestamp } from '../flow/soft-state';

const done = { outcome: 'done' } as const;

/** Everything of the agent is lost (RFC 5944 §2.3.2). A reboot that the scope was told of, or one before it, is a no-op. */
export function rebootScope(decision: FlowTableDecision, { revision }: RebootScope): FlowTableAnswer | 'goes-on' {
  const { state, occurredAt } = decision;
  const { foreignAgent, careOfAddress } = state;
  if (revision <= state.rebooted) return done;
  // So much is lost that it fills appends of its own, before the reboot itself is told.
  if (isLarge(decision) && !everybodyLeaves(decision, 'reboot')) return 'goes-on';
  decision.emit({ type: 'ForeignAgentRebooted', foreignAgent, careOfAddress, revision: `${revision}`, occurredAt });
  everybodyLeaves(decision, 'reboot');
  return done;
}

export function withdrawScope(decision: FlowTableDecision, command: WithdrawScope): FlowTableAnswer | 'goes-on' {
  const { state, occurredAt } = decision;
  const { foreignAgent, careOfAddress } = state;
  if (command.revision <= state.provisioned) return done;
  const { size } = state.sessions;
  if (size > 0 && !command.force) {
    return { outcome: 'refused', rejection: reject('foreign-agent-in-use', `${size} sessions hold flow ids at ${careOfAddress}.`, { sessions: size }) };
  }
  if (!everybodyLeaves(decision, 'administrator')) return 'goes-on';
  decision.emit({ type: 'ScopeWithdrawn', foreignAgent, careOfAddress, revision: `${command.revision}`, ...decision.untouched, occurredAt });
  return done;
}

function isLarge({ state }: FlowTableDecision): boolean {
  return state.sessions.size + state.visitors.size > endsOfAppend;
}

/**
 * In the order of their names, each with its sessions; then the sessions whose node is no visitor, in order of arrival.
 * @returns false: they are more than one append takes
 */
function everybodyLeaves(decision: FlowTableDecision, cause: 'reboot' | 'administrator'): boolean {
  const { state, now } = decision;
  const nodes = [...state.visitors.keys()];
  // In every append anew, the order of thousands of names would cost more than their leaving.
  for (const mobileNode of isLarge(decision) ? nodes : nodes.sort()) {
    if (decision.isFull || !visitorLeaves(decision, mobileNode, cause, state.registrationRevisions.get(mobileNode)!, now)) return false;
  }
  const sessions = [...state.sessions.values()];
  for (const session of isLarge(decision) ? sessions : sessions.sort((a, b) => a.ordinal - b.ordinal)) {
    if (decision.isFull) return false;
    decision.release(session, cause, now, endsAlone);
  }
  return true;
}

/** @returns false: it has more sessions than end in one append; the first ended, and it leaves when it is told again */
export function visitorLeaves(
  decision: FlowTableDecision,
  mobileNode: string,
  cause: Exclude<ReleaseCause & DismissVisitor['cause'], 'superseded'>,
  revision: bigint,
  at: number,
): boolean {
  const sessions = decision.sessionsOf(mobileNode);
  const first = thatEndInOneAppend(sessions);
  if (first.length < sessions.length) {
    for (const session of first) decision.release(session, cause, at, endsAlone);
    return false;
  }
  decision.emit({ type: 'VisitorLeft', mobileNode, cause, registrationRevision: `${revision}`, occurredAt: toTimestamp(at) });
  for (const session of sessions) decision.release(session, cause, at, endsAlone);
  endDegradedLegs(decision, mobileNode, cause, at);
  return true;
}
