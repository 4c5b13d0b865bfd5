/** Legs whose node is bound elsewhere, while the old agent does not know it yet (domain.md §4). */
import type { FlowTableDecision } from '../scope/flow-table-decision';
import type { FlowTableState, Session } from '../scope/flow-table-state';
import type { DismissVisitor } from '../commands/flow-table-commands';
import { leaseOf } from './leases';
import { inOwnTime } from '../scope/own-time';
import { fromTimestamp, toTimestamp } from '../flow/soft-state';

/** RFC 5944 §3.3: the longest lifetime that ends. */
const longestLifetimeSeconds = 65_534;

/**
 * When an orphaned leg ends at the latest: with the binding that was left. Where that was infinite and the leg has no soft state
 * either, nothing would ever end it: then the agent's maximum lifetime from now on.
 * @param told when the binding ends by the node's own stream; null: never
 * @returns null where its lease ends it
 */
export function orphanedUntil(decision: FlowTableDecision, session: Session, told: Pick<DismissVisitor, 'orphanedUntil' | 'asOf'>): string | null {
  const { state, now } = decision;
  if (told.orphanedUntil !== null || leaseOf(session, 'session') !== null) return inOwnTime(decision, told.orphanedUntil, told.asOf);
  return toTimestamp(now + longestStayMs(state));
}

/**
 * For the agent that was left a registration there is a renewal: nothing has expired, and what it holds still ends with the binding as it is now.
 * Without an end of that it has the longest stay, renewed where half of it is over.
 * @param expiresAt of the binding; null: infinite
 * @param others sessions that are none of these
 * @returns false: they are more than one append takes
 */
export function renewOrphansOf(
  decision: FlowTableDecision,
  mobileNode: string,
  expiresAt: string | null,
  others: ReadonlySet<string> = none,
): boolean {
  const { state, now, occurredAt } = decision;
  const stay = longestStayMs(state);
  return decision.sessionsOf(mobileNode).filter((session) => session.state === 'orphaned' && !others.has(session.sessionId)).every((session) => {
    const { sessionId, orphanedUntil: before } = session;
    const isEndless = expiresAt === null && leaseOf(session, 'session') === null;
    const until = isEndless ? toTimestamp(now + stay) : expiresAt;
    if (isEndless ? before! - now > stay / 2 : before === (until === null ? null : fromTimestamp(until))) return true;
    if (decision.isFull) return false;
    decision.emit({ type: 'QosSessionModified', sessionId, orphanedUntil: until, cause: 'registration', occurredAt });
    return true;
  });
}

const none: ReadonlySet<string> = new Set();

/** Of what nothing else ends: the longest lifetime that the agent grants, if that ends. */
export function longestStayMs({ policy }: FlowTableState): number {
  return Math.min(policy.maximumLifetimeSeconds, longestLifetimeSeconds) * 1000;
}
