/** Observed RSVP (domain.md §5): what was seen is recorded; the rule judges it as it judges what is commanded. */
import { leasesChange, renewedLeases } from './lease-changes';
import { refreshLeases } from './leases';
import { requestedOf, sessionOf, settleSession, type SessionTerms } from './configure-session';
import type { EventViolation, TunnelAssociation } from './events';
import type { Flow, FlowSender, Style } from './flow';
import type { FlowTableDecision } from './flow-table';
import type {
  FlowTableAnswer, ObserveOther, ObservePath, ObservePathTear, ObserveReservation, ObserveReservationTear, ObserveTunnel,
} from './flow-table-commands';
import type { Session } from './flow-table-state';
import { logicalFlowKey } from './flow-id';
import { overlaps } from './overlaps';
import { rsvpErrors, violationOf } from './rsvp-errors';
import { tunnelKey, tunnelPort } from './tunnel-keys';
import { tunnelFor } from './tunnel-sessions';
import { toTimestamp } from './soft-state';

type Observed = ObservePath | ObserveReservation | ObservePathTear | ObserveReservationTear | ObserveOther | ObserveTunnel;

const done = { outcome: 'done' } as const;

export function observeSignalling(decision: FlowTableDecision, command: Observed): FlowTableAnswer {
  if (command.observedAt < decision.state.lastOccurredAt) return keepLate(decision, command);
  if (command.type === 'ObserveTunnel') return observeTunnel(decision, command);
  const inTunnel = tunnelOf(decision, command);
  if (inTunnel !== null) return observeInTunnel(decision, command, inTunnel);
  switch (command.type) {
    case 'ObservePath':
      return observePath(decision, command);
    case 'ObserveReservation':
      return observeReservation(decision, command);
    case 'ObservePathTear':
      return observePathTear(decision, command);
    case 'ObserveReservationTear':
      return observeReservationTear(decision, command);
    case 'ObserveOther':
      return observeOther(decision, command);
  }
}

/** The tunnel session is no session of its own: the end-to-end one that travels in it is the node's. Told once, not with every refresh. */
function observeTunnel(decision: FlowTableDecision, { message, mobileNode, association, violations }: ObserveTunnel): FlowTableAnswer {
  const { state } = decision;
  const { session, tunnel } = association;
  const key = tunnelKey(tunnel.source, tunnel.sourcePort);
  const known = state.tunnels.get(key);
  if (mobileNode === null) {
    const name = 'tunnel-of-unknown-node';
    if (state.refusedFlows.get(`tunnel ${key}`) === name) return done;
    const odd = { name, detail: `SESSION_ASSOC names ${session.destination}, which no node that is registered here has (RFC 2746 §6).` };
    emitObserved(decision, message, null, { association, refusedFlow: `tunnel ${key}`, rejection: name }, [...violations, odd]);
  } else if (known?.mobileNode !== mobileNode || !isSameSession(known.association, association)) {
    emitObserved(decision, message, null, { association, mobileNode }, violations);
  }
  return done;
}

function isSameSession({ session: a }: TunnelAssociation, { session: b }: TunnelAssociation): boolean {
  return a.destination === b.destination && a.protocol === b.protocol && a.destinationPort === b.destinationPort;
}

/** Key of the tunnel session that the message is of, where SESSION_ASSOC named it. */
function tunnelOf({ state }: FlowTableDecision, { flow }: { readonly flow: Flow | null }): string | null {
  const { protocol, destinationPort, correspondentNode, sourcePort } = flow?.senders?.length === 1 ? { ...flow, ...flow.senders[0]! } : (flow ?? {});
  if (protocol !== 17 || destinationPort !== tunnelPort || correspondentNode === undefined || sourcePort === undefined) return null;
  const key = tunnelKey(correspondentNode, sourcePort);
  return state.tunnels.has(key) ? key : null;
}

/** What holds its id are the paths and reservations of the end-to-end session; the tunnel's own tear ends the association. */
function observeInTunnel(decision: FlowTableDecision, command: Exclude<Observed, ObserveTunnel>, key: string): FlowTableAnswer {
  if (command.type === 'ObservePathTear') emitObserved(decision, 'path-tear', null, { flow: command.flow, tunnelEnded: key }, command.violations);
  if (command.type === 'ObserveOther') emitObserved(decision, command.message, null, { ...command.detail, flow: command.flow }, command.violations);
  return done;
}

/** Path state holds the flow id (domain.md §5), whichever reservation covers it. */
function observePath(decision: FlowTableDecision, command: ObservePath): FlowTableAnswer {
  const covering = reservationOf(decision, command.mobileNode, command.flow);
  if (covering) {
    refreshPath(decision, covering, command.refreshPeriodMs);
    return done;
  }
  const { mobileNode, flow } = command;
  const association = command.association ?? tunnelFor(decision.state, mobileNode, flow.protocol, flow.destinationPort);
  const violations = [...command.violations, ...senderPortViolation(decision, command)];
  return settle(decision, { ...command, violations }, { style: null, state: 'path-only', merges: [], refreshes: 'path', association });
}

/** Sender port zero and non-zero in the paths of one session (RSVP error 08, RFC 2205 §3.2): told of the one that comes second. */
function senderPortViolation({ state }: FlowTableDecision, { mobileNode, flow }: ObservePath): EventViolation[] {
  const { protocol, destinationPort, sourcePort } = flow;
  if (sourcePort === undefined || destinationPort === undefined || sessionOf(state, logicalFlowKey(mobileNode, flow, null))) return [];
  for (const sessionId of state.sessionsByPort.get(mobileNode, protocol, destinationPort) ?? []) {
    const session = state.sessions.get(sessionId)!;
    const ports = (session.flow.senders ?? [session.flow]).map((sender) => sender.sourcePort);
    if (!ports.some((port) => port !== undefined && (port === 0) !== (sourcePort === 0))) continue;
    const other = sourcePort === 0 ? 'another' : 'zero';
    const detail = `Sender port ${sourcePort} beside ${other} in one session: a router answers PathErr with error 08 (RFC 2205 §3.2).`;
    return [{ name: 'sender-port-conflict', detail, code: rsvpErrors.conflictingSenderPorts }];
  }
  return [];
}

function refreshPath(decision: FlowTableDecision, session: Session, refreshPeriodMs: number): void {
  const { sessionId } = session;
  const terms = { refreshes: 'path', refreshPeriodMs, merges: [] } as const;
  if (!leasesChange(session, terms, decision.now)) refreshLeases(decision, session, 'path');
  else decision.emit({ type: 'QosSessionModified', sessionId, ...renewedLeases(session, terms, decision.now), occurredAt: decision.occurredAt });
}

/** SE and WF merge the node's path-only sessions that they cover: the ids pass on, nothing is quarantined. */
function observeReservation(decision: FlowTableDecision, command: ObserveReservation): FlowTableAnswer {
  const { style } = command;
  // A list or a wildcard is no single flow: its senders keep what they asked for.
  const association = style === 'FF' ? tunnelFor(decision.state, command.mobileNode, command.flow.protocol, command.flow.destinationPort) : undefined;
  const merges = [...coveredPaths(decision, command), ...tornUnder(decision, command)];
  const violations = [...command.violations, ...pathViolation(decision, command, merges)];
  return settle(decision, { ...command, violations }, { style, state: 'live', merges, refreshes: 'reservation', association });
}

/** Every sender that is reserved for has path state, or was reserved for before; else error 03 or 04 (RFC 2205 App. B). */
function pathViolation(decision: FlowTableDecision, command: ObserveReservation, paths: readonly Session[]): EventViolation[] {
  const { state } = decision;
  const { style, mobileNode, flow } = command;
  const known = [sessionOf(state, logicalFlowKey(mobileNode, flow, style)), ...paths].filter((session) => session !== undefined);
  const isKnown = (sender: FlowSender): boolean => known.some((session) => sends(session.flow, sender));
  if (style === 'SE' ? flow.senders!.every(isKnown) : known.length > 0) return [];
  const hasPath = flow.destinationPort !== undefined && state.sessionsByPort.get(mobileNode, flow.protocol, flow.destinationPort);
  return hasPath
    ? [{ name: 'resv-for-unknown-sender', detail: 'A reservation for a sender without path state: a router answers ResvErr with error 04 (RFC 2205 §3.9).', code: rsvpErrors.noSender }]
    : [{ name: 'resv-before-path', detail: 'A reservation without path state: a router answers ResvErr with error 03 (RFC 2205 §3.9).', code: rsvpErrors.noPath }];
}

function coveredPaths(decision: FlowTableDecision, { style, mobileNode, flow }: ObserveReservation): Session[] {
  return style === 'FF' ? [] : pathsUnder(decision, mobileNode, flow).filter((session) => covers(style, flow, session.flow));
}

/** Reservations of another style that were torn: what is left of them is path state, which a reservation of any style may take over. */
function tornUnder(decision: FlowTableDecision, { style, mobileNode, flow }: ObserveReservation): Session[] {
  const { state } = decision;
  if (flow.destinationPort === undefined) return [];
  const requested = requestedOf(state, { mobileNode, flow, style });
  const torn = [...(state.sessionsByPort.get(mobileNode, flow.protocol, flow.destinationPort) ?? [])].map((id) => state.sessions.get(id)!);
  return torn
    .filter((session) => session.state === 'path-only' && session.style !== null && session.style !== style && overlaps(requested, session.requested.id))
    .sort((a, b) => a.ordinal - b.ordinal);
}

function sends(flow: Flow, sender: Pick<Flow, 'correspondentNode' | 'sourcePort'>): boolean {
  const senders = flow.senders ?? [flow];
  return senders.some((s) => s.correspondentNode === sender.correspondentNode && s.sourcePort === sender.sourcePort);
}

function settle(
  decision: FlowTableDecision,
  command: ObservePath | ObserveReservation,
  judged: Pick<SessionTerms, 'style' | 'state' | 'merges' | 'refreshes' | 'association'>,
): FlowTableAnswer {
  const { state } = decision;
  const { sessionId, mobileNode, flow, service, tspec, refreshPeriodMs, violations } = command;
  const logicalFlow = logicalFlowKey(mobileNode, flow, judged.style);
  const answer = settleSession(decision, {
    sessionId, mobileNode, flow, service, tspec, refreshPeriodMs, violations, ...judged, replaces: null, allocator: 'ledger',
  });
  if (!('rejection' in answer)) return answer;
  const { rejection } = answer;
  if (state.refusedFlows.get(logicalFlow) !== rejection) {
    const kind = judged.state === 'live' ? 'resv' : 'path';
    emitObserved(decision, kind, null, { flow, refusedFlow: logicalFlow, rejection }, [...violations, violationOf(answer)]);
  }
  return { outcome: 'refused', rejection: answer };
}

function observePathTear(decision: FlowTableDecision, command: ObservePathTear): FlowTableAnswer {
  const { state } = decision;
  const { mobileNode, flow, violations } = command;
  const own = sessionOf(state, logicalFlowKey(mobileNode, flow, null));
  if (own) {
    decision.release(own, 'path-tear');
    return { outcome: 'released', sessionId: own.sessionId, revision: state.revision };
  }
  const degraded = state.degraded.ofLogicalFlow(logicalFlowKey(mobileNode, flow, null));
  if (degraded) {
    decision.emit({ type: 'DegradedLegEnded', sessionId: degraded.sessionId, mobileNode: degraded.mobileNode, cause: 'path-tear', occurredAt: decision.occurredAt });
    return { outcome: 'released', sessionId: degraded.sessionId, revision: state.revision };
  }
  const covering = reservationOf(decision, mobileNode, flow);
  if (covering?.style === 'SE') return tearSender(decision, covering, flow, violations);
  emitObserved(decision, 'path-tear', covering?.sessionId ?? null, { flow }, violations);
  return done;
}

/** A sender that tears leaves the SE list; the last one ends the session. */
function tearSender(decision: FlowTableDecision, session: Session, flow: Flow, violations: readonly EventViolation[]): FlowTableAnswer {
  const senders = session.flow.senders!.filter((s) => s.correspondentNode !== flow.correspondentNode || s.sourcePort !== flow.sourcePort);
  if (senders.length === 0) {
    decision.release(session, 'path-tear');
    return { outcome: 'released', sessionId: session.sessionId, revision: decision.state.revision };
  }
  const { sessionId, mobileNode, style, service, tspec, refreshPeriodMs } = session;
  const answer = settleSession(decision, {
    sessionId, mobileNode, style, service, tspec, refreshPeriodMs, violations, flow: { ...session.flow, senders },
    state: session.state === 'path-only' ? 'path-only' : 'live', merges: [], refreshes: 'nothing', replaces: null, allocator: 'ledger',
  });
  if (!('rejection' in answer)) return done;
  emitObserved(decision, 'path-tear', sessionId, { flow }, [...violations, violationOf(answer)]);
  return { outcome: 'refused', rejection: answer };
}

/** The session is path-only and keeps its id while path state lives. The tear of some senders of an SE list leaves the others reserved. */
function observeReservationTear(decision: FlowTableDecision, command: ObserveReservationTear): FlowTableAnswer {
  const { mobileNode, flow, style, violations } = command;
  const session = sessionOf(decision.state, logicalFlowKey(mobileNode, flow, style));
  const isPartial = session?.flow.senders?.some((sender) => !sends(flow, sender));
  if (!session || session.state === 'path-only' || isPartial) {
    emitObserved(decision, 'resv-tear', session?.sessionId ?? null, { flow }, violations);
    return done;
  }
  const { sessionId } = session;
  const seen = violations.length > 0 ? { violations } : {};
  decision.emit({ type: 'QosSessionModified', sessionId, state: 'path-only', cause: 'resv-tear', occurredAt: decision.occurredAt, ...seen });
  return { outcome: 'released', sessionId, revision: decision.state.revision };
}

function observeOther(decision: FlowTableDecision, command: ObserveOther): FlowTableAnswer {
  const { message, mobileNode, flow, detail, violations } = command;
  const session = flow && (sessionOf(decision.state, logicalFlowKey(mobileNode, flow, null)) ?? reservationOf(decision, mobileNode, flow));
  emitObserved(decision, message, session?.sessionId ?? null, { ...detail, ...(flow && { flow }) }, violations);
  return done;
}

/** The SE or WF session of the node that covers this sender. */
function reservationOf(decision: FlowTableDecision, mobileNode: string | null, flow: Flow): Session | undefined {
  if (flow.sourcePort === undefined) return undefined;
  for (const style of ['SE', 'WF'] as const) {
    const session = sessionOf(decision.state, logicalFlowKey(mobileNode, flow, style));
    if (session && covers(style, session.flow, flow)) return session;
  }
  return undefined;
}

function covers(style: Style, reservation: Flow, path: Flow): boolean {
  return style === 'WF' || sends(reservation, path);
}

/** Path-only sessions of the node on this protocol and port whose style no reservation told yet. */
function pathsUnder(decision: FlowTableDecision, mobileNode: string | null, flow: Flow): Session[] {
  const { state } = decision;
  const ids = state.sessionsByPort.get(mobileNode, flow.protocol, flow.destinationPort!) ?? [];
  const paths = [...ids].map((id) => state.sessions.get(id)!).filter((session) => session.style === null);
  return paths.sort((a, b) => a.ordinal - b.ordinal);
}

function emitObserved(
  decision: FlowTableDecision,
  message: string,
  sessionId: string | null,
  detail: Readonly<Record<string, unknown>>,
  violations: readonly EventViolation[],
): void {
  const { occurredAt } = decision;
  decision.emit({ type: 'SignallingObserved', message, sessionId, detail, occurredAt, ...(violations.length > 0 && { violations }) });
}

/** New, but older than the scope's last event: kept, and changes no state. */
function keepLate(decision: FlowTableDecision, command: Observed): FlowTableAnswer {
  const { type, observedAt, ...detail } = command;
  decision.emit({ type: 'ObservedLate', message: type, observedAt: toTimestamp(observedAt), detail: { ...detail }, occurredAt: decision.occurredAt });
  return done;
}
