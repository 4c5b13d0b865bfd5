/** Observed RESV and ResvTear: a reservation makes the session live, and merges the paths that it covers. */
import { requestedOf, sessionOf } from '../rule/configure-session';
import { coveredPaths, onPort, pathsTakenOver } from '../rule/covered-paths';
import { endReservation } from '../leases/end-reservation';
import type { EventViolation } from '../events/events';
import { sends, type Flow, type FlowSender, type Tspec } from '../flow/flow';
import type { FlowTableDecision } from '../scope/flow-table-decision';
import type { FlowTableAnswer, ObserveReservation, ObserveReservationTear } from '../commands/flow-table-commands';
import type { FlowTableState, Session } from '../scope/flow-table-state';
import { isSameTspec } from '../flow/merged-flowspec';
import { done, emitObserved, otherPortViolation, settleObserved } from './observed-decision';
import { overlaps } from '../flow/overlaps';
import { pathsBehind } from '../rule/path-quarantines';
import { joinedRequests, requestEnds, requestOf, sendersTorn } from './reservation-requests';
import { rsvpErrors, violationOf } from '../refusals/rsvp-errors';
import type { RequestPart } from '../scope/session-parts';
import { tunnelFor } from '../rule/tunnel-sessions';

/** It takes over the node's path-only sessions that it covers: their ids pass on, and what it does not cover of a torn one is left behind (ADR 37). */
export function observeReservation(decision: FlowTableDecision, command: ObserveReservation): FlowTableAnswer {
  const { state } = decision;
  const { style, mobileNode, flow } = command;
  const association = tunnelFor(state, mobileNode, flow.protocol, flow.destinationPort);
  const merges = [...coveredPaths(state, command), ...tornUnder(decision, command)];
  const known = sessionOf(state, mobileNode, flow, style);
  const violations = [...command.violations, ...pathViolation(decision, command, merges), ...otherPortViolation(known, flow)];
  const { terms, requests, part } = joinedRequests(decision, known, command);
  const senderTspec = known && senderTspecBeside(decision, known, terms?.tspec ?? command.tspec);
  const paths = pathsTakenOver(decision, command, merges);
  // FF is one session with its path.
  const path = style === 'FF' ? (paths[0] ?? null) : undefined;
  const told = { ...(requests && { requests }), ...(path === undefined && paths.length > 0 && { paths }), ...(senderTspec && { senderTspec }) };
  return settleObserved(decision, { ...command, ...terms, violations }, { style, state: 'live', merges, path, refreshes: 'reservation', association, told, part });
}

/** A path that is reserved has the reservation's `tspec` from now on: what its sender announced stays known beside it. */
function senderTspecBeside({ state }: FlowTableDecision, session: Session, reserved: Tspec | null): Tspec | undefined {
  const { sessionId, tspec, pathSeen, senders } = { ...session, senders: session.flow.senders };
  if (session.state !== 'path-only' || !pathSeen || tspec === null || reserved === null || senders || session.flow.correspondentNode === undefined) return undefined;
  return isSameTspec(state.parts.path(sessionId, null)?.tspec ?? reserved, tspec) ? undefined : tspec;
}

/**
 * Every sender that is reserved for has path state, be it under a reservation of another style, or was reserved for before; else error 04
 * where the session has path state of others, and 03 where it has none (RFC 2205 App. B).
 */
function pathViolation(decision: FlowTableDecision, command: ObserveReservation, paths: readonly Session[]): EventViolation[] {
  const { style, mobileNode, flow } = command;
  const { state, now } = decision;
  const own = sessionOf(state, mobileNode, flow, style);
  if (own && style !== 'SE') return [];
  const behind = pathsBehind(state, command, now);
  const known = own ? [own, ...paths] : paths;
  const beside = onPort(decision.state, command);
  const flows = [...known.map((session) => session.flow), { ...flow, senders: behind }];
  const isKnown = (sender: Partial<FlowSender>): boolean =>
    flows.some((named) => sends(named, sender)) || [...known, ...beside].some((session) => hasPathOf(state, session, sender));
  const hasPaths = behind.length > 0 || [...known, ...beside].some((session) => session.pathSeen || state.parts.paths(session.sessionId).length > 0);
  const isMissing = style === 'WF' ? known.length === 0 && !hasPaths : !(style === 'SE' ? flow.senders! : [flow]).every(isKnown);
  if (!isMissing) return [];
  return hasPaths
    ? [{ name: 'resv-for-unknown-sender', detail: 'A reservation for a sender without path state: a router answers ResvErr with error 04 (RFC 2205 §3.9).', code: rsvpErrors.noSender }]
    : [{ name: 'resv-before-path', detail: 'A reservation without path state: a router answers ResvErr with error 03 (RFC 2205 §3.9).', code: rsvpErrors.noPath }];
}

/** A path of its own, or one that a shared reservation took over. */
function hasPathOf({ parts }: FlowTableState, session: Session, sender: Partial<FlowSender>): boolean {
  if (session.style !== 'SE' && session.style !== 'WF') return session.pathSeen && sends(session.flow, sender);
  return parts.paths(session.sessionId).some((path) => path.sender !== null && sends({ ...session.flow, senders: [path.sender] }, sender));
}

/** Reservations of another style that were torn: what is left of them is path state, which a reservation of any style may take over. */
function tornUnder(decision: FlowTableDecision, command: ObserveReservation): Session[] {
  const { style } = command;
  const requested = requestedOf(decision.state, command);
  return onPort(decision.state, command).filter(
    (session) => session.state === 'path-only' && session.style !== null && session.style !== style && overlaps(requested, session.requested.id),
  );
}

/** The session is path-only and keeps its id while path state lives. The tear of some senders of an SE list leaves the others reserved. */
export function observeReservationTear(decision: FlowTableDecision, command: ObserveReservationTear): FlowTableAnswer {
  const { state, now } = decision;
  const { mobileNode, flow, style, violations } = command;
  const session = sessionOf(state, mobileNode, flow, style);
  const requests = session ? state.parts.requests(session.sessionId) : [];
  if (session && requests.length > 1) return tearRequest(decision, session, command);
  if (!session || !session.isReserved || isOfAnother(requests, command)) return keepTear(decision, session, command);
  if (isPartial(session.flow.senders, flow)) return tearSenders(decision, session, requests[0], command);
  endReservation(decision, session, 'resv-tear', now, violations);
  return { outcome: 'released', sessionId: session.sessionId, revision: state.revision };
}

function keepTear(decision: FlowTableDecision, session: Session | undefined, { flow, violations }: ObserveReservationTear): FlowTableAnswer {
  emitObserved(decision, 'resv-tear', session?.sessionId ?? null, { flow }, violations);
  return done;
}

/** Sent to the router at which the one that is known reserved, by a hop that reserved nothing there. */
function isOfAnother(requests: readonly RequestPart[], { nextHop, node }: ObserveReservationTear): boolean {
  return nextHop !== undefined && requests.some((request) => request.node === node && request.nextHop !== nextHop);
}

function isPartial(reserved: readonly FlowSender[] | undefined | null, torn: Flow): boolean {
  return reserved?.some((sender) => !sends(torn, sender)) ?? false;
}

/** The others that meet in the session go on. What is sent elsewhere on the way tells nothing of who meets here. */
function tearRequest(decision: FlowTableDecision, session: Session, command: ObserveReservationTear): FlowTableAnswer {
  const { flow, violations } = command;
  const request = requestOf(decision.state, session, command);
  if (!request) return keepTear(decision, session, command);
  if (isPartial(request.senders, flow)) return tearSenders(decision, session, request, command);
  requestEnds(decision, session, request, { at: decision.now, cause: 'resv-tear', violations });
  return done;
}

/** Those that the tear names are reserved for no more (RFC 2209 §2: RESV TEAR); their paths stand. */
function tearSenders(decision: FlowTableDecision, session: Session, request: RequestPart | undefined, command: ObserveReservationTear): FlowTableAnswer {
  const { flow, violations } = command;
  const reserved = request?.senders ?? session.flow.senders!;
  if (!reserved.some((sender) => sends(flow, sender))) return keepTear(decision, session, command);
  const refused = sendersTorn(decision, session, request, flow, violations);
  if (!refused) return done;
  keepTear(decision, session, { ...command, violations: [...violations, violationOf(refused)] });
  return { outcome: 'refused', rejection: refused };
}
