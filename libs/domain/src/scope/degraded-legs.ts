/** Sessions that a handoff brought to a scope and the rule refused there: they stand without an effective id (domain.md §6). */
import type { Flow, Style } from '../flow/flow';
import { styledFlowKey } from '../flow/flow-id';
import type { HeldLeg, LegRefused } from '../events/handoff-events';
import { JournaledIndex, JournaledMap, type Journal, type Unwindable } from '../journal/journal';
import { OrderedNumbers } from '../journal/ordered-numbers';
import type { RejectionName } from '../refusals/rejection';

export interface DegradedLeg extends HeldLeg {
  readonly mobileNode: string;
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

/** Protocols of which ids became free; `anything`: values of a pool, or what is not told apart. */
export type Freed = 'anything' | ReadonlySet<number>;

/** They are looked at one behind the other, and behind the last one comes the first again. */
interface Round {
  /** The next one has this ordinal or a higher one. */
  readonly at: number;
  /** How many are to be looked at still. */
  readonly left: number;
  readonly freed: Freed;
}

/** Held by no index of flow ids: they overlap nothing and nobody. */
export class DegradedLegs {
  private readonly legs: JournaledMap<string, DegradedLeg>;
  private readonly byFlow: JournaledMap<string, string>;
  private readonly byNode: JournaledIndex<string, string>;
  private readonly byOrdinal: JournaledMap<number, string>;
  private readonly order: OrderedNumbers;
  /** This server's own, and no part of what the stream says; null: all have been looked at since something was freed. */
  private round: Round | null = null;
  private readonly turned: Unwindable = { takeBack: (_, before) => void (this.round = before as Round | null) };

  constructor(private readonly journal: Journal) {
    this.legs = new JournaledMap(journal);
    this.byFlow = new JournaledMap(journal);
    this.byNode = new JournaledIndex(journal);
    this.byOrdinal = new JournaledMap(journal);
    this.order = new OrderedNumbers(journal, 'none');
  }

  get size(): number {
    return this.legs.size;
  }

  get(sessionId: string): DegradedLeg | undefined {
    return this.legs.get(sessionId);
  }

  ofFlow(mobileNode: string | null, flow: Flow, style: Style | null): DegradedLeg | undefined {
    const sessionId = this.size === 0 ? undefined : this.byFlow.get(styledFlowKey(mobileNode, flow, style));
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
    this.byFlow.set(keyOf(leg), leg.sessionId);
    this.byNode.add(leg.mobileNode, leg.sessionId);
    this.byOrdinal.set(leg.ordinal, leg.sessionId);
    this.order.add(leg.ordinal);
  }

  delete(leg: DegradedLeg): void {
    const { sessionId, mobileNode, ordinal } = leg;
    this.legs.delete(sessionId);
    const key = keyOf(leg);
    if (this.byFlow.get(key) === sessionId) this.byFlow.delete(key);
    this.byNode.delete(mobileNode, sessionId);
    this.byOrdinal.delete(ordinal);
    this.order.delete(ordinal);
  }

  /** Something was freed: all are to be looked at, from where a round has come to, or from the first on. */
  beginRound(freed: Freed): void {
    const { round } = this;
    this.turn({ at: round?.at ?? 0, left: this.size, freed: round === null ? freed : bothOf(round.freed, freed) });
  }

  get isInRound(): boolean {
    return this.round !== null;
  }

  /** In order of arrival; null: all have been looked at. */
  nextOfRound(): { readonly leg: DegradedLeg; readonly freed: Freed } | null {
    const { round } = this;
    if (round === null) return null;
    const ordinal = round.left === 0 ? null : (this.order.firstFrom(round.at) ?? this.order.firstFrom(0));
    this.turn(ordinal === null ? null : { at: ordinal + 1, left: round.left - 1, freed: round.freed });
    return ordinal === null ? null : { leg: this.legs.get(this.byOrdinal.get(ordinal)!)!, freed: round.freed };
  }

  private turn(round: Round | null): void {
    this.journal.record(this.turned, undefined, this.round);
    this.round = round;
  }
}

function keyOf({ mobileNode, flow, style }: DegradedLeg): string {
  return styledFlowKey(mobileNode, flow, style);
}

function bothOf(a: Freed, b: Freed): Freed {
  return a === 'anything' || b === 'anything' ? 'anything' : new Set([...a, ...b]);
}

function inOrder(legs: DegradedLeg[]): DegradedLeg[] {
  return legs.sort((a, b) => a.ordinal - b.ordinal);
}

export function heldLegOf({ sessionId, flow, style, service, tspec, refreshPeriodMs, state }: HeldLeg | LegRefused): HeldLeg {
  return { sessionId, flow, style, service, tspec, refreshPeriodMs, state };
}
