import type { Flow, FlowId, Style, TemporaryField, Tspec } from './flow';
import type { AdmitVisitor, ConfigureSession, DismissVisitor, FlowTableCommand, ReleaseSession } from './flow-table-commands';
import { listed, naiveRequested, replaceField, whoLeft } from './naive-flow-ids.testing';
import { naiveOverlaps } from './naive-overlaps.testing';
import { NaivePool } from './naive-pool.testing';
import type { Policy } from './policy';

/** A scope as domain.md tells it: lists that are compared pair by pair. Slow, and with nothing in common with the code but the ids. */
export interface NaiveSession {
  readonly sessionId: string;
  readonly node: string;
  readonly name: string;
  readonly style: Style | null;
  requested: FlowId;
  effective: FlowId;
  readonly temporary: { readonly field: TemporaryField; readonly value: number } | null;
  flow: Flow;
  tspec: Tspec;
  refreshPeriodMs: number;
  state: 'live' | 'path-only' | 'orphaned';
  isReserved: boolean;
  lease: number | null;
  orphanedUntil: number | null;
}

export interface NaiveQuarantine {
  readonly name: string;
  readonly sessionId: string;
  readonly flowName: string;
  readonly id: FlowId;
  readonly temporary: NaiveSession['temporary'];
  readonly until: number;
  /** Of senders that left a list: their paths, which stand. */
  readonly paths: readonly { readonly sender: string; readonly until: number }[];
}

export interface NaiveAnswer {
  readonly outcome: string;
  readonly sessionId?: string;
  readonly effective?: FlowId;
  readonly temporary?: NaiveSession['temporary'];
  readonly matched?: readonly string[];
}

export const lifetimeMs = (refreshPeriodMs: number): number => 3.5 * 1.5 * refreshPeriodMs;
export const text = (id: FlowId): string => JSON.stringify(Object.entries(id).sort());

/** domain.md §2, "logical flow". */
export const nameOf = (node: string, flow: Flow, style: Style): string =>
  JSON.stringify([node, flow.correspondentNode, flow.protocol, flow.destinationPort, flow.sourcePort, flow.flowLabel, flow.spi, style === 'FF' || style]);

export class NaiveScope {
  sessions: NaiveSession[] = [];
  quarantines: NaiveQuarantine[] = [];
  readonly pools: Readonly<Record<TemporaryField, NaivePool>> = {
    sourcePort: new NaivePool(),
    destinationPort: new NaivePool(),
    flowLabel: new NaivePool(),
    greKey: new NaivePool(),
  };
  protected readonly visitors = new Map<string, { homeAgent: string; expiresAt: number }>();
  private readonly registrations = new Map<string, bigint>();
  protected policy!: Policy;

  constructor(protected readonly careOfAddress: string) {}

  handle(command: FlowTableCommand, now: number): NaiveAnswer {
    this.endWhatIsDue(now);
    const answer = this.decide(command, now);
    this.endWhatIsDue(now);
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

  protected endWhatIsDue(now: number): void {
    for (;;) {
      const due = [
        ...[...this.visitors].map(([node, { expiresAt }]) => ({ at: expiresAt, order: `0 ${node}`, end: () => this.leave(node, expiresAt) })),
        ...this.sessions.map((s) => ({ at: this.endOf(s), order: `1 ${s.sessionId}`, end: () => this.release(s, this.endOf(s)) })),
        ...this.quarantines.map((q) => ({ at: q.until, order: `2 ${q.name}`, end: () => this.endQuarantine(q) })),
      ].filter(({ at }) => at <= now);
      if (due.length === 0) return;
      due.sort((a, b) => a.at - b.at || (a.order < b.order ? -1 : 1))[0]!.end();
    }
  }

  private endOf(session: NaiveSession): number {
    return Math.min(session.lease ?? Infinity, session.orphanedUntil ?? Infinity);
  }

  private leave(node: string, at: number): void {
    this.visitors.delete(node);
    for (const session of this.sessions.filter((s) => s.node === node)) this.release(session, at);
  }

  protected release(session: NaiveSession, at: number): void {
    this.sessions = this.sessions.filter((s) => s !== session);
    if (session.temporary) this.pools[session.temporary.field].release(session.temporary.value);
    this.quarantine(session, session.sessionId, session.effective, session.temporary, at);
  }

  protected quarantine(session: NaiveSession, name: string, id: FlowId, temporary: NaiveSession['temporary'], at: number, paths: NaiveQuarantine['paths'] = []): void {
    const { quarantineSeconds } = this.policy;
    const length = quarantineSeconds === null ? Math.max(120_000, lifetimeMs(session.refreshPeriodMs)) : quarantineSeconds * 1000;
    const from = Math.max(at, ...paths.map(({ until }) => until));
    this.quarantines.push({ name, sessionId: session.sessionId, flowName: session.name, id, temporary, until: from + length, paths });
  }

  private endQuarantine(quarantine: NaiveQuarantine): void {
    this.quarantines = this.quarantines.filter((q) => q !== quarantine);
    if (quarantine.temporary) this.pools[quarantine.temporary.field].endQuarantine(quarantine.temporary.value);
  }

  private registration(command: AdmitVisitor | DismissVisitor, now: number): void {
    const { mobileNode: node, registrationRevision } = command;
    if (registrationRevision <= (this.registrations.get(node) ?? -1n)) return;
    this.registrations.set(node, registrationRevision);
    if (command.type === 'AdmitVisitor') {
      this.visitors.set(node, { homeAgent: command.homeAgent, expiresAt: command.expiresAt === null ? Infinity : Date.parse(command.expiresAt) });
    } else if (command.cause === 'superseded') {
      this.visitors.delete(node);
      const orphanedUntil = command.orphanedUntil === null ? null : Date.parse(command.orphanedUntil);
      for (const session of this.sessions.filter((s) => s.node === node)) Object.assign(session, { state: 'orphaned', orphanedUntil });
    } else {
      this.leave(node, now);
    }
  }

  private releaseCommand({ sessionId, cause, claimedBy }: ReleaseSession, now: number): NaiveAnswer {
    const session = this.sessions.find((s) => s.sessionId === sessionId);
    if (!session) return { outcome: 'already-released', sessionId };
    if (claimedBy !== null && claimedBy !== session.node) return { outcome: 'not-owner' };
    if (cause !== 'resv-tear') this.release(session, now);
    else if (!session.isReserved) return { outcome: 'already-released', sessionId };
    else Object.assign(session, { isReserved: false, ...(session.state === 'live' && { state: 'path-only' }) });
    return { outcome: 'released', sessionId };
  }

  /** domain.md §3, steps 1 to 6. */
  protected configure(command: ConfigureSession, now: number): NaiveAnswer {
    const { mobileNode: node, style, sessionId } = command;
    const flow = listed(command.flow);
    if (!this.visitors.has(node)) return { outcome: 'no-binding' };
    const replaced = this.sessions.find((s) => s.sessionId === command.replaces);
    if (replaced && replaced.node !== node) return { outcome: 'not-owner' };
    const requested = this.requestedOf(flow, node);
    const name = nameOf(node, flow, style);
    const own = this.sessions.find((s) => s.name === name);
    const port = 'destinationPort' in requested ? requested.destinationPort : null;
    const samePorts = this.sessions.filter((s) => s !== own && port !== null && 'destinationPort' in s.requested && s.flow.protocol === flow.protocol);
    if (samePorts.some((s) => s.node === node && s.flow.destinationPort === port && s.style !== style)) return { outcome: 'style-conflict' };
    if (samePorts.some((s) => (s.flow.destinationPort === 0) !== (port === 0))) return { outcome: 'port-zero-conflict' };
    if (own) return this.change(own, command, flow, requested, now);

    const judged = this.judge(requested, name);
    if (judged === null) return { outcome: 'flow-id-pool-exhausted' };
    const { temporary, effective, matched } = judged;
    const refreshPeriodMs = command.refreshPeriodMs ?? 30_000;
    this.sessions.push({
      sessionId, node, name, style, requested, effective, temporary, flow, tspec: command.tspec!, refreshPeriodMs,
      state: 'live', isReserved: true, lease: this.leaseFrom(now, refreshPeriodMs), orphanedUntil: null,
    });
    if (replaced) this.release(replaced, now);
    return { outcome: 'configured', sessionId, effective, temporary, matched };
  }

  /** Steps 3 to 6: the id that it gets, taken; null: the pool is exhausted. */
  protected judge(requested: FlowId, name: string): { effective: FlowId; temporary: NaiveSession['temporary']; matched: string[] } | null {
    const x = this.overlapping(requested, name);
    const field = x.length === 0 ? null : this.fieldOf(requested, x.some(({ id }) => !('source' in id) && !('senders' in id) && !('flowLabel' in id)), name);
    const value = field === null ? null : this.choose(field, requested, name);
    if (field !== null && value === null) return null;
    const temporary = field === null ? null : { field, value: value! };
    const effective = temporary ? replaceField(requested, temporary.field, temporary.value) : requested;
    this.quarantines = this.quarantines.filter((q) => q.flowName !== name || text(q.id) !== text(effective));
    if (temporary) this.pools[temporary.field].take(temporary.value);
    return { effective, temporary, matched: x.map((held) => held.who).sort() };
  }

  private change(own: NaiveSession, command: ConfigureSession, flow: Flow, requested: FlowId, now: number): NaiveAnswer {
    const listChanges = flow.senders !== undefined && JSON.stringify(flow.senders) !== JSON.stringify(own.flow.senders);
    const effective = listChanges ? (own.temporary ? replaceField(requested, own.temporary.field, own.temporary.value) : requested) : own.effective;
    if (listChanges && this.overlapping(effective, own.name).length > 0) return { outcome: 'change-overlaps' };
    const refreshPeriodMs = command.refreshPeriodMs ?? own.refreshPeriodMs;
    const modified = listChanges || own.state !== 'live' || refreshPeriodMs !== own.refreshPeriodMs || JSON.stringify(command.tspec) !== JSON.stringify(own.tspec);
    const quarantined = listChanges ? whoLeft(own, requested, effective) : null;
    if (quarantined) this.quarantine(own, `${own.sessionId}/`, quarantined, null, now);
    if (listChanges) Object.assign(own, { flow, requested, effective });
    if (own.state === 'orphaned') own.orphanedUntil = null;
    const renewed = this.leaseFrom(now, refreshPeriodMs);
    if (modified) own.lease = renewed;
    Object.assign(own, { state: 'live', isReserved: true, tspec: command.tspec, refreshPeriodMs });
    return { outcome: modified ? 'modified' : 'refreshed', sessionId: own.sessionId, effective: own.effective, temporary: own.temporary };
  }

  private leaseFrom(now: number, refreshPeriodMs: number): number | null {
    return refreshPeriodMs === 0 ? null : now + 1.5 * lifetimeMs(refreshPeriodMs);
  }

  protected overlapping(id: FlowId, name: string): { readonly id: FlowId; readonly who: string }[] {
    const live = this.sessions.filter((s) => !this.isOwn(s, name)).map((s) => ({ id: s.effective, who: `${s.sessionId} live` }));
    const quarantined = this.quarantines.filter((q) => !this.isOwnQuarantine(q, name)).map((q) => ({ id: q.id, who: `${q.sessionId} quarantined` }));
    return [...live, ...quarantined].filter((held) => naiveOverlaps(held.id, id, this.policy.mixedClassifiers));
  }

  protected isOwn(session: NaiveSession, name: string): boolean {
    return session.name === name;
  }

  protected isOwnQuarantine({ flowName }: NaiveQuarantine, name: string): boolean {
    return flowName === name;
  }

  protected fits(field: TemporaryField, value: number, requested: FlowId, name: string): boolean {
    const id = replaceField(requested, field, value);
    const asked = this.sessions.filter((s) => !this.isOwn(s, name)).some((s) => naiveOverlaps(s.requested, id, this.policy.mixedClassifiers));
    return !asked && this.overlapping(id, name).length === 0;
  }

  protected choose(field: TemporaryField, requested: FlowId, name: string): number | null {
    const fits = (value: number): boolean => this.fits(field, value, requested, name);
    const pool = this.pools[field];
    const own = this.quarantines.flatMap(({ flowName, id, temporary }) =>
      (flowName === name && temporary?.field === field && pool.hands(temporary.value) ? [{ id, value: temporary.value }] : []));
    const reclaimed = own.find(({ id, value }) => text(replaceField(requested, field, value)) === text(id) && fits(value))?.value;
    return reclaimed ?? pool.inOrder().find(fits) ?? null;
  }

  protected requestedOf(flow: Flow, node: string): FlowId {
    const { outerSource } = this.policy;
    return naiveRequested(flow, this.careOfAddress, (address) => (outerSource === 'home-agent' ? this.visitors.get(node)!.homeAgent : address));
  }

  /** The table of domain.md §2, and where no value whatever of its field would do, the next one (ADR 0011). */
  protected fieldOf(requested: FlowId, matchesWildcard: boolean, name: string): TemporaryField {
    const fields: TemporaryField[] = this.careOfAddress.includes(':') ? ['flowLabel'] : [];
    if (!('destinationPort' in requested)) fields.push('greKey');
    else if ('sourcePort' in requested && !matchesWildcard) fields.push('sourcePort', 'destinationPort');
    else fields.push('destinationPort');
    const nobodys = 0.5;
    return fields.find((field) => this.fits(field, nobodys, requested, name)) ?? fields[0]!;
  }
}
