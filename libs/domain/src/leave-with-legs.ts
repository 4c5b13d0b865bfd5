import type { FlowTableDecision } from './flow-table';
import type { EndOldLegs } from './handoff-leg-commands';
import { orphanedUntil } from './orphaned-legs';

type Leaving = Pick<EndOldLegs, 'mobileNode' | 'registrationRevision' | 'cause' | 'oldLegs' | 'orphanedUntil'>;

/** The visitor leaves with its legs. Where the old agent is not told, they are orphaned: it learns by expiry (domain.md §4). */
export function leaveWithLegs(decision: FlowTableDecision, leaving: Leaving): void {
  const { state, occurredAt } = decision;
  const { mobileNode, registrationRevision, cause, oldLegs } = leaving;
  const known = state.registrationRevisions.get(mobileNode) ?? -1n;
  const revision = known > registrationRevision ? known : registrationRevision;
  decision.emit({ type: 'VisitorLeft', mobileNode, cause, registrationRevision: `${revision}`, occurredAt });
  for (const session of decision.sessionsOf(mobileNode)) {
    const { sessionId } = session;
    if (oldLegs === 'release') decision.release(session, cause);
    else if (session.state !== 'orphaned') {
      const until = orphanedUntil(decision, session, leaving.orphanedUntil);
      decision.emit({ type: 'QosSessionModified', sessionId, state: 'orphaned', orphanedUntil: until, cause: 'registration-elsewhere', occurredAt });
    }
  }
  endDegradedLegs(decision, mobileNode, cause, occurredAt);
}

/** They hold nothing: there is nothing to be orphaned of them. */
export function endDegradedLegs(decision: FlowTableDecision, mobileNode: string, cause: string, occurredAt: string): void {
  if (decision.state.degraded.size === 0) return;
  for (const { sessionId } of decision.state.degraded.ofNode(mobileNode)) decision.emit({ type: 'DegradedLegEnded', sessionId, mobileNode, cause, occurredAt });
}
