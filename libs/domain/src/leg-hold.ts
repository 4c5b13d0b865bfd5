import type { EndedLeg } from './handoff-leg-commands';
import type { HeldLeg } from './handoff-events';

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
}

/** The frozen list as it is to stand elsewhere: without what ended here by itself, and path-only where the reservation was torn. */
export function legsToMove({ legs, ended }: LegHold): HeldLeg[] {
  const causes = new Map(ended.map(({ sessionId, cause }) => [sessionId, cause]));
  return legs.flatMap((leg) => {
    const cause = causes.get(leg.sessionId);
    if (cause === undefined) return [leg];
    return cause === 'resv-tear' ? [{ ...leg, state: 'path-only' as const }] : [];
  });
}

/** A leg ended, or lost its reservation, while it was held: the new scope must be told. */
export function withEnded(hold: LegHold, ended: EndedLeg): LegHold {
  const isHeld = hold.legs.some(({ sessionId }) => sessionId === ended.sessionId);
  if (hold.left || !isHeld) return hold;
  return { ...hold, ended: [...hold.ended.filter(({ sessionId }) => sessionId !== ended.sessionId), ended] };
}

/** Its reservation is there again. */
export function withoutEnded(hold: LegHold, sessionId: string): LegHold {
  return { ...hold, ended: hold.ended.filter((ended) => ended.sessionId !== sessionId) };
}
