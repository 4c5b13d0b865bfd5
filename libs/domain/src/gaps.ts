/** A time without any server gives soft state one more L; registrations get none (design.md, "Time"). */
import type { FlowTableDecision } from './flow-table';
import { emitExtensions, leaseOf, type Lease } from './leases';
import type { LeaseKind } from './refresh-notes';
import { softStateLifetimeMs, toTimestamp } from './soft-state';

/** A time in which no refresh could be told, or that the wall clock skipped; milliseconds. */
export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly cause: 'outage' | 'clock-jump';
}

/**
 * Leases that stood when it began, and that would end before L has gone by since it ended, stand until then. Told again it finds nothing
 * to extend: whatever was told later stands longer. Recorded as of its beginning, so that what it does not extend ends in its own time.
 * @returns false: they are more than one append takes
 */
export function extendOverGap(decision: FlowTableDecision, { from, to, cause }: Gap): boolean {
  const { state } = decision;
  const byPeriod = new Map<number, { readonly kind: LeaseKind; readonly key: string }[]>();
  const extend = (kind: LeaseKind, key: string, lease: Lease | null): void => {
    if (lease === null || lease.until < from || lease.until >= untilAfter(to, lease.refreshPeriodMs)) return;
    const leases = byPeriod.get(lease.refreshPeriodMs);
    if (leases) leases.push({ kind, key });
    else byPeriod.set(lease.refreshPeriodMs, [{ kind, key }]);
  };
  for (const session of state.sessions.values()) {
    for (const kind of ['session', 'reservation'] as const) extend(kind, session.sessionId, leaseOf(session, kind));
  }
  for (const [key, { lease }] of state.parts.entries()) extend('part', key, lease);
  for (const { sessionId, refreshPeriodMs, leaseUntil } of state.degraded.all()) {
    if (leaseUntil !== null) extend('session', sessionId, { refreshPeriodMs, until: leaseUntil });
  }
  const occurredAt = toTimestamp(Math.max(from, state.lastOccurredAt));
  const gap = { from: toTimestamp(from), to: toTimestamp(to) };
  for (const [refreshPeriodMs, leases] of byPeriod) {
    if (!emitExtensions(decision, leases, { until: toTimestamp(untilAfter(to, refreshPeriodMs)), cause, gap, occurredAt })) return false;
  }
  return true;
}

function untilAfter(to: number, refreshPeriodMs: number): number {
  return to + Math.ceil(softStateLifetimeMs(refreshPeriodMs));
}
