/** What a handoff tells the scopes that it touches (domain.md §6), and what they answer. Every one may be repeated. */
import type { HeldLeg } from '../events/handoff-events';
import type { VisitorLeaveCause } from '../events/mobile-node-events';
import type { Allocator } from '../flow/policy';
import type { OfNode } from './flow-table-commands';
import type { RejectionName } from '../refusals/rejection';

export type HandoffLegCommand = HoldLegs | AdmitLegs | EndMovedLegs | EndLostLegs | EndOldLegs | UnholdLegs | UndoLegs;

interface OfHandoff extends OfNode {
  readonly handoffId: string;
  readonly mobileNode: string;
  /** Revision of the `mobileNode` event that says so: what a newer one said here before stands. */
  readonly registrationRevision: bigint;
}

interface OldLegs {
  /** `orphan`: the old agent is not told, its legs stand until `orphanedUntil` at the latest (null: infinite). */
  readonly oldLegs: 'release' | 'orphan';
  readonly orphanedUntil: string | null;
}

/** Old scope: freezes the list of the node's legs. The same handoff gets the same list again. */
export interface HoldLegs extends OfHandoff, OldLegs {
  readonly type: 'HoldLegs';
  /** A command started the handoff: the node is bound here until the commit, and again where it is rolled back. */
  readonly staysBound: boolean;
  /** Break-before-make: the legs end in the same append. */
  readonly breaks: boolean;
  /** A superseded handoff had brought all legs away from here: what was seen here since is stray, as it is behind one that completes. */
  readonly isBroughtAway: boolean;
}

/** New scope: the visitor and its legs, each judged by the rule afresh; in one append, or in several where they are many. */
export interface AdmitLegs extends OfHandoff {
  readonly type: 'AdmitLegs';
  readonly homeAddress: string;
  readonly homeAgent: string;
  readonly expiresAt: string | null;
  /** At most `legsOfAppend`. */
  readonly legs: readonly HeldLeg[];
  /** Which append of legs this is, the first is 0. */
  readonly part: number;
  readonly isLast: boolean;
  /** The node comes back before the handoff away from here had its legs anywhere else: what was frozen here is taken up again. */
  readonly takesUpOwn: boolean;
  /** Null: as the policy of the scope says. */
  readonly allocator: Allocator | null;
  /** A command started it: until the commit it may be rolled back. */
  readonly mayBeUndone: boolean;
  /** As of AdmitVisitor. */
  readonly isObserved?: boolean;
  readonly evenWithdrawn?: boolean;
}

/** New scope: sessions that ended at the old one while it held them. */
export interface EndMovedLegs extends OfHandoff {
  readonly type: 'EndMovedLegs';
  readonly ended: readonly EndedLeg[];
}

/**
 * New scope, after the commit: the binding here ended before the legs came, which had been broken off already. They end here, where they
 * were to be, by what ended the binding.
 */
export interface EndLostLegs extends OfHandoff {
  readonly type: 'EndLostLegs';
  readonly homeAddress: string;
  readonly homeAgent: string;
  readonly legs: readonly HeldLeg[];
  readonly cause: LostCause;
}

/** How the binding at the new address ended. */
export type LostCause = Exclude<VisitorLeaveCause, 'handoff' | 'superseded' | 'handoff-rolled-back'>;

/** Old scope, after the commit: visitor and legs leave, the hold ends. Refuses while legs ended here that the new scope was not told of. */
export interface EndOldLegs extends OfHandoff, OldLegs {
  readonly type: 'EndOldLegs';
  readonly cause: 'handoff' | 'deregistration';
  /** Names of the ends (`nameOfEnd`) that EndMovedLegs told. */
  readonly told: readonly string[];
  /** Sessions that come to stand nowhere, since the binding at the new address ended before they came there or took them with it, and how; null: none. */
  readonly lost: { readonly sessionIds: readonly string[]; readonly cause: LostCause } | null;
  /** Sessions that were degraded at the new address and ended there with the reservation that was torn here: so do their legs here. Absent: none. */
  readonly torn?: readonly string[];
}

/**
 * Old scope, rolled back: the legs stand as they did; where they were broken they are made again. The handoff is over here from now on,
 * also where nothing was held.
 */
export interface UnholdLegs extends OfHandoff {
  readonly type: 'UnholdLegs';
  /** The binding that stands here; null: it ended. */
  readonly visitor: { readonly homeAddress: string; readonly homeAgent: string; readonly expiresAt: string | null } | null;
  readonly allocator: Allocator | null;
  /** What ended at the new scope while the legs stood in both. */
  readonly ended: readonly EndedLeg[];
}

/** New scope, rolled back: what came leaves, with the visitor where no binding stands here. The handoff is over here from now on. */
export interface UndoLegs extends OfHandoff {
  readonly type: 'UndoLegs';
  readonly isBound: boolean;
}

/** A leg that ended by itself in one scope while the handoff had it in another as well. */
export interface EndedLeg {
  readonly sessionId: string;
  readonly cause: string;
  /** Milliseconds. */
  readonly at: number;
  /** It lost its reservation, and its path stands. */
  readonly state?: 'path-only';
}

export type HandoffLegAnswer =
  | {
      readonly outcome: 'held';
      /** The frozen list without what ended here since. */
      readonly legs: readonly HeldLeg[];
      readonly ended: readonly EndedLeg[];
      /** The last handoff whose legs this scope took over for the node, all of them. */
      readonly tookOver: string | null;
      /** Sessions that a handoff had brought, and that ended here before all of them had come. */
      readonly gone: readonly string[];
      /** More is to be broken off than one append takes: said again, it goes on. */
      readonly more: boolean;
    }
  /** More is to be ended or made again than one append takes: said again, it goes on. */
  | { readonly outcome: 'more' }
  /** The handoff was over here before: whoever asks lags behind. */
  | { readonly outcome: 'over' }
  /** What ended here of the sessions that it brought. */
  | { readonly outcome: 'undone'; readonly ended: readonly EndedLeg[] }
  | {
      readonly outcome: 'admitted';
      /** Session ids of this handoff that stand here. */
      readonly configured: readonly string[];
      readonly degraded: readonly { readonly sessionId: string; readonly rejection: RejectionName; readonly detail: string }[];
      /** Those that were brought and ended here since, as long as not all have come. */
      readonly gone: readonly string[];
      /** Which append of legs is the next one; null: all have come, or none may come any more. */
      readonly nextPart: number | null;
      /** Its legs came by this command. */
      readonly isDone: boolean;
    };
