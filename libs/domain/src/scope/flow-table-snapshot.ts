/**
 * The state of a scope as plain JSON and back: a cache that bounds a cold fold, never the truth. Whoever changes what a state holds,
 * or what an event does to it, raises the version: snapshots of another version are left aside.
 */
import type { DegradedLeg } from './degraded-legs';
import type { TemporaryField } from '../flow/flow';
import { FlowTableState, type Quarantine, type Session, type SessionHolding, type Tunnel, type Visitor } from './flow-table-state';
import { addDegraded } from './handoff-legs-evolve';
import { setPart } from './session-parts-evolve';
import type { EndedHandoff, LegHold, Takeover } from './leg-hold';
import type { JournaledMap } from '../journal/journal';
import type { Policy } from '../flow/policy';
import type { KeptMessage } from './kept-messages';
import type { PoolSnapshot } from '../pool/pool';
import type { RefreshNotesSnapshot } from './refresh-notes';
import type { SessionPart } from './session-parts';
import { setTunnel } from './tunnels';

export const flowTableSnapshotVersion = 27;

type Numbers<T extends { readonly revision: bigint }> = Omit<T, 'revision'> & { readonly revision: string };
type OfNode<T extends { readonly registrationRevision: bigint }> = readonly [string, Omit<T, 'registrationRevision'> & { readonly registrationRevision: string }];

export interface FlowTableSnapshot {
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  readonly revision: string;
  /** Milliseconds; null: no event yet. */
  readonly lastOccurredAt: number | null;
  readonly provisioned: string;
  readonly standing: FlowTableState['standing'];
  readonly closing: string;
  readonly rebooted: string;
  readonly policy: Policy;
  readonly ordinals: number;
  readonly pools: Readonly<Record<TemporaryField, PoolSnapshot>>;
  readonly visitors: readonly Visitor[];
  readonly registrationRevisions: readonly (readonly [string, string])[];
  readonly sessions: readonly Numbers<Session>[];
  readonly parts: readonly SessionPart[];
  readonly quarantines: readonly Quarantine[];
  readonly refusedFlows: readonly (readonly [string, string])[];
  readonly keptMessages: readonly (readonly [string, KeptMessage])[];
  readonly violationsTold: readonly (readonly [string, readonly string[]])[];
  readonly tunnels: readonly Tunnel[];
  readonly lateIds: readonly SessionHolding[];
  readonly leftTunnels: readonly (readonly [string, number])[];
  /** Of several tunnels of one session the last told counts, and none once that one has ended. */
  readonly tunnelsByEndToEnd: readonly (readonly [string, string])[];
  readonly leasesExtendedAt: readonly (readonly [number, number])[];
  /** Of the server that took the snapshot. What it saw is true wherever it is read. */
  readonly refreshes: RefreshNotesSnapshot;
  readonly holds: readonly OfNode<LegHold>[];
  readonly takeovers: readonly OfNode<Takeover>[];
  readonly endedHandoffs: readonly OfNode<EndedHandoff>[];
  readonly leftRevisions: readonly (readonly [string, string])[];
  readonly degraded: readonly Numbers<DegradedLeg>[];
}

export function snapshotOfFlowTable(state: FlowTableState): FlowTableSnapshot {
  const { pools } = state;
  return {
    foreignAgent: state.foreignAgent,
    careOfAddress: state.careOfAddress,
    revision: String(state.revision),
    lastOccurredAt: Number.isFinite(state.lastOccurredAt) ? state.lastOccurredAt : null,
    provisioned: String(state.provisioned),
    standing: state.standing,
    closing: String(state.closing),
    rebooted: String(state.rebooted),
    policy: state.policy,
    ordinals: state.ordinals,
    pools: {
      sourcePort: pools.sourcePort.snapshot(),
      destinationPort: pools.destinationPort.snapshot(),
      flowLabel: pools.flowLabel.snapshot(),
      greKey: pools.greKey.snapshot(),
    },
    visitors: [...state.visitors.values()],
    registrationRevisions: [...state.registrationRevisions.entries()].map(([node, revision]) => [node, String(revision)]),
    sessions: [...state.sessions.values()].map((session) => ({ ...session, revision: String(session.revision) })),
    parts: [...state.parts.entries()].map(([, part]) => part),
    quarantines: [...state.quarantines.values()],
    refusedFlows: [...state.refusedFlows.entries()],
    keptMessages: [...state.keptMessages.entries()],
    violationsTold: [...state.violationsTold.entries()],
    tunnels: [...state.tunnels.values()],
    lateIds: [...state.lateIds.values()],
    leftTunnels: [...state.leftTunnels.entries()],
    tunnelsByEndToEnd: [...state.tunnelsByEndToEnd.entries()],
    leasesExtendedAt: [...state.leasesExtendedAt.entries()],
    refreshes: state.refreshes.snapshot(),
    holds: ofNodes(state.holds),
    takeovers: ofNodes(state.takeovers),
    endedHandoffs: ofNodes(state.endedHandoffs),
    leftRevisions: [...state.leftRevisions.entries()].map(([node, revision]) => [node, String(revision)]),
    degraded: state.degraded.all().map((leg) => ({ ...leg, revision: String(leg.revision) })),
  };
}

function ofNodes<T extends { readonly registrationRevision: bigint }>(known: JournaledMap<string, T>): OfNode<T>[] {
  return [...known.entries()].map(([node, of]) => [node, { ...of, registrationRevision: String(of.registrationRevision) }]);
}

export function flowTableOfSnapshot(snapshot: FlowTableSnapshot): FlowTableState {
  const state = new FlowTableState(snapshot.foreignAgent, snapshot.careOfAddress);
  state.lastRevision = Number(snapshot.revision);
  state.lastOccurredAt = snapshot.lastOccurredAt ?? Number.NEGATIVE_INFINITY;
  state.provisioned = BigInt(snapshot.provisioned);
  state.standing = snapshot.standing;
  state.closing = BigInt(snapshot.closing);
  state.rebooted = BigInt(snapshot.rebooted);
  state.setPolicy(snapshot.policy);
  state.ordinals = snapshot.ordinals;
  for (const [field, pool] of Object.entries(snapshot.pools)) state.pools[field as TemporaryField].restore(pool);
  for (const visitor of snapshot.visitors) state.setVisitor(visitor);
  for (const [node, revision] of snapshot.registrationRevisions) state.registrationRevisions.set(node, BigInt(revision));
  for (const session of snapshot.sessions) state.addSession({ ...session, revision: BigInt(session.revision) });
  for (const part of snapshot.parts) setPart(state, part);
  for (const quarantine of snapshot.quarantines) state.addQuarantine(quarantine);
  for (const [flow, rejection] of snapshot.refusedFlows) state.refusedFlows.set(flow, rejection);
  for (const [digest, kept] of snapshot.keptMessages) state.keptMessages.set(digest, kept);
  for (const [sessionId, names] of snapshot.violationsTold) state.violationsTold.set(sessionId, names);
  for (const tunnel of snapshot.tunnels) setTunnel(state, tunnel);
  for (const holding of snapshot.lateIds) state.setLateId(holding.sessionId, holding);
  for (const [key, until] of snapshot.leftTunnels) state.leftTunnels.set(key, until);
  for (const endToEnd of [...state.tunnelsByEndToEnd.keys()]) state.tunnelsByEndToEnd.delete(endToEnd);
  for (const [endToEnd, tunnel] of snapshot.tunnelsByEndToEnd) state.tunnelsByEndToEnd.set(endToEnd, tunnel);
  for (const [refreshPeriodMs, at] of snapshot.leasesExtendedAt) state.leasesExtendedAt.set(refreshPeriodMs, at);
  state.refreshes.restore(snapshot.refreshes);
  for (const [node, hold] of snapshot.holds) state.holds.set(node, { ...hold, registrationRevision: BigInt(hold.registrationRevision) });
  for (const [node, takeover] of snapshot.takeovers) {
    state.takeovers.set(node, { ...takeover, registrationRevision: BigInt(takeover.registrationRevision) });
  }
  for (const [node, ended] of snapshot.endedHandoffs) {
    state.endedHandoffs.set(node, { ...ended, registrationRevision: BigInt(ended.registrationRevision) });
  }
  for (const [node, revision] of snapshot.leftRevisions) state.leftRevisions.set(node, BigInt(revision));
  for (const leg of snapshot.degraded) addDegraded(state, { ...leg, revision: BigInt(leg.revision) });
  return state;
}
