import { thatEndInOneAppend } from '../events/decision-weight';
import type { DegradedLeg } from '../scope/degraded-legs';
import type { ReleaseCause } from '../events/events';
import type { FlowTableDecision } from '../scope/flow-table-decision';
import type { EndOldLegs } from '../commands/handoff-leg-commands';
import type { Session } from '../scope/flow-table-state';
import { endsAlone } from '../scope/leg-hold';
import { orphanedUntil } from '../leases/orphaned-legs';
import { knownOf } from './overtaken-handoff';

type Leaving = Pick<EndOldLegs, 'mobileNode' | 'registrationRevision' | 'cause' | 'oldLegs' | 'orphanedUntil' | 'asOf' | 'lost' | 'torn'>;

/**
 * The visitor leaves with its legs. Where the old agent is not told, they are orphaned: it learns by expiry (domain.md §4).
 * @returns false: it has more than one append takes, and leaves when it is told again
 */
export function leaveWithLegs(decision: FlowTableDecision, leaving: Leaving): boolean {
  const { state, occurredAt } = decision;
  const { mobileNode, registrationRevision, cause, oldLegs } = leaving;
  const sessions = decision.sessionsOf(mobileNode).filter((session) => oldLegs === 'release' || session.state !== 'orphaned');
  const standing: readonly (Session | DegradedLeg)[] = [...sessions, ...state.degraded.ofNode(mobileNode)];
  const some = thatEndInOneAppend(standing);
  if (some.length < standing.length) {
    const first = new Set(some.map(({ sessionId }) => sessionId));
    endOldSessions(decision, leaving, (sessionId) => first.has(sessionId));
    return false;
  }
  const known = knownOf(state, mobileNode);
  const revision = known > registrationRevision ? known : registrationRevision;
  decision.emit({ type: 'VisitorLeft', mobileNode, cause, registrationRevision: `${revision}`, occurredAt });
  endOldSessions(decision, leaving);
  return true;
}

/** Those that come to stand nowhere end by what took their new place, or their reservation, away. */
export function endOldSessions(decision: FlowTableDecision, leaving: Leaving, isMeant: (sessionId: string) => boolean = () => true): void {
  const { occurredAt, state } = decision;
  const { mobileNode, oldLegs, lost } = leaving;
  const isLost = new Set(lost?.sessionIds);
  const isTorn = new Set(leaving.torn);
  const causeOf = (sessionId: string): ReleaseCause => (lost && isLost.has(sessionId) ? lost.cause : isTorn.has(sessionId) ? 'resv-tear' : leaving.cause);
  for (const session of decision.sessionsOf(mobileNode)) {
    const { sessionId } = session;
    if (!isMeant(sessionId)) continue;
    if (oldLegs === 'release') decision.release(session, causeOf(sessionId));
    else if (session.state !== 'orphaned') {
      const until = orphanedUntil(decision, session, leaving);
      decision.emit({ type: 'QosSessionModified', sessionId, state: 'orphaned', orphanedUntil: until, cause: 'registration-elsewhere', occurredAt });
    }
  }
  for (const leg of state.degraded.ofNode(mobileNode)) if (isMeant(leg.sessionId)) decision.endDegraded(leg, causeOf(leg.sessionId));
}

/** They hold nothing: there is nothing to be orphaned of them. */
export function endDegradedLegs(decision: FlowTableDecision, mobileNode: string, cause: string, at = decision.now): void {
  for (const leg of decision.state.degraded.ofNode(mobileNode)) decision.endDegraded(leg, cause, at, endsAlone);
}
