import type { RsvpSender } from '#signalling';
import type { SimulatedStyle } from './options';

/**
 * What the network really did, beside the bytes: for judging what somebody makes of the bytes. Times are RFC 3339 with
 * milliseconds, by the true clock. A record comes when it is complete; at the end of the run come those that still stand.
 */
export type Truth = SessionTruth | StayTruth | HandoffTruth | RebootTruth;

/** A QoS session, from its first PATH at an agent until it was torn down or given up. */
export interface SessionTruth {
  readonly record: 'session';
  /** Numbers the sessions of the run. */
  readonly session: number;
  /** Null where no agent serves the receiver. */
  readonly mobileNode: string | null;
  /** Home address of the node, or the receiver. */
  readonly destination: string;
  readonly style: SimulatedStyle;
  readonly protocol: number;
  readonly destinationPort: number;
  /** Those that sent last: of an SE list senders come and go. */
  readonly senders: readonly RsvpSender[];
  readonly legs: readonly LegTruth[];
  /** `silence`: nobody said so, soft state runs out. Null: it stands at the end of the run. */
  readonly end: 'path-tear' | 'silence' | null;
  /** When the tear was seen; else null. */
  readonly tornAt: string | null;
  /** ESP: the session whose SPI this one's takes the place of. */
  readonly replaces: number | null;
}

export interface LegTruth {
  /** `fa-1` …; `direct` where there is none. */
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  /** Of the first PATH that was seen there. */
  readonly from: string;
  /** Of the first RESV; null: none was seen. */
  readonly reservedFrom: string | null;
  /** Of the last RESV: where the home agent refuses, none comes behind the first, and the reservation runs out. Null: none was seen. */
  readonly reservationRefreshedAt: string | null;
  /** Of a ResvTear: from then on there is only path state. Null: none was seen. */
  readonly reservedTo: string | null;
  /** Of the last PATH or RESV. */
  readonly refreshedAt: string;
  /** When it was torn down there, or a PATH was seen elsewhere; null: neither was seen. */
  readonly to: string | null;
  /** Whether routers could not tell it from another session that stood there when it came. */
  readonly collided: boolean;
  /** The id that the home agent chose, as SESSION_ASSOC told it; else null. */
  readonly tunnel: { readonly homeAgent: string; readonly sourcePort: number } | null;
}

/** A binding of a node, over all its renewals. */
export interface StayTruth {
  readonly record: 'stay';
  readonly mobileNode: string;
  readonly homeAddress: string;
  readonly homeAgent: string;
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  readonly from: string;
  /** When it runs out, or would have. */
  readonly expiresAt: string;
  /** When it ended before that; null: it did not. */
  readonly to: string | null;
  readonly end: 'handoff' | 'deregistration' | 'reboot' | 'expiry' | null;
}

export type HandoffWay = 'make-before-break' | 'break-before-make' | 'return-home';

export interface HandoffTruth {
  readonly record: 'handoff';
  readonly mobileNode: string;
  readonly kind: HandoffWay;
  /** What it is a part of: to an agent where its flow id is held already; there and back; on to another agent before it was done. */
  readonly story: 'plain' | 'conflict' | 'ping-pong' | 'superseded';
  /** Care-of addresses; `to` is null at home. */
  readonly from: string;
  readonly to: string | null;
  /** When the node asked. */
  readonly startedAt: string;
  /** When the accepting reply reached the agent; null: it did not. */
  readonly acceptedAt: string | null;
}

export interface RebootTruth {
  readonly record: 'reboot';
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  readonly at: string;
  /** When it was there again, with the first advertisement of a new sequence; null: not before the end of the run. */
  readonly upAt: string | null;
}
