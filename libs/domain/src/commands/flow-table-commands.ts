import type { Adspec } from '../flow/adspec';
import type { EventViolation, Match, MergedInto, TunnelAssociation, VisitorLeaveCause } from '../events/events';
import type { Flow, FlowId, Service, Style, TemporaryFlowId, Tspec } from '../flow/flow';
import type { HandoffLegAnswer, HandoffLegCommand } from './handoff-leg-commands';
import type { Rspec } from '../flow/merged-flowspec';
import type { Policy, Pools } from '../flow/policy';
import type { Rejection } from '../refusals/rejection';

/** What a scope can be told. Ids are passed in; nothing here draws one. */
export type FlowTableCommand =
  | ProvisionScope
  | WithdrawScope
  | CloseScope
  | ReopenScope
  | RebootScope
  | AdmitVisitor
  | DismissVisitor
  | ConfigureSession
  | ReleaseSession
  | ConfirmSession
  | ObservePath
  | ObserveReservation
  | ObservePathTear
  | ObserveReservationTear
  | ObserveOther
  | HandoffLegCommand
  | ObserveTunnel
  | Tick;

export interface ProvisionScope {
  readonly type: 'ProvisionScope';
  readonly pools: Pools;
  readonly policy: Policy;
  readonly revision: bigint;
}

/** The care-of address no longer belongs to the agent, or the agent is removed. */
export interface WithdrawScope {
  readonly type: 'WithdrawScope';
  readonly revision: bigint;
  /** Release live sessions first; otherwise they refuse it. */
  readonly force: boolean;
}

/** The care-of address is about to be taken from its agent, unless somebody lives there. */
export interface CloseScope {
  readonly type: 'CloseScope';
  /** Of the `foreignAgents` event that says so. */
  readonly revision: bigint;
}

/** That closing is over. */
export interface ReopenScope {
  readonly type: 'ReopenScope';
  /** Of the `foreignAgents` event that began it. */
  readonly revision: bigint;
}

/** The agent lost its state. */
export interface RebootScope {
  readonly type: 'RebootScope';
  /** Of the `foreignAgents` event that says so. */
  readonly revision: bigint;
}

/** Words of a node's stream, whose time may be another than the scope's. */
export interface OfNode {
  /** Milliseconds of that stream, when it said so: an `expiresAt` is counted from then on. Absent: the clock. */
  readonly asOf?: number;
}

export interface AdmitVisitor extends OfNode {
  readonly type: 'AdmitVisitor';
  readonly mobileNode: string;
  readonly homeAddress: string;
  readonly homeAgent: string;
  readonly expiresAt: string | null;
  readonly registrationRevision: bigint;
  /** Milliseconds, of `asOf` as well: what falls due behind it, the binding that is renewed above all, does so behind the renewal. Absent: now. */
  readonly acceptedAt?: number;
  /** Seen, and recorded wherever that was. */
  readonly isObserved?: boolean;
  /** The registration stands: it is told also where the address was taken from its agent meanwhile. Else that is answered. */
  readonly evenWithdrawn?: boolean;
}

export interface DismissVisitor extends OfNode {
  readonly type: 'DismissVisitor';
  readonly mobileNode: string;
  readonly cause: VisitorLeaveCause;
  readonly registrationRevision: bigint;
  /** `superseded` only: the old agent learns of it by expiry, until then the legs are orphaned (domain.md §4). */
  readonly orphanedUntil: string | null;
}

interface Terms {
  readonly flow: Flow;
  readonly service: Service | null;
  readonly tspec: Tspec | null;
  readonly mobileNode: string | null;
  /** Id of the session if it becomes one. */
  readonly sessionId: string;
}

export interface ConfigureSession extends Terms {
  readonly type: 'ConfigureSession';
  readonly mobileNode: string;
  readonly style: Style;
  /** Undefined: 30,000 for a new session, unchanged for an existing one. */
  readonly refreshPeriodMs: number | undefined;
  readonly replaces: string | null;
  /** Whose the session to be replaced is that this scope does not hold; null: nobody has it. Undefined: not asked. */
  readonly replacedElsewhere?: { readonly owner: string | null } | null | undefined;
}

export interface ReleaseSession {
  readonly type: 'ReleaseSession';
  readonly sessionId: string;
  readonly cause: 'administrator' | 'path-tear' | 'resv-tear' | 'preemption' | 'reconciled' | 'replaced' | 'merged';
  /** The node that claims to own it; null: not claimed. */
  readonly claimedBy: string | null;
  /** The node that a handoff led away from here, where the session is over elsewhere: what is held of it is brought nowhere any more. */
  readonly leftBy?: string;
  /** `merged`: as of QosSessionReleased. */
  readonly mergedInto?: MergedInto;
}

/** The agent's own table holds it. */
export interface ConfirmSession {
  readonly type: 'ConfirmSession';
  readonly sessionId: string;
}

/** Everything observed happened at its frame's time; what is older than the scope's last event is kept as `ObservedLate`. */
interface Observation {
  readonly observedAt: number;
  readonly violations: readonly EventViolation[];
}

/** By which of the node's bindings at the care-of address the message came. */
export interface OfHome {
  readonly homeAgent: string;
  readonly homeAddress: string;
}

/** Soft state is seen to stand. */
interface Refreshing {
  readonly refreshPeriodMs: number;
  /** The same bytes were seen less than a second before: a copy, or the next refresh of a short R. Either refreshes what stands, and makes nothing. */
  readonly again?: true;
}

export interface ObservePath extends Terms, Observation, Refreshing {
  readonly type: 'ObservePath';
  /** RSVP_HOP; absent where the message told none. */
  readonly previousHop?: string;
  /** SESSION_ASSOC of the message. */
  readonly association?: TunnelAssociation;
  readonly adspec?: Adspec;
  /** Absent: as the scope knows the visitor. */
  readonly home?: OfHome;
}

/** Whose RESV it is, and at which router it meets others: RSVP_HOP, and where the message was sent to. Absent where it told no hop. */
interface HopByHop {
  readonly nextHop?: string;
  readonly node?: string;
}

export interface ObserveReservation extends Terms, Observation, HopByHop, Refreshing {
  readonly type: 'ObserveReservation';
  readonly style: Style;
  readonly rspec?: Rspec;
  /** As of a PATH. */
  readonly home?: OfHome;
}

export interface ObservePathTear extends Observation {
  readonly type: 'ObservePathTear';
  readonly mobileNode: string | null;
  readonly flow: Flow;
}

export interface ObserveReservationTear extends Observation, HopByHop {
  readonly type: 'ObserveReservationTear';
  readonly mobileNode: string | null;
  readonly style: Style;
  readonly flow: Flow;
}

/** A message of a tunnel session that names by SESSION_ASSOC the end-to-end session that travels in it. */
export interface ObserveTunnel extends Observation {
  readonly type: 'ObserveTunnel';
  readonly message: string;
  /** Whose the end-to-end session is. */
  readonly mobileNode: string | null;
  readonly association: TunnelAssociation;
}

/** Errors, confirmations and whatever else names a flow without changing its state. */
export interface ObserveOther extends Observation {
  readonly type: 'ObserveOther';
  readonly message: string;
  readonly mobileNode: string | null;
  readonly flow: Flow | null;
  readonly detail: Readonly<Record<string, unknown>>;
  /** By which it is known again where it makes no sense, and is refreshed. Absent: each is told. */
  readonly digest?: string;
}

export type ObservedMessage = ObservePath | ObserveReservation | ObservePathTear | ObserveReservationTear | ObserveOther | ObserveTunnel;

/** Time has come to this: emits what is due. */
export interface Tick {
  readonly type: 'Tick';
  /** Also the lease extensions that were put off: whoever asks is about to forget what it saw. */
  readonly writeWaitingExtensions?: boolean;
}

/** What a command comes to. The events stand in the state already; the caller appends them or unwinds. */
export type FlowTableAnswer =
  | { readonly outcome: 'done' }
  /** It makes no sense, and is the repeat of one that was kept: counted, and no event. */
  | { readonly outcome: 'kept-before' }
  | { readonly outcome: 'refused'; readonly rejection: Rejection }
  /** The scope is not closed: sessions would end with it. */
  | { readonly outcome: 'in-use'; readonly sessions: number }
  /** The address was taken from the agent (`isWithdrawn`), or may be yet; or the closing itself came too late. */
  | { readonly outcome: 'closed'; readonly isWithdrawn: boolean }
  | SessionAnswer
  | HandoffLegAnswer
  | { readonly outcome: 'released' | 'already-released'; readonly sessionId: string; readonly revision: bigint | null };

export interface SessionAnswer {
  readonly outcome: 'configured' | 'refreshed' | 'modified';
  readonly sessionId: string;
  readonly effective: FlowId;
  readonly temporary: TemporaryFlowId | null;
  readonly matched: readonly Match[];
  /** Of the session's last change. */
  readonly revision: bigint;
}
