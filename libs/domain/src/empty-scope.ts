/** What empties a scope at once: its agent lost its state, or the administrator takes the care-of address away. */
import type { ReleaseCause } from './events';
import type { FlowTableDecision } from './flow-table';
import type { DismissVisitor, FlowTableAnswer, RebootScope, WithdrawScope } from './flow-table-commands';
import { reject } from './rejection';
import { endDegradedLegs } from './leave-with-legs';
import { toTimestamp } from './soft-state';

const done = { outcome: 'done' } as const;

/** Everything of the agent is lost (RFC 5944 §2.3.2). A reboot that the scope was told of, or one before it, is a no-op. */
export function rebootScope(decision: FlowTableDecision, { revision }: RebootScope): FlowTableAnswer {
  const { state, occurredAt } = decision;
  const { foreignAgent, careOfAddress } = state;
  if (revision <= state.rebooted) return done;
  decision.emit({ type: 'ForeignAgentRebooted', foreignAgent, careOfAddress, revision: `${revision}`, occurredAt });
  everybodyLeaves(decision, 'reboot');
  return done;
}

export function withdrawScope(decision: FlowTableDecision, command: WithdrawScope): FlowTableAnswer {
  const { state, occurredAt } = decision;
  const { foreignAgent, careOfAddress } = state;
  if (command.revision <= state.provisioned) return done;
  const { size } = state.sessions;
  if (size > 0 && !command.force) {
    return { outcome: 'refused', rejection: reject('foreign-agent-in-use', `${size} sessions hold flow ids at ${careOfAddress}.`, { sessions: size }) };
  }
  everybodyLeaves(decision, 'administrator');
  decision.emit({ type: 'ScopeWithdrawn', foreignAgent, careOfAddress, revision: `${command.revision}`, occurredAt });
  return done;
}

/** In the order of their names, each with its sessions; then the sessions whose node is no visitor, in order of arrival. */
function everybodyLeaves(decision: FlowTableDecision, cause: 'reboot' | 'administrator'): void {
  const { state, now } = decision;
  for (const mobileNode of [...state.visitors.keys()].sort()) {
    visitorLeaves(decision, mobileNode, cause, state.registrationRevisions.get(mobileNode)!, now);
  }
  for (const session of [...state.sessions.values()].sort((a, b) => a.ordinal - b.ordinal)) decision.release(session, cause);
}

export function visitorLeaves(
  decision: FlowTableDecision,
  mobileNode: string,
  cause: Exclude<ReleaseCause & DismissVisitor['cause'], 'superseded'>,
  revision: bigint,
  at: number,
): void {
  decision.emit({ type: 'VisitorLeft', mobileNode, cause, registrationRevision: `${revision}`, occurredAt: toTimestamp(at) });
  for (const session of decision.sessionsOf(mobileNode)) decision.release(session, cause, at);
  endDegradedLegs(decision, mobileNode, cause, toTimestamp(at));
}
