/** Sessions that a handoff brought to a scope and the rule refused there: they stand without an effective id (domain.md §6). */
import type { Flow, Style } from './flow';
import { logicalFlowKey } from './flow-id';
import type { HeldLeg, LegRefused } from './handoff-events';
import { JournaledIndex, JournaledMap, type Journal } from './journal';
import type { RejectionName } from './rejection';

export interface DegradedLeg extends HeldLeg {
  readonly mobileNode: string;
  readonly logicalFlow: string;
  readonly handoffId: string;
  /** Order of arrival in the scope, among its sessions. */
  readonly ordinal: number;
  readonly rejection: RejectionName;
  readonly detail: string;
  /** Milliseconds; null: no soft state. */
  readonly leaseUntil: number | null;
  /** Revision of its last change. */
  readonly revision: bigint;
}

/** Held by no index of flow ids: they overlap nothing and nobody. */
export class DegradedLegs {
  private readonly legs: JournaledMap<string, DegradedLeg>;
  private readonly byLogicalFlow: JournaledMap<string, string>;
  private readonly byNode: JournaledIndex<string, string>;

  constructor(journal: Journal) {
    this.legs = new JournaledMap(journal);
    this.byLogicalFlow = new JournaledMap(journal);
    this.byNode = new JournaledIndex(journal);
  }

  get size(): number {
    return this.legs.size;
  }

  get(sessionId: string): DegradedLeg | undefined {
    return this.legs.get(sessionId);
  }

  ofFlow(mobileNode: string | null, flow: Flow, style: Style | null): DegradedLeg | undefined {
    const sessionId = this.size === 0 ? undefined : this.byLogicalFlow.get(logicalFlowKey(mobileNode, flow, style));
    return sessionId === undefined ? undefined : this.legs.get(sessionId);
  }

  /** In order of arrival. */
  ofNode(mobileNode: string): DegradedLeg[] {
    return inOrder([...(this.byNode.get(mobileNode) ?? [])].map((sessionId) => this.legs.get(sessionId)!));
  }

  /** In order of arrival. */
  all(): DegradedLeg[] {
    return inOrder([...this.legs.values()]);
  }

  /** A leg that is new, or has another lease. */
  set(leg: DegradedLeg): void {
    const isNew = !this.legs.has(leg.sessionId);
    this.legs.set(leg.sessionId, leg);
    if (!isNew) return;
    this.byLogicalFlow.set(leg.logicalFlow, leg.sessionId);
    this.byNode.add(leg.mobileNode, leg.sessionId);
  }

  delete({ sessionId, logicalFlow, mobileNode }: DegradedLeg): void {
    this.legs.delete(sessionId);
    if (this.byLogicalFlow.get(logicalFlow) === sessionId) this.byLogicalFlow.delete(logicalFlow);
    this.byNode.delete(mobileNode, sessionId);
  }
}

function inOrder(legs: DegradedLeg[]): DegradedLeg[] {
  return legs.sort((a, b) => a.ordinal - b.ordinal);
}

export function heldLegOf({ sessionId, flow, style, service, tspec, refreshPeriodMs, state }: HeldLeg | LegRefused): HeldLeg {
  return { sessionId, flow, style, service, tspec, refreshPeriodMs, state };
}
