/** Soft state stands between L and 1.5 · L after its last refresh (RFC 2205 §3.7), and its leases are extended together. */
import type { LeasesExtended } from '../events/events';
import type { FlowTableDecision } from '../scope/flow-table-decision';
import type { FlowTableState, Session } from '../scope/flow-table-state';
import type { LeaseKind } from '../scope/refresh-notes';
import { partKey } from '../scope/session-parts';
import { extensionSpacingMs, extensionsMayWait, extensionWindowMs, leaseIsShort, leaseUntil, softStateLifetimeMs, toTimestamp } from '../flow/soft-state';

/** Ids in one event. A larger extension is several events, and where an append is full the rest of it waits for the next. */
const maximumOfEvent = 5_000;

/** What of a session's soft state a message or command refreshes. */
export type Refreshed = 'both' | 'path' | 'reservation';

export interface Lease {
  readonly refreshPeriodMs: number;
  /** Milliseconds. */
  readonly until: number;
}

export const leaseKinds = ['session', 'reservation', 'part'] as const;

/** Null: no soft state. What a session without it may wait by (unconfirmed-legs.ts) no refresh extends. */
export function leaseOf(session: Session, kind: 'session' | 'reservation'): Lease | null {
  if (kind === 'reservation') return session.reservation;
  const { refreshPeriodMs, leaseUntil: until } = session;
  return until === null || refreshPeriodMs === 0 ? null : { refreshPeriodMs, until };
}

/** @param key session id, or the part's key; null: it ended */
function leaseNoted(state: FlowTableState, kind: LeaseKind, key: string): Lease | null {
  if (kind === 'part') return state.parts.get(key)?.lease ?? null;
  const session = state.sessions.get(key);
  return session ? leaseOf(session, kind) : null;
}

/** With a refresh that waits to be written: whoever takes the lease over takes that with it, since a refresh that nobody wrote must not be lost. */
export function leaseTakenOver(state: FlowTableState, kind: LeaseKind, key: string, lease: Lease | null): Lease | null {
  if (lease === null) return null;
  const { refreshPeriodMs, until } = lease;
  const at = state.refreshes.notedAt(refreshPeriodMs, kind, key);
  return at === undefined || !leaseIsShort(until, at, refreshPeriodMs) ? lease : { refreshPeriodMs, until: leaseUntil(at, refreshPeriodMs)! };
}

/** The leases that are refreshed: where path and reservation were not told apart, the session's own stands for both. */
export function kindsOf(session: Session, refreshed: Refreshed | 'nothing'): ('session' | 'reservation')[] {
  switch (refreshed) {
    case 'nothing':
      return [];
    case 'both':
      return session.reservation ? ['session', 'reservation'] : ['session'];
    case 'path':
      return ['session'];
    case 'reservation':
      return [session.reservation ? 'reservation' : 'session'];
  }
}

/**
 * A refresh that changes nothing else: no event, unless less than L is left; then one for all that were refreshed lately.
 * @param refreshed nothing: the part alone
 * @param part key of the part that was refreshed with it
 */
export function refreshLeases(decision: FlowTableDecision, session: Session, refreshed: Refreshed | 'nothing', part?: string): void {
  const { state, now } = decision;
  for (const kind of kindsOf(session, refreshed)) noteRefresh(state, kind, session.sessionId, leaseOf(session, kind), now);
  if (refreshed === 'both') notePaths(decision, session);
  if (part !== undefined) noteRefresh(state, 'part', part, leaseNoted(state, 'part', part), now);
  extendWhatMayNotWait(decision);
}

/** The same, of a session whose own leases an event told. */
export function refreshPaths(decision: FlowTableDecision, session: Session): void {
  notePaths(decision, session);
  extendWhatMayNotWait(decision);
}

/** Whoever commands a session says that all of it stands. */
function notePaths({ state, now }: FlowTableDecision, { sessionId }: Session): void {
  if (state.parts.size === 0) return;
  for (const path of state.parts.paths(sessionId)) noteRefresh(state, 'part', partKey(path), path.lease, now);
}

function extendWhatMayNotWait(decision: FlowTableDecision): void {
  const { state, now } = decision;
  for (let due = nextExtension(state); due && due.at <= now && !decision.isFull; due = nextExtension(state)) extendDue(decision, due.refreshPeriodMs, now);
}

/** Writes what was put off, unless another server extended meanwhile what could not wait any longer. */
export function extendDue(decision: FlowTableDecision, refreshPeriodMs: number, at: number): void {
  const { state } = decision;
  if (state.refreshes.isWrittenInPart(refreshPeriodMs)) {
    extendLeases(decision, refreshPeriodMs, at);
    return;
  }
  state.refreshes.settled(refreshPeriodMs);
  for (const kind of leaseKinds) {
    for (const [key, refreshedAt] of state.refreshes.entries(refreshPeriodMs, kind)) {
      const lease = leaseNoted(state, kind, key);
      if (lease?.refreshPeriodMs !== refreshPeriodMs || !leaseIsShort(lease.until, refreshedAt, refreshPeriodMs)) continue;
      state.refreshes.wait(refreshPeriodMs, writeBy(lease));
    }
  }
  const next = nextExtension(state);
  if (next?.refreshPeriodMs === refreshPeriodMs && next.at <= at) extendLeases(decision, refreshPeriodMs, at);
}

/** What waits must not come close to its end: a timer may be late. Milliseconds; 0: nothing may wait. */
function writeBy({ refreshPeriodMs, until }: Lease): number {
  return extensionsMayWait(refreshPeriodMs) ? until - extensionSpacingMs : 0;
}

function noteRefresh(state: FlowTableState, kind: LeaseKind, key: string, lease: Lease | null, now: number): void {
  if (lease === null) return;
  const { refreshPeriodMs, until } = lease;
  state.refreshes.note(refreshPeriodMs, kind, key, now);
  if (!leaseIsShort(until, now, refreshPeriodMs)) return;
  state.refreshes.wait(refreshPeriodMs, writeBy(lease));
}

/** The next extension that was put off, and when it falls due. */
export function nextExtension(state: FlowTableState): { readonly at: number; readonly refreshPeriodMs: number } | null {
  return state.refreshes.due();
}

/** When something of the scope falls due next; milliseconds, null: nothing will. */
export function nextDeadline(state: FlowTableState): number | null {
  if (state.degraded.isInRound) return state.lastOccurredAt;
  const rank = state.indexes.deadlines.first()?.rank ?? Infinity;
  const next = Math.min(rank, nextExtension(state)?.at ?? Infinity);
  return next === Infinity ? null : next;
}

/** Extensions that were put off are written now, before this server's notes of them are lost. @returns false: they are more than one append takes */
export function writeWaitingExtensions(decision: FlowTableDecision): boolean {
  return decision.state.refreshes.waiting.every((refreshPeriodMs) => !decision.isFull && extendLeases(decision, refreshPeriodMs, decision.now));
}

interface Refresh {
  readonly kind: LeaseKind;
  /** Session id, or the part's key. */
  readonly key: string;
  readonly at: number;
}

/**
 * All leases of a refresh period that were refreshed lately and would ask for more before the next event may come.
 * @returns false: the append was full, and the rest is due still
 */
function extendLeases(decision: FlowTableDecision, refreshPeriodMs: number, at: number): boolean {
  const { state } = decision;
  const refreshes = leaseKinds.flatMap((kind) => toExtend(state, refreshPeriodMs, kind, at));
  state.refreshes.written(refreshPeriodMs, at);
  // One `until` stands at least L and at most 1.5 · L after refreshes that lie no further apart than L / 2.
  const half = at - softStateLifetimeMs(refreshPeriodMs) / 2;
  const older = refreshes.filter((refresh) => refresh.at < half);
  const newer = refreshes.filter((refresh) => refresh.at >= half);
  const isWhole = extendTogether(decision, older, refreshPeriodMs, at) && extendTogether(decision, newer, refreshPeriodMs, at);
  if (!isWhole) state.refreshes.writtenInPart(refreshPeriodMs, at);
  return isWhole;
}

function extendTogether(decision: FlowTableDecision, refreshes: readonly Refresh[], refreshPeriodMs: number, at: number): boolean {
  const oldest = refreshes.reduce((least, refresh) => Math.min(least, refresh.at), at);
  return emitExtensions(decision, refreshes, { until: toTimestamp(leaseUntil(oldest, refreshPeriodMs)!), occurredAt: toTimestamp(at) });
}

/** @returns false: the append was full before the last of them */
export function emitExtensions(
  decision: FlowTableDecision,
  leases: readonly Pick<Refresh, 'kind' | 'key'>[],
  terms: Omit<LeasesExtended, 'type' | keyof Extended>,
): boolean {
  for (let from = 0; from < leases.length; from += maximumOfEvent) {
    if (decision.isFull) return false;
    decision.emit({ type: 'LeasesExtended', ...extendedOf(decision.state, leases.slice(from, from + maximumOfEvent)), ...terms });
  }
  return true;
}

type Extended = Pick<LeasesExtended, 'sessions' | 'reservations' | 'paths' | 'requests'>;

function extendedOf(state: FlowTableState, refreshes: readonly Pick<Refresh, 'kind' | 'key'>[]): Extended {
  const of = (kind: LeaseKind): string[] => refreshes.filter((refresh) => refresh.kind === kind).map(({ key }) => key);
  const reservations = of('reservation');
  const parts = of('part').map((key) => state.parts.get(key)!);
  const paths = parts.flatMap((part) => (part.kind === 'path' && part.sender ? [{ sessionId: part.sessionId, ...part.sender }] : []));
  const requests = parts.flatMap((part) => (part.kind === 'request' ? [{ sessionId: part.sessionId, nextHop: part.nextHop }] : []));
  return {
    sessions: of('session'), ...(reservations.length > 0 && { reservations }), ...(paths.length > 0 && { paths }), ...(requests.length > 0 && { requests }),
  };
}

function toExtend(state: FlowTableState, refreshPeriodMs: number, kind: LeaseKind, now: number): Refresh[] {
  const lifetime = softStateLifetimeMs(refreshPeriodMs);
  const oldest = now - extensionWindowMs(refreshPeriodMs);
  const soonShort = oldest + 1.5 * lifetime;
  const refreshes: Refresh[] = [];
  for (const [key, at] of state.refreshes.entries(refreshPeriodMs, kind)) {
    const lease = leaseNoted(state, kind, key);
    const isShort = lease?.refreshPeriodMs === refreshPeriodMs && leaseIsShort(lease.until, at, refreshPeriodMs);
    // Too old to be extended with the others, or of a session that ended or is refreshed at another period now.
    if (lease?.refreshPeriodMs !== refreshPeriodMs || (at < oldest && !isShort)) state.refreshes.forget(refreshPeriodMs, kind, key);
    else if (isShort || lease.until < soonShort) refreshes.push({ kind, key, at });
  }
  return refreshes;
}
