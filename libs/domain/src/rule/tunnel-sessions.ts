/**
 * Tunnel sessions of RFC 2746 §6: the end of a tunnel gives an end-to-end session a flow id of its own, the source port of UDP packets to port
 * 363 of the care-of address, and tells it by SESSION_ASSOC. That id is the node's session's, chosen by the network and not allocated again.
 */
import type { EventViolation, TunnelAssociation } from '../events/events';
import { classify, type FlowId, type TemporaryFlowId } from '../flow/flow';
import { withTemporary } from '../flow/flow-id';
import type { FlowTableState, SessionHolding } from '../scope/flow-table-state';
import type { IsOthers } from './matches';
import type { Allocator } from '../flow/policy';
import { endToEndKey } from '../flow/tunnel-keys';

/** The tunnel that SESSION_ASSOC named for sessions of the node to this port. */
export function tunnelFor(
  state: FlowTableState,
  mobileNode: string | null,
  protocol: number,
  destinationPort: number | undefined,
): TunnelAssociation | undefined {
  if (mobileNode === null || destinationPort === undefined) return undefined;
  const key = state.tunnelsByEndToEnd.get(endToEndKey(mobileNode, protocol, destinationPort));
  return key === undefined ? undefined : state.tunnels.get(key)!.association;
}

/** Who chose it: the home agent, at whose address the tunnel begins; else the foreign agent at its other end. */
export function allocatorOf({ tunnel }: TunnelAssociation, homeAgent: string | undefined): Allocator {
  return tunnel.source === homeAgent ? 'home-agent' : 'foreign-agent';
}

export interface NetworkChoice {
  /** Null: it cannot be this session's. */
  readonly temporary: TemporaryFlowId | null;
  readonly violation: EventViolation | null;
}

/** The network's choice, checked as the rule's own: an id overlaps nothing that is held or quarantined, a value has one owner. */
export function checkNetworkChoice(
  state: FlowTableState,
  requested: FlowId,
  { tunnel }: TunnelAssociation,
  logicalFlow: string,
  isOthers: IsOthers,
): NetworkChoice {
  if (classify(requested).kind !== 'ports') return { temporary: null, violation: null };
  const temporary: TemporaryFlowId = { field: 'sourcePort', value: tunnel.sourcePort };
  const violation = networkIdOverlap(state, withTemporary(requested, temporary), tunnel, isOthers, (holding) => holding.logicalFlow !== logicalFlow);
  return { temporary: violation === null ? temporary : null, violation };
}

/** Null: nobody else has it. @param isOthersPort whether the source port that a quarantine has is another's, whatever else its id is */
export function networkIdOverlap(
  state: FlowTableState,
  id: FlowId,
  { source, sourcePort }: TunnelAssociation['tunnel'],
  isOthers: IsOthers,
  isOthersPort: (holding: SessionHolding) => boolean,
): EventViolation | null {
  const holder =
    state.pools.sourcePort.ownerOf(sourcePort) ??
    [...state.indexes.effectiveIds.overlapping(id, isOthers), ...state.indexes.quarantinedIds.overlapping(id, isOthers)][0]?.sessionId ??
    quarantinedOwner(state, sourcePort, isOthersPort);
  if (sourcePort >= 1 && holder === undefined) return null;
  const why = holder === undefined ? 'is no port' : `is held by session ${holder}, or quarantined for it`;
  return { name: 'network-id-overlaps', detail: `SESSION_ASSOC names source port ${sourcePort} of the tunnel from ${source}, which ${why} (RFC 2746 §6).` };
}

function quarantinedOwner(state: FlowTableState, value: number, isOthers: (holding: SessionHolding) => boolean): string | undefined {
  for (const name of state.indexes.quarantinesBySourcePort.get(value) ?? []) {
    const quarantine = state.quarantines.get(name)!;
    if (isOthers(quarantine)) return quarantine.sessionId;
  }
  return undefined;
}
