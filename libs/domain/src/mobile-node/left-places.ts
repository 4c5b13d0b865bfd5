import type { HandoffStarted } from '../events/events';
import { fromTimestamp } from '../flow/soft-state';

/** Where a handoff led away from: a leg may stand there until the binding that was left would have ended (domain.md §4). */
export interface LeftPlace {
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  /** Milliseconds; null: the binding was infinite. */
  readonly until: number | null;
}

/** More than a node leaves within one lifetime. */
const maximumPlaces = 16;

/** @param at milliseconds */
export function withLeft(known: readonly LeftPlace[], { from, to }: HandoffStarted, at: number): readonly LeftPlace[] {
  const left = from.map(({ foreignAgent, careOfAddress, bindingExpiresAt }): LeftPlace => {
    return { foreignAgent, careOfAddress, until: bindingExpiresAt === null ? null : fromTimestamp(bindingExpiresAt) };
  });
  const gone = new Set([...left.map(({ careOfAddress }) => careOfAddress), to?.careOfAddress]);
  const stands = ({ careOfAddress, until }: LeftPlace): boolean => !gone.has(careOfAddress) && (until === null || until > at);
  return [...known.filter(stands), ...left].slice(-maximumPlaces);
}
