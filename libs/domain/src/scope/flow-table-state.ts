import type { TemporaryField } from '../flow/flow';
import { DegradedLegs } from './degraded-legs';
import type { EndedHandoff, LegHold, Takeover } from './leg-hold';
import { Journal, JournaledIndex, JournaledMap, type Unwindable } from '../journal/journal';
import { defaultPolicy, defaultPools, type Policy, type Pools } from '../flow/policy';
import { Pool } from '../pool/pool';
import type { Deadline } from './scope-deadlines';
import { ScopeIndexes } from './scope-indexes';
import { tellSearches } from '../pool/pool-searches';
import { RefreshNotes } from './refresh-notes';
import type { KeptMessage } from './kept-messages';
import { sessionDeadline, type Quarantine, type Session, type SessionHolding, type Tunnel, type Visitor } from './session';
import { SessionParts } from './session-parts';
import { partsEnd } from './session-parts-evolve';

export type { Quarantine, Session, SessionHolding, Tunnel, Visitor } from './session';

/**
 * The state of one scope, as its stream tells it. It evolves in place and can unwind (journal.ts).
 */
export class FlowTableState {
  readonly journal = new Journal();
  readonly visitors = new JournaledMap<string, Visitor>(this.journal);
  /** Last registration revision by node, kept when the node left: an older one is a no-op. */
  readonly registrationRevisions = new JournaledMap<string, bigint>(this.journal);
  /** Sessions that hold an id. */
  readonly sessions = new JournaledMap<string, Session>(this.journal);
  readonly quarantines = new JournaledMap<string, Quarantine>(this.journal);
  /** Observed flows that the rule refused, with the refusals, a blank between two: each is told once, and not with every refresh. */
  readonly refusedFlows = new JournaledMap<string, string>(this.journal);
  /** By digest. */
  readonly keptMessages = new JournaledMap<string, KeptMessage>(this.journal);
  /** Names of the violations that were told of a session. */
  readonly violationsTold = new JournaledMap<string, readonly string[]>(this.journal);
  /** Tunnel sessions that SESSION_ASSOC named, by (source, source port), and by the end-to-end session that travels in them. */
  readonly tunnels = new JournaledMap<string, Tunnel>(this.journal);
  readonly tunnelsByEndToEnd = new JournaledMap<string, string>(this.journal);
  readonly tunnelsByNode = new JournaledIndex<string, string>(this.journal);
  /** By session: what routers see in place of its id, as a SESSION_ASSOC told that came too late. Nobody is given that meanwhile. */
  readonly lateIds = new JournaledMap<string, SessionHolding>(this.journal);
  /** Tunnels whose node has left, in that order, with the milliseconds until which they stand. */
  readonly leftTunnels = new JournaledMap<string, number>(this.journal);
  /** Refresh period → milliseconds of the last event that extended leases of it. */
  readonly leasesExtendedAt = new JournaledMap<number, number>(this.journal);
  /** Where several paths or reservations meet in one session. */
  readonly parts = new SessionParts(this.journal);
  /** This server's own, and no part of what the stream says. */
  readonly refreshes = new RefreshNotes(this.journal, (refreshPeriodMs) => this.leasesExtendedAt.get(refreshPeriodMs) ?? Number.NEGATIVE_INFINITY);
  /** By node that is being handed off from here. */
  readonly holds = new JournaledMap<string, LegHold>(this.journal);
  /** By node that a handoff brought here once. */
  readonly takeovers = new JournaledMap<string, Takeover>(this.journal);
  /** By node: the last handoff that is over here. */
  readonly endedHandoffs = new JournaledMap<string, EndedHandoff>(this.journal);
  /** By node: the registration revision that it left by last. What an older handoff brings or holds here since is overtaken. */
  readonly leftRevisions = new JournaledMap<string, bigint>(this.journal);
  readonly degraded = new DegradedLegs(this.journal);
  readonly pools: Readonly<Record<TemporaryField, Pool>>;
  private madeIndexes: ScopeIndexes | null = null;

  /** Of the last event; -1: the stream does not exist. A number, since every event counts it up. */
  lastRevision = -1;
  /** Milliseconds of the last event, but for what was provisioned before anything else; time never goes back in a scope. */
  lastOccurredAt = Number.NEGATIVE_INFINITY;
  /** Revision of the provisioning that is in force. */
  provisioned = -1n;
  /** `closed`: the address may be taken from the agent, and no session begins; `withdrawn`: it was, and nobody comes until it is the agent's again. */
  standing: 'open' | 'closed' | 'withdrawn' = 'open';
  /** Revision of the last closing that the scope was told of, be it over. */
  closing = -1n;
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
  private readonly counted: Unwindable = { takeBack: () => void this.ordinals-- };
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
  }

  /** Revision of the last event; -1n: the stream does not exist. */
  get revision(): bigint {
    return BigInt(this.lastRevision);
  }

  get indexes(): ScopeIndexes {
    return this.madeIndexes ?? this.makeIndexes();
  }

  private makeIndexes(): ScopeIndexes {
    // Made of what this decision may have changed already: they go with it where it is taken back.
    this.journal.onUnwind(() => (this.madeIndexes = null));
    return (this.madeIndexes = this.journal.unrecorded(() => new ScopeIndexes(this.journal, this)));
  }

  /** One more event, of that time. */
  advance(occurredAt: number): void {
    this.journal.record(this.advanced, this.lastOccurredAt, undefined);
    this.lastRevision++;
    if (occurredAt > this.lastOccurredAt) this.lastOccurredAt = occurredAt;
  }

  /** Of what comes next, in order of arrival. */
  nextOrdinal(): number {
    this.journal.record(this.counted, undefined, undefined);
    return this.ordinals++;
  }

  /** Sets a plain field so that it can be taken back. */
  assign<K extends 'provisioned' | 'standing' | 'closing' | 'rebooted' | 'policy' | 'gapsCoveredTo'>(field: K, value: this[K]): void {
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
    const before = this.madeIndexes;
    this.journal.onUnwind(() => (this.madeIndexes = before));
    this.madeIndexes = null;
    for (const pool of Object.values(this.pools)) pool.forgetSearches();
  }

  addSession(session: Session): void {
    this.sessions.set(session.sessionId, session);
    this.madeIndexes?.addSession(session);
  }

  /** The same logical flow, changed. */
  replaceSession(before: Session, after: Session): void {
    this.sessions.set(after.sessionId, after);
    this.madeIndexes?.replaceSession(before, after);
    if (before.effective !== after.effective) tellSearches(this.pools, before.effective.id);
    if (after.temporary && before.requested !== after.requested) tellSearches(this.pools, before.requested.id);
  }

  extendLease(session: Session, until: number): void {
    const before = sessionDeadline(session);
    this.journal.record(this.leased, session, session.leaseUntil);
    session.leaseUntil = until;
    const after = sessionDeadline(session);
    if (before === undefined || after! < before) this.schedule({ kind: 'session', key: session.sessionId }, before, after);
  }

  /** At `at`, milliseconds. */
  leasesExtended(refreshPeriodMs: number, at: number): void {
    if (this.leasesExtendedAt.get(refreshPeriodMs) === at) return;
    this.leasesExtendedAt.set(refreshPeriodMs, at);
    this.refreshes.extended(refreshPeriodMs);
  }

  removeSession(session: Session): void {
    this.sessions.delete(session.sessionId);
    this.forgetRefreshes(session);
    this.refreshes.forget(session.refreshPeriodMs, 'session', session.sessionId);
    partsEnd(this, session.sessionId);
    if (this.lateIds.size > 0) this.setLateId(session.sessionId, undefined);
    this.madeIndexes?.removeSession(session);
    tellSearches(this.pools, session.effective.id);
    if (session.temporary) tellSearches(this.pools, session.requested.id);
  }

  /** Of its reservation, which has the session's one lease where no path was seen. */
  forgetRefreshes({ sessionId, refreshPeriodMs, reservation }: Session): void {
    if (reservation) this.refreshes.forget(reservation.refreshPeriodMs, 'reservation', sessionId);
    else this.refreshes.forget(refreshPeriodMs, 'session', sessionId);
  }

  addQuarantine(quarantine: Quarantine): void {
    this.quarantines.set(quarantine.name, quarantine);
    this.madeIndexes?.addQuarantine(quarantine);
  }

  /** Less of it, until the same time. */
  replaceQuarantine(before: Quarantine, after: Quarantine): void {
    this.quarantines.set(after.name, after);
    this.madeIndexes?.replaceQuarantine(before, after);
    tellSearches(this.pools, before.id);
  }

  removeQuarantine(quarantine: Quarantine): void {
    this.quarantines.delete(quarantine.name);
    this.madeIndexes?.removeQuarantine(quarantine);
    tellSearches(this.pools, quarantine.id);
  }

  /** @param holding undefined: none any more */
  setLateId(sessionId: string, holding: SessionHolding | undefined): void {
    const before = this.lateIds.get(sessionId);
    if (before) {
      this.lateIds.delete(sessionId);
      this.madeIndexes?.lateIds.delete(before);
      tellSearches(this.pools, before.id);
    }
    if (!holding) return;
    this.lateIds.set(sessionId, holding);
    this.madeIndexes?.lateIds.add(holding);
  }

  setVisitor(visitor: Visitor): void {
    const before = this.visitors.get(visitor.mobileNode)?.expiresAt ?? undefined;
    this.visitors.set(visitor.mobileNode, visitor);
    this.madeIndexes?.nodes.setVisitor(visitor.mobileNode, visitor);
    this.schedule({ kind: 'visitor', key: visitor.mobileNode }, before, visitor.expiresAt ?? undefined);
  }

  removeVisitor(mobileNode: string): void {
    this.visitors.delete(mobileNode);
    this.madeIndexes?.nodes.setVisitor(mobileNode, undefined);
  }

  /** A deadline of the scope that is new, or has moved. */
  schedule(item: Deadline, before: number | undefined, after: number | undefined): void {
    this.madeIndexes?.deadlines.schedule(item, before, after);
  }
}
