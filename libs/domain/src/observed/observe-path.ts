/** Observed PATH and PathTear: path state holds the flow id (domain.md §5), whichever reservation covers it. */
import { isNewAdspec } from '../flow/adspec';
import { senderChanges } from '../rule/change-session';
import { requestedOf, sessionOf } from '../rule/configure-session';
import type { EventViolation, SenderPath } from '../events/events';
import { isSameSender, senderOf, type Flow, type FlowSender, type Tspec } from '../flow/flow';
import type { FlowTableDecision } from '../scope/flow-table-decision';
import type { FlowTableAnswer, ObservePath, ObservePathTear } from '../commands/flow-table-commands';
import type { Session } from '../scope/flow-table-state';
import { refreshedBy, type HopPeriod } from '../scope/hop-periods';
import { leasesChange, renewedLeases } from '../leases/lease-changes';
import { tellLateWithPath } from './late-association';
import { leaseOf, refreshLeases } from '../leases/leases';
import { isSameTspec } from '../flow/merged-flowspec';
import { done, emitObserved, otherPortViolation, reservationOf, settleObserved } from './observed-decision';
import type { Rejection } from '../refusals/rejection';
import { rsvpErrors, violationOf } from '../refusals/rsvp-errors';
import { partKey, type PathPart } from '../scope/session-parts';
import { leaseUntil, toTimestamp } from '../flow/soft-state';
import { tunnelFor } from '../rule/tunnel-sessions';
import { tellViolations } from '../scope/violations-told';

export function observePath(decision: FlowTableDecision, command: ObservePath): FlowTableAnswer {
  const { state } = decision;
  const { mobileNode, flow } = command;
  const known = sessionOf(state, mobileNode, flow, null);
  // One that stands by itself is what its PATH refreshes, as its PathTear ends it: a reservation that no RESV showed (commanded, or of a
  // handoff) may have come over it since, also in this very decision, and took nothing of it.
  const covering = known?.state === 'path-only' ? undefined : reservationOf(decision, mobileNode, flow);
  if (covering) {
    refreshCovered(decision, covering, command);
    if (command.association) tellLateWithPath(decision, state.sessions.get(covering.sessionId)!, command.association);
    return done;
  }
  const association = command.association ?? tunnelFor(state, mobileNode, flow.protocol, flow.destinationPort);
  if (known && command.association) tellLateWithPath(decision, known, command.association);
  const violations = [...command.violations, ...senderPortViolation(decision, command), ...otherPortViolation(known, flow)];
  // What the path to an orphaned leg advertises says nothing of the session, which is elsewhere, unless its node is here again and it comes back.
  const isElsewhere = known?.state === 'orphaned' && !(mobileNode !== null && state.visitors.has(mobileNode));
  const path = known && state.parts.path(known.sessionId, null);
  const tells = !isElsewhere && tellsAdspec(command, path);
  const { refreshPeriodMs, told: hop } = refreshedBy(path?.hops ?? [], known?.refreshPeriodMs, periodTold(command));
  const senderTspec = known?.state === 'live' ? senderTspecToTell(known, command, path) : undefined;
  const told = tells || hop || senderTspec
    ? { ...(tells && { adspec: command.adspec! }), ...(hop && { previousHops: [hop] }), ...(senderTspec && { senderTspec }) }
    : undefined;
  return settleObserved(decision, { ...command, refreshPeriodMs, violations }, { style: null, state: 'path-only', merges: [], refreshes: 'path', association, told });
}

/** What the sender announces of a session that is reserved already, where it is new. A path alone has it as its `tspec`. */
function senderTspecToTell(session: Session, { tspec }: ObservePath, known: PathPart | undefined): Tspec | undefined {
  return tspec === null || isSameTspec(known?.tspec ?? session.tspec, tspec) ? undefined : tspec;
}

function periodTold({ previousHop, refreshPeriodMs }: ObservePath): HopPeriod {
  return { ...(previousHop !== undefined && { hop: previousHop }), refreshPeriodMs };
}

function tellsAdspec({ adspec }: ObservePath, path: PathPart | undefined): boolean {
  return adspec !== undefined && isNewAdspec(path?.adspecs ?? [], adspec);
}

/** Sender port zero and non-zero in the paths of one session (RSVP error 08, RFC 2205 §3.2): told of the one that comes second. */
function senderPortViolation({ state }: FlowTableDecision, { mobileNode, flow }: ObservePath): EventViolation[] {
  const { protocol, destinationPort, sourcePort } = flow;
  if (sourcePort === undefined || destinationPort === undefined || sessionOf(state, mobileNode, flow, null)) return [];
  for (const sessionId of state.indexes.sessionsByPort.get(mobileNode, protocol, destinationPort) ?? []) {
    const session = state.sessions.get(sessionId)!;
    const ports = (session.flow.senders ?? [session.flow]).map((sender) => sender.sourcePort);
    if (!ports.some((port) => port !== undefined && (port === 0) !== (sourcePort === 0))) continue;
    const other = sourcePort === 0 ? 'another' : 'zero';
    const detail = `Sender port ${sourcePort} beside ${other} in one session: a router answers PathErr with error 08 (RFC 2205 §3.2).`;
    return [{ name: 'sender-port-conflict', detail, code: rsvpErrors.conflictingSenderPorts }];
  }
  return [];
}

/** The session's lease is that of the path that stands longest; each sender's path has its own beside it. */
function refreshCovered(decision: FlowTableDecision, session: Session, command: ObservePath): void {
  const { now, state, occurredAt } = decision;
  const { sessionId } = session;
  const sender = senderOf(command.flow);
  const known = state.parts.path(sessionId, sender);
  const refreshed = refreshedBy(known?.hops ?? [], known?.lease?.refreshPeriodMs, periodTold(command));
  const terms = { refreshes: 'path', refreshPeriodMs: refreshed.refreshPeriodMs, merges: [] } as const;
  const path = pathToTell(session, sender, { ...command, refreshPeriodMs: refreshed.refreshPeriodMs }, known, refreshed.told, now);
  const part = partKey({ kind: 'path', sessionId, sender });
  if (path === null && !leasesChange(session, terms, now)) {
    tellViolations(decision, 'path', sessionId, command.violations);
    return refreshLeases(decision, session, 'path', part);
  }
  const seen = command.violations.length > 0 ? { violations: command.violations } : {};
  decision.emit({ type: 'QosSessionModified', sessionId, ...(path && { paths: [path] }), ...renewedLeases(session, terms, now), occurredAt, ...seen });
  refreshLeases(decision, state.sessions.get(sessionId)!, 'nothing', part);
}

/** Null: nothing that is new, but that it stands. */
function pathToTell(
  session: Session,
  sender: FlowSender,
  command: ObservePath,
  known: PathPart | undefined,
  hop: HopPeriod | null,
  now: number,
): SenderPath | null {
  const { adspec, refreshPeriodMs } = command;
  const isSoft = leaseOf(session, 'session') !== null;
  const adspecIsNew = tellsAdspec(command, known);
  const tspec = senderTspecToTell(session, command, known);
  const isSame = !isSoft || known?.lease?.refreshPeriodMs === refreshPeriodMs;
  // A list names its senders; of a wildcard only what was told of them is known.
  const isKnown = session.style === 'SE' || known !== undefined;
  if (isKnown && isSame && !adspecIsNew && !tspec && (hop === null || !isSoft)) return null;
  const until = isSoft ? leaseUntil(now, refreshPeriodMs) : null;
  return {
    ...sender, ...(until !== null && { refreshPeriodMs, expiresAt: toTimestamp(until) }), ...(adspecIsNew && { adspec: adspec! }),
    ...(hop && { previousHops: [hop] }), ...(tspec && { tspec }),
  };
}

export function observePathTear(decision: FlowTableDecision, command: ObservePathTear): FlowTableAnswer {
  const { state } = decision;
  const { mobileNode, flow, violations } = command;
  const own = sessionOf(state, mobileNode, flow, null);
  if (own) {
    decision.release(own, 'path-tear');
    return { outcome: 'released', sessionId: own.sessionId, revision: state.revision };
  }
  const degraded = state.degraded.ofFlow(mobileNode, flow, null);
  if (degraded) {
    decision.endDegraded(degraded, 'path-tear');
    return { outcome: 'released', sessionId: degraded.sessionId, revision: state.revision };
  }
  const covering = reservationOf(decision, mobileNode, flow);
  if (covering?.style === 'SE') return tearSender(decision, covering, flow, violations);
  const path = covering && state.parts.path(covering.sessionId, senderOf(flow));
  if (path) {
    const isLast = pathEnds(decision, path, { at: decision.now, cause: 'path-tear', violations });
    return isLast ? { outcome: 'released', sessionId: path.sessionId, revision: state.revision } : done;
  }
  emitObserved(decision, 'path-tear', covering?.sessionId ?? null, { flow }, violations);
  return done;
}

/** A sender that tears leaves the SE list; the last one ends the session. */
function tearSender(decision: FlowTableDecision, session: Session, flow: Flow, violations: readonly EventViolation[]): FlowTableAnswer {
  const { sessionId } = session;
  const left = senderLeaves(decision, session, senderOf(flow), decision.now, 'path-tear', violations);
  if (left === 'released') return { outcome: 'released', sessionId, revision: decision.state.revision };
  if (left === 'left') return done;
  emitObserved(decision, 'path-tear', sessionId, { flow }, [...violations, violationOf(left)]);
  return { outcome: 'refused', rejection: left };
}

interface PathEnding {
  /** Milliseconds. */
  readonly at: number;
  readonly cause: 'path-tear' | 'soft-state-timeout';
  readonly violations: readonly EventViolation[];
}

/**
 * A wildcard reservation stands on the paths that are known of it; without any it ends (RFC 2209 §2: PATH TEAR).
 * @returns whether this was the last one
 */
function pathEnds(decision: FlowTableDecision, { sessionId, sender }: PathPart, { at, cause, violations }: PathEnding): boolean {
  const others = decision.state.parts.paths(sessionId).filter((path) => partKey(path) !== partKey({ kind: 'path', sessionId, sender }));
  if (others.length === 0) {
    decision.release(decision.state.sessions.get(sessionId)!, cause, at);
    return true;
  }
  const seen = violations.length > 0 ? { violations } : {};
  decision.emit({ type: 'QosSessionModified', sessionId, pathsEnded: [sender!], cause, occurredAt: toTimestamp(at), ...seen });
  return false;
}

/** The path of one sender lapsed: it leaves the list as by its PathTear. */
export function pathLapses(decision: FlowTableDecision, path: PathPart, at: number): void {
  const { sessionId, sender } = path;
  const session = decision.state.sessions.get(sessionId)!;
  if (session.style !== 'SE') return void pathEnds(decision, path, { at, cause: 'soft-state-timeout', violations: [] });
  const left = senderLeaves(decision, session, sender!, at, 'soft-state-timeout', []);
  if (left === 'released' || left === 'left') return;
  // The policy changed what the list is seen as, and that cannot stand: it stays as it was, and the path has no time of its own any more.
  decision.emit({ type: 'QosSessionModified', sessionId, paths: [{ ...sender! }], violations: [violationOf(left)], occurredAt: toTimestamp(at) });
}

function senderLeaves(
  decision: FlowTableDecision,
  session: Session,
  sender: FlowSender,
  at: number,
  cause: 'path-tear' | 'soft-state-timeout',
  violations: readonly EventViolation[],
): 'released' | 'left' | Rejection {
  const { sessionId } = session;
  const senders = session.flow.senders!.filter((named) => !isSameSender(named, sender));
  if (senders.length === 0) {
    decision.release(session, cause, at);
    return 'released';
  }
  const terms = { ...session, flow: { ...session.flow, senders }, merges: [] };
  const changes = senderChanges(decision, session, terms, requestedOf(decision.state, terms, session), at, true);
  if ('rejection' in changes) return changes;
  decision.emit({ type: 'QosSessionModified', sessionId, ...changes, cause, occurredAt: toTimestamp(at), ...(violations.length > 0 && { violations }) });
  return 'left';
}
