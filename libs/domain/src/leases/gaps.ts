/** A time without any server gives soft state one more L; registrations get none (design.md, "Time"). */
import type { FlowTableDecision } from '../scope/flow-table-decision';
import { emitExtensions, leaseOf, type Lease } from './leases';
import type { LeaseKind } from '../scope/refresh-notes';
import { softStateLifetimeMs, toTimestamp } from '../flow/soft-state';
import { confirmedBy, isInDoubt } from './unconfirmed-legs';

/** A time in which no refresh could be told, or that the wall clock skipped; milliseconds. */
export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly cause: 'outage' | 'clock-jump';
}

/**
 * Leases that stood when it began, and that would end before L has gone by since it ended, stand until then. Told again it finds nothing
 * to extend: whatever was told later stands longer. Recorded as of its beginning, so that what it does not extend ends in its own time.
 * What nothing would end has an end from then on, until it is confirmed.
 * @returns false: they are more than one append takes
 */
export function extendOverGap(decision: FlowTableDecision, over: Gap): boolean {
  const { state } = decision;
  const { from, to, cause } = over;
  const byPeriod = new Map<number, { readonly kind: LeaseKind; readonly key: string }[]>();
  const extend = (kind: LeaseKind, key: string, lease: Lease | null): void => {
    if (lease === null || lease.until < from || lease.until >= untilAfter(to, lease.refreshPeriodMs)) return;
    const leases = byPeriod.get(lease.refreshPeriodMs);
    if (leases) leases.push({ kind, key });
    else byPeriod.set(lease.refreshPeriodMs, [{ kind, key }]);
  };
  const inDoubt: { readonly kind: LeaseKind; readonly key: string }[] = [];
  for (const session of state.sessions.values()) {
    if (isInDoubt(state, session, over)) inDoubt.push({ kind: 'session', key: session.sessionId });
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
  return emitExtensions(decision, inDoubt, { until: toTimestamp(confirmedBy(state, over)), cause, gap, occurredAt });
}

function untilAfter(to: number, refreshPeriodMs: number): number {
  return to + Math.ceil(softStateLifetimeMs(refreshPeriodMs));
}
