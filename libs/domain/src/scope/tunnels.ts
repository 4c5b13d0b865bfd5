/** Tunnel sessions that SESSION_ASSOC named (RFC 2746 §6), and the ids of theirs that it named too late. */
import type { SignallingObserved, TunnelAssociation } from '../events/events';
import type { FlowId } from '../flow/flow';
import { endToEndKey, tunnelKey } from '../flow/tunnel-keys';
import type { FlowTableState, Tunnel } from './flow-table-state';

export function tunnelObserved(state: FlowTableState, { sessionId, detail }: SignallingObserved): void {
  const { association, mobileNode, tunnelEnded, used } = detail as {
    readonly association?: TunnelAssociation; readonly mobileNode?: string; readonly tunnelEnded?: string; readonly used?: FlowId;
  };
  if (association && mobileNode !== undefined) setTunnel(state, { mobileNode, association });
  if (tunnelEnded !== undefined) removeTunnel(state, tunnelEnded);
  const session = used && sessionId !== null ? state.sessions.get(sessionId) : undefined;
  if (session) state.setLateId(session.sessionId, { ...session.requested, id: used! });
}

export function setTunnel(state: FlowTableState, tunnel: Tunnel): void {
  const { mobileNode, association: { session, tunnel: { source, sourcePort } } } = tunnel;
  const key = tunnelKey(source, sourcePort);
  // It may have carried another session, or another node's.
  removeTunnel(state, key);
  state.tunnels.set(key, tunnel);
  state.tunnelsByEndToEnd.set(endToEndKey(mobileNode, session.protocol, session.destinationPort), key);
  state.tunnelsByNode.add(mobileNode, key);
}

export function removeTunnel(state: FlowTableState, key: string): void {
  const tunnel = state.tunnels.get(key);
  if (!tunnel) return;
  state.tunnels.delete(key);
  state.leftTunnels.delete(key);
  state.tunnelsByNode.delete(tunnel.mobileNode, key);
  const endToEnd = endToEndKey(tunnel.mobileNode, tunnel.association.session.protocol, tunnel.association.session.destinationPort);
  if (state.tunnelsByEndToEnd.get(endToEnd) === key) state.tunnelsByEndToEnd.delete(endToEnd);
}
