/**
 * The events of the ledger: storage format, for ever. A changed shape is a new schema version with an upcaster, never an edit.
 * Times are RFC 3339 UTC with milliseconds. `occurredAt` is the decision's `now` (of an event that was due: its deadline).
 */
import type { Flow, FlowId, FlowIdSender, Service, Style, TemporaryField, TemporaryFlowId, Tspec } from './flow';
import type { Allocator, Policy, Pools } from './policy';

export interface EventViolation {
  readonly name: string;
  readonly detail: string;
}

/** One session that the requested flow id overlapped. */
export interface Match {
  readonly sessionId: string;
  readonly mobileNode: string | null;
  readonly state: 'live' | 'quarantined';
  /** The id it was compared with. */
  readonly effective: FlowId;
}

// ---- foreignAgents -----------------------------------------------------------------------------------------------------

export interface ForeignAgentProvisioned {
  readonly type: 'ForeignAgentProvisioned';
  readonly foreignAgent: string;
  readonly name: string | null;
  readonly careOfAddresses: readonly string[];
  readonly pools: Pools;
  readonly policy: Policy;
  readonly occurredAt: string;
}

/** First heard of in a registration or a capture, or a further care-of address of such an agent. */
export interface ForeignAgentLearned {
  readonly type: 'ForeignAgentLearned';
  readonly foreignAgent: string;
  /** Only those that are new. */
  readonly careOfAddresses: readonly string[];
  readonly learnedFrom: 'registration' | 'advertisement' | 'reservation';
  readonly occurredAt: string;
}

export interface ForeignAgentRemoved {
  readonly type: 'ForeignAgentRemoved';
  readonly foreignAgent: string;
  readonly careOfAddresses: readonly string[];
  readonly occurredAt: string;
}

export type ForeignAgentsEvent = ForeignAgentProvisioned | ForeignAgentLearned | ForeignAgentRemoved;

// ---- mobileNode-{mobileNodeId} -------------------------------------------------------------------------------------------

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
  readonly policy: Pick<Policy, 'replayProtection' | 'maximumLifetimeSeconds'>;
  readonly pendingUntil: string;
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
}

export interface RegistrationDenied extends RegistrationTerms {
  readonly type: 'RegistrationDenied';
  readonly lifetimeSeconds: number | null;
  readonly flags: readonly string[];
  readonly code: number;
  readonly codeName: string;
  readonly detail: string;
}

export interface RegistrationEnded {
  readonly type: 'RegistrationEnded';
  readonly mobileNode: string;
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  readonly cause: VisitorLeaveCause;
  /** When the binding would have expired: until then the agent may not know that it ended. Null: never. */
  readonly bindingExpiresAt: string | null;
  readonly identification: string | null;
  readonly occurredAt: string;
  readonly violations?: readonly EventViolation[];
}

/** A reply whose request was not seen, or was settled before: it changes nothing (I17). */
export interface RegistrationReplyUnmatched extends Omit<RegistrationTerms, 'careOfAddress' | 'foreignAgent'> {
  readonly type: 'RegistrationReplyUnmatched';
  readonly code: number;
  readonly codeName: string;
  readonly lifetimeSeconds: number;
}

export type MobileNodeEvent =
  | RegistrationRequested
  | RegistrationAccepted
  | RegistrationDenied
  | RegistrationEnded
  | RegistrationReplyUnmatched
  | ObservedLate;

// ---- flowTable-{foreignAgentId}@{careOfAddress} ----------------------------------------------------------------------------

export interface ScopeProvisioned {
  readonly type: 'ScopeProvisioned';
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  readonly pools: Pools;
  readonly policy: Policy;
  /** Revision of the `foreignAgents` event that says so; a lower one is a no-op. */
  readonly revision: string;
  readonly occurredAt: string;
}

export interface VisitorAdmitted {
  readonly type: 'VisitorAdmitted';
  readonly mobileNode: string;
  readonly homeAddress: string;
  readonly homeAgent: string;
  /** Null: infinite. */
  readonly expiresAt: string | null;
  /** Revision of the `mobileNode` event that says so; a lower one is a no-op. */
  readonly registrationRevision: string;
  readonly occurredAt: string;
}

export type VisitorLeaveCause =
  | 'deregistration'
  | 'registration-expiry'
  | 'revocation'
  | 'handoff'
  | 'superseded'
  | 'administrator';

export interface VisitorLeft {
  readonly type: 'VisitorLeft';
  readonly mobileNode: string;
  readonly cause: VisitorLeaveCause;
  readonly registrationRevision: string;
  readonly occurredAt: string;
}

export interface TemporaryFlowIdAllocated {
  readonly type: 'TemporaryFlowIdAllocated';
  readonly sessionId: string;
  readonly mobileNode: string | null;
  readonly field: TemporaryField;
  readonly value: number;
  /** What the requested id overlapped; empty where the network itself chose the id. */
  readonly matched: readonly Match[];
  readonly allocatedBy: Allocator;
  /** Why this value: the flow's own quarantined one, the lowest never used, the least recently released, or SESSION_ASSOC. */
  readonly choice: 'reclaimed' | 'never-used' | 'least-recently-released' | 'network';
  readonly occurredAt: string;
}

export interface QosSessionConfigured {
  readonly type: 'QosSessionConfigured';
  readonly sessionId: string;
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  /** Null: a live flow of the scope that belongs to no known node. */
  readonly mobileNode: string | null;
  readonly homeAddress: string | null;
  readonly homeAgent: string | null;
  readonly registrationExpiresAt: string | null;
  readonly flow: Flow;
  /** Null while only path state is known. */
  readonly style: Style | null;
  readonly service: Service | null;
  readonly tspec: Tspec | null;
  /** 0: no soft state; ends with the registration. */
  readonly refreshPeriodMs: number;
  readonly state: 'live' | 'path-only';
  readonly requested: FlowId;
  readonly effective: FlowId;
  readonly temporary: TemporaryFlowId | null;
  readonly matched: readonly Match[];
  /** This logical flow took its own quarantined id back. */
  readonly reclaimed: boolean;
  /** Lease; null without soft state. */
  readonly expiresAt: string | null;
  /** The session that this one takes over from (ESP rekey). */
  readonly replaces: string | null;
  readonly occurredAt: string;
  readonly violations?: readonly EventViolation[];
}

/** Only the fields that changed are there. */
export interface QosSessionModified {
  readonly type: 'QosSessionModified';
  readonly sessionId: string;
  readonly style?: Style;
  readonly service?: Service | null;
  readonly tspec?: Tspec | null;
  readonly refreshPeriodMs?: number;
  readonly state?: 'live' | 'path-only' | 'orphaned';
  /** SE: the new list, with the requested and effective ids that it makes. */
  readonly flow?: Flow;
  readonly requested?: FlowId;
  readonly effective?: FlowId;
  /** SE: effective senders that left the list and are quarantined until then. */
  readonly sendersLeft?: { readonly senders: readonly FlowIdSender[]; readonly quarantinedUntil: string };
  readonly expiresAt?: string | null;
  /** Of an orphaned leg: it ends then at the latest; null: when its lease does. */
  readonly orphanedUntil?: string | null;
  /** Why, where no command asked for it: `resv`, `resv-tear`, `registration-elsewhere`. */
  readonly cause?: string;
  readonly occurredAt: string;
  readonly violations?: readonly EventViolation[];
}

export interface LeasesExtended {
  readonly type: 'LeasesExtended';
  readonly sessions: readonly string[];
  readonly until: string;
  readonly occurredAt: string;
}

export type ReleaseCause =
  | 'path-tear'
  | 'resv-tear'
  | 'soft-state-timeout'
  | 'deregistration'
  | 'registration-expiry'
  | 'revocation'
  | 'handoff'
  | 'superseded'
  | 'reboot'
  | 'administrator'
  | 'preemption'
  | 'replaced'
  | 'merged';

export interface QosSessionReleased {
  readonly type: 'QosSessionReleased';
  readonly sessionId: string;
  readonly mobileNode: string | null;
  readonly cause: ReleaseCause;
  readonly effective: FlowId;
  readonly temporary: TemporaryFlowId | null;
  /** Null: the id passed to the session that took this one over; nothing is quarantined. */
  readonly quarantinedUntil: string | null;
  readonly occurredAt: string;
  readonly violations?: readonly EventViolation[];
}

export interface QuarantineEnded {
  readonly type: 'QuarantineEnded';
  /** Names of quarantine entries: the session id, or session id and index where a sender left an SE list. */
  readonly quarantines: readonly string[];
  readonly occurredAt: string;
}

export interface ForeignAgentRebooted {
  readonly type: 'ForeignAgentRebooted';
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  readonly occurredAt: string;
}

/** The administrator removed the agent or took the care-of address from it; its sessions were released before. */
export interface ScopeWithdrawn {
  readonly type: 'ScopeWithdrawn';
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  readonly revision: string;
  readonly occurredAt: string;
}

/** Seen after the scope's last event though it happened before: kept, and changes no state. */
export interface ObservedLate {
  readonly type: 'ObservedLate';
  /** Kind of the message or command that came late. */
  readonly message: string;
  /** The frame's own time. */
  readonly observedAt: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly occurredAt: string;
}

/** A message that changed nothing of the table but must not be lost: errors, confirmations, refusals of the rule. */
export interface SignallingObserved {
  readonly type: 'SignallingObserved';
  readonly message: string;
  readonly sessionId: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly occurredAt: string;
  readonly violations?: readonly EventViolation[];
}

export type FlowTableEvent =
  | ScopeProvisioned
  | ScopeWithdrawn
  | VisitorAdmitted
  | VisitorLeft
  | TemporaryFlowIdAllocated
  | QosSessionConfigured
  | QosSessionModified
  | LeasesExtended
  | QosSessionReleased
  | QuarantineEnded
  | ForeignAgentRebooted
  | SignallingObserved
  | ObservedLate;

export type LedgerEvent = ForeignAgentsEvent | MobileNodeEvent | FlowTableEvent;
export type LedgerEventType = LedgerEvent['type'];
