import {
  legsToMove, nameOfEnd, type ActiveHandoff, type Binding, type DegradedLegEnded, type EndedLeg, type FlowTableAnswer, type HandoffOrigin, type HandoffStarted,
  type HandoffTarget, type HeldLeg, type LedgerEvent, type QosSessionReleased,
} from '#domain';
import type { HandoffEvents } from './handoff-events';
import { gapOfMoved } from './handoff-gap';
import { HandoffSteps, type Beginning } from './handoff-steps';
import type { KnownAgents } from '../processes/known-agents';
import { lostLegsOf, lostToTell, type LostLegs } from './lost-legs';
import { LegAdmission } from './leg-admission';
import type { LeftLegs } from '../processes/left-legs';
import type { Mailboxes } from '../mailbox/mailboxes';
import type { Registrations } from '../processes/registrations';
import type { SessionDirectory } from '../processes/session-directory';
import { tellSinceCommit } from './told-since-commit';
import { undoLegs } from './undo-legs';
import type { WithdrawnScopes } from '../processes/withdrawn-scopes';

export interface HandoffParts {
  readonly mailboxes: Mailboxes;
  readonly agents: KnownAgents;
  readonly registrations: Registrations;
  readonly withdrawn: WithdrawnScopes;
  readonly sessions: SessionDirectory;
  readonly events: HandoffEvents;
  readonly leftLegs: LeftLegs;
}

type Held = Extract<FlowTableAnswer, { readonly outcome: 'held' }>;

/**
 * One way of a handoff through its steps (domain.md §6), from wherever it stands. Each step is an append on one stream under an id of its
 * own, and may be repeated; whether the handoff is still the node's active one is asked before whatever makes legs.
 */
export class HandoffRun {
  private readonly started: HandoffStarted;
  private readonly steps: HandoffSteps;
  private readonly admission: LegAdmission;

  constructor(
    private readonly parts: HandoffParts,
    active: ActiveHandoff,
    private readonly beginning: Beginning,
  ) {
    this.started = active.started;
    this.steps = new HandoffSteps(parts.mailboxes, parts.events, active, beginning);
    this.admission = new LegAdmission(this.steps, parts.withdrawn, parts.sessions);
  }

  /** Events that it came to. */
  get appended(): number {
    return this.steps.appended;
  }

  private get active(): ActiveHandoff {
    return this.steps.active;
  }

  /** To its end, or as far as it is the active one: who took its place does the rest. */
  async toEnd(): Promise<void> {
    if (this.active.committed === null && !(await this.moveLegs())) return;
    await this.followRefresh();
    const lost = await this.lostLegs();
    if (lost && lost.stayed.length > 0 && this.started.kind === 'break-before-make') await this.endLostLegs(lost);
    for (const origin of this.started.from) await this.endOldLegs(origin, lost);
    await tellSinceCommit(this.active, this.parts, this.steps);
    await this.complete(lost);
  }

  /** Steps 1 to 3. @returns whether the handoff is committed */
  private async moveLegs(): Promise<boolean> {
    const held = await this.holdLegs();
    if (held === null || !(await this.steps.isActive())) return false;
    const { legs, takesUpOwn } = held;
    const undone = await this.endedInUndone();
    if (!this.targetStands()) return this.rollBack('target-withdrawn', this.withdrawnDetail());
    const admitted = await this.admission.admit(legsToMove({ legs, ended: undone }), takesUpOwn);
    if (admitted === null) return this.rollBack('target-withdrawn', this.withdrawnDetail());
    const { configured, degraded } = admitted;
    // The new scope may have taken them up of itself.
    if (undone.length > 0) await this.steps.tellScope(this.started.to!, 'undone', { type: 'EndMovedLegs', ...this.steps.inScope(), ended: undone });
    const refused = degraded[0];
    if (refused && this.started.cause === 'command' && this.started.ifRefused === 'roll-back') {
      return this.rollBack('leg-refused', `${refused.sessionId}: ${refused.detail}`);
    }
    const { handoffId, mobileNode } = this.started;
    const refusedIds = degraded.map(({ sessionId }) => sessionId);
    return this.steps.tellNode('commit', { type: 'CommitHandoff', handoffId, mobileNode, configured, degraded: refusedIds });
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
      const terms = { ...this.steps.oldLegsOf(origin), staysBound: cause === 'command', breaks: kind === 'break-before-make', isBroughtAway: isComplete };
      const command = { type: 'HoldLegs', ...this.steps.inScope(), ...terms } as const;
      // One that was superseded meanwhile breaks nothing any more.
      if (terms.breaks && !(await this.steps.isActive())) return null;
      let held = (await this.steps.tellScope(origin, 'hold', command)) as Held | { readonly outcome: 'over' };
      while (held.outcome === 'held' && held.more) held = (await this.steps.tellScope(origin, 'hold', command)) as typeof held;
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
    const { ended, appended } = await undoLegs(this.parts.mailboxes, rolledBack, this.beginning.cause);
    this.steps.appended += appended;
    return ended;
  }

  private withdrawnDetail(): string {
    const { foreignAgent, careOfAddress } = this.started.to!;
    return `${careOfAddress} is no care-of address of ${foreignAgent} any more.`;
  }

  private targetStands(): boolean {
    const { cause, to } = this.started;
    return cause === 'registration' || this.parts.agents.agentOf(to!.careOfAddress)?.foreignAgent === to!.foreignAgent;
  }

  /**
   * The binding may have been renewed before it moved, or one of another home have joined it, or stood there before it: the new scope knows
   * the visitor as it was. Or the scope lost the visitor before the binding moved there, which then is lost with it.
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
      await this.steps.tellNode('lose', { type: 'LoseBinding', ...lost });
    } else if (!isKnownAs(visitors.get(mobileNode) ?? to, to.expiresAt, binding)) {
      const { revision } = this.active.committed!;
      this.steps.appended += await this.parts.registrations.admit(binding, binding.revision > revision ? binding.revision : revision, this.steps.identity('renew'), this.steps.at);
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
    const expired = { mobileNode, foreignAgent, careOfAddress, cause, expiresAt: null };
    this.steps.appended += await this.parts.registrations.dismiss(expired, revision, this.steps.identity('expired'), this.steps.at);
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
    await this.steps.tellScope(this.started.to!, 'lost', { type: 'EndLostLegs', ...this.steps.inScope(), registrationRevision, homeAddress, homeAgent, legs, cause });
  }

  /** What ended at the old scope while it held the legs is told to the new one first. */
  private async endOldLegs(origin: HandoffOrigin, lostLegs: LostLegs | null): Promise<void> {
    const { to, cause } = this.started;
    const registrationRevision = cause === 'command' ? this.active.committed!.revision : this.active.revision;
    const lost = lostLegs && lostToTell(lostLegs);
    let torn: readonly string[] = [];
    for (let told: readonly string[] = []; ; ) {
      const terms = { ...this.steps.oldLegsOf(origin), cause: this.legCause, told, lost, ...(torn.length > 0 && { torn }) } as const;
      const command = { type: 'EndOldLegs', ...this.steps.inScope(), registrationRevision, ...terms } as const;
      const answer = await this.steps.tellScope(origin, 'end', command);
      if (answer.outcome === 'more') continue;
      if (answer.outcome !== 'held') return;
      const { ended } = answer;
      told = ended.map(nameOfEnd);
      if (!to) continue;
      const step = `ended ${origin.careOfAddress} ${told.join(' ')}`;
      await this.steps.tellScope(to, step, { type: 'EndMovedLegs', ...this.steps.inScope(), ended });
      if (ended.some(isTornHere)) torn = [...torn, ...(await this.endedTorn(to, step))];
    }
  }

  /** Sessions of which nothing is left but the old leg, whose path stands there. */
  private async endedTorn(to: HandoffTarget, step: string): Promise<readonly string[]> {
    return (await this.steps.stepsOf(to))(step).flatMap((event) => (event.type === 'DegradedLegEnded' && event.cause === 'resv-tear' ? event.sessionId : []));
  }

  private async complete(lost: LostLegs | null): Promise<void> {
    const { handoffId, mobileNode, from, kind } = this.started;
    const origins = await Promise.all(from.map((origin) => this.steps.stepsOf(origin)));
    const ends = origins.flatMap((eventsOf) => eventsOf('end'));
    const breaks = kind === 'break-before-make' ? origins.flatMap((eventsOf) => eventsOf('hold')) : [];
    const { old, rolledBack } = { old: [...breaks, ...ends], ...this.parts.mailboxes.mobileNode(mobileNode).fold.state };
    const gapMs = await gapOfMoved(this.active, { breaks, old, rolledBack }, (scope) => this.steps.stepsOf(scope), this.parts.events);
    const causes = new Set<string | undefined>([this.legCause, lost?.cause, 'resv-tear']);
    const released = old.filter((event) => isEndOfLeg(event) && event.mobileNode === mobileNode && causes.has(event.cause)).length;
    const orphaned = old.filter((event) => event.type === 'QosSessionModified' && event.state === 'orphaned').length;
    await this.steps.tellNode('complete', { type: 'CompleteHandoff', handoffId, mobileNode, released, orphaned, gapMs });
  }

  private async rollBack(reason: 'target-withdrawn' | 'leg-refused', detail: string): Promise<false> {
    await this.steps.tellNode('roll-back', { type: 'RollBackHandoff', handoffId: this.started.handoffId, reason, detail });
    return false;
  }

  private get legCause() {
    return this.started.kind === 'return-home' ? 'deregistration' : 'handoff';
  }
}

/** @param until as it was told by the node's time: the scope's own may be another */
function isKnownAs(known: Pick<Binding, 'homeAgent' | 'homeAddress'>, until: string | null, { homeAgent, homeAddress, expiresAt }: Binding): boolean {
  return homeAgent === known.homeAgent && homeAddress === known.homeAddress && expiresAt === (until === null ? null : Date.parse(until));
}

function isTornHere({ cause, state }: EndedLeg): boolean {
  return cause === 'resv-tear' && state === 'path-only';
}

/** The append of a step also has what fell due in the scope meanwhile, of whatever node. */
function isEndOfLeg(event: LedgerEvent): event is QosSessionReleased | DegradedLegEnded {
  return event.type === 'QosSessionReleased' || event.type === 'DegradedLegEnded';
}
