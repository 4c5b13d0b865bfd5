import type { Flow, Policy, Pools, Style, Tspec } from '#domain';
import type { Node, SmallScope } from './small-network';

/** What somebody in the network does. Plain data: a history of it can be read, and told again. */
export type Operation =
  | Provisioning
  | { readonly kind: 'remove'; readonly foreignAgent: string; readonly force: boolean }
  | Registration<'register'>
  | ObservedRegistration
  | (Reservation<'configure'> & { readonly mobileNode: string })
  | ObservedReservation
  | Release
  | StartedHandoff
  | { readonly kind: 'reboot'; readonly foreignAgent: string }
  | { readonly kind: 'revoke'; readonly mobileNode: string; readonly foreignAgent: string | null }
  /** Processes repeat what a crash left out. */
  | { readonly kind: 'processes' }
  /** What is due by now ends. */
  | { readonly kind: 'timers' };

export interface StartedHandoff {
  readonly kind: 'handoff';
  readonly mobileNode: string;
  readonly to: SmallScope;
  readonly oldAgentReachable: boolean;
  readonly ifRefused: 'degrade' | 'roll-back';
  /** Null: as the policy of the new agent says. */
  readonly mode: 'break-before-make' | null;
}

export interface Provisioning {
  readonly kind: 'provision';
  readonly foreignAgent: string;
  readonly careOfAddresses: readonly string[];
  readonly pools: Partial<Pools>;
  readonly policy: Partial<Policy>;
}

export interface Registration<Kind> {
  readonly kind: Kind;
  readonly node: Node;
  readonly scope: SmallScope;
  readonly homeAgent: string;
  /** The home address stands in place of the care-of address, and every binding ends. */
  readonly atHome: boolean;
  readonly lifetimeSeconds: number;
  readonly identification: string | null;
  readonly flags: readonly 'S'[];
  readonly lateMs: number;
}

export type ObservedRegistration = Registration<'request'> | ObservedReply | { readonly kind: 'observed-revocation'; readonly mobileNode: string; readonly foreignAgent: string | null };

export interface ObservedReply {
  readonly kind: 'reply';
  readonly request: Registration<'request'>;
  readonly code: number;
  readonly lifetimeSeconds: number;
  readonly lateMs: number;
}

interface OfFlow<Kind> {
  readonly kind: Kind;
  readonly scope: SmallScope;
  /** Observed: null where nobody known is registered there. */
  readonly mobileNode: string | null;
  readonly flow: Flow;
  readonly style: Style;
  readonly lateMs: number;
}

export interface Reservation<Kind> extends OfFlow<Kind> {
  readonly tspec: Tspec;
  readonly refreshPeriodMs: number;
}

export type ObservedReservation = Reservation<'path'> | Reservation<'resv'> | OfFlow<'path-tear'> | OfFlow<'resv-tear'>;

export interface Release {
  readonly kind: 'release';
  /** `agent@careOfAddress`. */
  readonly scope: string;
  readonly sessionId: string;
  readonly cause: 'administrator' | 'path-tear' | 'resv-tear' | 'preemption';
}

/** One line of a history. */
export function told(operation: Operation): string {
  const { kind, ...facts } = operation;
  return `${kind} ${JSON.stringify(facts)}`;
}
