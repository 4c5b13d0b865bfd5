/**
 * Tunnel sessions whose node has left: their path state stands for up to L more (RFC 2205 §3.7), and what is seen of it is still no flow of
 * nobody's. The node may come back meanwhile, and its PATH be a repeat that tells nothing again.
 */
import type { FlowTableState, Tunnel } from './flow-table-state';
import { softStateLifetimeMs } from '../flow/soft-state';
import { removeTunnel } from './tunnels';

/** RFC 2205 §3.7: R where nothing else is told, as SESSION_ASSOC does not. */
const lifetimeMs = softStateLifetimeMs(30_000);

/** @param at milliseconds */
export function tunnelsLeft(state: FlowTableState, mobileNode: string, at: number): void {
  for (const [key, until] of state.leftTunnels.entries()) {
    if (until > at) break;
    removeTunnel(state, key);
  }
  for (const key of state.tunnelsByNode.get(mobileNode) ?? []) if (!state.leftTunnels.has(key)) state.leftTunnels.set(key, at + lifetimeMs);
}

/** What lapsed while the node was away is gone. @param at milliseconds */
export function tunnelsBack(state: FlowTableState, mobileNode: string, at: number): void {
  if (state.leftTunnels.size === 0) return;
  for (const key of [...(state.tunnelsByNode.get(mobileNode) ?? [])]) {
    const until = state.leftTunnels.get(key);
    if (until !== undefined && until <= at) removeTunnel(state, key);
    else state.leftTunnels.delete(key);
  }
}

/** Undefined: SESSION_ASSOC named none, or its path has lapsed behind its node. @param now milliseconds */
export function standingTunnel(state: FlowTableState, key: string, now: number): Tunnel | undefined {
  const until = state.leftTunnels.get(key);
  return until !== undefined && until <= now ? undefined : state.tunnels.get(key);
}
