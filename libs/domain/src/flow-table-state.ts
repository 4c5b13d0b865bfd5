import { DeadlineQueue } from './deadline-queue';
import type { TemporaryField } from './flow';
import { DegradedLegs } from './degraded-legs';
import type { LegHold, Takeover } from './leg-hold';
import { Journal, JournaledIndex, JournaledMap, type Unwindable } from './journal';
import { OverlapIndex } from './overlap-index';
import { defaultPolicy, defaultPools, type Policy, type Pools } from './policy';
import { Pool } from './pool';
import { ScopeDeadlines, type Deadline } from './scope-deadlines';
import { tellSearches } from './pool-searches';
import { RefreshNotes } from './refresh-notes';
import type { Quarantine, Session, SessionHolding, Tunnel, Visitor } from './session';
import { SessionParts } from './session-parts';
import { partsEnd } from './session-parts-evolve';
import { SessionsByPort } from './sessions-by-port';
import { endToEndKey, tunnelKey } from './tunnel-keys';

export type { Quarantine, Session, SessionHolding, Tunnel, Visitor } from './session';

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
  readonly sessionByLogicalFlow = new JournaledMap<string, Session>(this.journal);
  readonly sessionsByNode = new JournaledIndex<string, string>(this.journal);
  readonly sessionsByPort = new SessionsByPort(this.journal);
  readonly quarantines = new JournaledMap<string, Quarantine>(this.journal);
  readonly quarantinesByLogicalFlow = new JournaledIndex<string, string>(this.journal);
  /** Observed flows that the rule refused, with the refusal: told once, not with every refresh. */
  readonly refusedFlows = new JournaledMap<string, string>(this.journal);
  /** Tunnel sessions that SESSION_ASSOC named, by (source, source port), and by the end-to-end session that travels in them. */
  readonly tunnels = new JournaledMap<string, Tunnel>(this.journal);
  readonly tunnelsByEndToEnd = new JournaledMap<string, string>(this.journal);
  /** Refresh period → milliseconds of the last event that extended leases of it. */
  readonly leasesExtendedAt = new JournaledMap<number, number>(this.journal);
  /** Where several paths or reservations meet in one session. */
  readonly parts = new SessionParts(this.journal);
  /** This server's own, and no part of what the stream says. */
  readonly refreshes = new RefreshNotes(this.journal);
  /** By node that is being handed off from here. */
  readonly holds = new JournaledMap<string, LegHold>(this.journal);
  /** By node that a handoff brought here once. */
  readonly takeovers = new JournaledMap<string, Takeover>(this.journal);
  readonly degraded = new DegradedLegs(this.journal);
  readonly pools: Readonly<Record<TemporaryField, Pool>>;
  readonly deadlines: DeadlineQueue<Deadline>;
  effectiveIds: OverlapIndex<SessionHolding>;
  /** Of sessions with a temporary id; a native session holds what it asked for. */
  requestedIds: OverlapIndex<SessionHolding>;
  quarantinedIds: OverlapIndex<Quarantine>;

  /** Of the last event; -1: the stream does not exist. A number, since every event counts it up. */
  lastRevision = -1;
  /** Milliseconds of the last event; time never goes back in a scope. */
  lastOccurredAt = Number.NEGATIVE_INFINITY;
  /** Revision of the provisioning that is in force. */
  provisioned = -1n;
  /** Revision of the last reboot of the agent that the scope was told of. */
  rebooted = -1n;
  policy: Policy = defaultPolicy;
  ordinals = 0;
  /** Milliseconds; this server's own, like `refreshes`. */
  gapsCoveredTo = Number.NEGATIVE_INFINITY;

  private readonly advanced: Unwindable = {
    takeBack: (before) => {
      this.lastRevision--;
      this.lastOccurredAt = before as number;
    },
  };
  private readonly assigned: Unwindable = { takeBack: (field, before) => void ((this as Record<string, unknown>)[field as string] = before) };
  private readonly leased: Unwindable = { takeBack: (session, before) => void ((session as Session).leaseUntil = before as number | null) };

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
    this.deadlines = new DeadlineQueue(this.journal, new ScopeDeadlines(this));
    this.effectiveIds = new OverlapIndex(this.journal, false);
    this.requestedIds = new OverlapIndex(this.journal, false);
    this.quarantinedIds = new OverlapIndex(this.journal, false);
  }

  /** Revision of the last event; -1n: the stream does not exist. */
  get revision(): bigint {
    return BigInt(this.lastRevision);
  }

  /** One more event, of that time. */
  advance(occurredAt: number): void {
    this.journal.record(this.advanced, this.lastOccurredAt, undefined);
    this.lastRevision++;
    if (occurredAt > this.lastOccurredAt) this.lastOccurredAt = occurredAt;
  }

  /** Sets a plain field so that it can be taken back. */
  assign<K extends 'provisioned' | 'rebooted' | 'policy' | 'ordinals' | 'gapsCoveredTo'>(field: K, value: this[K]): void {
    this.journal.record(this.assigned, field, this[field]);
    this[field] = value;
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
    for (const pool of Object.values(this.pools)) pool.forgetSearches();
    for (const session of this.sessions.values()) {
      this.effectiveIds.add(session.effective);
      if (session.temporary) this.requestedIds.add(session.requested);
    }
    for (const quarantine of this.quarantines.values()) this.quarantinedIds.add(quarantine);
  }

  addSession(session: Session): void {
    this.sessions.set(session.sessionId, session);
    this.sessionByLogicalFlow.set(session.logicalFlow, session);
    this.sessionsByNode.add(session.mobileNode ?? '', session.sessionId);
    this.sessionsByPort.add(session);
    this.effectiveIds.add(session.effective);
    if (session.temporary) this.requestedIds.add(session.requested);
    this.deadlines.schedule({ kind: 'session', key: session.sessionId }, undefined, this.sessionDeadline(session));
  }

  /** The same logical flow, changed. */
  replaceSession(before: Session, after: Session): void {
    this.sessions.set(after.sessionId, after);
    this.sessionByLogicalFlow.set(after.logicalFlow, after);
    if (before.effective !== after.effective) {
      this.effectiveIds.delete(before.effective);
      this.effectiveIds.add(after.effective);
      tellSearches(this.pools, before.effective.id);
    }
    if (after.temporary && before.requested !== after.requested) {
      this.requestedIds.delete(before.requested);
      this.requestedIds.add(after.requested);
      tellSearches(this.pools, before.requested.id);
    }
    const [had, has] = [this.sessionDeadline(before), this.sessionDeadline(after)];
    if (had !== has) this.deadlines.schedule({ kind: 'session', key: after.sessionId }, had, has);
  }

  extendLease(session: Session, until: number): void {
    const before = this.sessionDeadline(session);
    this.journal.record(this.leased, session, session.leaseUntil);
    session.leaseUntil = until;
    const after = this.sessionDeadline(session);
    if (before === undefined || after! < before) this.deadlines.schedule({ kind: 'session', key: session.sessionId }, before, after);
  }

  removeSession(session: Session): void {
    this.sessions.delete(session.sessionId);
    this.sessionByLogicalFlow.delete(session.logicalFlow);
    this.sessionsByNode.delete(session.mobileNode ?? '', session.sessionId);
    this.refreshes.forget(session.refreshPeriodMs, 'session', session.sessionId);
    if (session.reservation) this.refreshes.forget(session.reservation.refreshPeriodMs, 'reservation', session.sessionId);
    this.sessionsByPort.delete(session);
    partsEnd(this, session.sessionId);
    this.effectiveIds.delete(session.effective);
    tellSearches(this.pools, session.effective.id);
    if (session.temporary) {
      this.requestedIds.delete(session.requested);
      tellSearches(this.pools, session.requested.id);
    }
  }

  addQuarantine(quarantine: Quarantine): void {
    this.quarantines.set(quarantine.name, quarantine);
    this.quarantinesByLogicalFlow.add(quarantine.logicalFlow, quarantine.name);
    this.quarantinedIds.add(quarantine);
    this.deadlines.schedule({ kind: 'quarantine', key: quarantine.name }, undefined, quarantine.until);
  }

  removeQuarantine(quarantine: Quarantine): void {
    this.quarantines.delete(quarantine.name);
    this.quarantinesByLogicalFlow.delete(quarantine.logicalFlow, quarantine.name);
    this.quarantinedIds.delete(quarantine);
    tellSearches(this.pools, quarantine.id);
  }

  setTunnel(tunnel: Tunnel): void {
    const { mobileNode, association: { session, tunnel: { source, sourcePort } } } = tunnel;
    this.tunnels.set(tunnelKey(source, sourcePort), tunnel);
    this.tunnelsByEndToEnd.set(endToEndKey(mobileNode, session.protocol, session.destinationPort), tunnelKey(source, sourcePort));
  }

  removeTunnel(key: string): void {
    const tunnel = this.tunnels.get(key);
    if (!tunnel) return;
    this.tunnels.delete(key);
    const endToEnd = endToEndKey(tunnel.mobileNode, tunnel.association.session.protocol, tunnel.association.session.destinationPort);
    if (this.tunnelsByEndToEnd.get(endToEnd) === key) this.tunnelsByEndToEnd.delete(endToEnd);
  }

  setVisitor(visitor: Visitor): void {
    const before = this.visitors.get(visitor.mobileNode)?.expiresAt ?? undefined;
    this.visitors.set(visitor.mobileNode, visitor);
    this.deadlines.schedule({ kind: 'visitor', key: visitor.mobileNode }, before, visitor.expiresAt ?? undefined);
  }

  /** When it or its reservation ends: a lease, or the binding of an orphaned leg, whichever is first. */
  sessionDeadline({ leaseUntil, orphanedUntil, reservation }: Session): number | undefined {
    const deadline = Math.min(leaseUntil ?? Infinity, orphanedUntil ?? Infinity, reservation?.until ?? Infinity);
    return deadline === Infinity ? undefined : deadline;
  }
}
