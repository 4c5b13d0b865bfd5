/**
 * Degraded legs are tried again when what they were refused for may be free (domain.md §6): in order of arrival, so many in a decision that
 * neither its time nor its append grows with how many wait.
 *
 * Nobody waits for ever. What one decision does not come to, the next one does, and the scope has a deadline until all have been looked at
 * (a timer ticks it at once; an observed scope goes on with its next frame). Something that is freed meanwhile adds a whole round behind the
 * place that was reached, and does not begin at the front: those in front who cannot be served hold up nobody. A restart forgets the
 * round; but each refresh by the node tries its leg as well (settleDegraded), and a leg that nobody refreshes ends with its lease.
 */
import { recoveriesOfAppend } from './append-bounds';
import { sessionOf } from './configure-session';
import type { DegradedLeg, Freed } from './degraded-legs';
import type { FlowTableEvent } from './events';
import type { FlowId } from './flow';
import type { FlowTableDecision } from './flow-table';
import { settleAgain } from './settle-leg';

/** Looked at in one decision; to find that another protocol's flow ended costs next to nothing. */
const looksOfDecision = 1_000;

/** Of a decision that goes on in the next append, too: its last part does not know what the first ones freed. */
export function noteFreed({ state, events }: FlowTableDecision): void {
  if (state.degraded.size === 0) return;
  const freed = freedBy(events, state.policy.mixedClassifiers);
  if (freed !== null) state.degraded.beginRound(freed);
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

/** Null: nothing. A value of a pool serves whoever waits for one; an id, and what conflicts with it, are of one protocol. */
function freedBy(events: readonly FlowTableEvent[], mixedClassifiers: boolean): Freed | null {
  const protocols = new Set<number>();
  for (const event of events) {
    if (event.type === 'QuarantineEnded' || event.type === 'ScopeProvisioned') return 'anything';
    const isReleased = event.type === 'QosSessionReleased';
    const id = isReleased || event.type === 'QosSessionModified' ? event.effective : undefined;
    if (id === undefined) continue;
    const protocol = protocolOf(id);
    // Ids of two kinds may be in each other's way where classifiers are mixed.
    if (protocol === null || mixedClassifiers || (isReleased && event.temporary !== null)) return 'anything';
    protocols.add(protocol);
  }
  return protocols.size === 0 ? null : protocols;
}

/** GRE: its key stands for flows of any protocol. Null: of none, as a label is. */
function protocolOf(id: FlowId): number | null {
  return 'protocol' in id && id.protocol !== gre ? id.protocol : null;
}

const gre = 47;

function mayProfit({ flow }: DegradedLeg, freed: Freed): boolean {
  return freed === 'anything' || freed.has(flow.protocol);
}
