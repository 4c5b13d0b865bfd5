import type { Flow, FlowTableEvent, HandoffStarted, MobileNodeEvent, QosSessionModified, Style } from '#domain';
import { holds } from './broken-invariant';

interface Leg {
  readonly sessionId: string;
  /** Null: of no node that was registered there when a capture showed it. */
  readonly node: string | null;
  readonly scope: string;
  state: 'live' | 'path-only' | 'orphaned' | 'degraded';
}

interface Handoff extends HandoffStarted {
  state: 'active' | 'committed' | 'completed' | 'superseded' | 'rolled-back';
  readonly frozen: Set<string>;
  /** The binding at the new address ended before the legs came to it. */
  targetEnded: boolean;
}

/** What ends a leg because the session goes on elsewhere, or because the leg was never to be. */
const causesOfMoving = new Set(['handoff', 'handoff-rolled-back']);
/** What ends a session wherever it stands. */
const causesOfSession = new Set(['path-tear', 'administrator', 'preemption', 'merged']);

/**
 * Legs and handoffs of the whole network as a list, from the events alone: where each session stands, and whether one was lost on the
 * way (I15, I23).
 */
export class LegBook {
  private legs: Leg[] = [];
  private readonly handoffs = new Map<string, Handoff>();
  /** Node and scope → the handoff that holds its legs there. */
  private readonly holders = new Map<string, Handoff>();
  /** Node and scope → by what and when the node left there last. */
  private readonly left = new Map<string, string>();
  /** Sessions that ended by themselves, wherever: no leg of theirs is missing. */
  private readonly over = new Set<string>();
  /** Sessions that somebody ended, wherever one of their legs stood: no leg of theirs may be left. */
  private readonly taken = new Set<string>();
  /** Session → node and logical flow: two bindings may each have a session of one flow, and a handoff to one place keeps one of them. */
  private readonly flows = new Map<string, string>();

  sees(event: FlowTableEvent | MobileNodeEvent, scope: string): void {
    switch (event.type) {
      case 'QosSessionConfigured':
        this.take(event.sessionId, scope);
        this.taken.delete(event.sessionId);
        this.flows.set(event.sessionId, flowOf(event));
        // What a capture showed of a node that had just left is nobody's to hand off.
        if (event.homeAgent === null) this.over.add(event.sessionId);
        else this.over.delete(event.sessionId);
        this.legs.push({ sessionId: event.sessionId, node: event.homeAgent === null ? null : event.mobileNode, scope, state: event.state });
        if (event.replaces !== null) this.over.add(event.replaces);
        return;
      case 'LegRefused':
        this.flows.set(event.sessionId, flowOf(event));
        this.take(event.sessionId, scope);
        this.legs.push({ sessionId: event.sessionId, node: event.mobileNode, scope, state: 'degraded' });
        return;
      case 'QosSessionModified':
        this.changes(this.legOf(event.sessionId, scope), event);
        return;
      case 'QosSessionReleased':
      case 'DegradedLegEnded': {
        const { sessionId, cause, mobileNode } = event;
        // Over where a handoff had brought it, and held still where that one had broken it off.
        if (event.type === 'DegradedLegEnded' && this.over.has(sessionId) && this.holders.has(`${mobileNode} ${scope}`) && !this.stands(sessionId, scope)) return;
        const leg = this.legOf(sessionId, scope);
        const isOld = leg.state === 'orphaned' && !this.isBroken(leg);
        this.take(sessionId, scope);
        // What leaves with its visitor, as where an agent is removed, ends alone (ADR 29).
        const leavesAlone = this.left.get(`${mobileNode} ${scope}`) === `${cause} ${event.occurredAt}`;
        if (causesOfSession.has(cause) && !isOld && !leavesAlone) this.taken.add(sessionId);
        if (!causesOfMoving.has(cause) && !isOld) this.over.add(sessionId);
        if (cause === 'handoff') this.checkMoved(leg);
        return;
      }
      case 'VisitorLeft':
        this.left.set(`${event.mobileNode} ${scope}`, `${event.cause} ${event.occurredAt}`);
        return;
      case 'LegsUnheld':
        this.holders.delete(`${event.mobileNode} ${scope}`);
        return;
      case 'LegsHeld':
        this.holders.set(`${event.mobileNode} ${scope}`, this.handoffs.get(event.handoffId)!);
        for (const { sessionId } of event.legs) this.handoffs.get(event.handoffId)?.frozen.add(sessionId);
        return;
      case 'HandoffStarted':
        holds('I23', this.activeOf(event.mobileNode) === undefined, () => `a second handoff of ${event.mobileNode} became active`);
        this.handoffs.set(event.handoffId, { ...event, state: 'active', frozen: new Set(), targetEnded: false });
        return;
      case 'RegistrationEnded': {
        const handoff = event.visitor ? undefined : this.activeOf(event.mobileNode);
        if (handoff && targetOf(handoff) === `${event.foreignAgent}@${event.careOfAddress}`) handoff.targetEnded = true;
        return;
      }
      case 'HandoffCommitted':
        this.move(event.handoffId, ['active'], 'committed');
        return;
      case 'HandoffSuperseded':
        this.move(event.handoffId, ['active', 'committed'], 'superseded');
        return;
      case 'HandoffRolledBack':
        holds('I23', this.handoffs.get(event.handoffId)?.cause === 'command', () => `${event.handoffId} was rolled back, though a registration started it`);
        this.move(event.handoffId, ['active'], 'rolled-back');
        return;
      case 'HandoffCompleted': {
        const handoff = this.move(event.handoffId, ['active', 'committed'], 'completed');
        if (handoff.to !== null && !handoff.targetEnded) for (const sessionId of handoff.frozen) this.checkServed(sessionId, handoff);
        return;
      }
      default:
    }
  }

  get active(): readonly Pick<HandoffStarted, 'handoffId' | 'mobileNode'>[] {
    return [...this.handoffs.values()].filter(({ state }) => state === 'active' || state === 'committed');
  }

  get standing(): readonly Readonly<Leg>[] {
    return this.legs;
  }

  /**
   * Once everything has settled: a session has legs that are not orphaned where its node is bound alone; each simultaneous binding may have one.
   * Of one that was ended nothing stands, and no orphan either.
   */
  checkSettled(isBound: (node: string, scope: string) => boolean): void {
    holds('I23', this.active.length === 0, () => `${this.active.map(({ handoffId }) => handoffId).join()} never ended`);
    const serving = this.legs.filter(({ node, state }) => node !== null && state !== 'orphaned');
    for (const { node, scope, sessionId, state } of serving) {
      holds('I15', isBound(node!, scope), () => `${sessionId} is ${state} at ${scope}, where ${node} has no registration`);
    }
    for (const { scope, sessionId, state } of this.legs) holds('I11', !this.taken.has(sessionId), () => `${sessionId} is ${state} at ${scope}, and was ended elsewhere`);
  }

  /** An orphan whose reservation is torn is one still: it ends with the registration that was left, or is brought back by another. */
  private changes(leg: Leg, { sessionId, state, orphanedUntil }: QosSessionModified): void {
    if (state === undefined) return;
    const comesBack = leg.state === 'orphaned' && state !== 'orphaned';
    holds('I15', !comesBack || orphanedUntil === null, () => `${sessionId} was orphaned at ${leg.scope}, is ${state} there and may still end with what was left`);
    leg.state = state;
  }

  private activeOf(node: string): Handoff | undefined {
    return [...this.handoffs.values()].find(({ mobileNode, state }) => mobileNode === node && (state === 'active' || state === 'committed'));
  }

  private move(handoffId: string, from: readonly Handoff['state'][], to: Handoff['state']): Handoff {
    const handoff = this.handoffs.get(handoffId);
    holds('I23', handoff !== undefined && from.includes(handoff.state), () => `${handoffId} was ${handoff?.state ?? 'unknown'} and became ${to}`);
    handoff.state = to;
    return handoff;
  }

  /** Make-before-break: an old leg goes only when another stands, and not before the commit. */
  private checkMoved({ sessionId, node, scope, state }: Leg): void {
    // What an earlier handoff left behind serves nobody.
    if (state === 'orphaned') return;
    const handoff = node === null ? undefined : this.activeOf(node);
    if (handoff?.kind !== 'make-before-break' || !handoff.frozen.has(sessionId)) return;
    const isOld = handoff.from.some(({ foreignAgent, careOfAddress }) => `${foreignAgent}@${careOfAddress}` === scope);
    if (!isOld || scope === targetOf(handoff)) return;
    // A run that lags behind breaks what its own handoff was to break; the session waits for the newer one to make it.
    if (this.holders.get(`${node} ${scope}`)?.kind === 'break-before-make') return;
    // What a superseded handoff had left behind may go earlier: the session stands where that one had brought it.
    const standsElsewhere = this.legs.some((leg) => leg.sessionId === sessionId && leg.scope !== targetOf(handoff) && leg.state !== 'orphaned');
    holds('I23', handoff.state === 'committed' || standsElsewhere, () => `the leg of ${sessionId} at ${scope} was released before the commit`);
    this.checkServed(sessionId, handoff);
  }

  private checkServed(sessionId: string, handoff: Handoff): void {
    const flow = this.flows.get(sessionId);
    const stands = this.legs.some((leg) => this.flows.get(leg.sessionId) === flow && leg.state !== 'orphaned');
    // It, or another session of the flow that it was left to, may have ended by itself since.
    const isOver = [...this.over].some((ended) => this.flows.get(ended) === flow);
    holds('I23', stands || isOver, () => `${sessionId} has no leg after the ${handoff.kind} handoff ${handoff.handoffId}`);
  }

  /** Orphaned by a break before the make: the session is what is held of it there, until the handoff has brought it on. */
  private isBroken({ sessionId, node, scope }: Leg): boolean {
    const handoff = node === null ? undefined : this.activeOf(node);
    if (handoff?.kind !== 'break-before-make' || !handoff.frozen.has(sessionId)) return false;
    return handoff.from.some(({ foreignAgent, careOfAddress }) => `${foreignAgent}@${careOfAddress}` === scope);
  }

  private legOf(sessionId: string, scope: string): Leg {
    const leg = this.legs.find((known) => known.sessionId === sessionId && known.scope === scope);
    holds('I11', leg !== undefined, () => `${sessionId} holds nothing at ${scope}, and changed there`);
    return leg;
  }

  private stands(sessionId: string, scope: string): boolean {
    return this.legs.some((leg) => leg.sessionId === sessionId && leg.scope === scope);
  }

  private take(sessionId: string, scope: string): void {
    this.legs = this.legs.filter((leg) => leg.sessionId !== sessionId || leg.scope !== scope);
  }
}

function targetOf({ to }: HandoffStarted): string | null {
  return to && `${to.foreignAgent}@${to.careOfAddress}`;
}

/** domain.md §2: SE and WF are named by their port alone. */
function flowOf({ mobileNode, flow, style }: { readonly mobileNode: string | null; readonly flow: Flow; readonly style: Style | null }): string {
  const { protocol, destinationPort, correspondentNode, sourcePort, flowLabel, spi } = flow;
  const isShared = style === 'SE' || style === 'WF';
  const named = isShared ? [style, protocol, destinationPort] : [protocol, correspondentNode, destinationPort, sourcePort, flowLabel, spi];
  return JSON.stringify([mobileNode, ...named]);
}
