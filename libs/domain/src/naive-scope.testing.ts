import type { Flow, FlowId, Style, TemporaryField, Tspec } from './flow';
import type { AdmitVisitor, ConfigureSession, DismissVisitor, FlowTableCommand, ReleaseSession } from './flow-table-commands';
import { naiveOverlaps } from './naive-overlaps.testing';
import { NaivePool } from './naive-pool.testing';
import type { Policy } from './policy';

/** A scope as domain.md tells it: lists that are compared pair by pair. Slow, and with nothing in common with the code but the ids. */
interface NaiveSession {
  readonly sessionId: string;
  readonly node: string;
  readonly name: string;
  readonly style: Style;
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

interface NaiveQuarantine {
  readonly name: string;
  readonly sessionId: string;
  readonly flowName: string;
  readonly id: FlowId;
  readonly temporary: NaiveSession['temporary'];
  readonly until: number;
}

export interface NaiveAnswer {
  readonly outcome: string;
  readonly sessionId?: string;
  readonly effective?: FlowId;
  readonly temporary?: NaiveSession['temporary'];
  readonly matched?: readonly string[];
}

const lifetimeMs = (refreshPeriodMs: number): number => 3.5 * 1.5 * refreshPeriodMs;
const text = (id: FlowId): string => JSON.stringify(Object.entries(id).sort());

export class NaiveScope {
  sessions: NaiveSession[] = [];
  quarantines: NaiveQuarantine[] = [];
  readonly pools: Readonly<Record<TemporaryField, NaivePool>> = {
    sourcePort: new NaivePool(),
    destinationPort: new NaivePool(),
    flowLabel: new NaivePool(),
    greKey: new NaivePool(),
  };
  private readonly visitors = new Map<string, { homeAgent: string; expiresAt: number }>();
  private readonly registrations = new Map<string, bigint>();
  private policy!: Policy;

  constructor(private readonly careOfAddress: string) {}

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

  private decide(command: FlowTableCommand, now: number): NaiveAnswer {
    if (command.type === 'ConfigureSession') return this.configure(command, now);
    if (command.type === 'ReleaseSession') return this.releaseCommand(command, now);
    if (command.type === 'AdmitVisitor' || command.type === 'DismissVisitor') this.registration(command, now);
    if (command.type === 'ProvisionScope') {
      this.policy = command.policy;
      for (const [field, range] of Object.entries(command.pools)) this.pools[field as TemporaryField].provision(range);
    }
    return { outcome: 'done' };
  }

  private endWhatIsDue(now: number): void {
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

  private release(session: NaiveSession, at: number): void {
    this.sessions = this.sessions.filter((s) => s !== session);
    if (session.temporary) this.pools[session.temporary.field].release(session.temporary.value);
    this.quarantine(session, session.sessionId, session.effective, session.temporary, at);
  }

  private quarantine(session: NaiveSession, name: string, id: FlowId, temporary: NaiveSession['temporary'], at: number): void {
    const { quarantineSeconds } = this.policy;
    const length = quarantineSeconds === null ? Math.max(120_000, lifetimeMs(session.refreshPeriodMs)) : quarantineSeconds * 1000;
    this.quarantines.push({ name, sessionId: session.sessionId, flowName: session.name, id, temporary, until: at + length });
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
  private configure(command: ConfigureSession, now: number): NaiveAnswer {
    const { mobileNode: node, style, sessionId } = command;
    const flow = listed(command.flow);
    if (!this.visitors.has(node)) return { outcome: 'no-binding' };
    const replaced = this.sessions.find((s) => s.sessionId === command.replaces);
    if (replaced && replaced.node !== node) return { outcome: 'not-owner' };
    const requested = this.requestedOf(flow, node);
    const name = JSON.stringify([node, flow.correspondentNode, flow.protocol, flow.destinationPort, flow.sourcePort, flow.flowLabel, flow.spi, style === 'FF' || style]);
    const own = this.sessions.find((s) => s.name === name);
    const port = 'destinationPort' in requested ? requested.destinationPort : null;
    const samePorts = this.sessions.filter((s) => s !== own && port !== null && 'destinationPort' in s.requested && s.flow.protocol === flow.protocol);
    if (samePorts.some((s) => s.node === node && s.flow.destinationPort === port && s.style !== style)) return { outcome: 'style-conflict' };
    if (samePorts.some((s) => (s.flow.destinationPort === 0) !== (port === 0))) return { outcome: 'port-zero-conflict' };
    if (own) return this.change(own, command, flow, requested, now);

    const x = this.overlapping(requested, name);
    const field = x.length === 0 ? null : this.fieldOf(requested, x.some(({ id }) => !('source' in id) && !('senders' in id) && !('flowLabel' in id)), name);
    const value = field === null ? null : this.choose(field, requested, name);
    if (field !== null && value === null) return { outcome: 'flow-id-pool-exhausted' };
    const temporary = field === null ? null : { field, value: value! };
    const effective = temporary ? replaceField(requested, temporary.field, temporary.value) : requested;
    this.quarantines = this.quarantines.filter((q) => q.flowName !== name || text(q.id) !== text(effective));
    if (temporary) this.pools[temporary.field].take(temporary.value);
    const refreshPeriodMs = command.refreshPeriodMs ?? 30_000;
    this.sessions.push({
      sessionId, node, name, style, requested, effective, temporary, flow, tspec: command.tspec!, refreshPeriodMs,
      state: 'live', isReserved: true, lease: this.leaseFrom(now, refreshPeriodMs), orphanedUntil: null,
    });
    if (replaced) this.release(replaced, now);
    return { outcome: 'configured', sessionId, effective, temporary, matched: x.map((held) => held.who).sort() };
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

  private overlapping(id: FlowId, name: string): { readonly id: FlowId; readonly who: string }[] {
    const live = this.sessions.filter((s) => s.name !== name).map((s) => ({ id: s.effective, who: `${s.sessionId} live` }));
    const quarantined = this.quarantines.filter((q) => q.flowName !== name).map((q) => ({ id: q.id, who: `${q.sessionId} quarantined` }));
    return [...live, ...quarantined].filter((held) => naiveOverlaps(held.id, id, this.policy.mixedClassifiers));
  }

  private fits(field: TemporaryField, value: number, requested: FlowId, name: string): boolean {
    const id = replaceField(requested, field, value);
    const asked = this.sessions.filter((s) => s.name !== name).some((s) => naiveOverlaps(s.requested, id, this.policy.mixedClassifiers));
    return !asked && this.overlapping(id, name).length === 0;
  }

  private choose(field: TemporaryField, requested: FlowId, name: string): number | null {
    const fits = (value: number): boolean => this.fits(field, value, requested, name);
    const pool = this.pools[field];
    const own = this.quarantines.flatMap(({ flowName, id, temporary }) =>
      (flowName === name && temporary?.field === field && pool.hands(temporary.value) ? [{ id, value: temporary.value }] : []));
    const reclaimed = own.find(({ id, value }) => text(replaceField(requested, field, value)) === text(id) && fits(value))?.value;
    return reclaimed ?? pool.inOrder().find(fits) ?? null;
  }

  private requestedOf(flow: Flow, node: string): FlowId {
    const outer = (address: string): string => (this.policy.outerSource === 'home-agent' ? this.visitors.get(node)!.homeAgent : address);
    const { correspondentNode, senders, protocol, flowLabel, spi, sourcePort, destinationPort } = flow;
    const to = { destination: this.careOfAddress };
    if (senders) {
      const seen = new Map(senders.map((s) => {
        const source = outer(s.correspondentNode);
        return [`${source} ${s.sourcePort}`, { source, sourcePort: s.sourcePort }];
      }));
      return { ...to, protocol, destinationPort: destinationPort!, senders: [...seen].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, s]) => s) };
    }
    if (correspondentNode === undefined) return { ...to, protocol, destinationPort: destinationPort! };
    const from = { ...to, source: outer(correspondentNode) };
    if (flowLabel !== undefined) return { ...from, flowLabel };
    if (spi !== undefined) return { ...from, protocol, spi };
    return sourcePort === undefined ? { ...from, protocol } : { ...from, protocol, sourcePort, destinationPort: destinationPort! };
  }

  /** The table of domain.md §2, and where no value whatever of its field would do, the next one (ADR 0011). */
  private fieldOf(requested: FlowId, matchesWildcard: boolean, name: string): TemporaryField {
    const fields: TemporaryField[] = this.careOfAddress.includes(':') ? ['flowLabel'] : [];
    if (!('destinationPort' in requested)) fields.push('greKey');
    else if ('sourcePort' in requested && !matchesWildcard) fields.push('sourcePort', 'destinationPort');
    else fields.push('destinationPort');
    const nobodys = 0.5;
    return fields.find((field) => this.fits(field, nobodys, requested, name)) ?? fields[0]!;
  }
}

/** Each sender once, in one order. */
function listed(flow: Flow): Flow {
  if (!flow.senders) return flow;
  const once = new Map(flow.senders.map((s) => [`${s.correspondentNode} ${s.sourcePort}`, s]));
  return { ...flow, senders: [...once].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sender]) => sender) };
}

/** domain.md §2, the table of fields. */
function replaceField(requested: FlowId, field: TemporaryField, value: number): FlowId {
  const sources = 'senders' in requested ? [...new Set(requested.senders.map((s) => s.source))] : 'source' in requested ? [requested.source] : [];
  const source = sources.length === 1 && sources[0] !== undefined ? { source: sources[0] } : {};
  if (field === 'flowLabel') return { ...source, destination: requested.destination, flowLabel: value };
  if (field === 'greKey') return { source: sources[0]!, destination: requested.destination, protocol: 47, greKey: value };
  return { ...requested, [field]: value };
}

/** The id of those senders that the list no longer covers; null where it covers all. */
function whoLeft({ requested, temporary }: NaiveSession, now: FlowId, effective: FlowId): FlowId | null {
  if (!('senders' in requested) || !('senders' in now)) return null;
  const covered = (s: { source: string; sourcePort: number }): boolean => {
    if ('flowLabel' in effective) return effective.source === undefined || effective.source === s.source;
    return now.senders.some((k) => k.source === s.source && k.sourcePort === s.sourcePort);
  };
  const senders = requested.senders.filter((s) => !covered(s));
  if (senders.length === 0) return null;
  return temporary ? replaceField({ ...requested, senders }, temporary.field, temporary.value) : { ...requested, senders };
}
