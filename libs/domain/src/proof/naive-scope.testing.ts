import type { Flow, FlowId, TemporaryField } from '../flow/flow';
import type { AdmitVisitor, ConfigureSession, DismissVisitor, FlowTableCommand, ReleaseSession } from '../commands/flow-table-commands';
import { listed, replaceField, whoLeft } from './naive-flow-ids.testing';
import { lifetimeMs, NaiveIds, rsvpPort } from './naive-ids.testing';
import type { NaiveAnswer, NaiveEnding, NaiveSession, NaiveTerms } from './naive-session.testing';

/** A scope as domain.md tells it: lists that are compared pair by pair. Slow, and with nothing in common with the code but the ids. */
export class NaiveScope extends NaiveIds {
  /** Revision of the last word of each node's registration. */
  protected readonly registrations = new Map<string, bigint>();
  private arrivals = 0;

  handle(command: FlowTableCommand, now: number): NaiveAnswer {
    this.endWhatIsDue(now);
    const answer = this.decide(command, now);
    // What the command itself made due is told with it.
    this.endWhatIsDue(now, now);
    return answer;
  }

  /** Which leases are extended when, and until when, leases.spec.ts decides; here they stand as they are recorded. */
  extend(sessions: readonly string[], until: number): void {
    for (const session of this.sessions) if (sessions.includes(session.sessionId)) session.lease = until;
  }

  protected decide(command: FlowTableCommand, now: number): NaiveAnswer {
    if (command.type === 'ConfigureSession') return this.configure(command, now);
    if (command.type === 'ReleaseSession') return this.releaseCommand(command, now);
    if (command.type === 'AdmitVisitor' || command.type === 'DismissVisitor') this.registration(command, now);
    if (command.type === 'ProvisionScope') {
      this.policy = command.policy;
      for (const [field, range] of Object.entries(command.pools)) this.pools[field as TemporaryField].provision(range);
    }
    return { outcome: 'done' };
  }

  protected endWhatIsDue(now: number, earliest = -Infinity): void {
    for (;;) {
      const due = this.deadlines().filter(({ at }) => at <= now);
      if (due.length === 0) return;
      const first = due.sort((a, b) => a.at - b.at || (a.order < b.order ? -1 : 1))[0]!;
      first.end(Math.max(first.at, earliest));
    }
  }

  protected deadlines(): { readonly at: number; readonly order: string; readonly end: (at: number) => void }[] {
    return [
      ...[...this.visitors].map(([node, { expiresAt }]) => ({ at: expiresAt, order: `0 ${node}`, end: (at: number) => this.leave(node, 'registration-expiry', at) })),
      ...this.sessions.map((s) => ({ at: this.endOf(s), order: `1 ${s.sessionId}`, end: (at: number) => this.release(s, s.orphanedUntil === this.endOf(s) ? 'registration-expiry' : 'soft-state-timeout', at) })),
      ...this.quarantines.map((q) => ({ at: q.until, order: `4 ${q.name}`, end: () => this.endQuarantine(q) })),
    ];
  }

  private endOf(session: NaiveSession): number {
    return Math.min(session.lease ?? Infinity, session.orphanedUntil ?? Infinity);
  }

  protected leave(node: string, cause: string, at: number): void {
    this.visitors.delete(node);
    for (const session of this.sessions.filter((s) => s.node === node)) this.release(session, cause, at);
    this.nodeLeft(node, cause, at);
  }

  /** What else its leaving comes to. */
  protected nodeLeft(_node: string, _cause: string, _at: number): void {}

  /** What handoffs make of the end of a leg is theirs to say. */
  protected ended(_leg: NaiveEnding, _cause: string, _at: number, _becomes?: 'path-only'): void {}

  protected livesAgain(_leg: NaiveEnding): void {}

  protected release(session: NaiveSession, cause: string, at: number): void {
    this.ended(session, cause, at);
    this.sessions = this.sessions.filter((s) => s !== session);
    if (session.temporary) this.pools[session.temporary.field].release(session.temporary.value);
    this.quarantine(session, session.sessionId, session.effective, session.temporary, at);
  }

  private registration(command: AdmitVisitor | DismissVisitor, now: number): void {
    const { mobileNode: node, registrationRevision } = command;
    if (registrationRevision <= (this.registrations.get(node) ?? -1n)) return;
    this.registrations.set(node, registrationRevision);
    if (command.type === 'AdmitVisitor') {
      this.visitors.set(node, { homeAgent: command.homeAgent, expiresAt: command.expiresAt === null ? Infinity : Date.parse(command.expiresAt) });
      this.renewOrphans(this.sessions.filter((s) => s.node === node && s.state === 'orphaned'), command.expiresAt, now);
    } else if (command.cause === 'superseded') {
      this.visitors.delete(node);
      this.orphan(this.sessions.filter((s) => s.node === node), command.orphanedUntil, now);
      this.nodeLeft(node, command.cause, now);
    } else {
      this.leave(node, command.cause, now);
    }
  }

  /** Until the binding that was left would have ended; what nothing else ends, for the longest lifetime that ends (RFC 5944 §3.3). */
  protected orphan(sessions: readonly NaiveSession[], until: string | null, now: number): void {
    for (const session of sessions) {
      const longest = session.lease === null ? now + 65_534_000 : null;
      Object.assign(session, { state: 'orphaned', orphanedUntil: until === null ? longest : Date.parse(until) });
    }
  }

  /** For the agent that was left it is a renewal of the binding with which they end. */
  protected renewOrphans(orphans: readonly NaiveSession[], until: string | null, now: number): void {
    const endless = orphans.filter((s) => until === null && s.lease === null);
    for (const session of orphans) if (!endless.includes(session)) session.orphanedUntil = until === null ? null : Date.parse(until);
    this.orphan(endless.filter((s) => s.orphanedUntil! - now <= 32_767_000), null, now);
  }

  protected releaseCommand({ sessionId, cause, claimedBy }: ReleaseSession, now: number): NaiveAnswer {
    const session = this.sessions.find((s) => s.sessionId === sessionId);
    if (!session) return { outcome: 'already-released', sessionId };
    if (claimedBy !== null && claimedBy !== session.node) return { outcome: 'not-owner' };
    if (cause !== 'resv-tear') this.release(session, cause, now);
    else if (!session.isReserved) return { outcome: 'already-released', sessionId };
    else this.tear(session, now);
    return { outcome: 'released', sessionId };
  }

  protected tear(session: NaiveSession, now: number): void {
    this.ended(session, 'resv-tear', now, 'path-only');
    Object.assign(session, { isReserved: false, ...(session.state === 'live' && { state: 'path-only' }) });
  }

  /** domain.md §3, step 1. */
  protected configure(command: ConfigureSession, now: number): NaiveAnswer {
    const { mobileNode: node, style, sessionId, flow, tspec, refreshPeriodMs } = command;
    if (!this.visitors.has(node)) return { outcome: 'no-binding' };
    const replaced = this.sessions.find((s) => s.sessionId === command.replaces);
    if (replaced && replaced.node !== node) return { outcome: 'not-owner' };
    const answer = this.settle({ sessionId, node, flow, style, tspec: tspec!, refreshPeriodMs, state: 'live', handoff: null }, now);
    if (answer.outcome === 'configured' && replaced) this.release(replaced, 'replaced', now);
    return answer;
  }

  /** domain.md §3, steps 1 to 6, for one that may be configured here. */
  protected settle(terms: NaiveTerms, now: number): NaiveAnswer {
    const { sessionId, node, style, state, tspec, handoff } = terms;
    const flow = listed(terms.flow);
    const name = this.nameOf({ node, flow, style });
    const own = this.sessions.find((s) => s.name === name);
    const homeAgent = own?.homeAgent ?? terms.homeAgent ?? this.visitors.get(node)!.homeAgent;
    const requested = this.requestedOf(flow, homeAgent);
    const port = 'destinationPort' in requested ? requested.destinationPort : null;
    const samePorts = this.sessions.filter((s) => s !== own && port !== null && 'destinationPort' in s.requested && s.flow.protocol === flow.protocol);
    // What stands beside a label is kept as it was told, until another is commanded.
    const to = own ? { ...own.flow, ...(handoff === null && portBeside(own, flow)) } : flow;
    const session = this.sessions.filter((s) => s !== own && s.node === node && s.flow.protocol === to.protocol && rsvpPort(s.flow) === rsvpPort(to));
    // Of a reservation that was torn a handoff brings, and finds, a path.
    const isPath = (of: NaiveTerms['state'] | 'orphaned'): boolean => handoff !== null && of === 'path-only';
    if (rsvpPort(to) !== null && session.some((s) => s.style !== style && !((isPath(state) || isPath(s.state)) && (s.style === 'FF' || style === 'FF')))) return { outcome: 'style-conflict' };
    if (samePorts.some((s) => (s.flow.destinationPort === 0) !== (port === 0))) return { outcome: 'port-zero-conflict' };
    if (own) return this.change(own, { ...terms, flow }, requested, now);

    const judged = this.judge(requested, name);
    if (judged === null) return { outcome: 'flow-id-pool-exhausted' };
    const { temporary, effective, matched } = judged;
    const refreshPeriodMs = terms.refreshPeriodMs ?? 30_000;
    this.sessions.push({
      sessionId, node, name, style, homeAgent, requested, effective, temporary, flow, tspec, refreshPeriodMs, handoff,
      state, isReserved: state === 'live', lease: this.leaseFrom(now, refreshPeriodMs), orphanedUntil: null, arrived: this.nextArrival(),
    });
    return { outcome: 'configured', sessionId, effective, temporary, matched };
  }

  protected nextArrival(): number {
    return this.arrivals++;
  }

  private change(own: NaiveSession, terms: NaiveTerms, requested: FlowId, now: number): NaiveAnswer {
    const { flow, state, handoff } = terms;
    const listChanges = flow.senders !== undefined && JSON.stringify(flow.senders) !== JSON.stringify(own.flow.senders);
    const effective = listChanges ? (own.temporary ? replaceField(requested, own.temporary.field, own.temporary.value) : requested) : own.effective;
    if (listChanges && this.overlapping(effective, own.name).length > 0) return { outcome: 'change-overlaps' };
    const refreshPeriodMs = terms.refreshPeriodMs ?? own.refreshPeriodMs;
    // A reservation keeps its own traffic where its path alone is told again.
    const tspec = state === 'path-only' && own.state === 'live' ? own.tspec : terms.tspec;
    const isOther = listChanges || own.state !== state || refreshPeriodMs !== own.refreshPeriodMs || JSON.stringify(tspec) !== JSON.stringify(own.tspec);
    const beside = handoff === null ? portBeside(own, flow) : undefined;
    const modified = isOther || beside !== undefined || handoff !== null;
    if (beside) Object.assign(own, { flow: { ...own.flow, ...beside } });
    const quarantined = listChanges ? whoLeft(own, requested, effective) : null;
    if (quarantined) this.quarantine(own, `${own.sessionId}/`, quarantined, null, now);
    if (listChanges) Object.assign(own, { flow, requested, effective });
    if (own.state === 'orphaned') own.orphanedUntil = null;
    if (state === 'live' && own.state !== 'live') this.livesAgain(own);
    const renewed = this.leaseFrom(now, refreshPeriodMs);
    if (modified) own.lease = renewed;
    Object.assign(own, { state, isReserved: state === 'live', tspec, refreshPeriodMs, ...(handoff !== null && { handoff }) });
    return { outcome: modified ? 'modified' : 'refreshed', sessionId: own.sessionId, effective: own.effective, temporary: own.temporary };
  }

  private leaseFrom(now: number, refreshPeriodMs: number): number | null {
    return refreshPeriodMs === 0 ? null : now + 1.5 * lifetimeMs(refreshPeriodMs);
  }
}

/** Another destination port than its label or SPI has beside it. */
function portBeside({ flow: { destinationPort: known, senders } }: NaiveSession, { destinationPort }: Flow): { readonly destinationPort: number } | undefined {
  return senders || destinationPort === undefined || destinationPort === known ? undefined : { destinationPort };
}
