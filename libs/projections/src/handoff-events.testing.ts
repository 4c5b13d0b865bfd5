import type { HandoffStarted, HeldLeg, LegRefused, LegsHeld, QosSessionConfigured } from '#domain';
import { at, uuidOf } from './log-writer.testing';

export type TestScope = readonly [foreignAgent: string, careOfAddress: string];

interface StartedHandoff {
  readonly handoff: string;
  readonly mobileNode?: string;
  readonly from: readonly TestScope[];
  readonly to: TestScope | null;
  readonly seconds: number;
  readonly more?: Partial<HandoffStarted>;
}

/** Make-before-break, by a registration. */
export function handoffStarted({ handoff, mobileNode = 'mn-1', from, to, seconds, more }: StartedHandoff): HandoffStarted {
  return {
    type: 'HandoffStarted',
    handoffId: uuidOf(handoff),
    mobileNode,
    kind: to === null ? 'return-home' : 'make-before-break',
    cause: 'registration',
    from: from.map(([foreignAgent, careOfAddress]) => ({ foreignAgent, careOfAddress, bindingExpiresAt: at(3600) })),
    to: to && { foreignAgent: to[0], careOfAddress: to[1], homeAgent: '192.0.2.1', homeAddress: '10.0.0.1', expiresAt: at(3600) },
    oldLegs: 'release',
    ifRefused: 'degrade',
    deadline: null,
    supersedes: null,
    occurredAt: at(seconds),
    ...more,
  };
}

export function heldLeg({ sessionId, flow, style, service, tspec, refreshPeriodMs, state }: QosSessionConfigured): HeldLeg {
  return { sessionId, flow, style, service, tspec, refreshPeriodMs, state };
}

export function legsHeld({ handoffId, mobileNode }: HandoffStarted, legs: readonly QosSessionConfigured[], seconds: number): LegsHeld {
  return { type: 'LegsHeld', handoffId, mobileNode, legs: legs.map(heldLeg), occurredAt: at(seconds) };
}

/** The new scope of the handoff refuses the leg. */
export function legRefused(
  { handoffId, mobileNode, to }: HandoffStarted,
  leg: QosSessionConfigured,
  seconds: number,
  more: Partial<LegRefused> = {},
): LegRefused {
  return {
    type: 'LegRefused',
    handoffId,
    mobileNode,
    ...heldLeg(leg),
    homeAddress: to!.homeAddress,
    homeAgent: to!.homeAgent,
    registrationExpiresAt: to!.expiresAt,
    requested: { ...leg.requested, destination: to!.careOfAddress },
    rejection: 'flow-id-pool-exhausted',
    detail: 'No value of the pool is free.',
    matched: [],
    expiresAt: at(seconds + 157.5),
    occurredAt: at(seconds),
    ...more,
  };
}
