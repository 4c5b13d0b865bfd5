import {
  legsOfAppend, legsToMove, nameOfEnd, type ActiveHandoff, type DegradedLegEnded, type EndedLeg, type FlowTableAnswer, type FlowTableCommand,
  type HandoffOrigin, type HandoffStarted, type HandoffTarget, type HeldLeg, type LedgerEvent, type MobileNodeCommand, type QosSessionReleased,
} from '#domain';
import type { CommandIdentity } from './command-identity';
import { longestGap, type HandoffEvents } from './handoff-events';
import { handoffStep } from './handoff-step';
import type { KnownAgents } from './known-agents';
import { lostLegsOf, lostToTell, type LostLegs } from './lost-legs';
import type { Mailboxes } from './mailboxes';
import type { Registrations } from './registrations';
import type { Scope, SessionDirectory } from './session-directory';
import { flowTableStream } from './stream-names';
import { undoLegs } from './undo-legs';

export interface HandoffParts {
  readonly mailboxes: Mailboxes;
  readonly agents: KnownAgents;
  readonly registrations: Registrations;
  readonly sessions: SessionDirectory;
  readonly events: HandoffEvents;
}

type Held = Extract<FlowTableAnswer, { readonly outcome: 'held' }>;
type Admitted = Extract<FlowTableAnswer, { readonly outcome: 'admitted' }>;

/**
 * One way of a handoff through its steps (domain.md §6), from wherever it stands. Each step is an append on one stream under an id of its
 * own, and may be repeated; whether the handoff is still the node's active one is asked before whatever makes legs.
 */
export class HandoffRun {
  appended = 0;
  private readonly started: HandoffStarted;
  /** What the steps of this run came to; a step that was done before is looked up in its stream. */
  private readonly own = new Map<string, readonly LedgerEvent[]>();

  constructor(
    private readonly parts: HandoffParts,
    private active: ActiveHandoff,
    private readonly cause: CommandIdentity,
    /** Milliseconds: the frame's time of what was observed. */
    private readonly at: number | undefined,
  ) {
    this.started = active.started;
  }

  /** To its end, or as far as it is the active one: who took its place does the rest. */
  async toEnd(): Promise<void> {
    if (this.active.committed === null && !(await this.moveLegs())) return;
    await this.followRefresh();
    const lost = await this.lostLegs();
    if (lost && lost.stayed.length > 0 && this.started.kind === 'break-before-make') await this.endLostLegs(lost);
    for (const origin of this.started.from) await this.endOldLegs(origin, lost);
    await this.complete(lost);
  }

  /** Steps 1 to 3. @returns whether the handoff is committed */
  private async moveLegs(): Promise<boolean> {
    const held = await this.holdLegs();
    if (held === null || !(await this.isActive())) return false;
    const { legs, takesUpOwn } = held;
    const undone = await this.endedInUndone();
    if (!this.targetStands()) {
      const { foreignAgent, careOfAddress } = this.started.to!;
      return this.rollBack('target-withdrawn', `${careOfAddress} is no care-of address of ${foreignAgent} any more.`);
    }
    const { configured, degraded } = await this.admitLegs(legsToMove({ legs, ended: undone }), takesUpOwn);
    // The new scope may have taken them up of itself.
    if (undone.length > 0) await this.tellScope(this.started.to!, 'undone', { type: 'EndMovedLegs', ...this.inScope(), ended: undone });
    const refused = degraded[0];
    if (refused && this.started.cause === 'command' && this.started.ifRefused === 'roll-back') {
      return this.rollBack('leg-refused', `${refused.sessionId}: ${refused.detail}`);
    }
    const { handoffId, mobileNode } = this.started;
    const refusedIds = degraded.map(({ sessionId }) => sessionId);
    return this.tellNode('commit', { type: 'CommitHandoff', handoffId, mobileNode, configured, degraded: refusedIds });
  }

  /**
   * The lists of all scopes where legs may stand, the last come first: where a superseded handoff had brought the legs already, the scopes
   * behind it only have leftovers. Null: an old scope knows the handoff to be over, by another server.
   */
  private async holdLegs(): Promise<{ readonly legs: readonly HeldLeg[]; readonly takesUpOwn: boolean } | null> {
    const { kind, cause } = this.started;
    const legs = new Map<string, HeldLeg>();
    // Where a superseded handoff had brought some of them, and they ended.
    const gone = new Set<string>();
    let isComplete = false;
    for (const origin of this.started.from) {
      const terms = { ...this.oldLegsOf(origin), staysBound: cause === 'command', breaks: kind === 'break-before-make', isBroughtAway: isComplete };
      const command = { type: 'HoldLegs', ...this.inScope(), ...terms } as const;
      // One that was superseded meanwhile breaks nothing any more.
      if (terms.breaks && !(await this.isActive())) return null;
      let held = (await this.tellScope(origin, 'hold', command)) as Held | { readonly outcome: 'over' };
      while (held.outcome === 'held' && held.more) held = (await this.tellScope(origin, 'hold', command)) as typeof held;
      if (held.outcome === 'over') return null;
      for (const leg of isComplete ? [] : held.legs) if (!legs.has(leg.sessionId) && !gone.has(leg.sessionId)) legs.set(leg.sessionId, leg);
      for (const sessionId of held.gone) gone.add(sessionId);
      isComplete ||= origin.handoffId !== undefined && held.tookOver === origin.handoffId;
    }
    return { legs: [...legs.values()], takesUpOwn: !isComplete };
  }

  /** Of a handoff before this one that was rolled back: the old scopes, held anew meanwhile, may never be told of it. */
  private async endedInUndone(): Promise<readonly EndedLeg[]> {
    const { rolledBack } = this.parts.mailboxes.mobileNode(this.started.mobileNode).fold.state;
    if (rolledBack === null) return [];
    const { ended, appended } = await undoLegs(this.parts.mailboxes, rolledBack, this.cause);
    this.appended += appended;
    return ended;
  }

  /** In one append, or in as many as they need: each begins with what the scope says came before. */
  private async admitLegs(legs: readonly HeldLeg[], takesUpOwn: boolean): Promise<Admitted> {
    const to = this.started.to!;
    const { homeAddress, homeAgent, expiresAt } = to;
    const allocator = this.cause.origin === 'observed' ? 'ledger' : null;
    const terms = { ...this.inScope(), homeAddress, homeAgent, expiresAt, takesUpOwn, allocator, mayBeUndone: this.started.cause === 'command' } as const;
    let left = legs;
    for (let part: number | null = 0; ; ) {
      const some: readonly HeldLeg[] = left.slice(0, legsOfAppend);
      const command = { type: 'AdmitLegs', ...terms, legs: some, part, isLast: some.length === left.length } as const;
      const admitted = (await this.tellScope(to, part === 0 ? 'admit' : `admit ${part}`, command)) as Admitted;
      const { configured, degraded, gone, isDone, nextPart } = admitted;
      const come = new Set([...configured, ...degraded.map(({ sessionId }) => sessionId), ...gone, ...(isDone ? some.map(({ sessionId }) => sessionId) : [])]);
      left = left.filter(({ sessionId }) => !come.has(sessionId));
      part = nextPart;
      if (part !== null && (await this.isActive())) continue;
      for (const sessionId of [...configured, ...degraded.map((leg) => leg.sessionId)]) this.parts.sessions.learn(sessionId, to);
      return admitted;
    }
  }

  private targetStands(): boolean {
    const { cause, to } = this.started;
    return cause === 'registration' || this.parts.agents.agentOf(to!.careOfAddress)?.foreignAgent === to!.foreignAgent;
  }

  /**
   * The binding may have been renewed before it moved: the new scope knows it as it was when the handoff started. Or the scope lost the
   * visitor before the binding moved there, which then is lost with it.
   */
  private async followRefresh(): Promise<void> {
    const { cause, to, mobileNode } = this.started;
    const binding = to && this.parts.mailboxes.mobileNode(mobileNode).fold.state.bindings.get(to.careOfAddress);
    if (cause !== 'command' || !to) return;
    if (!binding) return this.followExpiry(to);
    const { foreignAgent, careOfAddress } = to;
    const target = this.parts.mailboxes.flowTable(foreignAgent, careOfAddress);
    await target.refresh();
    const { visitors, lastOccurredAt } = target.fold.state;
    const isExpired = to.expiresAt !== null && Date.parse(to.expiresAt) <= lastOccurredAt;
    if (!visitors.has(mobileNode) && !isExpired && binding.revision <= this.active.revision) {
      const lost = { foreignAgent, careOfAddress, registrationRevision: this.active.revision, cause: this.targetStands() ? 'reboot' : 'administrator' } as const;
      await this.tellNode('lose', { type: 'LoseBinding', ...lost });
    } else if (binding.expiresAt !== (to.expiresAt === null ? null : Date.parse(to.expiresAt))) {
      const { revision } = this.active.committed!;
      this.appended += await this.parts.registrations.admit(binding, binding.revision > revision ? binding.revision : revision, this.identity('renew'), this.at);
    }
  }

  /** A scope ends a binding at the deadline that it knows; of one that was renewed to an earlier one, and expired before that was told, it is told here. */
  private async followExpiry(to: HandoffTarget): Promise<void> {
    const { mobileNode } = this.started;
    const { foreignAgent, careOfAddress } = to;
    const target = this.parts.mailboxes.flowTable(foreignAgent, careOfAddress);
    await target.refresh();
    if (!target.fold.state.visitors.has(mobileNode)) return;
    const { revision } = this.active.committed!;
    const within = { after: revision, before: this.parts.mailboxes.mobileNode(mobileNode).fold.revision + 1n };
    const cause = await this.parts.events.endOfBinding(mobileNode, careOfAddress, within);
    if (cause !== 'registration-expiry') return;
    this.appended += await this.parts.registrations.dismiss({ mobileNode, foreignAgent, careOfAddress, cause, expiresAt: null }, revision, this.identity('expired'), this.at);
  }

  /** Null: the binding at the new address stands, or took nothing with it. */
  private async lostLegs(): Promise<LostLegs | null> {
    const { to, mobileNode } = this.started;
    const node = this.parts.mailboxes.mobileNode(mobileNode);
    // Another server may have been told of the reboot.
    await node.refresh();
    if (!to || node.fold.state.bindings.has(to.careOfAddress)) return null;
    return lostLegsOf(this.active, async () => (await this.holdLegs())?.legs ?? [], this.parts.events);
  }

  private async endLostLegs({ stayed: legs, cause }: LostLegs): Promise<void> {
    const { homeAddress, homeAgent } = this.started.to!;
    const registrationRevision = this.active.committed!.revision;
    await this.tellScope(this.started.to!, 'lost', { type: 'EndLostLegs', ...this.inScope(), registrationRevision, homeAddress, homeAgent, legs, cause });
  }

  /** What ended at the old scope while it held the legs is told to the new one first. */
  private async endOldLegs(origin: HandoffOrigin, lostLegs: LostLegs | null): Promise<void> {
    const { to, cause } = this.started;
    const registrationRevision = cause === 'command' ? this.active.committed!.revision : this.active.revision;
    const lost = lostLegs && lostToTell(lostLegs);
    for (let told: readonly string[] = []; ; ) {
      const command = { type: 'EndOldLegs', ...this.inScope(), registrationRevision, ...this.oldLegsOf(origin), cause: this.legCause, told, lost } as const;
      const answer = await this.tellScope(origin, 'end', command);
      if (answer.outcome === 'more') continue;
      if (answer.outcome !== 'held') return;
      const { ended } = answer;
      told = ended.map(nameOfEnd);
      if (to) await this.tellScope(to, `ended ${origin.careOfAddress} ${told.join(' ')}`, { type: 'EndMovedLegs', ...this.inScope(), ended });
    }
  }

  private async complete(lost: LostLegs | null): Promise<void> {
    const { handoffId, mobileNode, from, kind } = this.started;
    const ends = (await Promise.all(from.map((origin) => this.eventsOf(origin, 'end')))).flat();
    const breaks = kind === 'break-before-make' ? (await Promise.all(from.map((origin) => this.eventsOf(origin, 'hold')))).flat() : [];
    const waits = this.active.committed!.degraded.length > 0;
    const gapMs = waits ? null : longestGap(breaks, breaks.length === 0 ? [] : await this.admissions());
    const old = [...breaks, ...ends];
    const causes = new Set<string | undefined>([this.legCause, lost?.cause]);
    const released = old.filter((event) => isEndOfLeg(event) && event.mobileNode === mobileNode && causes.has(event.cause)).length;
    const orphaned = old.filter((event) => event.type === 'QosSessionModified' && event.state === 'orphaned').length;
    await this.tellNode('complete', { type: 'CompleteHandoff', handoffId, mobileNode, released, orphaned, gapMs });
  }

  /** Of all appends that brought legs. */
  private async admissions(): Promise<readonly LedgerEvent[]> {
    const { to } = this.started;
    const all: LedgerEvent[] = [];
    for (let part = 0; to; part += 1) {
      const some = await this.eventsOf(to, part === 0 ? 'admit' : `admit ${part}`);
      all.push(...some);
      if (!some.some((event) => event.type === 'VisitorAdmitted' && event.more)) break;
    }
    return all;
  }

  private async rollBack(reason: 'target-withdrawn' | 'leg-refused', detail: string): Promise<false> {
    await this.tellNode('roll-back', { type: 'RollBackHandoff', handoffId: this.started.handoffId, reason, detail });
    return false;
  }

  /** @returns whether the handoff is still active */
  private async tellNode(step: string, command: MobileNodeCommand): Promise<boolean> {
    const node = this.parts.mailboxes.mobileNode(this.started.mobileNode);
    const { answer, events } = await node.send({ identity: this.identity(step), command, ...this.time() });
    this.appended += events.length;
    if (answer.outcome !== 'handoff' || answer.handoff === null) return false;
    this.active = answer.handoff;
    return true;
  }

  private async tellScope(scope: Scope, step: string, command: FlowTableCommand): Promise<FlowTableAnswer> {
    const { foreignAgent, careOfAddress } = scope;
    const name = `${step} ${careOfAddress}`;
    const mailbox = this.parts.mailboxes.flowTable(foreignAgent, careOfAddress);
    const { answer, events } = await mailbox.send({ identity: this.identity(name), command, ...this.time() });
    this.appended += events.length;
    if (events.length > 0) this.own.set(name, [...(this.own.get(name) ?? []), ...events]);
    return answer;
  }

  private async eventsOf({ foreignAgent, careOfAddress }: Scope, step: string): Promise<readonly LedgerEvent[]> {
    const name = `${step} ${careOfAddress}`;
    const { commandId } = this.identity(name);
    return this.own.get(name) ?? (await this.parts.events.ofStep(flowTableStream(foreignAgent, careOfAddress), commandId, this.started.occurredAt));
  }

  /** As the stream says: what is decided and not yet written there may come to nothing. */
  private async isActive(): Promise<boolean> {
    const node = this.parts.mailboxes.mobileNode(this.started.mobileNode);
    await node.refresh();
    const { handoff } = node.fold.state;
    return handoff?.started.handoffId === this.started.handoffId;
  }

  private get legCause() {
    return this.started.kind === 'return-home' ? 'deregistration' : 'handoff';
  }

  private inScope() {
    const { handoffId, mobileNode } = this.started;
    return { handoffId, mobileNode, registrationRevision: this.active.revision };
  }

  private oldLegsOf({ bindingExpiresAt }: HandoffOrigin) {
    return { oldLegs: this.started.oldLegs, orphanedUntil: bindingExpiresAt };
  }

  private identity(step: string): CommandIdentity {
    return handoffStep(this.cause, this.started.handoffId, step);
  }

  private time(): { readonly at?: number } {
    return this.at === undefined ? {} : { at: this.at };
  }
}

/** The append of a step also has what fell due in the scope meanwhile, of whatever node. */
function isEndOfLeg(event: LedgerEvent): event is QosSessionReleased | DegradedLegEnded {
  return event.type === 'QosSessionReleased' || event.type === 'DegradedLegEnded';
}
