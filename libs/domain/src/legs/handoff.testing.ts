import type { AdmitLegs, EndLostLegs, EndMovedLegs, EndOldLegs, HoldLegs, UndoLegs, UnholdLegs } from '../commands/handoff-leg-commands';
import type { HeldLeg } from '../events/handoff-events';
import { ff, tspec } from '../proof/flow-table.testing';
import type { Flow } from '../flow/flow';

// ---- what a handoff tells a scope, short enough for a table -------------------------------------------------------------

const ofNode = (handoffId: string, registrationRevision: bigint) => ({ handoffId, mobileNode: 'mn-1', registrationRevision });
const quiet = { oldLegs: 'release', orphanedUntil: null } as const;

export function leg(sessionId: string, flow: Flow = ff(), terms: Partial<HeldLeg> = {}): HeldLeg {
  return { sessionId, flow, style: flow.senders ? 'SE' : 'FF', service: 'guaranteed', tspec, refreshPeriodMs: 30_000, state: 'live', ...terms };
}
export function hold(handoffId: string, revision: bigint, terms: Partial<HoldLegs> = {}): HoldLegs {
  return { type: 'HoldLegs', ...ofNode(handoffId, revision), ...quiet, staysBound: false, breaks: false, isBroughtAway: false, ...terms };
}
export function admitLegs(handoffId: string, revision: bigint, legs: readonly HeldLeg[], terms: Partial<AdmitLegs> = {}): AdmitLegs {
  const home = { homeAddress: '10.0.0.5', homeAgent: '203.0.113.1', expiresAt: null };
  return { type: 'AdmitLegs', ...ofNode(handoffId, revision), ...home, legs, part: 0, isLast: true, takesUpOwn: false, allocator: null, mayBeUndone: false, ...terms };
}
export function endOld(handoffId: string, revision: bigint, terms: Partial<EndOldLegs> = {}): EndOldLegs {
  return { type: 'EndOldLegs', ...ofNode(handoffId, revision), ...quiet, cause: 'handoff', told: [], lost: null, ...terms };
}
export function endMoved(handoffId: string, revision: bigint, ...ended: EndMovedLegs['ended']): EndMovedLegs {
  return { type: 'EndMovedLegs', ...ofNode(handoffId, revision), ended };
}
export function unhold(handoffId: string, revision: bigint, terms: Partial<UnholdLegs> = {}): UnholdLegs {
  const visitor = { homeAddress: '10.0.0.5', homeAgent: '203.0.113.1', expiresAt: null };
  return { type: 'UnholdLegs', ...ofNode(handoffId, revision), visitor, allocator: null, ended: [], ...terms };
}
export function undo(handoffId: string, revision: bigint, terms: Partial<UndoLegs> = {}): UndoLegs {
  return { type: 'UndoLegs', ...ofNode(handoffId, revision), isBound: false, ...terms };
}
export function endLost(handoffId: string, revision: bigint, legs: readonly HeldLeg[], cause: EndLostLegs['cause'] = 'registration-expiry'): EndLostLegs {
  return { type: 'EndLostLegs', ...ofNode(handoffId, revision), homeAddress: '10.0.0.5', homeAgent: '203.0.113.1', legs, cause };
}
