/**
 * Reservations of several next hops meet in one session at the router that their RESVs are sent to, and merge (RFC 2205 §2.2, RFC 2209 §2):
 * the flowspecs to what serves each, the lists of senders to that of all. Further up the way the router's own RESV asks for the merged one.
 */
import { sameSenders, senderChanges } from '../rule/change-session';
import { requestedOf, sortedFlow } from '../rule/configure-session';
import type { SessionTerms } from '../rule/session-terms';
import type { EventViolation, NextHopRequest, QosSessionModified } from '../events/events';
import { sends, type Flow, type FlowSender } from '../flow/flow';
import type { FlowTableDecision } from '../scope/flow-table-decision';
import type { ObserveReservation, ObserveReservationTear } from '../commands/flow-table-commands';
import type { FlowTableState, Session } from '../scope/flow-table-state';
import { longest } from '../leases/lease-changes';
import { refreshedBy, withHop, type HopPeriod } from '../scope/hop-periods';
import { leaseOf, leaseTakenOver, type Lease } from '../leases/leases';
import { isSameFlowspec, isSameTspec, mergedFlowspec } from '../flow/merged-flowspec';
import type { Rejection } from '../refusals/rejection';
import { violationOf } from '../refusals/rsvp-errors';
import { partKey, type RequestPart } from '../scope/session-parts';
import { leaseUntil, toTimestamp } from '../flow/soft-state';

interface Joined {
  /** What all that meet ask for together; undefined: what the RESV says. */
  readonly terms?: Pick<SessionTerms, 'flow' | 'service' | 'tspec'> & { readonly refreshPeriodMs: number };
  /** All that meet from now on; undefined: nothing that is new. */
  readonly requests?: readonly NextHopRequest[];
  /** Key of the one that asks, where several meet. */
  readonly part?: string;
}

/** What the session's reservation becomes with this RESV. */
export function joinedRequests(decision: FlowTableDecision, session: Session | undefined, command: ObserveReservation): Joined {
  const { flow, nextHop, node } = command;
  const before = session ? requestsOf(decision.state, session) : [];
  const isElsewhere = before.length > 0 && node !== before[0]!.node;
  if (session && before.length > 1 && (nextHop === undefined || isElsewhere)) {
    // Another router's RESV: it says that the session stands, and nothing of who meets here.
    return { terms: { flow: session.flow, service: null, tspec: null, refreshPeriodMs: reservationOf(session)?.refreshPeriodMs ?? 0 } };
  }
  const isNameless = nextHop === undefined || node === undefined;
  if (isNameless && before.length === 0) return {};
  const known = before.find((request) => isNameless || (isElsewhere ? asksForSame(request, askedBy(command)) : request.nextHop === nextHop));
  const { own, refreshPeriodMs: ownPeriodMs } = requestTold(decision, session, command, known);
  const others = isElsewhere ? [] : before.filter((request) => request !== known);
  const requests = meeting(session && before.length === 1 ? withLease(decision.state, others, session) : others, own);
  const flowspec = mergedFlowspec(requests);
  const refreshPeriodMs = requests.length === 1 ? ownPeriodMs : longestPeriod(requests);
  const terms = { flow: flowOf(flow, requests), service: flowspec.service, tspec: flowspec.tspec, refreshPeriodMs };
  return { terms, part: partKey(own), ...(!isSameRequest(known && asTold(decision.state, known), own) && { requests: requests.map(requestToTell) }) };
}

/** Each with a refresh of it that waits to be written: an event that tells them all takes the place of that. */
function requestsOf(state: FlowTableState, session: Session): RequestPart[] {
  return standing(state, session).map((request) => ({ ...request, lease: leaseTakenOver(state, 'part', partKey(request), request.lease) }));
}

/** A sender whose path was torn or lapsed has left the session, and all that ask for it; who asks for it again brings it back. */
function standing({ parts }: FlowTableState, { sessionId, flow }: Session): RequestPart[] {
  return parts.requests(sessionId).map((request) => {
    const senders = request.senders?.filter((sender) => sends(flow, sender));
    return senders && senders.length < request.senders!.length ? { ...request, senders } : request;
  });
}

/** With the senders that its last event told, of which one may have left since. */
function asTold({ parts }: FlowTableState, request: RequestPart): RequestPart {
  return { ...request, senders: (parts.get(partKey(request)) as RequestPart).senders };
}

/** The session's reservation stands as long as the one that stands longest: each ends at its own time. 0: one of them is without soft state. */
function longestPeriod(requests: readonly RequestPart[]): number {
  const periods = requests.map(({ lease }) => lease?.refreshPeriodMs ?? 0);
  return periods.includes(0) ? 0 : Math.max(...periods);
}

/** Where no path was seen, the session's one lease is the reservation's. */
function reservationOf(session: Session): Lease | null {
  return session.reservation ?? leaseOf(session, 'session');
}

/** The request of the one that tears, or is seen again. */
export function requestOf(state: FlowTableState, session: Session, { nextHop, node }: Pick<ObserveReservationTear, 'nextHop' | 'node'>): RequestPart | undefined {
  return standing(state, session).find((request) => request.nextHop === nextHop && request.node === node);
}

interface Ending {
  /** Milliseconds. */
  readonly at: number;
  readonly cause: 'resv-tear' | 'soft-state-timeout';
  readonly violations: readonly EventViolation[];
}

/** One of several: the session's reservation becomes what the others ask for. */
export function requestEnds(decision: FlowTableDecision, session: Session, request: RequestPart, { at, cause, violations }: Ending): void {
  const { sessionId } = session;
  const left = requestsOf(decision.state, session).filter((one) => one.nextHop !== request.nextHop);
  const requests = left.length > 1 ? left : left.map((one) => ({ ...one, lease: null }));
  const { service, tspec } = mergedFlowspec(requests);
  const terms = { ...session, flow: flowOf(session.flow, requests), merges: [] };
  const senders = senderChanges(decision, session, terms, requestedOf(decision.state, terms, session), at);
  const odd = 'rejection' in senders ? [...violations, violationOf(senders)] : violations;
  decision.emit({
    type: 'QosSessionModified', sessionId, ...(!('rejection' in senders) && senders),
    ...(service !== session.service && { service }), ...(!isSameTspec(tspec, session.tspec) && { tspec }),
    requests: requests.map(requestToTell), ...reservationLeft(session, left), cause, occurredAt: toTimestamp(at), ...(odd.length > 0 && { violations: odd }),
  });
}

/**
 * Senders that a tear takes from what one asks for; the list is what is left of it. One that others ask for stays in it.
 * @returns the refusal, where what is left cannot stand as it would be seen now: then nothing changes
 */
export function sendersTorn(
  decision: FlowTableDecision,
  session: Session,
  request: RequestPart | undefined,
  torn: Flow,
  violations: readonly EventViolation[],
): Rejection | null {
  const { sessionId } = session;
  const others = requestsOf(decision.state, session).filter((one) => one.nextHop !== request?.nextHop);
  const left = request && { ...request, senders: request.senders!.filter((sender) => !sends(torn, sender)) };
  const requests = left ? meeting(others, left) : [];
  const isLeft = (sender: FlowSender): boolean => (left ? requests.some((one) => sends({ ...torn, senders: one.senders! }, sender)) : !sends(torn, sender));
  const terms = { ...session, flow: { ...session.flow, senders: session.flow.senders!.filter(isLeft) }, merges: [] };
  const senders = senderChanges(decision, session, terms, requestedOf(decision.state, terms, session));
  if ('rejection' in senders) return senders;
  decision.emit({
    type: 'QosSessionModified', sessionId, ...senders, ...(left && { requests: requests.map(requestToTell) }), cause: 'resv-tear',
    occurredAt: decision.occurredAt, ...(violations.length > 0 && { violations }),
  });
  return null;
}

/** The reservation is refreshed from now on as those are that are left; one alone gives its lease to the session. */
function reservationLeft(session: Session, left: readonly RequestPart[]): Pick<QosSessionModified, 'refreshPeriodMs' | 'expiresAt' | 'reservation'> {
  const before = reservationOf(session);
  const leases = left.flatMap(({ lease }) => lease ?? []);
  const lease = leases.length < left.length ? null : longest(leases);
  const isSame = left.length === 1 ? lease === null && before === null : lease?.refreshPeriodMs === before?.refreshPeriodMs;
  if (isSame) return {};
  const told = lease && { refreshPeriodMs: lease.refreshPeriodMs, expiresAt: toTimestamp(lease.until) };
  if (session.pathSeen) return { reservation: told };
  const refreshPeriodMs = told?.refreshPeriodMs ?? 0;
  return { ...(refreshPeriodMs !== session.refreshPeriodMs && { refreshPeriodMs }), expiresAt: told?.expiresAt ?? null };
}

type Asked = Pick<RequestPart, 'service' | 'tspec' | 'rspec' | 'senders'>;

function askedBy({ flow, service, tspec, rspec }: ObserveReservation): Asked {
  return { service, tspec, ...(rspec && { rspec }), senders: sortedFlow(flow).senders ?? null };
}

/** With the R of the hop that tells it now: the request stands by the longest of those that it was seen at. */
function requestTold(
  { now }: FlowTableDecision,
  session: Session | undefined,
  command: ObserveReservation,
  known: RequestPart | undefined,
): { readonly own: RequestPart; readonly refreshPeriodMs: number } {
  const { node } = command;
  // Without RSVP_HOP it is of the one that is known: there is no other that it could be of.
  const nextHop = command.nextHop ?? known!.nextHop;
  const before = known ? hopsOf(known, session!) : [];
  const { refreshPeriodMs, told } = refreshedBy(before, undefined, { hop: nextHop, refreshPeriodMs: command.refreshPeriodMs });
  const after = told ? withHop(before, told) : before;
  const until = leaseUntil(now, refreshPeriodMs);
  const own: RequestPart = {
    kind: 'request', sessionId: session?.sessionId ?? '', nextHop: known?.nextHop ?? nextHop, node: known?.node ?? node!, ...askedBy(command),
    lease: known?.lease?.refreshPeriodMs === refreshPeriodMs ? known.lease : until === null ? null : { refreshPeriodMs, until },
    hops: after.length > 1 ? after : [],
  };
  return { own, refreshPeriodMs };
}

/** One that was seen at its own hop alone has the R of its lease. */
function hopsOf({ hops, nextHop, lease }: RequestPart, session: Session): readonly HopPeriod[] {
  return hops.length > 0 ? hops : [{ hop: nextHop, refreshPeriodMs: (lease ?? reservationOf(session))?.refreshPeriodMs ?? 0 }];
}

/** One alone has the session's lease, and none of its own. */
function meeting(others: readonly RequestPart[], own: RequestPart): RequestPart[] {
  if (others.length === 0) return [{ ...own, lease: null }];
  return [...others, own].sort((a, b) => (a.nextHop < b.nextHop ? -1 : 1));
}

/** The one that was alone takes the session's lease with it when another comes. */
function withLease(state: FlowTableState, alone: readonly RequestPart[], session: Session): RequestPart[] {
  const lease = leaseTakenOver(state, session.reservation ? 'reservation' : 'session', session.sessionId, reservationOf(session));
  return alone.map((request) => ({ ...request, lease }));
}

/** It says nothing that its event would have to tell: of one alone the session's own lease tells R. */
function isSameRequest(known: RequestPart | undefined, own: RequestPart): boolean {
  if (known === undefined || !asksForSame(known, own) || !isSameHops(known.hops, own.hops)) return false;
  return known.lease === null || known.lease.refreshPeriodMs === own.lease?.refreshPeriodMs;
}

function asksForSame(known: Asked, own: Asked): boolean {
  return isSameFlowspec(known, own) && (!own.senders || sameSenders(own.senders, known.senders!));
}

function isSameHops(a: readonly HopPeriod[], b: readonly HopPeriod[]): boolean {
  return a.length === b.length && a.every(({ hop, refreshPeriodMs }, i) => hop === b[i]!.hop && refreshPeriodMs === b[i]!.refreshPeriodMs);
}

/** SE: the senders that any of them asks for. */
function flowOf(flow: Flow, requests: readonly RequestPart[]): Flow {
  if (!flow.senders) return flow;
  return sortedFlow({ ...flow, senders: requests.flatMap(({ senders }) => senders!) });
}

function requestToTell({ nextHop, node, service, tspec, rspec, senders, lease, hops }: RequestPart): NextHopRequest {
  return {
    nextHop, node, service, tspec, ...(rspec && { rspec }), ...(senders && { senders }), ...(hops.length > 0 && { hops }),
    ...(lease && { refreshPeriodMs: lease.refreshPeriodMs, expiresAt: toTimestamp(lease.until) }),
  };
}
