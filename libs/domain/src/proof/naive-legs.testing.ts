import type { EndedLeg, HandoffLegCommand } from '../commands/handoff-leg-commands';
import { listed } from './naive-flow-ids.testing';
import { lifetimeMs } from './naive-ids.testing';
import { NaiveScope } from './naive-scope.testing';
import type { NaiveAnswer, NaiveEnding, NaiveSession, NaiveTerms } from './naive-session.testing';

/** A session without an effective id: the scope had to refuse it. */
export interface NaiveDegraded extends NaiveTerms {
  readonly handoff: string;
  readonly arrived: number;
  readonly refreshPeriodMs: number;
  lease: number | null;
}

export interface NaiveEnd {
  readonly sessionId: string;
  readonly cause: string;
  readonly at: number;
  readonly state?: 'path-only';
}

/** Which handoff says so, by which word of the node's. */
export interface NaiveWord {
  readonly handoff: string;
  readonly revision: bigint;
}

export interface NaiveHold extends NaiveWord {
  /** As they stood when they were frozen. */
  readonly legs: readonly NaiveTerms[];
  /** What ended here by itself since. */
  ended: NaiveEnd[];
  /** The node is no visitor any more: what ends from then on is a leg and no session. */
  left: boolean;
}

export interface NaiveTakeover extends NaiveWord {
  readonly at: number;
  /** What ended here of what it brought; of one that may not be rolled back nobody asks. */
  readonly ended: NaiveEnd[] | null;
}

export interface NaiveLegsAnswer extends NaiveAnswer {
  readonly legs?: readonly string[];
  readonly ended?: readonly string[];
  readonly configured?: readonly string[];
  readonly degraded?: readonly string[];
  readonly tookOver?: string | null;
}

/** Somebody ends the session itself, wherever its leg stands. */
export const endsSession = (cause: string): boolean => ['path-tear', 'resv-tear', 'administrator', 'preemption'].includes(cause);
/** The visitor's end, or a move, is no word about the session. */
const isOfVisitor = (cause: string): boolean =>
  ['registration-expiry', 'deregistration', 'revocation', 'reboot', 'handoff', 'handoff-rolled-back'].includes(cause);

/** What stands of handoffs in a scope: legs that it refused, lists that are frozen, and which handoff says so. */
export class NaiveLegs extends NaiveScope {
  degraded: NaiveDegraded[] = [];
  readonly holds = new Map<string, NaiveHold>();
  protected readonly takeovers = new Map<string, NaiveTakeover>();
  /** By node: the last handoff that is over here. */
  protected readonly over = new Map<string, NaiveWord>();
  /** By node: the word by which it left. */
  protected readonly leftBy = new Map<string, bigint>();

  /** What is orphaned serves nobody. */
  get serving(): (NaiveSession | NaiveDegraded)[] {
    return [...this.sessions.filter(({ state }) => state !== 'orphaned'), ...this.degraded];
  }

  servesFlow({ node, flow, style }: Pick<NaiveTerms, 'node' | 'flow' | 'style'>): boolean {
    const name = this.nameOf({ node, flow: listed(flow), style });
    return this.serving.some((leg) => this.nameOf(leg) === name);
  }

  get visitorsHere(): string[] {
    return [...this.visitors.keys()].sort();
  }

  override extend(sessions: readonly string[], until: number): void {
    super.extend(sessions, until);
    for (const leg of this.degraded) if (sessions.includes(leg.sessionId)) leg.lease = until;
  }

  /** A degraded leg of the flow is what is asked for: it has its id now, or waits on. */
  protected override settle(terms: NaiveTerms, now: number): NaiveAnswer {
    const name = this.nameOf({ ...terms, flow: listed(terms.flow) });
    const waiting = this.degraded.find((leg) => this.nameOf(leg) === name);
    if (terms.handoff !== null || !waiting || this.sessions.some((s) => s.name === name)) return super.settle(terms, now);
    const answer = super.settle({ ...terms, sessionId: waiting.sessionId, handoff: waiting.handoff }, now);
    if (answer.outcome === 'configured') this.degraded = this.degraded.filter((leg) => leg !== waiting);
    return answer;
  }

  /** The rule judges it afresh. Another session of its flow stands for it, unless that one is left orphaned. */
  protected place(leg: NaiveTerms, handoff: string, now: number): void {
    const name = this.nameOf(leg);
    const found = this.sessions.find((s) => s.name === name);
    const isOthers = found !== undefined && found.sessionId !== leg.sessionId;
    const waiting = this.degraded.find((d) => this.nameOf(d) === name);
    if ((waiting && waiting.sessionId !== leg.sessionId) || (isOthers && found.state !== 'orphaned')) return;
    if (isOthers) this.release(found, 'superseded', now);
    const terms = { ...leg, handoff };
    let { outcome } = this.settle(terms, now);
    const isRefused = (): boolean => outcome !== 'configured' && outcome !== 'modified';
    if (found && !isOthers && isRefused()) {
      this.release(found, 'handoff', now);
      ({ outcome } = this.settle(terms, now));
    }
    const refreshPeriodMs = leg.refreshPeriodMs!;
    const lease = refreshPeriodMs === 0 ? null : now + Math.floor(1.5 * lifetimeMs(refreshPeriodMs));
    // One that an older handoff had left degraded here is this one's now; its turn stands.
    this.degraded = this.degraded.filter((d) => d !== waiting);
    if (isRefused()) this.degraded.push({ ...terms, refreshPeriodMs, arrived: waiting?.arrived ?? this.nextArrival(), lease });
  }

  protected unheld(node: string, handoff: string, revision = this.holds.get(node)?.revision ?? -1n): void {
    if (this.holds.get(node)?.handoff === handoff) this.holds.delete(node);
    if ((this.over.get(node)?.revision ?? -1n) <= revision) this.over.set(node, { handoff, revision });
  }

  protected isOver(node: string, handoff: string): boolean {
    return this.over.get(node)?.handoff === handoff;
  }

  /** A newer registration has the node stand here: the older word that it leaves is not meant for that one. */
  protected standsAnew({ mobileNode: node, registrationRevision }: HandoffLegCommand): boolean {
    return this.visitors.has(node) && (this.registrations.get(node) ?? -1n) > registrationRevision;
  }

  /** What a newer handoff said of the node here stands against an older one (docs/adr/0013). */
  protected isDisplaced({ mobileNode: node, handoffId, registrationRevision }: HandoffLegCommand): boolean {
    const words = [this.holds.get(node), this.takeovers.get(node), this.over.get(node)];
    return words.some((word) => word !== undefined && word.handoff !== handoffId && word.revision > registrationRevision);
  }

  protected endHere(node: string, { sessionId, cause, state }: Pick<EndedLeg, 'sessionId' | 'cause' | 'state'>, now: number): void {
    const session = this.sessions.find((s) => s.sessionId === sessionId && s.node === node);
    const leg = this.degraded.find((d) => d.sessionId === sessionId && d.node === node);
    if (session && state === undefined) this.release(session, cause, now);
    else if (session?.state === 'live') this.tear(session, now);
    // A path alone has nothing to keep where there is no id.
    else if (leg) this.endDegraded(leg, cause, now);
  }

  protected endDegraded(leg: NaiveDegraded, cause: string, at: number): void {
    this.ended(leg, cause, at);
    this.degraded = this.degraded.filter((d) => d !== leg);
  }

  protected override deadlines() {
    const degraded = this.degraded.map((leg) => ({
      at: leg.lease ?? Infinity, order: `3 ${leg.sessionId}`, end: (at: number) => this.endDegraded(leg, 'soft-state-timeout', at),
    }));
    return [...super.deadlines(), ...degraded];
  }

  /** Its degraded legs hold nothing that could be left behind. */
  protected override nodeLeft(node: string, cause: string, at: number): void {
    this.leftBy.set(node, this.registrations.get(node)!);
    const held = this.holds.get(node);
    if (held) held.left = true;
    for (const leg of this.degraded.filter((d) => d.node === node)) this.endDegraded(leg, cause, at);
  }

  protected override ended({ sessionId, node, handoff }: NaiveEnding, cause: string, at: number, state?: 'path-only'): void {
    const isMove = cause === 'handoff' || cause === 'handoff-rolled-back';
    const end = { sessionId, cause, at, ...(state && { state }) };
    const held = this.holds.get(node);
    const counts = held && !isOfVisitor(cause) && (!held.left || endsSession(cause)) && held.legs.some((leg) => leg.sessionId === sessionId);
    if (counts) held.ended = [...held.ended.filter((known) => known.sessionId !== sessionId), end];
    const takeover = this.takeovers.get(node);
    if (!takeover?.ended || takeover.handoff !== handoff || isMove) return;
    this.takeovers.set(node, { ...takeover, ended: [...takeover.ended.filter((known) => known.sessionId !== sessionId), end] });
  }

  protected override livesAgain({ sessionId, node, handoff }: NaiveEnding): void {
    const held = this.holds.get(node);
    if (held) held.ended = held.ended.filter((end) => end.sessionId !== sessionId);
    const takeover = this.takeovers.get(node);
    if (!takeover?.ended || takeover.handoff !== handoff) return;
    this.takeovers.set(node, { ...takeover, ended: takeover.ended.filter((end) => end.sessionId !== sessionId) });
  }

  /** Whoever waits is tried again, the longest waiting first. */
  protected tryAgain(now: number): void {
    for (const leg of [...this.degraded].sort((a, b) => a.arrived - b.arrived)) {
      if (!this.visitors.has(leg.node) || this.sessions.some((s) => s.name === this.nameOf(leg))) continue;
      if (super.settle(leg, now).outcome === 'configured') this.degraded = this.degraded.filter((d) => d !== leg);
    }
  }
}

export function toMove({ legs, ended }: Pick<NaiveHold, 'legs'> & { readonly ended: readonly Pick<NaiveEnd, 'sessionId' | 'state'>[] }): NaiveTerms[] {
  return legs.flatMap((leg) => {
    const end = ended.findLast(({ sessionId }) => sessionId === leg.sessionId);
    if (!end) return [leg];
    return end.state === 'path-only' ? [{ ...leg, state: 'path-only' as const }] : [];
  });
}
