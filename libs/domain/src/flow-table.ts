/** The flow table of one scope: what each command comes to (domain.md §3). */
import type { FlowTableEvent, ReleaseCause } from './events';
import { configureSession } from './configure-session';
import type { DismissVisitor, FlowTableAnswer, FlowTableCommand, AdmitVisitor, ProvisionScope, ReleaseSession } from './flow-table-commands';
import { rebootScope, visitorLeaves, withdrawScope } from './empty-scope';
import { evolveFlowTable } from './flow-table-evolve';
import type { Gap } from './gaps';
import { writeWaitingExtensions } from './leases';
import type { FlowTableState, Session } from './flow-table-state';
import type { FlowId } from './flow';
import { handOffLegs } from './handoff-legs';
import { endDegradedLegs } from './leave-with-legs';
import { observeSignalling } from './observe-signalling';
import { orphanedUntil } from './orphaned-legs';
import { overlaps } from './overlaps';
import { reject } from './rejection';
import { rsvpErrors } from './rsvp-errors';
import { quarantineMs, toTimestamp } from './soft-state';
import { retryDegraded } from './settle-leg';
import { coverGaps, emitDue } from './what-is-due';

/** Emitting an event folds it at once: the next decision of the same append sees it. */
export class FlowTableDecision {
  readonly events: FlowTableEvent[] = [];
  private writtenNow: string | undefined;

  constructor(
    readonly state: FlowTableState,
    /** Milliseconds: the caller's clock, or the time of the stream's last event if that is later. */
    readonly now: number,
  ) {}

  emit(event: FlowTableEvent): void {
    this.events.push(event);
    evolveFlowTable(this.state, event);
  }

  /** `now` as events carry it; of a refresh nobody asks. */
  get occurredAt(): string {
    return (this.writtenNow ??= toTimestamp(this.now));
  }

  release(session: Session, cause: ReleaseCause, at = this.now): void {
    this.end(session, cause, at, false);
  }

  /** A reservation takes over a path-only session that it covers: the id passes on where the new one covers it. */
  merge(session: Session, into: FlowId): void {
    this.end(session, 'merged', this.now, overlaps(into, session.effective.id, this.state.policy.mixedClassifiers));
  }

  private end(session: Session, cause: ReleaseCause, at: number, passesOn: boolean): void {
    const { sessionId, mobileNode, temporary } = session;
    const until = at + quarantineMs(this.state.policy.quarantineSeconds, session.refreshPeriodMs);
    this.emit({
      type: 'QosSessionReleased',
      sessionId,
      mobileNode,
      cause,
      ...(cause === 'preemption' && { code: rsvpErrors.servicePreempted }),
      effective: session.effective.id,
      temporary,
      quarantinedUntil: passesOn ? null : toTimestamp(until),
      occurredAt: toTimestamp(at),
    });
  }

  sessionsOf(mobileNode: string): Session[] {
    const ids = [...(this.state.indexes.sessionsByNode.get(mobileNode) ?? [])];
    return ids.map((id) => this.state.sessions.get(id)!).sort((a, b) => a.ordinal - b.ordinal);
  }
}

/**
 * Emits what is due by `now`, then decides, then emits what that made due at once (a quarantine of 0 s). The state is changed in
 * place: the caller begins its journal before and confirms or unwinds after.
 * @param clock milliseconds
 * @param gaps in which no refresh could be told, the earliest first; of an observed scope none, whose clock is its frames
 */
export function handleFlowTable(
  state: FlowTableState,
  command: FlowTableCommand,
  clock: number,
  gaps: readonly Gap[] = [],
): { readonly answer: FlowTableAnswer; readonly events: readonly FlowTableEvent[] } {
  const decision = new FlowTableDecision(state, Math.max(clock, state.lastOccurredAt));
  coverGaps(decision, gaps);
  emitDue(decision);
  const answer = decide(decision, command);
  emitDue(decision);
  retryDegraded(decision);
  return { answer, events: decision.events };
}

function decide(decision: FlowTableDecision, command: FlowTableCommand): FlowTableAnswer {
  switch (command.type) {
    case 'ProvisionScope':
      return provisionScope(decision, command);
    case 'WithdrawScope':
      return withdrawScope(decision, command);
    case 'RebootScope':
      return rebootScope(decision, command);
    case 'AdmitVisitor':
      return admitVisitor(decision, command);
    case 'DismissVisitor':
      return dismissVisitor(decision, command);
    case 'ConfigureSession':
      return configureSession(decision, command);
    case 'ReleaseSession':
      return releaseSession(decision, command);
    case 'ObservePath':
    case 'ObserveReservation':
    case 'ObservePathTear':
    case 'ObserveReservationTear':
    case 'ObserveOther':
    case 'ObserveTunnel':
      return observeSignalling(decision, command);
    case 'HoldLegs':
    case 'AdmitLegs':
    case 'EndMovedLegs':
    case 'EndOldLegs':
    case 'EndLostLegs':
    case 'UnholdLegs':
    case 'UndoLegs':
      return handOffLegs(decision, command);
    case 'Tick':
      if (command.writeWaitingExtensions) writeWaitingExtensions(decision);
      return done;
  }
}

const done = { outcome: 'done' } as const;

function provisionScope(decision: FlowTableDecision, command: ProvisionScope): FlowTableAnswer {
  const { state, occurredAt } = decision;
  const { pools, policy, revision } = command;
  if (revision > state.provisioned) {
    const { foreignAgent, careOfAddress } = state;
    decision.emit({ type: 'ScopeProvisioned', foreignAgent, careOfAddress, pools, policy, revision: `${revision}`, occurredAt });
  }
  return done;
}

function admitVisitor(decision: FlowTableDecision, command: AdmitVisitor): FlowTableAnswer {
  const { state, occurredAt } = decision;
  const { mobileNode, homeAddress, homeAgent, expiresAt, registrationRevision } = command;
  if (isStale(state, mobileNode, registrationRevision)) return done;
  decision.emit({ type: 'VisitorAdmitted', mobileNode, homeAddress, homeAgent, expiresAt, registrationRevision: `${registrationRevision}`, occurredAt });
  return done;
}

/** Recorded for a node that never came, too: its registration may still be on the way and must then be stale. */
function dismissVisitor(decision: FlowTableDecision, command: DismissVisitor): FlowTableAnswer {
  const { state, occurredAt, now } = decision;
  const { mobileNode, cause, registrationRevision } = command;
  if (isStale(state, mobileNode, registrationRevision)) return done;
  if (cause !== 'superseded') {
    visitorLeaves(decision, mobileNode, cause, registrationRevision, now);
    return done;
  }
  decision.emit({ type: 'VisitorLeft', mobileNode, cause, registrationRevision: `${registrationRevision}`, occurredAt });
  for (const session of decision.sessionsOf(mobileNode)) {
    const { sessionId } = session;
    const until = orphanedUntil(decision, session, command.orphanedUntil);
    decision.emit({ type: 'QosSessionModified', sessionId, state: 'orphaned', orphanedUntil: until, cause: 'registration-elsewhere', occurredAt });
  }
  endDegradedLegs(decision, mobileNode, cause, occurredAt);
  return done;
}

/** A repeated or overtaken second append of the registration process. */
function isStale(state: FlowTableState, mobileNode: string, revision: bigint): boolean {
  const known = state.registrationRevisions.get(mobileNode);
  return known !== undefined && revision <= known;
}

/** Owner-checked and idempotent: a second release is answered as done and appends nothing. */
function releaseSession(decision: FlowTableDecision, command: ReleaseSession): FlowTableAnswer {
  const { state, occurredAt } = decision;
  const { sessionId, cause, claimedBy } = command;
  const session = state.sessions.get(sessionId) ?? state.degraded.get(sessionId);
  if (!session) return { outcome: 'already-released', sessionId, revision: null };
  if (claimedBy !== null && claimedBy !== session.mobileNode) {
    const detail = `The session belongs to ${session.mobileNode ?? 'no known node'}, not to ${claimedBy}.`;
    return { outcome: 'refused', rejection: reject('not-owner', detail, { owner: session.mobileNode }) };
  }
  if (!('effective' in session)) {
    // It holds no id that path state could keep.
    decision.emit({ type: 'DegradedLegEnded', sessionId, mobileNode: session.mobileNode, cause, occurredAt });
  } else if (cause === 'resv-tear') {
    if (session.state === 'path-only') return { outcome: 'already-released', sessionId, revision: session.revision };
    decision.emit({ type: 'QosSessionModified', sessionId, state: 'path-only', cause, occurredAt });
  } else {
    decision.release(session, cause);
  }
  return { outcome: 'released', sessionId, revision: state.revision };
}
