import type { Match } from './events';
import type { Flow, FlowId, Service, Style, TemporaryField, TemporaryFlowId, Tspec } from './flow';
import { Journal, JournaledIndex, JournaledMap, JournaledQueue } from './journal';
import { OverlapIndex, type Holding } from './overlap-index';
import { defaultPolicy, defaultPools, type Policy, type Pools } from './policy';
import { Pool } from './pool';

/** A holding of one session: its effective id, its requested id, or an id in quarantine that was its own. */
export interface SessionHolding extends Holding {
  readonly sessionId: string;
  readonly mobileNode: string | null;
  /** Order of arrival in the scope. */
  readonly ordinal: number;
}

export interface Session {
  readonly sessionId: string;
  readonly ordinal: number;
  readonly mobileNode: string | null;
  readonly logicalFlow: string;
  readonly flow: Flow;
  readonly style: Style | null;
  readonly service: Service | null;
  readonly tspec: Tspec | null;
  readonly refreshPeriodMs: number;
  readonly state: 'live' | 'path-only' | 'orphaned';
  readonly requested: SessionHolding;
  readonly effective: SessionHolding;
  readonly temporary: TemporaryFlowId | null;
  readonly matched: readonly Match[];
  /** Milliseconds; null: no soft state. */
  readonly leaseUntil: number | null;
  /** An orphaned leg ends then at the latest. */
  readonly orphanedUntil: number | null;
  /** Revision of its last change. */
  readonly revision: bigint;
}

export interface Visitor {
  readonly mobileNode: string;
  readonly homeAddress: string;
  readonly homeAgent: string;
  /** Milliseconds; null: infinite. */
  readonly expiresAt: number | null;
}

export interface Quarantine extends SessionHolding {
  /** Session id; with the revision behind a slash where a sender left an SE list. */
  readonly name: string;
  readonly temporary: TemporaryFlowId | null;
  readonly until: number;
}

/** Of what ends at one instant: a registration takes its sessions with it, and a quarantine ends last. */
const dueOrder = { visitor: 0, session: 1, quarantine: 2 } as const;

type Deadline = { readonly kind: 'session' | 'visitor' | 'quarantine'; readonly key: string };

/**
 * The state of one scope, as its stream tells it. It evolves in place and can unwind (journal.ts); every index exists so that a
 * decision looks only at what it could overlap, never at the whole scope.
 */
export class FlowTableState {
  readonly journal = new Journal();
  readonly visitors = new JournaledMap<string, Visitor>(this.journal);
  /** Last registration revision by node, kept when the node left: an older one is a no-op. */
  readonly registrationRevisions = new JournaledMap<string, bigint>(this.journal);
  /** Sessions that hold an id. */
  readonly sessions = new JournaledMap<string, Session>(this.journal);
  readonly sessionByLogicalFlow = new JournaledMap<string, string>(this.journal);
  readonly sessionsByNode = new JournaledIndex<string>(this.journal);
  /** (node, protocol, destination port) → sessions, for styles. */
  readonly sessionsByPort = new JournaledIndex<string>(this.journal);
  /** (protocol, whether the destination port is zero) → sessions. */
  readonly sessionsByZeroPort = new JournaledIndex<string>(this.journal);
  readonly quarantines = new JournaledMap<string, Quarantine>(this.journal);
  readonly quarantinesByLogicalFlow = new JournaledIndex<string>(this.journal);
  /** Observed flows that the rule refused, with the refusal: told once, not with every refresh. */
  readonly refusedFlows = new JournaledMap<string, string>(this.journal);
  readonly pools: Readonly<Record<TemporaryField, Pool>>;
  readonly deadlines: JournaledQueue<Deadline>;
  effectiveIds: OverlapIndex<SessionHolding>;
  requestedIds: OverlapIndex<SessionHolding>;
  quarantinedIds: OverlapIndex<Quarantine>;

  /** Revision of the last event; -1n: the stream does not exist. */
  revision = -1n;
  /** Milliseconds of the last event; time never goes back in a scope. */
  lastOccurredAt = Number.NEGATIVE_INFINITY;
  /** Revision of the provisioning that is in force. */
  provisioned = -1n;
  policy: Policy = defaultPolicy;
  ordinals = 0;

  constructor(
    readonly foreignAgent: string,
    readonly careOfAddress: string,
  ) {
    const pool = (field: TemporaryField): Pool => new Pool(this.journal, defaultPools[field]);
    this.pools = {
      sourcePort: pool('sourcePort'),
      destinationPort: pool('destinationPort'),
      flowLabel: pool('flowLabel'),
      greKey: pool('greKey'),
    };
    this.deadlines = new JournaledQueue(this.journal, (deadline, at) => this.deadlineOf(deadline) === at, ({ kind, key }) => `${dueOrder[kind]} ${key}`);
    this.effectiveIds = new OverlapIndex(this.journal, false);
    this.requestedIds = new OverlapIndex(this.journal, false);
    this.quarantinedIds = new OverlapIndex(this.journal, false);
  }

  /** Sets a plain field so that it can be taken back. */
  assign<K extends 'revision' | 'lastOccurredAt' | 'provisioned' | 'policy' | 'ordinals'>(field: K, value: this[K]): void {
    const before = this[field];
    this[field] = value;
    this.journal.onUnwind(() => (this[field] = before));
  }

  setPools(pools: Pools): void {
    for (const [field, range] of Object.entries(pools)) this.pools[field as TemporaryField].setRange(range);
  }

  /** A change of `mixedClassifiers` changes what overlaps what: the indexes are made again. */
  setPolicy(policy: Policy): void {
    const changes = policy.mixedClassifiers !== this.policy.mixedClassifiers;
    this.assign('policy', policy);
    if (!changes) return;
    const before = [this.effectiveIds, this.requestedIds, this.quarantinedIds] as const;
    this.journal.onUnwind(() => ([this.effectiveIds, this.requestedIds, this.quarantinedIds] = before));
    this.effectiveIds = new OverlapIndex(this.journal, policy.mixedClassifiers);
    this.requestedIds = new OverlapIndex(this.journal, policy.mixedClassifiers);
    this.quarantinedIds = new OverlapIndex(this.journal, policy.mixedClassifiers);
    for (const session of this.sessions.values()) {
      this.effectiveIds.add(session.effective);
      this.requestedIds.add(session.requested);
    }
    for (const quarantine of this.quarantines.values()) this.quarantinedIds.add(quarantine);
  }

  addSession(session: Session): void {
    this.sessions.set(session.sessionId, session);
    this.sessionByLogicalFlow.set(session.logicalFlow, session.sessionId);
    this.sessionsByNode.add(session.mobileNode ?? '', session.sessionId);
    for (const [index, key] of this.portKeys(session)) index.add(key, session.sessionId);
    this.effectiveIds.add(session.effective);
    this.requestedIds.add(session.requested);
    this.scheduleSession(session);
  }

  replaceSession(before: Session, after: Session): void {
    this.sessions.set(after.sessionId, after);
    if (before.effective !== after.effective) {
      this.effectiveIds.delete(before.effective);
      this.effectiveIds.add(after.effective);
    }
    if (before.requested !== after.requested) {
      this.requestedIds.delete(before.requested);
      this.requestedIds.add(after.requested);
    }
    if (this.sessionDeadline(before) !== this.sessionDeadline(after)) this.scheduleSession(after);
  }

  removeSession(session: Session): void {
    this.sessions.delete(session.sessionId);
    this.sessionByLogicalFlow.delete(session.logicalFlow);
    this.sessionsByNode.delete(session.mobileNode ?? '', session.sessionId);
    for (const [index, key] of this.portKeys(session)) index.delete(key, session.sessionId);
    this.effectiveIds.delete(session.effective);
    this.requestedIds.delete(session.requested);
  }

  addQuarantine(quarantine: Quarantine): void {
    this.quarantines.set(quarantine.name, quarantine);
    this.quarantinesByLogicalFlow.add(quarantine.logicalFlow, quarantine.name);
    this.quarantinedIds.add(quarantine);
    this.deadlines.push(quarantine.until, { kind: 'quarantine', key: quarantine.name });
  }

  removeQuarantine(quarantine: Quarantine): void {
    this.quarantines.delete(quarantine.name);
    this.quarantinesByLogicalFlow.delete(quarantine.logicalFlow, quarantine.name);
    this.quarantinedIds.delete(quarantine);
  }

  setVisitor(visitor: Visitor): void {
    this.visitors.set(visitor.mobileNode, visitor);
    if (visitor.expiresAt !== null) this.deadlines.push(visitor.expiresAt, { kind: 'visitor', key: visitor.mobileNode });
  }

  /** When it ends: the lease, or the binding of an orphaned leg, whichever is first. */
  sessionDeadline(session: Session): number | undefined {
    const { leaseUntil, orphanedUntil } = session;
    if (leaseUntil === null) return orphanedUntil ?? undefined;
    return orphanedUntil === null ? leaseUntil : Math.min(leaseUntil, orphanedUntil);
  }

  private scheduleSession(session: Session): void {
    const deadline = this.sessionDeadline(session);
    if (deadline !== undefined) this.deadlines.push(deadline, { kind: 'session', key: session.sessionId });
  }

  private deadlineOf({ kind, key }: Deadline): number | undefined {
    switch (kind) {
      case 'session': {
        const session = this.sessions.get(key);
        return session && this.sessionDeadline(session);
      }
      case 'visitor':
        return this.visitors.get(key)?.expiresAt ?? undefined;
      case 'quarantine':
        return this.quarantines.get(key)?.until;
    }
  }

  /** Only ids with ports have a destination port that identifies. */
  private portKeys(session: Session): [JournaledIndex<string>, string][] {
    const port = destinationPortOf(session.requested.id);
    if (port === null) return [];
    const { protocol } = session.flow;
    return [
      [this.sessionsByPort, portKey(session.mobileNode, protocol, port)],
      [this.sessionsByZeroPort, zeroPortKey(protocol, port === 0)],
    ];
  }
}

export function portKey(mobileNode: string | null, protocol: number, destinationPort: number): string {
  return `${protocol} ${destinationPort} ${mobileNode ?? ''}`;
}

export function zeroPortKey(protocol: number, zero: boolean): string {
  return `${protocol} ${zero ? 'zero' : 'non-zero'}`;
}

export function destinationPortOf(id: FlowId): number | null {
  return 'destinationPort' in id ? id.destinationPort : null;
}
