/** Observed tunnel sessions (RFC 2746 §6): none of their own, they carry an end-to-end session that is a node's. */
import type { TunnelAssociation } from '../events/events';
import type { Flow } from '../flow/flow';
import type { FlowTableDecision } from '../scope/flow-table-decision';
import type { FlowTableAnswer, ObservedMessage, ObserveTunnel } from '../commands/flow-table-commands';
import { tellLate } from './late-association';
import { standingTunnel } from '../scope/left-tunnels';
import { done, emitObserved } from './observed-decision';
import { tunnelKey, tunnelPort } from '../flow/tunnel-keys';

/** The tunnel session is no session of its own: the end-to-end one that travels in it is the node's. Told once, not with every refresh. */
export function observeTunnel(decision: FlowTableDecision, { message, mobileNode, association, violations }: ObserveTunnel): FlowTableAnswer {
  const { state } = decision;
  const { session, tunnel } = association;
  const key = tunnelKey(tunnel.source, tunnel.sourcePort);
  const known = standingTunnel(state, key, decision.now);
  if (mobileNode === null) {
    const name = 'tunnel-of-unknown-node';
    if (state.refusedFlows.get(`tunnel ${key}`) === name) return done;
    const odd = { name, detail: `SESSION_ASSOC names ${session.destination}, which no node that is registered here has (RFC 2746 §6).` };
    emitObserved(decision, message, null, { association, refusedFlow: `tunnel ${key}`, rejection: name }, [...violations, odd]);
  } else if (known?.mobileNode !== mobileNode || !isSameSession(known.association, association)) {
    emitObserved(decision, message, null, { association, mobileNode }, violations);
    tellLateOfNode(decision, message, mobileNode, association);
  }
  return done;
}

/** Sessions of the node that the tunnel carries and that were judged before it was named. */
function tellLateOfNode(decision: FlowTableDecision, message: string, mobileNode: string, association: TunnelAssociation): void {
  const { state } = decision;
  const { protocol, destinationPort } = association.session;
  const carried = [...(state.indexes.sessionsByPort.get(mobileNode, protocol, destinationPort) ?? [])].map((id) => state.sessions.get(id)!);
  for (const session of carried.sort((a, b) => a.ordinal - b.ordinal)) tellLate(decision, message, session, association);
}

function isSameSession({ session: a }: TunnelAssociation, { session: b }: TunnelAssociation): boolean {
  return a.destination === b.destination && a.protocol === b.protocol && a.destinationPort === b.destinationPort;
}

/** Key of the tunnel session that the message is of, where SESSION_ASSOC named it. */
export function tunnelOf({ state, now }: FlowTableDecision, { flow }: { readonly flow: Flow | null }): string | null {
  const { protocol, destinationPort, correspondentNode, sourcePort } = flow?.senders?.length === 1 ? { ...flow, ...flow.senders[0]! } : (flow ?? {});
  if (protocol !== 17 || destinationPort !== tunnelPort || correspondentNode === undefined || sourcePort === undefined) return null;
  const key = tunnelKey(correspondentNode, sourcePort);
  return standingTunnel(state, key, now) ? key : null;
}

/** What holds its id are the paths and reservations of the end-to-end session; the tunnel's own tear ends the association. */
export function observeInTunnel(decision: FlowTableDecision, command: Exclude<ObservedMessage, ObserveTunnel>, key: string): FlowTableAnswer {
  if (command.type === 'ObservePathTear') emitObserved(decision, 'path-tear', null, { flow: command.flow, tunnelEnded: key }, command.violations);
  if (command.type === 'ObserveOther') emitObserved(decision, command.message, null, { ...command.detail, flow: command.flow }, command.violations);
  return done;
}
