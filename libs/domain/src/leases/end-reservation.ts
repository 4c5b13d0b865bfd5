import type { EventViolation } from '../events/events';
import type { FlowTableDecision } from '../scope/flow-table-decision';
import type { Session } from '../scope/flow-table-state';
import { toTimestamp } from '../flow/soft-state';

/**
 * A reservation that ends leaves its path, which keeps the id (RFC 2205 §2.3, §3.7). An orphaned leg stays orphaned: it ends with the
 * binding that was left, and only a registration brings it back (domain.md §4).
 */
export function endReservation(
  decision: FlowTableDecision,
  session: Session,
  cause: 'resv-tear' | 'soft-state-timeout',
  at = decision.now,
  violations: readonly EventViolation[] = [],
): void {
  const { sessionId, orphanedUntil, reservation } = session;
  const until = orphanedUntil === null ? null : toTimestamp(orphanedUntil);
  const becomes =
    session.state === 'orphaned'
      ? ({ state: 'orphaned', orphanedUntil: until, ...(reservation && { reservation: null }) } as const)
      : ({ state: 'path-only' } as const);
  decision.emit({ type: 'QosSessionModified', sessionId, ...becomes, cause, occurredAt: toTimestamp(at), ...(violations.length > 0 && { violations }) });
}
