/**
 * SESSION_ASSOC that comes when the rule has judged the session already (RFC 2746 §6), or that of a tunnel under a list or a wildcard, which
 * cannot have one source port: the id that was recorded stays (I8), and the one that the network uses in its place is told, and given to
 * nobody else while the session stands.
 */
import { requestedOf, sessionOf } from '../rule/configure-session';
import type { EventViolation, TunnelAssociation } from '../events/events';
import { classify, type FlowId, type FlowSender } from '../flow/flow';
import { flowIdText, logicalFlowKey, withTemporary } from '../flow/flow-id';
import type { FlowTableDecision } from '../scope/flow-table-decision';
import type { ObserveReservation } from '../commands/flow-table-commands';
import type { FlowTableState, Session } from '../scope/flow-table-state';
import { emitObserved } from './observed-decision';
import { checkNetworkChoice, networkIdOverlap, tunnelFor } from '../rule/tunnel-sessions';
import { othersThan } from '../rule/matches';

const name = 'network-id-late';

export interface LateAssociation {
  /** What routers see, as SESSION_ASSOC says. */
  readonly used: FlowId;
  readonly violations: readonly EventViolation[];
}

/** Null: the session has that id, or can have none of a tunnel, or was judged without it for another reason that was told. */
export function lateAssociation(state: FlowTableState, session: Session, association: TunnelAssociation): LateAssociation | null {
  const { requested, temporary, state: stands, logicalFlow, sessionId, style } = session;
  if (stands === 'orphaned') return null;
  if (style === 'SE' || style === 'WF') return sharedInTunnel(state, session, association);
  if (classify(requested.id).kind !== 'ports') return null;
  const { source, sourcePort } = association.tunnel;
  if (temporary?.field === 'sourcePort' && temporary.value === sourcePort) return null;
  if (state.violationsTold.get(sessionId)?.includes('network-id-overlaps')) return null;
  const has = temporary === null ? 'its native id' : `${temporary.field} ${temporary.value}`;
  const detail = `SESSION_ASSOC names source port ${sourcePort} of the tunnel from ${source} when the session had ${has} already, and keeps it.`;
  const { violation } = checkNetworkChoice(state, requested.id, association, logicalFlow, othersThan(session, []));
  return { used: withTemporary(requested.id, { field: 'sourcePort', value: sourcePort }), violations: [{ name, detail }, ...(violation ? [violation] : [])] };
}

/** Each packet in the tunnel has its source port, whichever of the senders it is from. */
function sharedInTunnel(state: FlowTableState, session: Session, { tunnel }: TunnelAssociation): LateAssociation | null {
  const { mobileNode, flow, logicalFlow, style } = session;
  const senders = sendersByPort(state, session);
  if (senders.length === 0 && style === 'SE') return null;
  const { protocol, destinationPort } = flow as Required<typeof flow>;
  const sources = senders.length > 0 ? senders : [{ correspondentNode: tunnel.source }];
  const inTunnel = { protocol, destinationPort, senders: sources.map(({ correspondentNode }) => ({ correspondentNode, sourcePort: tunnel.sourcePort })) };
  const used = requestedOf(state, { mobileNode, flow: inTunnel, style: 'SE', home: undefined }, session);
  // What its senders' own paths gave back when it took them over is no other's.
  const own = new Set([logicalFlow, ...senders.map((sender) => logicalFlowKey(mobileNode, { protocol, destinationPort, ...sender }, null))]);
  const isOthers = (holding: { readonly logicalFlow: string }): boolean => !own.has(holding.logicalFlow);
  const violation = networkIdOverlap(state, used, tunnel, isOthers, isOthers);
  const what = style === 'SE' ? 'a list of senders' : 'a wildcard';
  const detail = `SESSION_ASSOC names source port ${tunnel.sourcePort} of the tunnel from ${tunnel.source}, which ${what} cannot have: it is kept beside its id.`;
  return { used, violations: [{ name, detail }, ...(violation ? [violation] : [])] };
}

/** Of a wildcard those whose paths were seen. */
function sendersByPort({ parts }: FlowTableState, { sessionId, flow }: Session): readonly FlowSender[] {
  const senders = flow.senders ?? parts.paths(sessionId).flatMap(({ sender }) => sender ?? []);
  return senders.filter(({ sourcePort }) => sourcePort !== undefined);
}

export function tellLate(decision: FlowTableDecision, message: string, session: Session, association: TunnelAssociation): void {
  const late = lateAssociation(decision.state, session, association);
  if (late) emitObserved(decision, message, session.sessionId, { association, recorded: session.effective.id, used: late.used }, late.violations);
}

/** With a PATH of the session itself: once for each id, and not with every refresh. Of several senders' the first one tells. */
export function tellLateWithPath(decision: FlowTableDecision, session: Session, association: TunnelAssociation): void {
  const told = decision.state.lateIds.get(session.sessionId)?.id as { readonly sourcePort?: number; readonly senders?: unknown } | undefined;
  if (told?.senders === undefined && told?.sourcePort !== association.tunnel.sourcePort) tellLate(decision, 'path', session, association);
}

/** The list or wildcard that came, or took others over: with what it makes of the tunnel's id, where that is new. */
export function tellLateWithReservation(decision: FlowTableDecision, { mobileNode, flow, style }: ObserveReservation): void {
  if (style === 'FF') return;
  const { state } = decision;
  const association = tunnelFor(state, mobileNode, flow.protocol, flow.destinationPort);
  const session = association && sessionOf(state, mobileNode, flow, style);
  const late = session && lateAssociation(state, session, association);
  if (!late) return;
  const told = state.lateIds.get(session.sessionId)?.id;
  if (told === undefined || flowIdText(told) !== flowIdText(late.used)) tellLate(decision, 'resv', session, association);
}
