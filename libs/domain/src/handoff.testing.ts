import type { AdmitLegs, EndMovedLegs, EndOldLegs, HoldLegs, UnholdLegs } from './handoff-leg-commands';
import type { HeldLeg } from './handoff-events';
import { ff, tspec } from './flow-table.testing';
import type { Flow } from './flow';

// ---- what a handoff tells a scope, short enough for a table -------------------------------------------------------------

const ofNode = (handoffId: string, registrationRevision: bigint) => ({ handoffId, mobileNode: 'mn-1', registrationRevision });
const quiet = { oldLegs: 'release', orphanedUntil: null } as const;

export function leg(sessionId: string, flow: Flow = ff(), terms: Partial<HeldLeg> = {}): HeldLeg {
  return { sessionId, flow, style: flow.senders ? 'SE' : 'FF', service: 'guaranteed', tspec, refreshPeriodMs: 30_000, state: 'live', ...terms };
}
export function hold(handoffId: string, revision: bigint, terms: Partial<HoldLegs> = {}): HoldLegs {
  return { type: 'HoldLegs', ...ofNode(handoffId, revision), ...quiet, staysBound: false, breaks: false, ...terms };
}
export function admitLegs(handoffId: string, revision: bigint, legs: readonly HeldLeg[], terms: Partial<AdmitLegs> = {}): AdmitLegs {
  const home = { homeAddress: '10.0.0.5', homeAgent: '203.0.113.1', expiresAt: null };
  return { type: 'AdmitLegs', ...ofNode(handoffId, revision), ...home, legs, takesUpOwn: false, allocator: null, ...terms };
}
export function endOld(handoffId: string, revision: bigint, terms: Partial<EndOldLegs> = {}): EndOldLegs {
  return { type: 'EndOldLegs', ...ofNode(handoffId, revision), ...quiet, cause: 'handoff', told: [], ...terms };
}
export function endMoved(handoffId: string, revision: bigint, ...ended: EndMovedLegs['ended']): EndMovedLegs {
  return { type: 'EndMovedLegs', ...ofNode(handoffId, revision), ended };
}
export function unhold(handoffId: string, revision: bigint, terms: Partial<UnholdLegs> = {}): UnholdLegs {
  const visitor = { homeAddress: '10.0.0.5', homeAgent: '203.0.113.1', expiresAt: null };
  return { type: 'UnholdLegs', ...ofNode(handoffId, revision), visitor, allocator: null, ...terms };
}
