/** What a scope holds: sessions with their ids, ids in quarantine, visitors and tunnels. */
import type { Match, SenderPath, TunnelAssociation } from '../events/events';
import type { Flow, FlowId, Service, Style, TemporaryFlowId, Tspec } from '../flow/flow';
import type { Holding } from './overlap-index';

/** A holding of one session: its effective id, its requested id, or an id in quarantine that was its own. */
export interface SessionHolding extends Holding {
  readonly sessionId: string;
  readonly mobileNode: string | null;
  /** Order of arrival in the scope. */
  readonly ordinal: number;
}

export interface Session {
  readonly sessionId: string;
  readonly ordinal: number;
  readonly mobileNode: string | null;
  /** By which it came first: its outer source is that one's, by whichever the scope knows the visitor since. Null: its node was not bound. */
  readonly homeAgent: string | null;
  readonly logicalFlow: string;
  readonly flow: Flow;
  readonly style: Style | null;
  readonly service: Service | null;
  readonly tspec: Tspec | null;
  readonly refreshPeriodMs: number;
  readonly state: 'live' | 'path-only' | 'orphaned';
  /** Whether a reservation stands: of an orphaned leg its state does not tell. */
  readonly isReserved: boolean;
  readonly requested: SessionHolding;
  readonly effective: SessionHolding;
  readonly temporary: TemporaryFlowId | null;
  readonly matched: readonly Match[];
  /**
   * Milliseconds; null: no soft state (but for an unconfirmed session, which waits until then). Where the reservation has its own lease,
   * this is the path's. The one field that changes in place: most of what a scope is told are refreshes.
   */
  leaseUntil: number | null;
  /** The reservation's own lease; null where path and reservation were not seen apart. */
  readonly reservation: { readonly refreshPeriodMs: number; readonly until: number } | null;
  /** Whether its path was ever seen; of a reservation that was seen without, the one lease is its own. */
  readonly pathSeen: boolean;
  /** An orphaned leg ends then at the latest. */
  readonly orphanedUntil: number | null;
  /** The handoff that made this leg, or came back to it last; null: none. */
  readonly handoffId: string | null;
  /** Revision of its last change. */
  readonly revision: bigint;
}

export interface Tunnel {
  readonly mobileNode: string;
  readonly association: TunnelAssociation;
}

export interface Visitor {
  readonly mobileNode: string;
  readonly homeAddress: string;
  readonly homeAgent: string;
  /** Milliseconds; null: infinite. */
  readonly expiresAt: number | null;
}

export interface Quarantine extends SessionHolding {
  /** Session id; with the revision behind a slash where a sender left an SE list, or where the session left another id here before. */
  readonly name: string;
  readonly temporary: TemporaryFlowId | null;
  readonly until: number;
  /** Of senders that left an SE list: their paths, which were standing then. */
  readonly paths?: readonly SenderPath[];
}

/** Only ids with ports have a destination port that identifies. */
export function destinationPortOf(id: FlowId): number | null {
  return ('destinationPort' in id ? id.destinationPort : undefined) ?? null;
}

/** When it or its reservation ends: a lease, or the binding of an orphaned leg, whichever is first. Milliseconds. */
export function sessionDeadline({ leaseUntil, orphanedUntil, reservation }: Session): number | undefined {
  const deadline = Math.min(leaseUntil ?? Infinity, orphanedUntil ?? Infinity, reservation?.until ?? Infinity);
  return deadline === Infinity ? undefined : deadline;
}
