/**
 * Tunnel sessions of RFC 2746 §6: the end of a tunnel gives an end-to-end session a flow id of its own, the source port of UDP packets to port
 * 363 of the care-of address, and tells it by SESSION_ASSOC. That id is the node's session's, chosen by the network and not allocated again.
 */
import type { EventViolation, TunnelAssociation } from '../events/events';
import { classify, type FlowId, type TemporaryFlowId } from '../flow/flow';
import { withTemporary } from '../flow/flow-id';
import type { FlowTableState } from '../scope/flow-table-state';
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
  const pool = state.pools.sourcePort;
  const id = withTemporary(requested, temporary);
  const holder =
    pool.ownerOf(temporary.value) ??
    [...state.indexes.effectiveIds.overlapping(id, isOthers), ...state.indexes.quarantinedIds.overlapping(id, isOthers)][0]?.sessionId ??
    quarantinedOwner(state, temporary.value, logicalFlow);
  if (temporary.value >= 1 && holder === undefined) return { temporary, violation: null };
  const why = holder === undefined ? 'is no port' : `is held by session ${holder}, or quarantined for it`;
  const detail = `SESSION_ASSOC names source port ${temporary.value} of the tunnel from ${tunnel.source}, which ${why} (RFC 2746 §6).`;
  return { temporary: null, violation: { name: 'network-id-overlaps', detail } };
}

function quarantinedOwner(state: FlowTableState, value: number, logicalFlow: string): string | undefined {
  for (const name of state.indexes.quarantinesBySourcePort.get(value) ?? []) {
    const quarantine = state.quarantines.get(name)!;
    if (quarantine.logicalFlow !== logicalFlow) return quarantine.sessionId;
  }
  return undefined;
}
