import type { HandoffStarted, MobileNodeEvent, RegistrationAccepted, RegistrationDenied } from '../events/events';
import { withBinding, withoutBinding, type Bindings } from './bindings';
import { withDenied, type DeniedRequest } from './denied-requests';
import { withOvertaken, withoutAnswered, withoutPending, withPending, type PendingRequest } from './pending-requests';
import { acceptedRecord, noReplayRecord, repliedRecord, type ReplayRecord } from './replay-protection';
import { withLeft, type LeftPlace } from './left-places';
import { fromTimestamp } from '../flow/soft-state';

export type { Binding, Place, StandingBinding } from './bindings';

export interface ActiveHandoff {
  readonly started: HandoffStarted;
  /** Of HandoffStarted. */
  readonly revision: bigint;
  /** Null: before the point of no return. */
  readonly committed: { readonly revision: bigint; readonly configured: readonly string[]; readonly degraded: readonly string[] } | null;
}

/** Its scopes may not know yet: who was to tell them may have died. */
export interface RolledBackHandoff {
  readonly started: HandoffStarted;
  /** Of HandoffRolledBack. */
  readonly revision: bigint;
}

/** Small, so it is replaced with every event and never changed in place. */
export interface MobileNodeState {
  readonly revision: bigint;
  readonly lastOccurredAt: number;
  readonly bindings: Bindings;
  /** By home agent. */
  readonly replay: ReadonlyMap<string, ReplayRecord>;
  /** In the order of their arrival. */
  readonly pending: readonly PendingRequest[];
  /** In the order of their denials. */
  readonly denied: readonly DeniedRequest[];
  /** The one that is not over; null: none. */
  readonly handoff: ActiveHandoff | null;
  /** The last one, until one behind it is completed. */
  readonly rolledBack: RolledBackHandoff | null;
  /** Where handoffs may have left legs, the last left behind. */
  readonly left: readonly LeftPlace[];
}

export const initialMobileNode: MobileNodeState = {
  revision: -1n,
  lastOccurredAt: Number.NEGATIVE_INFINITY,
  bindings: new Map(),
  replay: new Map(),
  pending: [],
  denied: [],
  handoff: null,
  rolledBack: null,
  left: [],
};

export function evolveMobileNode(state: MobileNodeState, event: MobileNodeEvent): MobileNodeState {
  const occurredAt = fromTimestamp(event.occurredAt);
  const next = { ...state, revision: state.revision + 1n, lastOccurredAt: Math.max(state.lastOccurredAt, occurredAt) };
  switch (event.type) {
    case 'RegistrationRequested':
      return { ...next, pending: withPending(state.pending, event, occurredAt) };
    case 'RegistrationAccepted': {
      const { mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress } = event;
      const expiresAt = event.expiresAt === null ? null : fromTimestamp(event.expiresAt);
      const revision = isMoved(state, event) ? state.handoff!.revision : next.revision;
      const binding = { mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress, expiresAt, revision };
      return {
        ...next,
        bindings: event.grantedLifetimeSeconds === 0 ? state.bindings : withBinding(state.bindings, binding, event),
        replay: withReplay(state, event, true),
        pending: withOvertaken(withoutPending(state.pending, event), event),
        // A reply to the repeat of one of them would lead back.
        denied: [],
      };
    }
    case 'RegistrationDenied':
      return {
        ...next,
        replay: withReplay(state, event, false),
        pending: withoutPending(state.pending, event),
        denied: withDenied(state.denied, event, state.pending),
      };
    case 'RegistrationEnded':
      return { ...next, bindings: withoutBinding(state.bindings, event) };
    case 'HandoffStarted':
      return { ...next, handoff: { started: event, revision: next.revision, committed: null }, left: withLeft(state.left, event, occurredAt) };
    case 'HandoffCommitted': {
      const { configured, degraded } = event;
      const isActive = state.handoff?.started.handoffId === event.handoffId;
      return isActive ? { ...next, handoff: { ...state.handoff, committed: { revision: next.revision, configured, degraded } } } : next;
    }
    case 'HandoffCompleted':
      return state.handoff?.started.handoffId === event.handoffId ? { ...next, handoff: null, rolledBack: null } : next;
    case 'HandoffSuperseded':
      return state.handoff?.started.handoffId === event.handoffId ? { ...next, handoff: null } : next;
    case 'HandoffRolledBack': {
      if (state.handoff?.started.handoffId !== event.handoffId) return next;
      return { ...next, handoff: null, rolledBack: { started: state.handoff.started, revision: next.revision } };
    }
    case 'RegistrationReplyUnmatched':
      return { ...next, pending: withoutAnswered(state.pending, event) };
    case 'RevocationUnmatched':
    case 'RevocationAcknowledged':
    case 'ObservedLate':
      return next;
  }
}

/** In the append that commits a handoff which a command started. */
function isMoved({ handoff }: MobileNodeState, { careOfAddress, lifetimeSeconds }: RegistrationAccepted): boolean {
  if (lifetimeSeconds !== null || handoff === null || handoff.committed !== null) return false;
  return handoff.started.cause === 'command' && handoff.started.to?.careOfAddress === careOfAddress;
}

function withReplay(state: MobileNodeState, event: RegistrationAccepted | RegistrationDenied, accepted: boolean): MobileNodeState['replay'] {
  const { homeAgent, identification, replyIdentification } = event;
  const before = state.replay.get(homeAgent) ?? noReplayRecord;
  const used = accepted && identification !== null ? acceptedRecord(before, identification, event) : before;
  const after = replyIdentification === undefined ? used : repliedRecord(used, replyIdentification);
  return after === before ? state.replay : new Map(state.replay).set(homeAgent, after);
}
