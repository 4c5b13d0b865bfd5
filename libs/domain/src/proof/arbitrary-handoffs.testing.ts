import fc from 'fast-check';
import { arbitraryFlow, node, type Drawn, type Family } from './arbitrary-scopes.testing';
import { at, timeAt } from './flow-table.testing';
import { admitLegs, endLost, endMoved, endOld, hold, leg, undo, unhold } from '../legs/handoff.testing';

/**
 * Steps of handoffs to and from a scope in whatever order: each handoff is one of a node, began at its number, and is told late as often as
 * not. What it brings are sessions of its own.
 */
export function handedOff(family: Family): fc.Arbitrary<Drawn> {
  const drawn = fc.record({
    mobileNode: node, back: fc.nat(6), staysBound: fc.boolean(), breaks: fc.boolean(), isBound: fc.boolean(),
    isBroughtAway: fc.boolean(), takesUpOwn: fc.boolean(),
    flows: fc.array(arbitraryFlow(family), { maxLength: 2 }), cause: fc.constantFrom('path-tear', 'soft-state-timeout', 'resv-tear'), orphans: fc.boolean(),
    kind: fc.constantFrom('hold', 'hold', 'admit', 'admit', 'end', 'end', 'ended', 'unhold', 'undo', 'lost'),
  });
  return drawn.map(({ mobileNode, back, kind, flows, staysBound, breaks, isBroughtAway, takesUpOwn, isBound, cause, orphans }): Drawn => (index, now) => {
    const number = Math.max(4, index - back);
    const [handoffId, began, later] = [`${mobileNode} h${number}`, BigInt(number), BigInt(number + 1)] as const;
    const idOf = (i: number): string => `l${number}-${i}-${mobileNode}`;
    const legs = flows.map(({ flow, style }, i) => leg(idOf(i), flow, { style }));
    const old = orphans ? ({ oldLegs: 'orphan', orphanedUntil: timeAt(now + 100) } as const) : {};
    const ended = [{ sessionId: idOf(0), cause, at: at(now), ...(cause === 'resv-tear' && { state: 'path-only' as const }) }];
    switch (kind) {
      case 'hold':
        return hold(handoffId, began, { mobileNode, staysBound, breaks, isBroughtAway, ...old });
      case 'admit':
        return admitLegs(handoffId, began, legs, { mobileNode, takesUpOwn, mayBeUndone: staysBound });
      case 'end':
        return endOld(handoffId, staysBound ? later : began, { mobileNode, ...old });
      case 'ended':
        return { ...endMoved(handoffId, began, ...ended), mobileNode };
      case 'unhold':
        return unhold(handoffId, later, { mobileNode, ended, ...(isBound ? {} : { visitor: null }) });
      case 'undo':
        return undo(handoffId, later, { mobileNode, isBound });
      case 'lost':
        return { ...endLost(handoffId, later, legs), mobileNode };
    }
  });
}
