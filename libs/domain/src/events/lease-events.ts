import type { FlowSender } from '../flow/flow';

/** Soft state that was refreshed, told together: an event of a scope every 30 s at most (design.md, "Time"). */
export interface LeasesExtended {
  readonly type: 'LeasesExtended';
  readonly sessions: readonly string[];
  /** Sessions whose reservation's own lease is extended; absent: of none. */
  readonly reservations?: readonly string[];
  /** Paths of senders whose own leases are extended; absent: of none. */
  readonly paths?: readonly (FlowSender & { readonly sessionId: string })[];
  /** Next hops whose reservations' own leases are extended; absent: of none. */
  readonly requests?: readonly { readonly sessionId: string; readonly nextHop: string }[];
  readonly until: string;
  /** Why, where no refresh asked for it: no server ran for a while, or the wall clock jumped ahead; then with that time. */
  readonly cause?: 'outage' | 'clock-jump';
  readonly gap?: { readonly from: string; readonly to: string };
  readonly occurredAt: string;
}
