/** Soft state and its leases: RFC 2205 §3.7. All times are milliseconds. */
export { fromTimestamp, toTimestamp } from './timestamp';

/** L = (K + 0.5) · 1.5 · R with K = 3: the least time that state stands without a refresh. 157.5 s for R = 30 s. */
export function softStateLifetimeMs(refreshPeriodMs: number): number {
  return 3.5 * 1.5 * refreshPeriodMs;
}

/** A lease is written for 1.5 · L, so that not every refresh has to be; null where there is no soft state (period 0). */
export function leaseUntil(now: number, refreshPeriodMs: number): number | null {
  return refreshPeriodMs === 0 ? null : now + Math.ceil(1.5 * softStateLifetimeMs(refreshPeriodMs));
}

/** A refresh extends the lease only when less than L is left of it. */
export function leaseIsShort(until: number, now: number, refreshPeriodMs: number): boolean {
  return until - now < softStateLifetimeMs(refreshPeriodMs);
}

/** Quarantine of a released id: the policy's, else max(120 s, the session's own L) (RFC 3697 §3). */
export function quarantineMs(quarantineSeconds: number | null, refreshPeriodMs: number): number {
  if (quarantineSeconds !== null) return quarantineSeconds * 1000;
  return Math.max(120_000, Math.ceil(softStateLifetimeMs(refreshPeriodMs)));
}
