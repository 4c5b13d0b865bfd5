/** What a session's leases become where an event is written of it: path and reservation are refreshed apart (RFC 2205 §2.3). */
import type { QosSessionModified, SenderPath } from '../events/events';
import type { Session } from '../scope/flow-table-state';
import { leaseOf, type Lease, type Refreshed } from './leases';
import { fromTimestamp, leaseUntil, toTimestamp } from '../flow/soft-state';
import { isUnconfirmed } from './unconfirmed-legs';

interface RefreshTerms {
  readonly refreshes: Refreshed;
  /** Undefined: as it was. */
  readonly refreshPeriodMs: number | undefined;
  readonly merges: readonly Session[];
  /** `both`, and path and reservation are told apart: by which the path stands. Undefined: by the same. */
  readonly pathPeriodMs?: number | undefined;
  /** As of SessionTerms. */
  readonly path?: SenderPath | null | undefined;
}

interface Leases {
  readonly refreshPeriodMs: number;
  readonly until: number | null;
  readonly reservation: Lease | null;
}

export type LeaseFields = Pick<QosSessionModified, 'refreshPeriodMs' | 'expiresAt' | 'reservation'>;

/** The fields of an event that renews what is refreshed. */
export function renewedLeases(session: Session, terms: RefreshTerms, now: number): LeaseFields {
  const { refreshPeriodMs, until, reservation } = leasesAfter(session, terms, now);
  const isSame = until === session.leaseUntil && until !== null;
  const own = reservation && { refreshPeriodMs: reservation.refreshPeriodMs, expiresAt: toTimestamp(reservation.until) };
  return {
    ...(refreshPeriodMs !== session.refreshPeriodMs && { refreshPeriodMs }),
    ...(!isSame && { expiresAt: until === null ? null : toTimestamp(until) }),
    ...(reservation !== session.reservation && { reservation: own }),
  };
}

/**
 * A refresh is a change of its own where the period is another one, where path and reservation are seen apart for the first time, or where
 * it is the word that an unconfirmed session waits for.
 */
export function leasesChange(session: Session, terms: RefreshTerms, now: number): boolean {
  if (isUnconfirmed(session)) return true;
  // Of most refreshes nothing is built.
  if (terms.refreshes === 'both' && session.reservation === null) return (terms.refreshPeriodMs ?? session.refreshPeriodMs) !== session.refreshPeriodMs;
  const after = leasesAfter(session, terms, now);
  return after.refreshPeriodMs !== session.refreshPeriodMs || after.reservation?.refreshPeriodMs !== session.reservation?.refreshPeriodMs;
}

function leasesAfter(session: Session, terms: RefreshTerms, now: number): Leases {
  const { refreshes, refreshPeriodMs, pathPeriodMs } = terms;
  const { reservation } = session;
  const lease = leaseOf(session, 'session');
  const renewed = (period: number): Pick<Leases, 'refreshPeriodMs' | 'until'> => ({ refreshPeriodMs: period, until: leaseUntil(now, period) });
  const period = refreshPeriodMs ?? session.refreshPeriodMs;
  switch (refreshes) {
    case 'both':
      if (pathPeriodMs === undefined || reservation === null || period === 0) {
        return { ...renewed(period), reservation: reservation && reservationLease(period, now) };
      }
      return { ...renewed(pathPeriodMs), reservation: reservationLease(refreshPeriodMs ?? reservation.refreshPeriodMs, now) };
    case 'path': {
      // No message gives soft state to what was configured without; several paths under one reservation keep the longest period.
      if (lease === null) return { refreshPeriodMs: session.refreshPeriodMs, until: null, reservation };
      const isShared = session.style === 'SE' || session.style === 'WF';
      const sole = session.isReserved ? lease : null;
      return { ...renewed(isShared ? Math.max(period, session.refreshPeriodMs) : period), reservation: reservation ?? sole };
    }
    case 'reservation': {
      const path = pathLease(session, terms);
      if (path === null) return { ...renewed(period), reservation: null };
      return { ...path, reservation: reservationLease(period, now) };
    }
  }
}

function reservationLease(refreshPeriodMs: number, now: number): Lease | null {
  const until = leaseUntil(now, refreshPeriodMs);
  return until === null ? null : { refreshPeriodMs, until };
}

/** Null: no path was seen, and the session's one lease is the reservation's. */
function pathLease(session: Session, terms: RefreshTerms): Lease | null {
  const isPath = session.reservation !== null || (session.state === 'path-only' && session.pathSeen);
  const own = isPath ? leaseOf(session, 'session') : null;
  const merged = mergedPath(terms);
  if (own === null || merged === null) return own ?? merged;
  return longest([own, merged]);
}

/** Of the paths that a reservation takes over, what stands longest; of FF its own. */
export function mergedPath({ merges, path }: Pick<RefreshTerms, 'merges' | 'path'>): Lease | null {
  if (path !== undefined) return path?.expiresAt === undefined ? null : { refreshPeriodMs: path.refreshPeriodMs!, until: fromTimestamp(path.expiresAt) };
  const leases = merges.flatMap((session) => leaseOf(session, 'session') ?? []);
  return leases.length === 0 ? null : longest(leases);
}

/** Of several that stand together, each until its own time. */
export function longest(leases: readonly Lease[]): Lease {
  return {
    refreshPeriodMs: Math.max(...leases.map(({ refreshPeriodMs }) => refreshPeriodMs)),
    until: Math.max(...leases.map(({ until }) => until)),
  };
}
