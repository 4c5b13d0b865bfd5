/** Which paths of its node a shared reservation takes over: one told as it tells its senders, in the session that it is of (RFC 2205 §2.2). */
import type { SenderPath } from '../events/events';
import { isSameSender, selectorOf, senderOf, sends, sessionPortOf, toldBy, type Flow, type FlowSender, type Style } from '../flow/flow';
import { isSameTspec } from '../flow/merged-flowspec';
import { toTimestamp } from '../flow/soft-state';
import { leaseOf } from '../leases/leases';
import type { FlowTableDecision } from '../scope/flow-table-decision';
import type { FlowTableState, Session } from '../scope/flow-table-state';
import { pathsBehind } from './path-quarantines';
import type { SessionTerms } from './session-terms';

type Reserved = Pick<SessionTerms, 'mobileNode' | 'flow' | 'tspec'> & { readonly style: Style };

/** A wildcard is of the ports' senders alone: of what a label or an SPI tells it would hold no id (domain.md §3). */
export function covers(style: Style, reservation: Flow, path: Flow): boolean {
  return style === 'WF' ? selectorOf(path).kind === 'ports' : sends(reservation, path);
}

/** The same of a sender; FF is of one alone. */
export function coversSender(style: Style | null, reservation: Flow, sender: FlowSender): boolean {
  if (style === 'SE' || style === 'WF') return covers(style, reservation, { ...reservation, ...sender });
  return isSameSender(senderOf(reservation), sender);
}

/** Path-only sessions of the node whose style no reservation told yet, in order of arrival. */
export function coveredPaths(state: FlowTableState, reserved: Reserved): readonly Session[] {
  const { mobileNode, flow, style } = reserved;
  if (style === 'FF') return none;
  if (style === 'WF') return onPort(state, reserved).filter((path) => path.style === null && covers(style, flow, path.flow));
  const { protocol, destinationPort, senders } = flow;
  const to = { protocol, ...(destinationPort !== undefined && { destinationPort }) };
  const paths = senders!.flatMap((sender) => state.indexes.nodes.sessionOf(mobileNode, { ...to, ...sender }, null) ?? []);
  return [...new Set(paths)].filter((path) => path.style === null).sort(inOrder);
}

/** Whether a reservation may take over what a handoff brought here: it has another style, or none yet, or waits for its id. */
export function mergesBrought(state: FlowTableState, reserved: Pick<Reserved, 'mobileNode' | 'flow' | 'style'> & { readonly mobileNode: string }): boolean {
  if (state.degraded.ofNode(reserved.mobileNode).length > 0) return true;
  return onPort(state, reserved).some(({ handoffId, state: held, style }) => handoffId !== null && held !== 'orphaned' && style !== reserved.style);
}

/** The node's sessions to this protocol and port, in order of arrival. */
export function onPort({ indexes, sessions }: FlowTableState, { mobileNode, flow }: Pick<Reserved, 'mobileNode' | 'flow'>): Session[] {
  const port = sessionPortOf(flow);
  const ids = port === null ? [] : (indexes.sessionsByPort.get(mobileNode, flow.protocol, port) ?? []);
  return [...ids].map((id) => sessions.get(id)!).sort(inOrder);
}

/** What is known of the paths of its senders: of those that it takes over, and of those that a list or a wildcard left behind and that stand. */
export function pathsTakenOver({ state, now }: FlowTableDecision, reserved: Reserved, merges: readonly Session[]): SenderPath[] {
  return [...pathsPassedOn(state, reserved, merges), ...pathsBack(state, now, reserved, merges)];
}

/** Each path that passes on to the reservation keeps its own lease, and what it advertised. */
function pathsPassedOn(state: FlowTableState, { style, flow, tspec: reserved }: Reserved, merges: readonly Session[]): SenderPath[] {
  return merges.flatMap((session): SenderPath[] => {
    const { sessionId } = session;
    const { adspecs = [], hops = [] } = state.parts.path(sessionId, null) ?? {};
    const own = session.flow.correspondentNode !== undefined && {
      sender: senderOf(session.flow), lease: leaseOf(session, 'session'), adspecs, hops, tspec: session.tspec,
    };
    const paths = own ? [own] : state.parts.paths(sessionId).filter(({ sender }) => sender !== null);
    return paths.filter(({ sender }) => coversSender(style, flow, sender!)).flatMap(({ sender, lease, adspecs, hops, tspec }) => {
      const announced = tspec && !isSameTspec(tspec, reserved) && { tspec };
      if (style === 'SE' && lease === null && adspecs.length === 0 && !announced) return [];
      const own = lease && { refreshPeriodMs: lease.refreshPeriodMs, expiresAt: toTimestamp(lease.until) };
      return [{ ...sender!, ...own, ...(adspecs.length > 0 && { adspecs }), ...(hops.length > 0 && { previousHops: hops }), ...announced }];
    });
  });
}

/** Paths that were left alone, without a PATH since, come back with their senders; only to a list that stands may come more. */
function pathsBack(state: FlowTableState, now: number, { style, mobileNode, flow }: Reserved, merges: readonly Session[]): SenderPath[] {
  const own = state.indexes.nodes.sessionOf(mobileNode, flow, style);
  if (own && style !== 'SE') return [];
  const stands = own ? [own, ...merges] : merges;
  const isKnown = (path: SenderPath): boolean => stands.some((session) => sends(session.flow, path) || state.parts.path(session.sessionId, senderOfPath(path)));
  return pathsBehind(state, { mobileNode, flow }, now).filter((path) => coversSender(style, flow, senderOfPath(path)) && !isKnown(path));
}

const senderOfPath = (path: SenderPath): FlowSender => ({ correspondentNode: path.correspondentNode, ...toldBy(path) });

const none: readonly Session[] = [];
const inOrder = (a: Session, b: Session): number => a.ordinal - b.ordinal;
