/** Soft state and its leases: RFC 2205 §3.7. All times are milliseconds. */
export { fromTimestamp, toTimestamp } from './timestamp';

/** L = (K + 0.5) · 1.5 · R with K = 3: the least time that state stands without a refresh. 157.5 s for R = 30 s. */
export function softStateLifetimeMs(refreshPeriodMs: number): number {
  return 3.5 * 1.5 * refreshPeriodMs;
}

/** A lease is written for 1.5 · L, so that not every refresh has to be; null where there is no soft state (period 0). */
export function leaseUntil(refreshedAt: number, refreshPeriodMs: number): number | null {
  return refreshPeriodMs === 0 ? null : refreshedAt + Math.floor(1.5 * softStateLifetimeMs(refreshPeriodMs));
}

/** A refresh asks for a longer lease when less than L is left of it. */
export function leaseIsShort(until: number, refreshedAt: number, refreshPeriodMs: number): boolean {
  return until - refreshedAt < softStateLifetimeMs(refreshPeriodMs);
}

/** Leases of one refresh period are extended together, no oftener than this (design.md, "Time"). */
export const extensionSpacingMs = 30_000;

/** Where L is shorter than this, an extension cannot wait for the spacing without taking too much of L: L is the minimum and wins. */
const shortestWaitingLifetimeMs = 4 * extensionSpacingMs;

export function extensionsMayWait(refreshPeriodMs: number): boolean {
  return softStateLifetimeMs(refreshPeriodMs) >= shortestWaitingLifetimeMs;
}

/**
 * How long ago a session may have been refreshed to be extended with the others: as long that what is left between L and 1.5 · L
 * outlasts the spacing, and where L is short at least 0.3 · L, more than the 1.5 · R within which a refresh comes (RFC 2205 §3.7).
 */
export function extensionWindowMs(refreshPeriodMs: number): number {
  const lifetime = softStateLifetimeMs(refreshPeriodMs);
  return Math.max(0.3 * lifetime, 0.5 * lifetime - extensionSpacingMs);
}

/** Quarantine of a released id: the policy's, else max(120 s, the session's own L) (RFC 3697 §3). */
export function quarantineMs(quarantineSeconds: number | null, refreshPeriodMs: number): number {
  if (quarantineSeconds !== null) return Math.round(quarantineSeconds * 1000);
  return Math.max(120_000, Math.ceil(softStateLifetimeMs(refreshPeriodMs)));
}
