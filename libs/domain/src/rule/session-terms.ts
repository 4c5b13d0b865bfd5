import type { QosSessionModified, SenderPath, TunnelAssociation } from '../events/events';
import type { Flow, Service, Style, Tspec } from '../flow/flow';
import type { OfHome } from '../commands/flow-table-commands';
import type { Session } from '../scope/flow-table-state';
import type { Refreshed } from '../leases/leases';
import type { Allocator } from '../flow/policy';

/** A session as it is asked for, by whoever asks. */
export interface SessionTerms {
  readonly sessionId: string;
  readonly mobileNode: string | null;
  readonly flow: Flow;
  readonly style: Style | null;
  readonly service: Service | null;
  readonly tspec: Tspec | null;
  readonly refreshPeriodMs: number | undefined;
  readonly state: 'live' | 'path-only';
  readonly replaces: string | null;
  /** By which of the node's bindings here a message came; undefined: as the scope knows the visitor. */
  readonly home?: OfHome | undefined;
  readonly allocator: Allocator;
  readonly violations: QosSessionModified['violations'];
  /** The handoff that makes this leg, or comes back to it. */
  readonly handoffId?: string;
  /** Path-only sessions of the node that this reservation merges (SE, WF): they pass their ids on to it. */
  readonly merges: readonly Session[];
  /** FF: its path, where a list or a wildcard of the node had it; null: none had. Undefined: it is told with what is merged. */
  readonly path?: SenderPath | null | undefined;
  readonly refreshes: Refreshed;
  /** What the message says of the paths and reservations that meet in it, as its event tells it; undefined: nothing that is new. */
  readonly told?: PartsTold | undefined;
  /** Key of the part that the message refreshes. */
  readonly part?: string | undefined;
  /** What SESSION_ASSOC said of it; undefined: nothing. */
  readonly association?: TunnelAssociation | undefined;
}

export type PartsTold = Pick<QosSessionModified, 'adspec' | 'previousHops' | 'senderTspec' | 'paths' | 'requests'>;
