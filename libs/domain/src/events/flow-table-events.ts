/** Events of the streams `flowTable-{foreignAgentId}@{careOfAddress}`. */
import type { Adspec } from '../flow/adspec';
import type { Flow, FlowId, FlowIdSender, FlowSender, Service, Style, TemporaryField, TemporaryFlowId, Tspec } from '../flow/flow';
import type { HandoffLegEvent } from './handoff-events';
import type { HopPeriod } from '../scope/hop-periods';
import type { VisitorLeaveCause } from './mobile-node-events';
import type { EventViolation, ObservedLate } from './observed-events';
import type { Allocator } from '../flow/policy';
import type { LeasesExtended } from './lease-events';
import type { ForeignAgentRebooted, ScopeClosed, ScopeProvisioned, ScopeReopened, ScopeWithdrawn } from './scope-events';
import type { NextHopRequest, ReservationLease, SenderPath } from './session-part-events';

/** One session that the requested flow id overlapped. */
export interface Match {
  readonly sessionId: string;
  readonly mobileNode: string | null;
  readonly state: 'live' | 'quarantined';
  /** The id it was compared with. */
  readonly effective: FlowId;
}

export interface VisitorAdmitted {
  readonly type: 'VisitorAdmitted';
  readonly mobileNode: string;
  readonly homeAddress: string;
  readonly homeAgent: string;
  /** By the scope's own time; null: infinite. */
  readonly expiresAt: string | null;
  /** By the node's own stream, where the scope's time is ahead of the clock (docs/explanation/time.md). Absent: at `expiresAt`. */
  readonly bindingExpiresAt?: string;
  /** Revision of the `mobileNode` event that says so; a lower one is a no-op. */
  readonly registrationRevision: string;
  /** The handoff that brought it, whose legs follow in the same append; absent where none did. */
  readonly handoffId?: string;
  /** The address was taken from the agent while it came: no session begins here. Absent: it is the agent's, or nobody looked. */
  readonly withdrawn?: true;
  /** A command started that handoff: it may yet be rolled back. */
  readonly mayBeUndone?: true;
  /** Its legs come in several appends: which one this is, the first is 0; absent: the only one. */
  readonly part?: number;
  /** Further legs of the handoff come in another append. */
  readonly more?: true;
  readonly occurredAt: string;
}

export interface VisitorLeft {
  readonly type: 'VisitorLeft';
  readonly mobileNode: string;
  readonly cause: VisitorLeaveCause;
  readonly registrationRevision: string;
  readonly occurredAt: string;
}

/** What SESSION_ASSOC said: which end-to-end session travels in which tunnel session (RFC 2746 §6). */
export interface TunnelAssociation {
  readonly session: { readonly destination: string; readonly protocol: number; readonly destinationPort: number };
  readonly tunnel: { readonly source: string; readonly sourcePort: number };
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
  /** `network` only: what told it. */
  readonly association?: TunnelAssociation;
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
  /** Where they are too many to be told: how many it matched; `matched` names the first. */
  readonly matchedInAll?: number;
  /** This logical flow took its own quarantined id back. */
  readonly reclaimed: boolean;
  /** Of a path, alone or with its FF reservation: the quarantines of its node's own list that its id left; absent where none held it. */
  readonly reclaimedFrom?: readonly string[];
  /** Lease; null without soft state. Where path and reservation are told apart, the path's: the session ends with its path. */
  readonly expiresAt: string | null;
  /** The reservation's own lease, where path and reservation were seen apart (RFC 2205 §2.3); absent: there is one lease. */
  readonly reservation?: ReservationLease;
  /** What PATH advertised, as it was seen; absent where it told none. */
  readonly adspec?: Adspec;
  /** R of the previous hops of its path, those that are new or changed: the session has the longest (RFC 2205 §3.7). Absent: nothing new. */
  readonly previousHops?: readonly HopPeriod[];
  /** SE, WF: the paths of senders that it covers, where they were seen. */
  readonly paths?: readonly SenderPath[];
  /** The reservations that meet in it, a next hop each; `service` and `tspec` are what they merge to. Absent where no RSVP_HOP told. */
  readonly requests?: readonly NextHopRequest[];
  /** The session that this one takes over from (ESP rekey). */
  readonly replaces: string | null;
  /** The handoff that made this leg; absent where none did. */
  readonly handoffId?: string;
  readonly occurredAt: string;
  readonly violations?: readonly EventViolation[];
}

export interface SendersLeft {
  readonly senders: readonly FlowIdSender[];
  readonly quarantinedUntil: string;
  /** Their paths, which stand: the quarantine is counted from when the last of them can stand no longer. Absent: none was known. */
  readonly paths?: readonly SenderPath[];
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
  readonly sendersLeft?: SendersLeft;
  readonly expiresAt?: string | null;
  /** Null: the session has one lease from now on, as one that becomes path-only has. */
  readonly reservation?: ReservationLease | null;
  /** As of QosSessionConfigured. */
  readonly adspec?: Adspec;
  readonly previousHops?: readonly HopPeriod[];
  /** What its sender announces (SENDER_TSPEC), where that is another than what is reserved: `tspec` is the reservation's. Absent: nothing new. */
  readonly senderTspec?: Tspec;
  /** Those that are new or renewed; a sender that left the list took its path with it. */
  readonly paths?: readonly SenderPath[];
  /** WF, which has no list: senders whose paths ended, and others are left. */
  readonly pathsEnded?: readonly FlowSender[];
  /** All that meet in it from now on. */
  readonly requests?: readonly NextHopRequest[];
  /** Of an orphaned leg: it ends then at the latest; null: when its lease does. A leg without a lease always has one. */
  readonly orphanedUntil?: string | null;
  /**
   * Why, where no command asked for it: `resv`, `resv-tear`, `path-tear` (of a sender), `soft-state-timeout`, `registration-elsewhere`,
   * `handoff` (the leg serves again), `registration` or `reconciled` (what was in doubt since a time without a server is confirmed), `registration` of an
   * orphaned one (its node is registered here again, and it ends with that).
   */
  readonly cause?: string;
  /** The handoff that came back to this leg. */
  readonly handoffId?: string;
  readonly occurredAt: string;
  readonly violations?: readonly EventViolation[];
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
  | 'merged'
  | 'handoff-rolled-back'
  /** The agent's own table does not hold it. */
  | 'reconciled';

/** The reservation of the node that took a session over; a list or a wildcard is named by its flow without the senders. */
export interface MergedInto {
  readonly flow: Flow;
  readonly style: Style;
}

export interface QosSessionReleased {
  readonly type: 'QosSessionReleased';
  readonly sessionId: string;
  readonly mobileNode: string | null;
  readonly cause: ReleaseCause;
  /** The RSVP error code that tells the same: 12 of a preemption (RFC 2205 App. B). */
  readonly code?: number;
  readonly effective: FlowId;
  readonly temporary: TemporaryFlowId | null;
  /** Null: the id passed to the session that took this one over; nothing is quarantined. */
  readonly quarantinedUntil: string | null;
  /** `merged`: those of its list that did not pass on; they alone are quarantined. Absent: all of it is, or nothing. */
  readonly senders?: readonly FlowIdSender[];
  /** `merged`: paths under it that did not pass on and stand, as of SendersLeft. Absent: none. */
  readonly paths?: readonly SenderPath[];
  /** The handoff that had brought the leg, where the session is over with it: what that left at other agents ends too. Absent: nothing was left. */
  readonly broughtBy?: string;
  /** `merged`, where something of it may be left elsewhere, and there: its quarantined id is that one's from then on. */
  readonly mergedInto?: MergedInto;
  readonly occurredAt: string;
  readonly violations?: readonly EventViolation[];
}

export interface QuarantineEnded {
  readonly type: 'QuarantineEnded';
  /** Names of quarantine entries: the session id, or session id and index where a sender left an SE list. */
  readonly quarantines: readonly string[];
  readonly occurredAt: string;
}

/** A message that changed nothing of the table but must not be lost: errors, confirmations, refusals of the rule. */
export interface SignallingObserved {
  readonly type: 'SignallingObserved';
  readonly message: string;
  readonly sessionId: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
  /** Of one that makes no sense: by which its repeats are known, which are counted beside the log. Absent: it is no such one. */
  readonly digest?: string;
  readonly occurredAt: string;
  readonly violations?: readonly EventViolation[];
}

export type FlowTableEvent =
  | ScopeProvisioned
  | ScopeWithdrawn
  | ScopeClosed
  | ScopeReopened
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
  | HandoffLegEvent
  | ObservedLate;
