import type { EndedLeg } from '../commands/handoff-leg-commands';
import type { HeldLeg } from '../events/handoff-events';

/** A node that is being handed off from here. */
export interface LegHold {
  readonly handoffId: string;
  /** Of HandoffStarted. */
  readonly registrationRevision: bigint;
  /** The frozen list. */
  readonly legs: readonly HeldLeg[];
  /** The visitor left while it was held (break-before-make, or its binding ended): what ends from then on says nothing of the sessions. */
  readonly left: boolean;
  readonly ended: readonly EndedLeg[];
}

/** The last handoff that brought a node here with its legs; kept when the node left. */
export interface Takeover {
  readonly handoffId: string;
  readonly registrationRevision: bigint;
  /** Milliseconds. */
  readonly at: number;
  /** What ended here of its sessions while it may be rolled back, or before all had come. Null: it only goes forward. */
  readonly ended: readonly EndedLeg[] | null;
  /** Appends that brought legs. */
  readonly parts: number;
  /** All its legs have come. */
  readonly isComplete: boolean;
}

/**
 * The last handoff that is over in this scope, kept when the node left: a run of it that lags behind another server's changes nothing
 * here any more.
 */
export interface EndedHandoff {
  readonly handoffId: string;
  readonly registrationRevision: bigint;
}

/** The frozen list as it is to stand elsewhere: without what ended here by itself, and path-only where the reservation was torn. */
export function legsToMove({ legs, ended }: Pick<LegHold, 'legs' | 'ended'>): HeldLeg[] {
  const known = new Map(ended.map((end) => [end.sessionId, end]));
  return legs.flatMap((leg) => {
    const end = known.get(leg.sessionId);
    if (end === undefined) return [leg];
    return end.state === 'path-only' ? [{ ...leg, state: 'path-only' as const }] : [];
  });
}

/** What ends a session itself, and not only the leg where it was told. */
export const causesOfSession: ReadonlySet<string> = new Set(['path-tear', 'resv-tear', 'administrator', 'preemption', 'replaced']);

/** What leaves nothing of a session anywhere, told where it is served. */
const causesOfAll: ReadonlySet<string> = new Set(['path-tear', 'administrator', 'preemption', 'replaced', 'merged', 'reconciled']);

/** With its visitor: what stands of it elsewhere is not meant. */
export const endsAlone = {};

/** A session is over with the leg that serves it: the handoff that brought it tells where it may stand yet. An orphan ends alone. */
export function endsElsewhere(leg: { readonly handoffId: string | null; readonly state: string }, cause: string): { readonly broughtBy?: string } {
  return leg.handoffId !== null && leg.state !== 'orphaned' && causesOfAll.has(cause) ? { broughtBy: leg.handoffId } : {};
}

/** What ends a leg only with its visitor; of many sessions the first end before the visitor has left. */
const causesOfVisitor: ReadonlySet<string> = new Set(['registration-expiry', 'deregistration', 'revocation', 'reboot']);

/** A leg ended, or lost its reservation, while it was held: the new scope must be told. */
export function withEnded(hold: LegHold, ended: EndedLeg): LegHold {
  if (causesOfVisitor.has(ended.cause)) return hold;
  if (hold.left && !causesOfSession.has(ended.cause)) return hold;
  if (!hold.legs.some(({ sessionId }) => sessionId === ended.sessionId)) return hold;
  return { ...hold, ended: withEnd(hold.ended, ended) };
}

/** Of a session its last end counts. */
export function withEnd(known: readonly EndedLeg[], ended: EndedLeg): EndedLeg[] {
  return [...known.filter(({ sessionId }) => sessionId !== ended.sessionId), ended];
}

/** What names the end of a leg to whoever was told of it: one that lost its reservation may still end. */
export function nameOfEnd({ sessionId, cause, at }: EndedLeg): string {
  return `${sessionId} ${cause} ${at}`;
}

/** Its reservation is there again. */
export function withoutEnd(known: readonly EndedLeg[], sessionId: string): EndedLeg[] {
  return known.filter((ended) => ended.sessionId !== sessionId);
}
