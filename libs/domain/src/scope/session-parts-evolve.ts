/** What events change of the paths and reservations that meet in a session. */
import { withAdspec } from '../flow/adspec';
import type { LeasesExtended, NextHopRequest, QosSessionConfigured, QosSessionModified, SenderPath } from '../events/events';
import { toldBy, type FlowSender, type Tspec } from '../flow/flow';
import type { FlowTableState } from './flow-table-state';
import type { Lease } from '../leases/leases';
import { withHop } from './hop-periods';
import { partKey, type PathPart, type RequestPart, type SessionPart } from './session-parts';
import { fromTimestamp } from '../flow/soft-state';

export function partsTold(state: FlowTableState, event: QosSessionConfigured | QosSessionModified): void {
  const { parts } = state;
  const { sessionId, adspec, previousHops, paths, requests } = event;
  if (event.type === 'QosSessionModified' && parts.size > 0) partsLeft(state, event);
  if (adspec || previousHops || senderTspecOf(event)) setPart(state, ownPath(state, event));
  for (const path of paths ?? []) setPart(state, pathPart(state, sessionId, path));
  if (!requests) return;
  for (const request of parts.requests(sessionId)) dropPart(state, request);
  for (const request of requests) setPart(state, requestPart(sessionId, request));
}

/** Senders that left the list take their paths with them; without a reservation nobody asks for anything. */
function partsLeft(state: FlowTableState, { sessionId, flow, pathsEnded = [] }: QosSessionModified): void {
  const { parts } = state;
  for (const sender of pathsEnded) dropPart(state, parts.path(sessionId, sender)!);
  if (flow?.senders) {
    const stays = new Set(flow.senders.map((sender) => partKey({ kind: 'path', sessionId, sender })));
    for (const path of parts.paths(sessionId)) if (path.sender && !stays.has(partKey(path))) dropPart(state, path);
  }
  if (!state.sessions.get(sessionId)!.isReserved) for (const request of parts.requests(sessionId)) dropPart(state, request);
}

function ownPath({ parts }: FlowTableState, event: QosSessionConfigured | QosSessionModified): PathPart {
  const { sessionId, adspec, previousHops = [] } = event;
  const { adspecs = [], hops = [], tspec = null } = parts.path(sessionId, null) ?? {};
  return {
    kind: 'path', sessionId, sender: null, lease: null, adspecs: adspec ? withAdspec(adspecs, adspec) : adspecs, hops: previousHops.reduce(withHop, hops),
    tspec: senderTspecOf(event) ?? tspec,
  };
}

function senderTspecOf(event: QosSessionConfigured | QosSessionModified): Tspec | undefined {
  return event.type === 'QosSessionModified' ? event.senderTspec : undefined;
}

function pathPart(state: FlowTableState, sessionId: string, path: SenderPath): PathPart {
  const { correspondentNode, adspec, adspecs = [], previousHops = [], tspec } = path;
  const sender: FlowSender = { correspondentNode, ...toldBy(path) };
  const before = state.parts.path(sessionId, sender);
  const told = adspec ? [...adspecs, adspec] : adspecs;
  return {
    kind: 'path', sessionId, sender, lease: leaseOf(path),
    adspecs: told.reduce(withAdspec, before?.adspecs ?? []), hops: previousHops.reduce(withHop, before?.hops ?? []),
    tspec: tspec ?? before?.tspec ?? null,
  };
}

function requestPart(sessionId: string, request: NextHopRequest): RequestPart {
  const { nextHop, node, service, tspec, rspec, senders = null, hops = [] } = request;
  return { kind: 'request', sessionId, nextHop, node, service, tspec, ...(rspec && { rspec }), senders, lease: leaseOf(request), hops };
}

function leaseOf({ refreshPeriodMs, expiresAt }: Pick<SenderPath, 'refreshPeriodMs' | 'expiresAt'>): Lease | null {
  return expiresAt === undefined ? null : { refreshPeriodMs: refreshPeriodMs!, until: fromTimestamp(expiresAt) };
}

export function setPart(state: FlowTableState, part: SessionPart): void {
  const key = partKey(part);
  const before = state.parts.get(key)?.lease?.until;
  state.parts.set(part);
  state.schedule({ kind: 'part', key }, before, part.lease?.until);
}

export function partsEnd(state: FlowTableState, sessionId: string): void {
  for (const part of state.parts.ofSession(sessionId)) dropPart(state, part);
}

function dropPart(state: FlowTableState, part: SessionPart): void {
  state.parts.delete(part);
  if (part.lease) state.refreshes.forget(part.lease.refreshPeriodMs, 'part', partKey(part));
}

export function partsExtended(state: FlowTableState, { paths = [], requests = [] }: LeasesExtended, until: number, at: number): void {
  const keys = [
    ...paths.map(({ sessionId, ...sender }) => partKey({ kind: 'path', sessionId, sender })),
    ...requests.map(({ sessionId, nextHop }) => partKey({ kind: 'request', sessionId, nextHop })),
  ];
  for (const key of keys) {
    const part = state.parts.get(key);
    if (!part?.lease) continue;
    const { refreshPeriodMs } = part.lease;
    state.leasesExtended(refreshPeriodMs, at);
    setPart(state, { ...part, lease: { refreshPeriodMs, until } });
  }
}
