/** What a mobile node's stream can be told, and what comes of it. */
import type { EventViolation, HandoffKind, HandoffRolledBack, HandoffStarted, RegistrationAccepted, RegistrationPolicy, VisitorLeaveCause } from '../events/events';
import type { ActiveHandoff, Binding } from '../mobile-node/mobile-node-state';
import type { Rejection } from '../refusals/rejection';

interface RegistrationFields {
  readonly mobileNode: string;
  readonly homeAgent: string;
  readonly homeAddress: string;
  /** Decimal text of 64 bits; null where the caller gave none. */
  readonly identification: string | null;
}

export interface RequestFields extends RegistrationFields {
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  readonly lifetimeSeconds: number;
  readonly flags: readonly string[];
  readonly policy: RegistrationPolicy;
}

/** An agent asks the ledger: the rules are enforced. */
export interface Register extends RequestFields {
  readonly type: 'Register';
  /** A provisioned agent has this care-of address (else code 77). */
  readonly careOfAddressValid: boolean;
  /** 32 random bits: what the reply gives for the next request, under `nonces`. */
  readonly nonce: number;
  /** Id of the handoff that it starts, if it starts one; absent: it starts none. */
  readonly handoffId?: string;
}

export interface Observation {
  /** Milliseconds: the frame's time. */
  readonly observedAt: number;
  readonly violations: readonly EventViolation[];
}

export interface ObserveRequest extends RequestFields, Observation {
  readonly type: 'ObserveRequest';
  /** Requests of other nodes that wait for their replies at the agent, as far as the observer saw. */
  readonly pendingAtAgent: number;
}

export interface ObserveReply extends RegistrationFields, Observation {
  readonly type: 'ObserveReply';
  readonly identification: string;
  readonly code: number;
  readonly lifetimeSeconds: number;
  /** Milliseconds of the request that it answers, as far as the observer saw it: the repeat of a denied one is in no stream. */
  readonly requestedAt?: number;
  /** Id of the handoff that it starts, if it starts one; absent: it starts none. */
  readonly handoffId?: string;
  /** Who asked with no home address, or for any home agent, is this node: the rest is told to that one's stream; absent: who is told. */
  readonly names?: string;
}

/** RFC 3543: the binding at the care-of addresses of one agent ends; null: all bindings. */
export interface ObserveRevocation extends Observation {
  readonly type: 'ObserveRevocation';
  readonly mobileNode: string;
  /** An agent, by its id or a care-of address; null: it names none. */
  readonly foreignDomainAgent: string | null;
  /** The home domain agent, whose bindings alone it ends; absent: not told. */
  readonly homeAgent?: string;
  readonly homeAddress?: string;
}

/** RFC 3543 §3.4: it was seen to be acknowledged. */
export interface ObserveRevocationAck extends Observation {
  readonly type: 'ObserveRevocationAck';
  readonly mobileNode: string;
  readonly homeAddress: string;
  readonly revocationIdentifier: number;
  readonly flags: readonly string[];
}

/** RFC 3543, by command: the bindings that agree with whatever is given end; null: not given. */
export interface Revoke {
  readonly type: 'Revoke';
  readonly foreignAgent: string | null;
  readonly careOfAddress: string | null;
  readonly homeAgent: string | null;
  readonly homeAddress: string | null;
}

/** The agent lost its state, or is no more: the binding there ends, unless the node registered there again. */
export interface LoseBinding {
  readonly type: 'LoseBinding';
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  /** As the scope knew the visitor. */
  readonly registrationRevision: bigint;
  readonly cause: 'reboot' | 'administrator';
}

export interface TickMobileNode {
  readonly type: 'Tick';
}

/** A handoff that no registration started: the binding moves when it is committed. */
export interface StartHandoff {
  readonly type: 'StartHandoff';
  readonly handoffId: string;
  readonly mobileNode: string;
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  readonly kind: Exclude<HandoffKind, 'return-home'>;
  readonly oldLegs: HandoffStarted['oldLegs'];
  readonly ifRefused: HandoffStarted['ifRefused'];
  /** Rolled back if it is not committed by then. */
  readonly deadlineMs: number;
  /** Of the new agent; 65535: none. */
  readonly maximumLifetimeSeconds: number;
}

export interface CommitHandoff {
  readonly type: 'CommitHandoff';
  readonly handoffId: string;
  readonly mobileNode: string;
  /** Session ids. */
  readonly configured: readonly string[];
  readonly degraded: readonly string[];
}

export interface CompleteHandoff {
  readonly type: 'CompleteHandoff';
  readonly handoffId: string;
  readonly mobileNode: string;
  readonly released: number;
  readonly orphaned: number;
  readonly gapMs: number | null;
}

export interface RollBackHandoff {
  readonly type: 'RollBackHandoff';
  readonly handoffId: string;
  readonly reason: HandoffRolledBack['reason'];
  readonly detail: string;
}

export type HandoffCommand = StartHandoff | CommitHandoff | CompleteHandoff | RollBackHandoff;

export type MobileNodeCommand =
  | Register | ObserveRequest | ObserveReply | ObserveRevocation | ObserveRevocationAck | Revoke | LoseBinding | HandoffCommand | TickMobileNode;

export interface EndedBinding extends Binding {
  readonly cause: VisitorLeaveCause;
  /** Another that stands at that address: the node visits on, by that one. Absent: it left, or another that ended with it tells. */
  readonly visitor?: Binding;
}

export interface HandoffAnswer {
  readonly outcome: 'handoff';
  /** As it stands now; null: it is over. */
  readonly handoff: ActiveHandoff | null;
  readonly revision: bigint;
}

/** What follows in the scopes is told here: whom to admit, whom to dismiss, by which registration revision. */
export type MobileNodeAnswer =
  | { readonly outcome: 'done' }
  | {
      readonly outcome: 'registered';
      readonly event: RegistrationAccepted;
      /** Of the acceptance. */
      readonly revision: bigint;
      /** Of what it came to last: a binding that it ended, a handoff that it began. */
      readonly lastRevision: bigint;
      readonly admitted: Binding | null;
      /** As its scope is to know the node: another binding there may last longer. */
      readonly visitor: Binding | null;
      readonly ended: readonly EndedBinding[];
      /** The handoff that it started: what becomes of `admitted` and `ended` in their scopes is that one's work. Null: none. */
      readonly handoff: ActiveHandoff | null;
    }
  | HandoffAnswer
  | { readonly outcome: 'ended'; readonly revision: bigint; readonly ended: readonly EndedBinding[] }
  | { readonly outcome: 'refused'; readonly rejection: Rejection };
