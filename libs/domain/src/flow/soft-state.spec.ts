import { longestQuarantineSeconds } from './policy';
import {
  extensionSpacingMs, extensionsMayWait, extensionWindowMs, fromTimestamp, leaseIsShort, leaseUntil, quarantineMs, softStateLifetimeMs, toTimestamp,
} from './soft-state';

describe('soft state (RFC 2205 §3.7), for a refresh period R', () => {
  test('L = (K + 0.5) · 1.5 · R with K = 3; a lease stands for 1.5 · L, whole milliseconds; none where R is 0', () => {
    expect([softStateLifetimeMs(30_000), leaseUntil(1_000, 30_000), leaseUntil(0, 1), leaseUntil(1_000, 0)]).toEqual([157_500, 237_250, 7, null]);
  });
  test('a lease is short when less than L is left of it, and not with L itself', () => {
    expect([leaseIsShort(158_500, 1_000, 30_000), leaseIsShort(158_499, 1_000, 30_000)]).toEqual([false, true]);
  });
  test('extensions wait for each other where L is at least four times their spacing', () => {
    const least = (4 * extensionSpacingMs) / 5.25;
    expect([extensionsMayWait(Math.ceil(least)), extensionsMayWait(Math.floor(least))]).toEqual([true, false]);
  });
  test.each([[30_000, 48_750], [90_000, 206_250], [10_000, 15_750]])('R = %d ms: who was refreshed in the last %d ms is extended with the others', (refreshPeriodMs, windowMs) => {
    expect(extensionWindowMs(refreshPeriodMs)).toBe(windowMs);
  });
  test('the longest quarantine of a policy ends in a time that is written and read as any other', () => {
    const until = Date.parse('2026-01-01T00:00:00Z') + quarantineMs(longestQuarantineSeconds, 30_000);
    expect(toTimestamp(until)).toBe('9948-03-09T12:26:40.000Z');
    expect(fromTimestamp(toTimestamp(until))).toBe(until);
  });
  test('a released id is quarantined for max(120 s, its own L), whole milliseconds, or for as long as the policy says, be it no time', () => {
    expect([quarantineMs(1.5, 30_000), quarantineMs(0.0004, 30_000)]).toEqual([1_500, 0]);
    expect([quarantineMs(null, 0), quarantineMs(null, 30_000), quarantineMs(null, 30_001), quarantineMs(60, 30_000), quarantineMs(0, 30_000)])
      .toEqual([120_000, 157_500, 157_506, 60_000, 0]);
  });
});
