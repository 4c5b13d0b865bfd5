/** Legs that the rule judges for a handoff: made, or refused and tried again when an id becomes free (domain.md §6). */
import { matchesFor, requestedOf, sessionOf, settleSession } from './configure-session';
import type { SessionTerms } from './session-terms';
import { heldLegOf, type DegradedLeg } from '../scope/degraded-legs';
import type { FlowTableDecision } from '../scope/flow-table-decision';
import type { SessionAnswer } from '../commands/flow-table-commands';
import type { HeldLeg } from '../events/handoff-events';
import type { Allocator } from '../flow/policy';
import type { Rejection } from '../refusals/rejection';
import { leaseIsShort, leaseUntil, toTimestamp } from '../flow/soft-state';

interface ForHandoff {
  readonly handoffId: string;
  readonly mobileNode: string;
  readonly allocator: Allocator | null;
}

/**
 * A leg that stands here still, or again, serves the session under the terms that were brought; where an older handoff left it degraded it is
 * judged afresh, and this handoff's from now on. Another session of the same logical flow stays as it is, a degraded one too.
 */
export function settleLeg(decision: FlowTableDecision, leg: HeldLeg, handoff: ForHandoff): void {
  const { state } = decision;
  const { mobileNode } = handoff;
  const isOthers = (of: { readonly sessionId: string } | undefined): boolean => of !== undefined && of.sessionId !== leg.sessionId;
  const found = sessionOf(state, mobileNode, leg.flow, leg.style);
  if (isOthers(state.degraded.ofFlow(mobileNode, leg.flow, leg.style)) || (isOthers(found) && found!.state !== 'orphaned')) return;
  // What an earlier binding left orphaned here of another session gives way: the flow may reclaim its id, and the leg keeps its session.
  if (isOthers(found)) decision.release(found!, 'superseded');
  const existing = isOthers(found) ? undefined : found;
  const terms = termsOf(decision, leg, handoff);
  const first = settleSession(decision, terms);
  if (!('rejection' in first)) return;
  if (!existing) return refuse(decision, leg, handoff, terms, first);
  // A list of senders that cannot stand beside what came here meanwhile: the leg begins anew, as any other.
  decision.release(existing, 'handoff');
  const again = settleSession(decision, terms);
  if ('rejection' in again) refuse(decision, leg, handoff, terms, again);
}

function termsOf({ state }: FlowTableDecision, leg: HeldLeg, { handoffId, mobileNode, allocator }: ForHandoff): SessionTerms {
  return { ...leg, mobileNode, handoffId, allocator: allocator ?? state.policy.allocator, replaces: null, violations: undefined, merges: [], refreshes: 'both' };
}

function refuse(decision: FlowTableDecision, leg: HeldLeg, { handoffId, mobileNode }: ForHandoff, terms: SessionTerms, refusal: Rejection): void {
  const { state, occurredAt, now } = decision;
  const { rejection, detail, facts: { matched: _told, ...facts } } = refusal;
  const visitor = state.visitors.get(mobileNode)!;
  const until = leaseUntil(now, leg.refreshPeriodMs);
  const timestamp = (at: number | null): string | null => (at === null ? null : toTimestamp(at));
  decision.emit({
    ...heldLegOf(leg),
    type: 'LegRefused', handoffId, mobileNode, homeAddress: visitor.homeAddress, homeAgent: visitor.homeAgent,
    registrationExpiresAt: timestamp(visitor.expiresAt), requested: requestedOf(state, terms), rejection, detail, matched: matchesFor(state, terms),
    ...(Object.keys(facts).length > 0 && { facts }), expiresAt: timestamp(until), occurredAt,
  });
}

/** A degraded leg of the logical flow is what the terms ask for: it is tried again under its own id, and lives on where it is refused again. */
export function settleDegraded(decision: FlowTableDecision, leg: DegradedLeg, terms: SessionTerms): SessionAnswer | Rejection {
  const { sessionId, handoffId } = leg;
  const answer = settleSession(decision, { ...terms, sessionId, handoffId });
  if ('rejection' in answer) extendDegradedLease(decision, leg);
  return answer;
}

function extendDegradedLease(decision: FlowTableDecision, { sessionId, leaseUntil: before, refreshPeriodMs }: DegradedLeg): void {
  if (before === null || !leaseIsShort(before, decision.now, refreshPeriodMs)) return;
  const until = toTimestamp(leaseUntil(decision.now, refreshPeriodMs)!);
  decision.emit({ type: 'LeasesExtended', sessions: [sessionId], until, occurredAt: decision.occurredAt });
}

/** It has its id, or waits on. */
export function settleAgain(decision: FlowTableDecision, leg: DegradedLeg): void {
  settleSession(decision, termsOf(decision, leg, { ...leg, allocator: null }));
}
