import type { MobileNodeEvent, RegistrationRequested } from './events';
import type { Policy } from './policy';
import { fromTimestamp } from './soft-state';

export interface Binding {
  readonly mobileNode: string;
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  readonly homeAgent: string;
  readonly homeAddress: string;
  /** Milliseconds; null: infinite. */
  readonly expiresAt: number | null;
}

export interface PendingRequest {
  readonly request: Omit<RegistrationRequested, 'type'>;
  readonly policy: Pick<Policy, 'replayProtection' | 'maximumLifetimeSeconds'>;
  /** Milliseconds. */
  readonly until: number;
}

/** Small, so it is replaced with every event and never changed in place. */
export interface MobileNodeState {
  readonly revision: bigint;
  readonly lastOccurredAt: number;
  readonly bindings: ReadonlyMap<string, Binding>;
  /** Last accepted Identification by home agent. */
  readonly identifications: ReadonlyMap<string, bigint>;
  /** By the low 32 bits of the Identification. */
  readonly pending: ReadonlyMap<string, PendingRequest>;
}

export const initialMobileNode: MobileNodeState = {
  revision: -1n,
  lastOccurredAt: Number.NEGATIVE_INFINITY,
  bindings: new Map(),
  identifications: new Map(),
  pending: new Map(),
};

export function evolveMobileNode(state: MobileNodeState, event: MobileNodeEvent): MobileNodeState {
  const occurredAt = fromTimestamp(event.occurredAt);
  const next = { ...state, revision: state.revision + 1n, lastOccurredAt: Math.max(state.lastOccurredAt, occurredAt) };
  switch (event.type) {
    case 'RegistrationRequested':
      return { ...next, pending: withPending(state, event, occurredAt) };
    case 'RegistrationAccepted': {
      const { mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress, identification } = event;
      const expiresAt = event.expiresAt === null ? null : fromTimestamp(event.expiresAt);
      const binding = { mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress, expiresAt };
      return {
        ...next,
        bindings: event.grantedLifetimeSeconds === 0 ? state.bindings : new Map(state.bindings).set(careOfAddress, binding),
        identifications: risen(state.identifications, homeAgent, identification),
        pending: withoutPending(state, identification),
      };
    }
    case 'RegistrationDenied':
      return { ...next, pending: withoutPending(state, event.identification) };
    case 'RegistrationEnded': {
      const bindings = new Map(state.bindings);
      bindings.delete(event.careOfAddress);
      return { ...next, bindings };
    }
    case 'RegistrationReplyUnmatched':
    case 'HandoffStarted':
    case 'HandoffCommitted':
    case 'HandoffCompleted':
    case 'HandoffSuperseded':
    case 'HandoffRolledBack':
    case 'ObservedLate':
      return next;
  }
}

/** The highest that was accepted: one that a home agent accepted below it does not lower the bar (I16). */
function risen(identifications: ReadonlyMap<string, bigint>, homeAgent: string, identification: string | null): ReadonlyMap<string, bigint> {
  if (identification === null || BigInt(identification) <= (identifications.get(homeAgent) ?? -1n)) return identifications;
  return new Map(identifications).set(homeAgent, BigInt(identification));
}

function withPending(state: MobileNodeState, event: RegistrationRequested, now: number): ReadonlyMap<string, PendingRequest> {
  if (event.identification === null) return state.pending;
  const stillWaiting = [...state.pending].filter(([, pending]) => pending.until >= now);
  const { type: _type, ...request } = event;
  return new Map(stillWaiting).set(pendingKey(event.identification), { request, policy: event.policy, until: fromTimestamp(event.pendingUntil) });
}

function withoutPending(state: MobileNodeState, identification: string | null): ReadonlyMap<string, PendingRequest> {
  if (identification === null || !state.pending.has(pendingKey(identification))) return state.pending;
  const pending = new Map(state.pending);
  pending.delete(pendingKey(identification));
  return pending;
}

/** The low 32 bits come back unchanged in the reply, the high 32 may not (RFC 5944 §5.7). */
export function pendingKey(identification: string): string {
  return `${BigInt(identification) & 0xffffffffn}`;
}
