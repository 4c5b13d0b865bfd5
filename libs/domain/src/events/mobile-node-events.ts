/** Events of the streams `mobileNode-{mobileNodeId}`. */
import type { HandoffEvent } from './handoff-events';
import type { EventViolation, ObservedLate } from './observed-events';
import type { Policy } from '../flow/policy';

export type VisitorLeaveCause =
  | 'deregistration'
  | 'registration-expiry'
  | 'revocation'
  | 'handoff'
  | 'superseded'
  | 'reboot'
  | 'handoff-rolled-back'
  | 'administrator';

/** What of an agent's policy judges a registration; without `handoff`, in old events, it is make-before-break. */
export type RegistrationPolicy = Pick<Policy, 'replayProtection' | 'maximumLifetimeSeconds'> & Partial<Pick<Policy, 'handoff'>>;

interface RegistrationTerms {
  readonly mobileNode: string;
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  readonly homeAgent: string;
  readonly homeAddress: string;
  /** Decimal text of the 64-bit Identification; null where the caller gave none. */
  readonly identification: string | null;
  readonly occurredAt: string;
  readonly violations?: readonly EventViolation[];
}

/** A request seen on its way; it alters no binding (RFC 5944 §3.7.2.2). */
export interface RegistrationRequested extends RegistrationTerms {
  readonly type: 'RegistrationRequested';
  readonly lifetimeSeconds: number;
  readonly flags: readonly string[];
  /** What of the agent's policy judges the reply. */
  readonly policy: RegistrationPolicy;
  readonly pendingUntil: string;
  /** Requests of other nodes that waited for their replies at the agent; absent: it was not counted. */
  readonly pendingAtAgent?: number;
}

/** As what a scope knows a node with several bindings at its care-of address: by the one that lasts longest. */
export interface VisitorTerms {
  readonly homeAgent: string;
  readonly homeAddress: string;
  /** Null: infinite. */
  readonly expiresAt: string | null;
}

export interface RegistrationAccepted extends RegistrationTerms {
  readonly type: 'RegistrationAccepted';
  /** As asked for; null where only the reply was seen. */
  readonly lifetimeSeconds: number | null;
  readonly grantedLifetimeSeconds: number;
  readonly flags: readonly string[];
  readonly code: number;
  readonly codeName: string;
  /** Null: infinite. */
  readonly expiresAt: string | null;
  /** The binding stood already: its lifetime is renewed. */
  readonly refresh: boolean;
  /** Of the reply, where it is not that of the request: its high half is what the next request begins with, under `nonces`. */
  readonly replyIdentification?: string;
  /** Another binding of the node at this address lasts longer: the scope knows the visitor by that one. Absent: by this one. */
  readonly visitor?: VisitorTerms;
}

export interface RegistrationDenied extends RegistrationTerms {
  readonly type: 'RegistrationDenied';
  readonly lifetimeSeconds: number | null;
  readonly flags: readonly string[];
  readonly code: number;
  readonly codeName: string;
  readonly detail: string;
  /** As of RegistrationAccepted. */
  readonly replyIdentification?: string;
}

export interface RegistrationEnded {
  readonly type: 'RegistrationEnded';
  readonly mobileNode: string;
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  /** Which of the bindings at this address; absent, in old events: all of them. */
  readonly homeAgent?: string;
  readonly homeAddress?: string;
  readonly cause: VisitorLeaveCause;
  /** Another binding stands there: the node visits on, by that one. Absent: it left. */
  readonly visitor?: VisitorTerms;
  /** When the binding would have expired: until then the agent may not know that it ended. Null: never. */
  readonly bindingExpiresAt: string | null;
  readonly identification: string | null;
  readonly occurredAt: string;
  readonly violations?: readonly EventViolation[];
}

/** A reply whose request was not seen, was settled before, or was overtaken by a higher Identification, as a violation tells: it changes no binding (I17). */
export interface RegistrationReplyUnmatched extends Omit<RegistrationTerms, 'careOfAddress' | 'foreignAgent'> {
  readonly type: 'RegistrationReplyUnmatched';
  readonly code: number;
  readonly codeName: string;
  readonly lifetimeSeconds: number;
}

/** A revocation that was seen and fits no binding: it changes nothing (RFC 3543 §3.3). */
export interface RevocationUnmatched {
  readonly type: 'RevocationUnmatched';
  readonly mobileNode: string;
  /** Null: it was not told. */
  readonly homeAgent: string | null;
  readonly homeAddress: string | null;
  /** Null: it named none. */
  readonly foreignDomainAgent: string | null;
  readonly occurredAt: string;
  readonly violations?: readonly EventViolation[];
}

/** An agent was seen to acknowledge a revocation (RFC 3543 §3.4): it ends nothing, the revocation did. */
export interface RevocationAcknowledged {
  readonly type: 'RevocationAcknowledged';
  readonly mobileNode: string;
  readonly homeAddress: string;
  /** Of the revocation that it answers: 32 bits. Absent: not told. */
  readonly revocationIdentifier?: number;
  /** The bits that are set: `I`, the node was told, or is about to be. */
  readonly flags: readonly string[];
  readonly occurredAt: string;
  readonly violations?: readonly EventViolation[];
}

export type MobileNodeEvent =
  | RegistrationRequested
  | RegistrationAccepted
  | RegistrationDenied
  | RegistrationEnded
  | RegistrationReplyUnmatched
  | RevocationUnmatched
  | RevocationAcknowledged
  | HandoffEvent
  | ObservedLate;
