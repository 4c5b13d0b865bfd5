/**
 * Degraded legs are tried again when what they were refused for may be free (domain.md §6): in order of arrival, so many in a decision that
 * neither its time nor its append grows with how many wait.
 *
 * Nobody waits for ever. What one decision does not come to, the next one does, and the scope has a deadline until all have been looked at
 * (a timer ticks it at once; an observed scope goes on with its next frame). Something that is freed meanwhile adds a whole round behind the
 * place that was reached, and does not begin at the front: those in front who cannot be served hold up nobody. A restart forgets the
 * round; but each refresh by the node tries its leg as well (settleDegraded), and a leg that nobody refreshes ends with its lease.
 */
import { recoveriesOfAppend } from '../events/append-bounds';
import { sessionOf } from '../rule/configure-session';
import type { DegradedLeg, Freed } from '../scope/degraded-legs';
import type { FlowTableEvent } from '../events/events';
import type { FlowTableDecision } from '../scope/flow-table-decision';
import type { Visitor } from '../scope/session';
import { settleAgain } from '../rule/settle-leg';

/** Looked at in one decision; to find that another protocol's flow ended costs next to nothing. */
const looksOfDecision = 1_000;

/** Of a decision that goes on in the next append, too: its last part does not know what the first ones freed. */
export function noteFreed({ state, events }: FlowTableDecision): void {
  if (state.degraded.size === 0) return;
  const freed = freedBy(events);
  if (freed !== null) state.degraded.beginRound(freed);
}

/**
 * With `outerSource: home-agent` a node that its scope knows by another home agent asks for other ids than those that it was refused.
 * @param before who it was here
 */
export function noteOtherHome({ state }: FlowTableDecision, before: Visitor | undefined): void {
  if (before === undefined || state.policy.outerSource !== 'home-agent') return;
  const { mobileNode, homeAgent } = before;
  if (state.visitors.get(mobileNode)?.homeAgent !== homeAgent && state.degraded.ofNode(mobileNode).length > 0) state.degraded.beginRound('anything');
}

export function retryDegraded(decision: FlowTableDecision): void {
  const { state } = decision;
  noteFreed(decision);
  for (let looks = 0, tries = 0; looks < looksOfDecision && tries < recoveriesOfAppend && !decision.isFull; looks++) {
    const next = state.degraded.nextOfRound();
    if (next === null) return;
    const { leg, freed } = next;
    if (!mayProfit(leg, freed) || !state.visitors.has(leg.mobileNode)) continue;
    // Where another session of the logical flow came meanwhile, that one stands for it.
    if (sessionOf(state, leg.mobileNode, leg.flow, leg.style)) continue;
    settleAgain(decision, leg);
    tries++;
  }
}

/**
 * Null: nothing. A value of a pool serves whoever waits for one. What another id leaves is in quarantine, whose end frees it for all: at once
 * it is only out of the way of what conflicted with it, which is of its protocol.
 */
function freedBy(events: readonly FlowTableEvent[]): Freed | null {
  const protocols = new Set<number>();
  for (const event of events) {
    if (event.type === 'QuarantineEnded' || event.type === 'ScopeProvisioned') return 'anything';
    const isReleased = event.type === 'QosSessionReleased';
    if (isReleased && event.temporary !== null) return 'anything';
    const id = isReleased || event.type === 'QosSessionModified' ? event.effective : undefined;
    if (id !== undefined && 'protocol' in id) protocols.add(id.protocol);
  }
  return protocols.size === 0 ? null : protocols;
}

function mayProfit({ flow }: DegradedLeg, freed: Freed): boolean {
  return freed === 'anything' || freed.has(flow.protocol);
}
