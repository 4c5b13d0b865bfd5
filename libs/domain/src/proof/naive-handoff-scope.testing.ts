import type { FlowTableCommand } from '../commands/flow-table-commands';
import type { AdmitLegs, EndMovedLegs, EndOldLegs, HoldLegs, UndoLegs, UnholdLegs } from '../commands/handoff-leg-commands';
import type { HeldLeg } from '../events/handoff-events';
import { listed } from './naive-flow-ids.testing';
import { endsSession, NaiveLegs, toMove, type NaiveLegsAnswer } from './naive-legs.testing';
import type { NaiveEnding, NaiveSession, NaiveTerms } from './naive-session.testing';

/** One scope of a handoff as domain.md §6 tells it. */
export class NaiveHandoffScope extends NaiveLegs {
  override handle(command: FlowTableCommand, now: number): NaiveLegsAnswer {
    const answer = super.handle(command, now);
    this.tryAgain(now);
    return answer;
  }

  protected override decide(command: FlowTableCommand, now: number): NaiveLegsAnswer {
    switch (command.type) {
      case 'HoldLegs':
        return this.hold(command, now);
      case 'AdmitLegs':
        return this.bring(command, now);
      case 'EndMovedLegs':
        return this.endMoved(command, now);
      case 'EndOldLegs':
        return this.endOld(command, now);
      case 'UnholdLegs':
        return this.unhold(command, now);
      case 'UndoLegs':
        return this.undo(command, now);
      case 'ConfigureSession': {
        const { mobileNode: node, flow, style } = command;
        const own = this.sessions.find((s) => s.name === this.nameOf({ node, flow: listed(flow), style }));
        if (this.holds.has(node) && !(own && isRefresh(own, command))) return { outcome: 'handoff-in-progress' };
        return super.decide(command, now);
      }
      case 'ReleaseSession': {
        const leg = this.degraded.find((d) => d.sessionId === command.sessionId);
        if (!leg) return super.decide(command, now);
        if (command.claimedBy !== null && command.claimedBy !== leg.node) return { outcome: 'not-owner' };
        this.endDegraded(leg, command.cause, now);
        return { outcome: 'released', sessionId: leg.sessionId };
      }
      default:
        return super.decide(command, now);
    }
  }

  // ---- the old scope ------------------------------------------------------------------------------------------------

  private hold(command: HoldLegs, now: number): NaiveLegsAnswer {
    const { mobileNode: node, handoffId, registrationRevision, staysBound, breaks, isBroughtAway } = command;
    if (this.isOver(node, handoffId)) return { outcome: 'over' };
    const before = this.holds.get(node);
    // Whoever registered here again stays, but for what an older handoff had frozen.
    const stays = !staysBound && this.standsAnew(command);
    const isDone = before?.handoff === handoffId || (this.leftBy.get(node) ?? -1n) >= registrationRevision;
    if (isDone || (stays && !before) || this.isDisplaced(command)) return this.heldAnswer(command);
    const standing = this.standingOf(node);
    const earlier = before ? toMove(before).filter((leg) => standing.every(({ sessionId }) => sessionId !== leg.sessionId)) : [];
    const legs = [...standing, ...earlier].filter(({ sessionId }) => !(isBroughtAway || stays) || before?.legs.some((leg) => leg.sessionId === sessionId));
    // What had ended for good while it was held may stand where the older handoff brought it.
    const stands = (sessionId: string): boolean => legs.some((leg) => leg.sessionId === sessionId);
    const ended = (before?.ended ?? []).filter(({ cause, state, sessionId }) => endsSession(cause) && (state === 'path-only' || !stands(sessionId)));
    if (before) this.unheld(node, before.handoff);
    const holds = legs.length > 0 || before !== undefined || staysBound;
    if (holds) this.holds.set(node, { handoff: handoffId, revision: registrationRevision, legs, ended, left: !this.visitors.has(node) });
    const hasLeft = !this.visitors.has(node) && (this.registrations.get(node) ?? -1n) >= registrationRevision;
    if ((breaks || !holds) && !hasLeft && !stays) this.leaveWithLegs(command, 'handoff', now);
    return this.heldAnswer(command);
  }

  private heldAnswer({ mobileNode: node, handoffId }: Pick<HoldLegs, 'mobileNode' | 'handoffId'>): NaiveLegsAnswer {
    const held = this.holds.get(node);
    const own = held?.handoff === handoffId ? held : undefined;
    return {
      outcome: 'held', legs: own ? toMove(own).map(({ sessionId, state }) => `${sessionId} ${state}`) : [],
      ended: (own?.ended ?? []).map(({ sessionId, cause }) => `${sessionId} ${cause}`), tookOver: this.takeovers.get(node)?.handoff ?? null,
    };
  }

  /** Reservations, then paths, then what waits for an id, each in order of arrival; what is orphaned is no leg of anything. */
  private standingOf(node: string): NaiveTerms[] {
    const live = this.sessions.flatMap((s) => (s.node === node && s.state !== 'orphaned' ? [{ ...s, style: s.style ?? ('FF' as const), state: s.state, homeAgent: undefined }] : []));
    const inOrder = <T extends { readonly arrived: number }>(legs: readonly T[]): T[] => [...legs].sort((a, b) => a.arrived - b.arrived);
    const [reserved, paths] = ['live', 'path-only'].map((state) => inOrder(live.filter((s) => s.state === state)));
    return [...reserved!, ...paths!, ...inOrder(this.degraded.filter((leg) => leg.node === node))];
  }

  private leaveWithLegs({ mobileNode: node, registrationRevision, oldLegs, orphanedUntil }: HoldLegs | EndOldLegs, cause: string, now: number): void {
    const word = this.registrations.get(node) ?? -1n;
    const revision = word > registrationRevision ? word : registrationRevision;
    this.registrations.set(node, revision);
    this.leftBy.set(node, revision);
    this.visitors.delete(node);
    const held = this.holds.get(node);
    if (held) held.left = true;
    this.endLegsOf(node, { oldLegs, orphanedUntil }, cause, now);
  }

  /** @param only these; absent: all that it has here */
  private endLegsOf(node: string, { oldLegs, orphanedUntil }: Pick<EndOldLegs, 'oldLegs' | 'orphanedUntil'>, cause: string, now: number, only?: readonly NaiveTerms[]): void {
    const isMeant = (leg: NaiveEnding): boolean => leg.node === node && (!only || only.some(({ sessionId }) => sessionId === leg.sessionId));
    const sessions = this.sessions.filter(isMeant);
    if (oldLegs === 'orphan') this.orphan(sessions.filter((s) => s.state !== 'orphaned'), orphanedUntil, now);
    else for (const session of sessions) this.release(session, cause, now);
    for (const leg of this.degraded.filter(isMeant)) this.endDegraded(leg, cause, now);
  }

  private endOld(command: EndOldLegs, now: number): NaiveLegsAnswer {
    const { mobileNode: node, handoffId, registrationRevision, told, cause } = command;
    const held = this.holds.get(node);
    if (held && held.handoff === handoffId) {
      // The new scope is told first of what ended here.
      if (held.ended.some((end) => !told.includes(`${end.sessionId} ${end.cause} ${end.at}`))) return this.heldAnswer(command);
      // Whoever is bound here has no orphans here: they are what an agent holds that does not know that its visitor left.
      if (this.standsAnew(command)) this.endLegsOf(node, { ...command, oldLegs: 'release' }, cause, now, held.legs);
      else if (this.visitors.has(node)) this.leaveWithLegs(command, cause, now);
      else this.endLegsOf(node, command, cause, now);
      this.unheld(node, handoffId);
      return { outcome: 'done' };
    }
    const hasLeft = this.isOver(node, handoffId) || (!this.visitors.has(node) && (this.registrations.get(node) ?? -1n) >= registrationRevision);
    const isOvertaken = this.isDisplaced(command) || (this.leftBy.get(node) ?? -1n) > registrationRevision;
    if (!hasLeft && !isOvertaken && !this.standsAnew(command)) this.leaveWithLegs(command, cause, now);
    // It came home before the older handoff was over.
    if (held && !this.isDisplaced(command)) this.unheld(node, held.handoff);
    return { outcome: 'done' };
  }

  /** Rolled back: what was broken off is made again, and what ended elsewhere meanwhile ends. */
  private unhold(command: UnholdLegs, now: number): NaiveLegsAnswer {
    const { mobileNode: node, handoffId, registrationRevision, visitor, ended } = command;
    const held = this.holds.get(node);
    const own = held?.handoff === handoffId ? held : null;
    if (this.isOver(node, handoffId) || this.isDisplaced(command)) {
      if (own) this.unheld(node, handoffId);
      return { outcome: 'done' };
    }
    this.unheld(node, handoffId, registrationRevision);
    for (const end of ended) if (own?.legs.some((leg) => leg.sessionId === end.sessionId)) this.endHere(node, end, now);
    const word = this.registrations.get(node) ?? -1n;
    if (visitor && !this.visitors.has(node) && word < registrationRevision) this.admitted(node, visitor, registrationRevision);
    if (!this.visitors.has(node) || !own) return { outcome: 'done' };
    const broken = toMove({ ...own, ended: [...own.ended, ...ended] }).filter((leg) => !this.isServed(leg));
    for (const leg of broken) this.place(leg, handoffId, now);
    return { outcome: 'done' };
  }

  private isServed(leg: NaiveTerms): boolean {
    return this.degraded.some((d) => d.sessionId === leg.sessionId) || this.sessions.some((s) => s.name === this.nameOf(leg) && s.state !== 'orphaned');
  }

  // ---- the new scope ------------------------------------------------------------------------------------------------

  private bring(command: AdmitLegs, now: number): NaiveLegsAnswer {
    const { mobileNode: node, handoffId, registrationRevision, legs, takesUpOwn, mayBeUndone } = command;
    const isDone = this.takeovers.get(node)?.handoff === handoffId || this.isOver(node, handoffId);
    const held = this.holds.get(node);
    if ((this.leftBy.get(node) ?? -1n) > registrationRevision || isDone) {
      // It left here again: what an older handoff holds of it is of no use.
      if (!isDone && held) this.unheld(node, held.handoff);
      return this.broughtAnswer(node, handoffId);
    }
    const brought = legs.map((leg) => termsOf(node, leg));
    const own = (held ? toMove(held) : []).filter((leg) => brought.every(({ sessionId }) => sessionId !== leg.sessionId));
    const isNewer = this.visitors.has(node) && (this.registrations.get(node) ?? -1n) > registrationRevision;
    if (!isNewer) this.admitted(node, command, registrationRevision);
    this.takeovers.set(node, { handoff: handoffId, revision: registrationRevision, at: now, ended: mayBeUndone ? [] : null });
    if (held) this.unheld(node, held.handoff);
    // What an older handoff took away from here, and that ended where it came.
    const leftovers = takesUpOwn || !held ? [] : held.legs.filter((leg) => brought.every(({ sessionId }) => sessionId !== leg.sessionId));
    for (const { sessionId } of leftovers) {
      const session = this.sessions.find((s) => s.sessionId === sessionId && s.handoff !== handoffId);
      if (session) this.release(session, 'handoff', now);
    }
    for (const leg of [...brought, ...(takesUpOwn ? own : [])]) this.place(leg, handoffId, now);
    const { expiresAt } = this.visitors.get(node)!;
    const left = this.sessions.filter((s) => s.node === node && s.state === 'orphaned');
    this.renewOrphans(left, expiresAt === Infinity ? null : new Date(expiresAt).toISOString(), now);
    return this.broughtAnswer(node, handoffId);
  }

  private admitted(node: string, { homeAgent, expiresAt }: Pick<AdmitLegs, 'homeAgent' | 'expiresAt'>, revision: bigint): void {
    this.visitors.set(node, { homeAgent, expiresAt: expiresAt === null ? Infinity : Date.parse(expiresAt) });
    this.registrations.set(node, revision);
  }

  private broughtAnswer(node: string, handoff: string): NaiveLegsAnswer {
    const idsOf = (legs: readonly { node: string; handoff: string | null; sessionId: string }[]): string[] =>
      legs.filter((leg) => leg.node === node && leg.handoff === handoff).map(({ sessionId }) => sessionId).sort();
    return { outcome: 'admitted', configured: idsOf(this.sessions), degraded: idsOf(this.degraded) };
  }

  /** One that timed out in the old scope behind the takeover lives by its own lease here. */
  private endMoved({ mobileNode: node, handoffId, ended }: EndMovedLegs, now: number): NaiveLegsAnswer {
    const takeover = this.takeovers.get(node);
    if (takeover?.handoff !== handoffId) return { outcome: 'done' };
    for (const end of ended) {
      // One that is over is so wherever a handoff had brought it.
      const isOfIt = [...this.sessions, ...this.degraded].some(({ sessionId, handoff }) =>
        sessionId === end.sessionId && (handoff === handoffId || (handoff !== null && endsSession(end.cause))));
      const waits = this.degraded.some((leg) => leg.sessionId === end.sessionId);
      if ((isOfIt || waits) && !(end.cause === 'soft-state-timeout' && end.at > takeover.at)) this.endHere(node, end, now);
    }
    return { outcome: 'done' };
  }

  private undo(command: UndoLegs, now: number): NaiveLegsAnswer {
    const { mobileNode: node, handoffId, registrationRevision, isBound } = command;
    const takeover = this.takeovers.get(node);
    const ended = (takeover?.handoff === handoffId ? (takeover.ended ?? []) : []).filter(({ cause }) => endsSession(cause));
    const answer = { outcome: 'undone', ended: ended.map(({ sessionId, cause }) => `${sessionId} ${cause}`) };
    if (this.isOver(node, handoffId) || this.isDisplaced(command)) return answer;
    const leaves = !isBound && (this.registrations.get(node) ?? -1n) < registrationRevision;
    const isMeant = (leg: NaiveEnding): boolean => leg.node === node && (leaves || leg.handoff === handoffId);
    for (const session of this.sessions.filter(isMeant)) this.release(session, 'handoff-rolled-back', now);
    for (const leg of this.degraded.filter(isMeant)) this.endDegraded(leg, 'handoff-rolled-back', now);
    if (leaves) {
      this.visitors.delete(node);
      this.registrations.set(node, registrationRevision);
      this.leftBy.set(node, registrationRevision);
    }
    this.unheld(node, handoffId, registrationRevision);
    return answer;
  }
}

function termsOf(node: string, { sessionId, flow, style, tspec, refreshPeriodMs, state }: HeldLeg): NaiveTerms {
  return { sessionId, node, flow, style: style!, tspec: tspec!, refreshPeriodMs, state, handoff: null };
}

function isRefresh(own: NaiveSession, { flow, tspec, refreshPeriodMs }: Extract<FlowTableCommand, { type: 'ConfigureSession' }>): boolean {
  const sameList = JSON.stringify(listed(flow).senders) === JSON.stringify(own.flow.senders);
  const samePeriod = refreshPeriodMs === undefined || refreshPeriodMs === own.refreshPeriodMs;
  return own.state === 'live' && sameList && samePeriod && JSON.stringify(tspec) === JSON.stringify(own.tspec);
}
