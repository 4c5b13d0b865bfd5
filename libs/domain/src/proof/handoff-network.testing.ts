import type { FlowTableAnswer } from '../commands/flow-table-commands';
import { dismiss } from './flow-table.testing';
import type { HeldLeg } from '../events/handoff-events';
import { legsToMove } from '../scope/leg-hold';
import type { MobileNodeAnswer, MobileNodeCommand } from '../commands/mobile-node-commands';
import { visitorAt } from '../mobile-node/bindings';
import type { ActiveHandoff, RolledBackHandoff } from '../mobile-node/mobile-node-state';
import { expectSame } from './scope-life.testing';
import { toTimestamp } from '../flow/soft-state';
import { homeAddress, timestamp, ToldNetwork } from './told-network.testing';

type Held = Extract<FlowTableAnswer, { readonly outcome: 'held' }>;
type Admitted = Extract<FlowTableAnswer, { readonly outcome: 'admitted' }>;

/** And the process that takes a handoff through its steps, an append at a time: whatever else comes to pass may come between two of them. */
export class HandoffNetwork extends ToldNetwork {
  // ---- what comes to pass ---------------------------------------------------------------------------------------------

  /** Every timer ticks: what is due somewhere by then is told. */
  pass(seconds: number): void {
    this.seconds += seconds;
    for (const name of this.nodes.keys()) this.toNode(name, { type: 'Tick' });
    for (const careOfAddress of this.scopes.keys()) this.tellScope(careOfAddress, { type: 'Tick' });
  }

  /** A registration, a revocation: what it comes to is told to the scopes, unless a handoff does. */
  toNode(name: string, command: MobileNodeCommand): MobileNodeAnswer {
    const before = this.node(name).real.rolledBack;
    const answer = this.tellNode(name, command);
    if ((answer.outcome === 'registered' && answer.handoff === null) || answer.outcome === 'ended') {
      // Of several that ended at one address the last one tells what is left there.
      for (const { careOfAddress, cause, expiresAt, visitor } of new Map(answer.ended.map((one) => [one.careOfAddress, one])).values()) {
        const orphanedUntil = expiresAt === null ? null : toTimestamp(expiresAt);
        if (visitor) this.admit(name, visitor, answer.revision);
        else this.tellScope(careOfAddress, dismiss(name, answer.revision, { cause, orphanedUntil }));
      }
      if (answer.outcome === 'registered' && answer.visitor) this.admit(name, answer.visitor, answer.revision);
    }
    const { rolledBack } = this.node(name).real;
    if (rolledBack && rolledBack.started.handoffId !== before?.started.handoffId) this.node(name).undone.push(this.undo(name, rolledBack));
    return answer;
  }

  /** One append of its handoff, if it has one. */
  step(name: string): void {
    const node = this.node(name);
    const { handoff } = node.real;
    if (!handoff) return;
    const { handoffId } = handoff.started;
    if (node.run?.handoffId !== handoffId) node.run = { handoffId, steps: this.run(name, handoff) };
    node.run.steps.next();
  }

  /** One append of what a handoff of it that was rolled back comes to. */
  stepBack(name: string): void {
    const { undone } = this.node(name);
    if (undone[0]?.next().done) undone.shift();
  }

  /** The server that ran it is no more: the next one begins at the first step that may be missing. */
  crash(name: string): void {
    this.node(name).run = null;
  }

  /** I23: of a node that is bound there, each session has its leg, or is degraded, or ended by itself. */
  private expectServed(legs: readonly HeldLeg[], careOfAddress: string): void {
    const { serving } = this.scopes.get(careOfAddress)!.model;
    const lost = legs.filter(({ sessionId }) => !serving.some((leg) => leg.sessionId === sessionId) && !this.endedThemselves.has(sessionId));
    expectSame(lost.map(({ sessionId }) => sessionId).join(), '');
  }

  /** Another session of the flow that stands there stands for it from then on. */
  private noteMerged(node: string, legs: readonly HeldLeg[], careOfAddress: string): void {
    const { model } = this.scopes.get(careOfAddress)!;
    for (const { sessionId, flow, style } of legs) {
      const isServed = model.serving.some((leg) => leg.sessionId === sessionId);
      if (!isServed && model.servesFlow({ node, flow, style: style! })) this.endedThemselves.add(sessionId);
    }
  }

  /** I15, I23: nothing is held, and each session has its legs where its node is bound (S: there may be two); whatever else there is of it is orphaned. */
  expectSettled(): void {
    const legs = [...this.scopes].flatMap(([careOfAddress, { real, model }]) => {
      expectSame(real.holds.size, 0);
      return model.serving.map(({ node }) => ({ node, careOfAddress }));
    });
    for (const { node, careOfAddress } of legs) expectSame(this.node(node).real.bindings.has(careOfAddress), true);
    for (const [name, { real: { bindings } }] of this.nodes) {
      // Of several homes it visits by the binding that lasts longest.
      for (const place of this.places) {
        const [visitor, binding] = [this.scopes.get(place.careOfAddress)!.real.visitors.get(name), visitorAt(bindings, place)];
        if (visitor && binding) expectSame(`${place.careOfAddress} ${visitor.homeAgent} ${visitor.expiresAt}`, `${place.careOfAddress} ${binding.homeAgent} ${binding.expiresAt}`);
      }
    }
  }

  /** Whatever is under way comes to its end. */
  settle(): void {
    for (const name of this.nodes.keys()) {
      for (let n = 0; this.node(name).undone.length > 0 || this.node(name).real.handoff; n++) {
        if (n > 100) throw new Error(`The handoff of ${name} does not end.`);
        this.stepBack(name);
        this.step(name);
      }
    }
  }

  // ---- the process of a handoff ---------------------------------------------------------------------------------------

  private *run(name: string, active: ActiveHandoff): Generator<void> {
    const { started } = active;
    if (active.committed === null) {
      const { handoffId, to, cause, ifRefused } = started;
      const { legs, takesUpOwn } = yield* this.hold(active);
      const { homeAddress: address, homeAgent, expiresAt, careOfAddress } = to!;
      const { rolledBack } = this.node(name).real;
      const undone = rolledBack ? this.undoAt(name, rolledBack) : [];
      const terms = { part: 0, isLast: true, allocator: null, takesUpOwn, mayBeUndone: cause === 'command', homeAddress: address, homeAgent, expiresAt };
      const brought = { type: 'AdmitLegs', ...this.ofHandoff(active), ...terms, legs: legsToMove({ legs, ended: undone }) } as const;
      const { configured, degraded } = this.tellScope(careOfAddress, brought) as Admitted;
      this.noteMerged(name, brought.legs, careOfAddress);
      yield;
      const [refused] = degraded;
      if (refused && cause === 'command' && ifRefused === 'roll-back') {
        return void this.toNode(name, { type: 'RollBackHandoff', handoffId, reason: 'leg-refused', detail: refused.detail });
      }
      this.toNode(name, { type: 'CommitHandoff', handoffId, mobileNode: name, configured, degraded: degraded.map(({ sessionId }) => sessionId) });
      // Whoever configured meanwhile may have a session of a flow that waited.
      this.noteMerged(name, brought.legs, careOfAddress);
      if (this.node(name).real.bindings.has(careOfAddress)) this.expectServed(brought.legs, careOfAddress);
      yield;
    }
    const { handoff } = this.node(name).real;
    this.followRefresh(name, handoff!);
    for (const origin of started.from) {
      yield* this.endOld(handoff!, origin);
      yield;
    }
    this.toNode(name, { type: 'CompleteHandoff', handoffId: started.handoffId, mobileNode: name, released: 0, orphaned: 0, gapMs: 0 });
  }

  private *hold(active: ActiveHandoff): Generator<void, { readonly legs: readonly HeldLeg[]; readonly takesUpOwn: boolean }> {
    const { kind, cause, from, oldLegs } = active.started;
    const legs = new Map<string, HeldLeg>();
    let isComplete = false;
    for (const { careOfAddress, bindingExpiresAt: orphanedUntil, handoffId } of from) {
      const terms = { oldLegs, orphanedUntil, staysBound: cause === 'command', breaks: kind === 'break-before-make', isBroughtAway: isComplete };
      const held = this.tellScope(careOfAddress, { type: 'HoldLegs', ...this.ofHandoff(active), ...terms }) as Held;
      for (const leg of isComplete ? [] : held.legs) if (!legs.has(leg.sessionId)) legs.set(leg.sessionId, leg);
      isComplete ||= handoffId !== undefined && held.tookOver === handoffId;
      yield;
    }
    return { legs: [...legs.values()], takesUpOwn: !isComplete };
  }

  private *endOld(active: ActiveHandoff, { careOfAddress, bindingExpiresAt: orphanedUntil }: ActiveHandoff['started']['from'][number]): Generator<void> {
    const { cause: by, kind, oldLegs, to } = active.started;
    const registrationRevision = by === 'command' ? active.committed!.revision : active.revision;
    const cause = kind === 'return-home' ? 'deregistration' : 'handoff';
    for (let told: readonly string[] = []; ; ) {
      const terms = { registrationRevision, oldLegs, orphanedUntil, cause, told, lost: null } as const;
      const answer = this.tellScope(careOfAddress, { type: 'EndOldLegs', ...this.ofHandoff(active), ...terms });
      if (answer.outcome !== 'held') return;
      const { ended } = answer;
      told = ended.map(({ sessionId, cause: why, at: when }) => `${sessionId} ${why} ${when}`);
      if (to) this.tellScope(to.careOfAddress, { type: 'EndMovedLegs', ...this.ofHandoff(active), ended });
      yield;
    }
  }

  /** The binding may have been renewed before it moved, or another home's have joined it; or the visitor left before the binding came, and takes it along. */
  private followRefresh(name: string, { started, committed, revision }: ActiveHandoff): void {
    const binding = started.to && this.node(name).real.bindings.get(started.to.careOfAddress);
    if (started.cause !== 'command' || !started.to || !committed) return;
    if (!binding) {
      // It expired before the scope was told of its renewal.
      const isKnown = this.scopes.get(started.to.careOfAddress)!.real.visitors.has(name);
      if (isKnown) this.tellScope(started.to.careOfAddress, dismiss(name, committed.revision, { cause: 'registration-expiry' }));
      return;
    }
    const { visitors, lastOccurredAt } = this.scopes.get(binding.careOfAddress)!.real;
    const isExpired = started.to.expiresAt !== null && Date.parse(started.to.expiresAt) <= lastOccurredAt;
    if (!visitors.has(name) && !isExpired && binding.revision <= revision) {
      const { foreignAgent, careOfAddress } = binding;
      return void this.toNode(name, { type: 'LoseBinding', foreignAgent, careOfAddress, registrationRevision: revision, cause: 'reboot' });
    }
    const { homeAgent } = visitors.get(name) ?? started.to;
    if (binding.homeAgent === homeAgent && timestamp(binding.expiresAt) === started.to.expiresAt) return;
    this.admit(name, binding, binding.revision > committed.revision ? binding.revision : committed.revision);
  }

  /** What came to the new scope leaves; the old legs stand, or are made again. */
  private *undo(name: string, rolledBack: RolledBackHandoff): Generator<void> {
    const { started: { handoffId, from }, revision: registrationRevision } = rolledBack;
    const ended = this.undoAt(name, rolledBack);
    yield;
    for (const { careOfAddress } of from) {
      const binding = this.node(name).real.bindings.get(careOfAddress);
      const visitor = binding ? { homeAddress, homeAgent: binding.homeAgent, expiresAt: timestamp(binding.expiresAt) } : null;
      this.tellScope(careOfAddress, { type: 'UnholdLegs', handoffId, mobileNode: name, registrationRevision, visitor, allocator: null, ended });
      yield;
    }
  }

  private undoAt(name: string, { started: { handoffId, to }, revision: registrationRevision }: RolledBackHandoff) {
    const isBound = this.node(name).real.bindings.has(to!.careOfAddress);
    const answer = this.tellScope(to!.careOfAddress, { type: 'UndoLegs', handoffId, mobileNode: name, registrationRevision, isBound });
    return answer.outcome === 'undone' ? answer.ended : [];
  }

  private ofHandoff({ started: { handoffId, mobileNode }, revision }: ActiveHandoff) {
    return { handoffId, mobileNode, registrationRevision: revision };
  }
}
