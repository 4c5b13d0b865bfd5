import type { HandoffStarted, LedgerEvent, QosSessionConfigured } from '#domain';
import { handoffStarted, legRefused, legsHeld, type TestScope } from './handoff-events.testing';
import { admitted, at, configured, released, uuidOf, type LogWriter } from './log-writer.testing';

/** What a naive reader of the log believes of a leg. */
export interface ModelLeg {
  readonly session: string;
  readonly scope: TestScope;
  readonly event: QosSessionConfigured;
  state: 'live' | 'orphaned' | 'degraded' | 'ended';
  /** In the order of the log. */
  readonly ordinal: number;
}

interface ModelNode {
  readonly mobileNode: string;
  scope: TestScope;
  /** What its handoff still has to append. */
  readonly pending: (() => Promise<unknown>)[];
}

interface ModelHandoff {
  readonly node: ModelNode;
  readonly started: HandoffStarted;
  readonly from: TestScope;
  readonly to: TestScope;
  readonly held: readonly ModelLeg[];
  /** In the new scope. */
  readonly made: ModelLeg[];
}

const streamOf = ([foreignAgent, careOfAddress]: TestScope): string => `flowTable-${foreignAgent}@${careOfAddress}`;

/** Random lives of three nodes that are handed off between three scopes, each append after a valid one, mixed with each other. */
export class HandoffLife {
  readonly legs: ModelLeg[] = [];
  private readonly scopes: readonly TestScope[];
  private readonly nodes: readonly ModelNode[];
  private seconds = 1;
  private drawn = 0;

  constructor(
    private readonly log: LogWriter,
    private readonly tape: readonly number[],
    /** Of its streams and sessions: lives of several names share a log and have nothing in common. */
    private readonly name = '',
  ) {
    this.scopes = [1, 2, 3].map((n) => [`fa-${n}${name}`, `198.51.100.${n}`]);
    this.nodes = [1, 2, 3].map((n) => ({ mobileNode: `mn-${n}${name}`, scope: this.scopes[0]!, pending: [] }));
  }

  /** @param betweenSteps told after every step */
  async play(betweenSteps: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    const nodes = this.nodes.map(({ mobileNode }) => mobileNode);
    for (const [foreignAgent, careOfAddress] of this.scopes) await this.log.provision(foreignAgent, careOfAddress, nodes);
    while (this.drawn < this.tape.length) {
      await this.step(this.pick(this.nodes));
      await betweenSteps();
    }
    for (const { pending } of this.nodes) while (pending.length > 0) await pending.shift()!();
  }

  /** The leg that the session is told by; null: it is released. */
  presentLeg(session: string): ModelLeg | null {
    const rank = { live: 2, degraded: 1, orphaned: 0, ended: -1 };
    const open = this.legs.filter((leg) => leg.session === session && leg.state !== 'ended');
    return open.sort((a, b) => rank[b.state] - rank[a.state] || b.ordinal - a.ordinal)[0] ?? null;
  }

  private draw(below: number): number {
    return (this.tape[this.drawn++] ?? 0) % below;
  }

  private pick<T>(from: readonly T[]): T {
    return from[this.draw(from.length)]!;
  }

  private async step(node: ModelNode): Promise<void> {
    this.seconds += 1;
    if (node.pending.length > 0) return void (await node.pending.shift()!());
    const deeds = ['configure', 'handOff', 'handOff', 'tryAgain', 'endOne', 'modify'] as const;
    await this[this.pick(deeds)](node);
  }

  private legOf(node: ModelNode, states: readonly ModelLeg['state'][]): ModelLeg | undefined {
    const all = this.legs.filter(({ event, state }) => event.mobileNode === node.mobileNode && states.includes(state));
    return all.length === 0 ? undefined : this.pick(all);
  }

  private async configure({ mobileNode, scope }: ModelNode): Promise<void> {
    const session = `s${this.legs.length}${this.name}`;
    const event = configured({ scope, session, mobileNode, sourcePort: 1000 + this.legs.length, seconds: this.seconds });
    this.legs.push({ session, scope, event, state: 'live', ordinal: this.legs.length });
    await this.log.append(streamOf(scope), event);
  }

  private async modify(node: ModelNode): Promise<void> {
    const leg = this.legOf(node, ['live']);
    if (!leg) return;
    const { sessionId } = leg.event;
    await this.log.append(streamOf(leg.scope), { type: 'LeasesExtended', sessions: [sessionId], until: at(this.seconds + 300), occurredAt: at(this.seconds) });
    await this.log.append(streamOf(leg.scope), { type: 'QosSessionModified', sessionId, service: 'guaranteed', occurredAt: at(this.seconds) });
  }

  /** A degraded leg of the node, after something was freed. */
  private async tryAgain(node: ModelNode): Promise<void> {
    const leg = this.legOf(node, ['degraded']);
    if (!leg) return;
    leg.state = 'ended';
    await this.log.append(streamOf(leg.scope), this.newLeg(leg, leg.scope, undefined));
  }

  private async endOne(node: ModelNode): Promise<void> {
    const leg = this.legOf(node, ['live', 'degraded', 'orphaned']);
    if (leg) await this.log.append(streamOf(leg.scope), this.end(leg, 'soft-state-timeout'));
  }

  private end(leg: ModelLeg, cause: 'handoff' | 'handoff-rolled-back' | 'soft-state-timeout'): LedgerEvent {
    const { sessionId, mobileNode } = leg.event;
    const degraded = leg.state === 'degraded';
    leg.state = 'ended';
    if (degraded) return { type: 'DegradedLegEnded', sessionId, mobileNode: mobileNode!, cause, occurredAt: at(this.seconds) };
    return released(leg.event, this.seconds, { cause });
  }

  private newLeg({ session, event }: ModelLeg, scope: TestScope, started: HandoffStarted | undefined): QosSessionConfigured {
    const temporary = { field: 'sourcePort', value: 49_152 + this.legs.length } as const;
    const more: Partial<QosSessionConfigured> = started ? { handoffId: started.handoffId } : {};
    const { mobileNode, flow } = event;
    const next = configured({ scope, session, mobileNode: mobileNode!, sourcePort: flow.sourcePort!, temporary, seconds: this.seconds, more });
    this.legs.push({ session, scope, event: next, state: 'live', ordinal: this.legs.length });
    return next;
  }

  private async handOff(node: ModelNode): Promise<void> {
    const { mobileNode, scope: from, pending } = node;
    const to = this.pick(this.scopes.filter((scope) => scope !== from));
    const more = { oldLegs: this.pick(['release', 'orphan'] as const), cause: this.pick(['command', 'registration'] as const) };
    const started = handoffStarted({ handoff: `h${this.drawn}${this.name}`, mobileNode, from: [from], to, seconds: this.seconds, more });
    // Whatever of the node stands in the new scope (orphaned by an earlier handoff) would be refreshed there: here it is ended before.
    const leftThere = this.standing(mobileNode, to, ['live', 'degraded', 'orphaned']);
    if (leftThere.length > 0) await this.log.append(streamOf(to), ...leftThere.map((leg) => this.end(leg, 'soft-state-timeout')));
    await this.log.append(`mobileNode-${mobileNode}`, started);
    const handoff: ModelHandoff = { node, started, from, to, held: this.standing(mobileNode, from, ['live', 'degraded']), made: [] };
    if (handoff.held.length > 0) pending.push(() => this.append(handoff, from, legsHeld(started, handoff.held.map(({ event }) => event), this.seconds)));
    pending.push(() => this.admit(handoff));
    if (more.cause === 'command' && this.draw(2) === 0) this.rollBack(handoff);
    else this.complete(handoff);
  }

  private standing(mobileNode: string, scope: TestScope, states: readonly ModelLeg['state'][]): readonly ModelLeg[] {
    return this.legs.filter((leg) => leg.event.mobileNode === mobileNode && leg.scope === scope && states.includes(leg.state));
  }

  private append({ started, node }: ModelHandoff, where: TestScope | 'node', ...events: readonly LedgerEvent[]): Promise<bigint> {
    return this.log.appendStep(started.handoffId, where === 'node' ? `mobileNode-${node.mobileNode}` : streamOf(where), ...events);
  }

  private async admit(handoff: ModelHandoff): Promise<void> {
    const { node, started, to, held, made } = handoff;
    const events: LedgerEvent[] = [admitted(node.mobileNode, { expiresAt: at(3600), registrationRevision: `${this.drawn}`, occurredAt: at(this.seconds) })];
    for (const leg of held) {
      if (this.draw(3) > 0) events.push(this.newLeg(leg, to, started));
      else {
        events.push(legRefused(started, leg.event, this.seconds));
        this.legs.push({ ...leg, scope: to, state: 'degraded', ordinal: this.legs.length });
      }
      made.push(this.legs.at(-1)!);
    }
    await this.append(handoff, to, ...events);
  }

  private rollBack(handoff: ModelHandoff): void {
    const { node, started, from, to, made } = handoff;
    const { handoffId, mobileNode } = started;
    node.pending.push(
      () => this.append(handoff, 'node', { type: 'HandoffRolledBack', handoffId, mobileNode, reason: 'deadline', detail: 'Too late.', occurredAt: at(this.seconds) }),
      () => {
        const left = { type: 'VisitorLeft', mobileNode, cause: 'handoff-rolled-back', registrationRevision: `${this.drawn}`, occurredAt: at(this.seconds) } as const;
        return this.append(handoff, to, left, ...made.filter(({ state }) => state !== 'ended').map((leg) => this.end(leg, 'handoff-rolled-back')));
      },
      () => this.append(handoff, from, { type: 'LegsUnheld', handoffId, mobileNode, outcome: 'rolled-back', occurredAt: at(this.seconds) }),
    );
  }

  private complete(handoff: ModelHandoff): void {
    const { node, started, from, to, held, made } = handoff;
    const { handoffId, mobileNode } = started;
    const sessions = (degraded: boolean): string[] => made.filter(({ state }) => (state === 'degraded') === degraded).map(({ session }) => uuidOf(session));
    node.pending.push(
      () => {
        node.scope = to;
        const committed = { configured: sessions(false), degraded: sessions(true), occurredAt: at(this.seconds) };
        return this.append(handoff, 'node', { type: 'HandoffCommitted', handoffId, mobileNode, ...committed });
      },
      () => {
        const events = held.filter(({ state }) => state !== 'ended').map((leg) => this.leaveOld(leg, started));
        return this.append(handoff, from, ...events, { type: 'LegsUnheld', handoffId, mobileNode, outcome: 'committed', occurredAt: at(this.seconds) });
      },
      () => this.append(handoff, 'node', { type: 'HandoffCompleted', handoffId, mobileNode, released: 1, orphaned: 0, gapMs: 0, occurredAt: at(this.seconds) }),
    );
  }

  private leaveOld(leg: ModelLeg, { oldLegs }: HandoffStarted): LedgerEvent {
    if (oldLegs === 'release' || leg.state === 'degraded') return this.end(leg, 'handoff');
    leg.state = 'orphaned';
    const { sessionId } = leg.event;
    return { type: 'QosSessionModified', sessionId, state: 'orphaned', orphanedUntil: at(3600), cause: 'registration-elsewhere', occurredAt: at(this.seconds) };
  }
}
