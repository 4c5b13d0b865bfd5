/**
 * Events of a handoff (domain.md §6), on the streams that each step is decided on. Those of `mobileNode` say how far the process is;
 * those of `flowTable` say what became of the legs. A handoff is over when it is completed, superseded or rolled back.
 */
import type { Flow, FlowId, Service, Style, Tspec } from '../flow/flow';
import type { Match } from './flow-table-events';
import type { RejectionName } from '../refusals/rejection';

export type HandoffKind = 'make-before-break' | 'break-before-make' | 'return-home';

/** A care-of address that the node leaves. */
export interface HandoffOrigin {
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  /** Of the binding that is left; null: infinite. Orphaned legs stand until then. */
  readonly bindingExpiresAt: string | null;
  /**
   * The superseded handoff that was on its way here. Where this scope has taken its legs over, they are all here, and what the
   * origins behind this one still hold are leftovers; absent: the node was bound here.
   */
  readonly handoffId?: string;
}

export interface HandoffTarget {
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  readonly homeAgent: string;
  readonly homeAddress: string;
  /** Of the binding there; null: infinite. */
  readonly expiresAt: string | null;
}

/** `mobileNode`: in the append of the registration that started it, or alone where a command did. */
export interface HandoffStarted {
  readonly type: 'HandoffStarted';
  readonly handoffId: string;
  readonly mobileNode: string;
  readonly kind: HandoffKind;
  readonly cause: 'registration' | 'command';
  /** Every scope where legs of the node may stand, the last come first: where it was bound, and what a superseded handoff had not left yet. */
  readonly from: readonly HandoffOrigin[];
  /** Null: at home. */
  readonly to: HandoffTarget | null;
  /** `orphan`: the old agent is not told and learns of it by expiry (an observed registration, an agent that cannot be reached). */
  readonly oldLegs: 'release' | 'orphan';
  /** What becomes of a handoff that a command started, where the new scope refuses a leg. */
  readonly ifRefused: 'degrade' | 'roll-back';
  /** A handoff that a command started and that is not committed by then is rolled back; null: it only goes forward. */
  readonly deadline: string | null;
  /** The new agent's maximum, from the start on: the binding that moves there ends by then. Absent: it has none, or the node asked it itself. */
  readonly maximumLifetimeSeconds?: number;
  /** The handoff that this one took the place of. */
  readonly supersedes: string | null;
  readonly occurredAt: string;
}

/** `mobileNode`: the point of no return. Where a command started the handoff, the binding moves here. */
export interface HandoffCommitted {
  readonly type: 'HandoffCommitted';
  readonly handoffId: string;
  readonly mobileNode: string;
  /** Session ids. */
  readonly configured: readonly string[];
  readonly degraded: readonly string[];
  readonly occurredAt: string;
}

/** `mobileNode`: the old legs are released or orphaned; nothing is left to do. */
export interface HandoffCompleted {
  readonly type: 'HandoffCompleted';
  readonly handoffId: string;
  readonly mobileNode: string;
  readonly released: number;
  readonly orphaned: number;
  /**
   * The longest time that a session had no leg, from the end of its old one to its new one; 0 where the new one came first, or the old one
   * is only orphaned. Null: a session waits for an id in the new scope.
   */
  readonly gapMs: number | null;
  readonly occurredAt: string;
}

/** `mobileNode`: in the append of the registration or command that took its place. */
export interface HandoffSuperseded {
  readonly type: 'HandoffSuperseded';
  readonly handoffId: string;
  readonly mobileNode: string;
  /** Handoff that took its place. */
  readonly by: string;
  readonly committed: boolean;
  readonly occurredAt: string;
}

/** `mobileNode`: only of a handoff that a command started and that was not committed. */
export interface HandoffRolledBack {
  readonly type: 'HandoffRolledBack';
  readonly handoffId: string;
  readonly mobileNode: string;
  readonly reason: 'deadline' | 'leg-refused' | 'binding-ended' | 'target-withdrawn';
  readonly detail: string;
  readonly occurredAt: string;
}

/** What a leg is made of again in another scope. */
export interface HeldLeg {
  readonly sessionId: string;
  readonly flow: Flow;
  readonly style: Style | null;
  readonly service: Service | null;
  readonly tspec: Tspec | null;
  readonly refreshPeriodMs: number;
  readonly state: 'live' | 'path-only';
}

/** `flowTable` of an old scope: the list is frozen, and the node configures nothing there until the hold ends. */
export interface LegsHeld {
  readonly type: 'LegsHeld';
  readonly handoffId: string;
  readonly mobileNode: string;
  readonly legs: readonly HeldLeg[];
  /** Session ids of further legs, which are frozen as they stand here: a long list would be larger than an append may be. Absent: none. */
  readonly others?: readonly string[];
  /** What had ended here while an older handoff held it, which may have brought it elsewhere and told nobody yet. Absent: nothing. */
  readonly ended?: readonly HeldLegEnd[];
  /** Revision of HandoffStarted: what an older handoff says here later is a no-op. */
  readonly registrationRevision?: string;
  readonly occurredAt: string;
}

/** A leg that ended while it was held, or lost its reservation and kept its path. */
export interface HeldLegEnd {
  readonly sessionId: string;
  readonly cause: string;
  readonly at: string;
  readonly state?: 'path-only';
}

/**
 * `flowTable`: the handoff is over here. At an old scope the hold ends, and the legs stand as they did (rolled back) or are gone already; of
 * one that was rolled back it is told at the new scope too.
 */
export interface LegsUnheld {
  readonly type: 'LegsUnheld';
  readonly handoffId: string;
  readonly mobileNode: string;
  readonly outcome: 'committed' | 'superseded' | 'rolled-back';
  /** Revision of the `mobileNode` event that ended it, where nothing needs to have been held: the new scope, or an old one that was told of nothing else. */
  readonly registrationRevision?: string;
  readonly occurredAt: string;
}

/** `flowTable` of the new scope: the session stands there without an effective id (`degraded`) and is tried again when ids become free. */
export interface LegRefused extends HeldLeg {
  readonly type: 'LegRefused';
  readonly handoffId: string;
  readonly mobileNode: string;
  readonly homeAddress: string;
  readonly homeAgent: string;
  readonly registrationExpiresAt: string | null;
  readonly requested: FlowId;
  readonly rejection: RejectionName;
  readonly detail: string;
  readonly matched: readonly Match[];
  /** What else the refusal tells, as the `pool` that is exhausted and the RSVP error. Absent: nothing. */
  readonly facts?: Readonly<Record<string, unknown>>;
  /** Lease; null without soft state. */
  readonly expiresAt: string | null;
  readonly occurredAt: string;
}

/** `flowTable`: a degraded session ends without ever having held an id here, or one that a handoff had broken off here and holds still. */
export interface DegradedLegEnded {
  readonly type: 'DegradedLegEnded';
  readonly sessionId: string;
  readonly mobileNode: string;
  /** As of QosSessionReleased. */
  readonly cause: string;
  readonly broughtBy?: string;
  readonly occurredAt: string;
}

export type HandoffEvent = HandoffStarted | HandoffCommitted | HandoffCompleted | HandoffSuperseded | HandoffRolledBack;
export type HandoffLegEvent = LegsHeld | LegsUnheld | LegRefused | DegradedLegEnded;
