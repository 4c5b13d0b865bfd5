import type { ActiveHandoff, EndOldLegs, HeldLeg, LostCause } from '#domain';
import type { HandoffEvents } from './handoff-events';
import { flowTableStream } from '../mailbox/stream-names';

/** What comes to stand nowhere, since the binding at the new address ended while the handoff went on. */
export interface LostLegs {
  readonly cause: LostCause;
  /** Never came there. */
  readonly stayed: readonly HeldLeg[];
  /** Came there, and ended with the binding. */
  readonly ended: readonly string[];
}

/**
 * Of a committed handoff to an address where the node is not bound any more.
 * @param held what the old scopes hold
 * @returns null: nothing is lost there
 */
export async function lostLegsOf(
  { started, revision, committed }: ActiveHandoff,
  held: () => Promise<readonly HeldLeg[]>,
  events: HandoffEvents,
): Promise<LostLegs | null> {
  const { mobileNode } = started;
  const { foreignAgent, careOfAddress } = started.to!;
  const { configured, degraded } = committed!;
  const startedPosition = await events.positionOf(mobileNode, revision);
  const ended = await events.endedWithVisitor(flowTableStream(foreignAgent, careOfAddress), mobileNode, startedPosition);
  const cause = await events.endOfBinding(mobileNode, careOfAddress, { after: revision, before: committed!.revision });
  const brought = new Set([...configured, ...degraded, ...(ended?.sessionIds ?? [])]);
  const stayed = cause === null ? [] : (await held()).filter(({ sessionId }) => !brought.has(sessionId));
  const known = ended?.cause ?? cause;
  return known === null ? null : { cause: known, stayed, ended: ended?.sessionIds ?? [] };
}

/** As the old scopes are told of them: their legs there end by what took the new place away. */
export function lostToTell({ cause, stayed, ended }: LostLegs): EndOldLegs['lost'] {
  return { cause, sessionIds: [...stayed.map(({ sessionId }) => sessionId), ...ended] };
}
