/**
 * Each node chooses its own refresh period R (RFC 2205 §3.7): one path or reservation that is seen on several links is refreshed at
 * another R on each, and none of these is a change. What is seen stands by the longest.
 */
export interface HopPeriod {
  /** RSVP_HOP of the message: of a PATH the previous hop, of a RESV the next one; `command`: it was commanded. Absent: the message told none. */
  readonly hop?: string;
  readonly refreshPeriodMs: number;
}

/** Links of one path that are told apart; more than captures see. */
const maximumHops = 8;

interface Refreshes {
  /** By which it stands from now on. */
  readonly refreshPeriodMs: number;
  /** What is new of this hop; null: nothing. One that comes with the R by which it stands already need not be told. */
  readonly told: HopPeriod | null;
}

/**
 * @param known hops that were told
 * @param current R by which it stands where no hop was told of yet; undefined: it is new
 */
export function refreshedBy(known: readonly HopPeriod[], current: number | undefined, seen: HopPeriod): Refreshes {
  const before = known.find(({ hop }) => hop === seen.hop);
  const standsBy = before?.refreshPeriodMs ?? (known.length === 0 ? current : longestPeriod(known));
  const isNamed = known.length > 0 || seen.hop !== undefined;
  const told = isNamed && seen.refreshPeriodMs !== standsBy ? seen : null;
  const hops = told ? withHop(known, told) : known;
  return { refreshPeriodMs: hops.length === 0 ? seen.refreshPeriodMs : longestPeriod(hops), told };
}

/** What each hop told last, the last one behind. */
export function withHop(known: readonly HopPeriod[], told: HopPeriod): readonly HopPeriod[] {
  return [...known.filter(({ hop }) => hop !== told.hop), told].slice(-maximumHops);
}

function longestPeriod(hops: readonly HopPeriod[]): number {
  return Math.max(...hops.map(({ refreshPeriodMs }) => refreshPeriodMs));
}
