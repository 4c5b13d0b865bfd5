import { evolveFlowTable } from '../scope/flow-table-evolve';
import { FlowTableState } from '../scope/flow-table-state';
import { evolveForeignAgents, initialForeignAgents } from '../foreign-agents/foreign-agents-state';
import type { FlowTableEvent, ForeignAgentsEvent, LedgerEvent, MobileNodeEvent } from './events';
import type { GoldenStream } from './golden-streams.testing';
import { allBindings } from '../mobile-node/bindings';
import { evolveMobileNode, initialMobileNode } from '../mobile-node/mobile-node-state';

/**
 * What a folded stream says, in words that outlive the code: who stands where, under which ids, until when. Field by field, so that a
 * state may be built otherwise tomorrow and still must say the same. Never take a field away; a new one gets new golden streams.
 */
export const replays: Readonly<Record<GoldenStream, (events: readonly LedgerEvent[]) => unknown>> = {
  flowTable: (events) => {
    const state = new FlowTableState('fa-1', '198.51.100.1');
    for (const event of events) evolveFlowTable(state, event as FlowTableEvent);
    return {
      lastOccurredAt: state.lastOccurredAt, provisioned: String(state.provisioned), policy: state.policy,
      visitors: sorted([...state.visitors.values()], ({ mobileNode }) => mobileNode),
      registrationRevisions: sorted([...state.registrationRevisions.entries()].map(([node, revision]) => [node, String(revision)]), ([node]) => node!),
      sessions: sorted([...state.sessions.values()], ({ sessionId }) => sessionId).map((session) => ({
        ...legOf(session), state: session.state, flow: session.flow, style: session.style, service: session.service, tspec: session.tspec,
        refreshPeriodMs: session.refreshPeriodMs, requested: session.requested.id, effective: session.effective.id, temporary: session.temporary,
        orphanedUntil: session.orphanedUntil,
      })),
      quarantines: sorted([...state.quarantines.values()], ({ name }) => name).map(({ name, id, temporary, until }) => ({ name, id, temporary, until })),
      pools: Object.fromEntries(
        Object.entries(state.pools).map(([field, pool]) => [field, { range: pool.currentRange, ...pool.counts, next: pool.choose(() => true) }]),
      ),
      ...(state.parts.size > 0 && {
        parts: sorted([...state.parts.entries()], ([key]) => key).map(([key, part]) => {
          const { hops, ...told } = part;
          const rest = hops.length > 0 && { hops };
          if (told.kind === 'request') return [key, { ...told, ...rest }];
          const { adspecs, tspec, ...path } = told;
          return [key, { ...path, ...(tspec && { tspec }), adspec: adspecs.at(-1) ?? null, ...rest }];
        }),
      }),
      ...(state.keptMessages.size > 0 && { keptMessages: sorted([...state.keptMessages.entries()], ([digest]) => digest) }),
      ...(state.closing >= 0n && { standing: state.standing, closing: String(state.closing) }),
      degraded: state.degraded.all().map((degraded) => ({ ...legOf(degraded), rejection: degraded.rejection })),
      holds: sorted([...state.holds.entries()], ([node]) => node).map(([node, held]) => {
        const { handoffId, legs, ended } = held;
        return { node, handoffId, legs: legs.length, ended: ended.length };
      }),
    };
  },
  mobileNode: (events) => {
    const { lastOccurredAt, bindings, replay, pending, handoff } = (events as MobileNodeEvent[]).reduce(evolveMobileNode, initialMobileNode);
    const text = (value: bigint | null): string | null => (value === null ? null : String(value));
    return {
      lastOccurredAt,
      bindings: sorted([...allBindings(bindings)], ({ careOfAddress, homeAgent, homeAddress }) => `${careOfAddress} ${homeAgent} ${homeAddress}`)
        .map((binding) => ({ ...binding, revision: String(binding.revision) })),
      replay: sorted([...replay.entries()], ([agent]) => agent).map(([agent, { highest, last, nonce }]) => [agent, text(highest), text(last), text(nonce)]),
      pending: sorted(pending.map(({ request, until }) => [String(BigInt(request.identification) & 0xffffffffn), until] as const), ([key]) => key),
      handoff: handoff && { started: handoff.started, committed: handoff.committed && { ...handoff.committed, revision: String(handoff.committed.revision) } },
    };
  },
  foreignAgents: (events) => {
    const { lastOccurredAt, agents, agentByCareOfAddress } = (events as ForeignAgentsEvent[]).reduce(evolveForeignAgents, initialForeignAgents);
    const told = [...agents.values()].map(({ foreignAgent, name, careOfAddresses, pools, policy, provisioned, closing }) =>
      ({ foreignAgent, name, careOfAddresses, pools, policy, provisioned, ...(closing && { closing: { ...closing, revision: String(closing.revision) } }) }));
    const owners = sorted([...agentByCareOfAddress], ([address]) => address);
    return { lastOccurredAt, agents: sorted(told, ({ foreignAgent }) => foreignAgent), agentByCareOfAddress: owners };
  },
};

function sorted<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  return [...items].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function legOf({ sessionId, mobileNode, leaseUntil }: { sessionId: string; mobileNode: string | null; leaseUntil: number | null }) {
  return { sessionId, mobileNode, leaseUntil };
}
