/** What the events of a handoff, and those of sessions meanwhile, change of its holds and of degraded legs. */
import type { FlowTableState, Session } from './flow-table-state';
import { heldLegOf, type DegradedLeg } from './degraded-legs';
import type { DegradedLegEnded, LegRefused, LegsHeld, LegsUnheld, QosSessionModified, VisitorAdmitted } from '../events/events';
import type { HeldLeg } from '../events/handoff-events';
import type { EndedLeg } from '../commands/handoff-leg-commands';
import { withEnd, withEnded, withoutEnd, type LegHold } from './leg-hold';
import { fromTimestamp } from '../flow/soft-state';

export function legsHeld(state: FlowTableState, event: LegsHeld): void {
  const { handoffId, mobileNode, others = [], ended = [] } = event;
  const legs = [...event.legs, ...others.flatMap((sessionId) => standingLeg(state, sessionId) ?? [])];
  const left = !state.visitors.has(mobileNode);
  const known = ended.map((end) => ({ ...end, at: fromTimestamp(end.at) }));
  state.holds.set(mobileNode, { handoffId, registrationRevision: BigInt(event.registrationRevision ?? -1), legs, left, ended: known });
}

function standingLeg(state: FlowTableState, sessionId: string): HeldLeg | undefined {
  const session = state.sessions.get(sessionId);
  if (session) return session.state === 'orphaned' ? undefined : heldLegOf({ ...session, state: session.state });
  const degraded = state.degraded.get(sessionId);
  return degraded && heldLegOf(degraded);
}

/** The handoff is over here; what an older one came to is nothing newer. */
export function legsUnheld(state: FlowTableState, { mobileNode, handoffId, registrationRevision: told }: LegsUnheld): void {
  const hold = state.holds.get(mobileNode);
  const isOwn = hold?.handoffId === handoffId;
  if (isOwn) state.holds.delete(mobileNode);
  const registrationRevision = told !== undefined ? BigInt(told) : isOwn ? hold.registrationRevision : -1n;
  const known = state.endedHandoffs.get(mobileNode);
  if (known === undefined || known.registrationRevision <= registrationRevision) state.endedHandoffs.set(mobileNode, { handoffId, registrationRevision });
}

export function legRefused(state: FlowTableState, event: LegRefused): void {
  const { mobileNode, handoffId, rejection, detail } = event;
  // Of one that a newer handoff brought again, and that is refused again, its turn stands.
  const ordinal = state.degraded.get(event.sessionId)?.ordinal ?? state.nextOrdinal();
  addDegraded(state, {
    ...heldLegOf(event),
    mobileNode,
    handoffId,
    ordinal,
    rejection,
    detail,
    leaseUntil: event.expiresAt === null ? null : fromTimestamp(event.expiresAt),
    revision: state.revision,
  });
}

export function addDegraded(state: FlowTableState, leg: DegradedLeg): void {
  const before = state.degraded.get(leg.sessionId)?.leaseUntil ?? undefined;
  state.degraded.set(leg);
  state.schedule({ kind: 'degraded', key: leg.sessionId }, before, leg.leaseUntil ?? undefined);
}

export function degradedLegEnded(state: FlowTableState, { sessionId, mobileNode, cause, occurredAt }: DegradedLegEnded): void {
  const leg = state.degraded.get(sessionId);
  if (leg) state.degraded.delete(leg);
  else heldLegEnded(state, mobileNode, { sessionId, cause, at: fromTimestamp(occurredAt) });
  legEnded(state, { mobileNode, sessionId, handoffId: leg?.handoffId ?? null }, cause, occurredAt);
}

/** Told where nothing of it stands, it is a word about the session, whatever the cause. */
function heldLegEnded(state: FlowTableState, mobileNode: string, told: EndedLeg): void {
  change(state, mobileNode, (hold) => (hold.legs.some(({ sessionId }) => sessionId === told.sessionId) ? { ...hold, ended: withEnd(hold.ended, told) } : hold));
}

export function degradedLeaseExtended(state: FlowTableState, sessionId: string, leaseUntil: number): void {
  const leg = state.degraded.get(sessionId);
  if (leg) addDegraded(state, { ...leg, leaseUntil });
}

/** It holds an id now. */
export function legRecovered(state: FlowTableState, sessionId: string): void {
  const leg = state.degraded.get(sessionId);
  if (leg) state.degraded.delete(leg);
}

export function visitorBrought(state: FlowTableState, event: VisitorAdmitted): void {
  const { mobileNode, handoffId, registrationRevision, occurredAt, mayBeUndone, more } = event;
  if (handoffId === undefined) return;
  const known = state.takeovers.get(mobileNode);
  const before = known?.handoffId === handoffId ? known : undefined;
  state.takeovers.set(mobileNode, {
    handoffId, registrationRevision: BigInt(registrationRevision), at: before?.at ?? fromTimestamp(occurredAt),
    ended: mayBeUndone || more ? (before?.ended ?? []) : null, parts: (before?.parts ?? 0) + 1, isComplete: !more,
  });
}

export function heldVisitorLeft(state: FlowTableState, mobileNode: string): void {
  change(state, mobileNode, (hold) => ({ ...hold, left: true }));
}

/** Whoever ends a leg with these moves it, or never meant it to be: the session goes on. */
const causesOfMoving: ReadonlySet<string> = new Set(['handoff', 'handoff-rolled-back']);

type Ending = Pick<Session, 'sessionId' | 'mobileNode' | 'handoffId'>;

export function legEnded(state: FlowTableState, { sessionId, mobileNode, handoffId }: Ending, cause: string, occurredAt: string): void {
  if (mobileNode === null || causesOfMoving.has(cause) || !handsOff(state)) return;
  const told = { sessionId, cause, at: fromTimestamp(occurredAt) };
  change(state, mobileNode, (hold) => withEnded(hold, told));
  broughtLegChanged(state, mobileNode, handoffId, (ended) => withEnd(ended, told));
}

/** A reservation that ends leaves a path-only leg; one that is made again leaves nothing to be told. */
export function heldLegModified(state: FlowTableState, session: Ending, { state: becomes, cause, occurredAt }: QosSessionModified): void {
  const { sessionId, mobileNode, handoffId } = session;
  if (mobileNode === null || !handsOff(state)) return;
  if (becomes === 'live') {
    change(state, mobileNode, (hold) => ({ ...hold, ended: withoutEnd(hold.ended, sessionId) }));
    broughtLegChanged(state, mobileNode, handoffId, (ended) => withoutEnd(ended, sessionId));
  } else if (becomes !== undefined && (cause === 'resv-tear' || cause === 'soft-state-timeout')) {
    // Where an orphaned leg lost its reservation, too.
    const told = { sessionId, cause, at: fromTimestamp(occurredAt), state: 'path-only' } as const;
    change(state, mobileNode, (hold) => withEnded(hold, told));
    broughtLegChanged(state, mobileNode, handoffId, (ended) => withEnd(ended, told));
  }
}

/** Most scopes have no handoff that would want to know. */
function handsOff({ holds, takeovers }: FlowTableState): boolean {
  return holds.size + takeovers.size > 0;
}

function change(state: FlowTableState, mobileNode: string, changed: (hold: LegHold) => LegHold): void {
  const hold = state.holds.get(mobileNode);
  if (hold) state.holds.set(mobileNode, changed(hold));
}

/** Of a handoff that may be rolled back, or whose legs have not all come, somebody will ask what ended here. */
function broughtLegChanged(state: FlowTableState, mobileNode: string, handoffId: string | null, changed: (ended: readonly EndedLeg[]) => EndedLeg[]): void {
  const takeover = state.takeovers.get(mobileNode);
  if (takeover?.handoffId === handoffId && takeover.ended !== null) state.takeovers.set(mobileNode, { ...takeover, ended: changed(takeover.ended) });
}
