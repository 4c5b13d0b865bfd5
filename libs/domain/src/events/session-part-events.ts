/** What events tell of the paths and reservations that meet in a session. */
import type { Adspec } from '../flow/adspec';
import type { FlowSender, Tspec } from '../flow/flow';
import type { HopPeriod } from '../scope/hop-periods';
import type { Flowspec } from '../flow/merged-flowspec';

/** Soft state of a reservation that is refreshed apart from its path. */
export interface ReservationLease {
  readonly refreshPeriodMs: number;
  readonly expiresAt: string;
}

/** The path of one sender that a shared reservation covers: it times out apart from the others (RFC 2205 §2.3, §3.7). */
export interface SenderPath extends FlowSender {
  /** Absent: it ends with the session, or the session's lease is its own. */
  readonly refreshPeriodMs?: number;
  readonly expiresAt?: string;
  readonly adspec?: Adspec;
  /** Those that it brings along, of each previous hop. */
  readonly adspecs?: readonly Adspec[];
  /** What the sender announces, where that is another than what is reserved, or than before. */
  readonly tspec?: Tspec;
  /** R of previous hops, as of QosSessionConfigured. */
  readonly previousHops?: readonly HopPeriod[];
}

/** What one next hop asks for of the router that merges (RFC 2209 §1.2). */
export interface NextHopRequest extends Flowspec {
  readonly nextHop: string;
  /** Where the RESV was sent to. */
  readonly node: string;
  /** SE: its own list; the session's is that of all. */
  readonly senders?: readonly FlowSender[];
  /** R of each next hop by which it was seen on its way, where they differ; absent: it has one, its own. */
  readonly hops?: readonly HopPeriod[];
  /** Its own lease; absent while it is alone. */
  readonly refreshPeriodMs?: number;
  readonly expiresAt?: string;
}
