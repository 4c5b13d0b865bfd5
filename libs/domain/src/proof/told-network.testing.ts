import { fingerprint } from './fingerprint.testing';
import { handleFlowTable } from '../flow-table/flow-table';
import type { FlowTableAnswer, FlowTableCommand } from '../commands/flow-table-commands';
import { FlowTableState } from '../scope/flow-table-state';
import { admit, at, provision } from './flow-table.testing';
import { handleMobileNode } from '../mobile-node/mobile-node';
import type { MobileNodeAnswer, MobileNodeCommand } from '../commands/mobile-node-commands';
import { allBindings } from '../mobile-node/bindings';
import { initialMobileNode, type ActiveHandoff, type Binding, type MobileNodeState } from '../mobile-node/mobile-node-state';
import { NaiveHandoffScope } from './naive-handoff-scope.testing';
import { NaiveNode } from './naive-node.testing';
import { expectSame } from './scope-life.testing';
import { expectSameTable, toldBy } from './same-table.testing';
import { toTimestamp } from '../flow/soft-state';

export interface Place {
  readonly foreignAgent: string;
  readonly careOfAddress: string;
}

export interface ToldNode {
  real: MobileNodeState;
  readonly model: NaiveNode;
  /** Through which it registers, the first one most often. */
  readonly homeAgents: readonly string[];
  /** How far its handoff is on the server that runs it. */
  run: { readonly handoffId: string; readonly steps: Generator<void> } | null;
  /** Handoffs that were rolled back, and how far that is told to their scopes. */
  undone: Generator<void>[];
}

/** The node moves, or is registered there no more: its session may go on elsewhere. */
const causesOfLegs: ReadonlySet<string> = new Set(['handoff', 'handoff-rolled-back', 'registration-expiry', 'deregistration', 'revocation', 'superseded']);

export const homeAddress = '10.0.0.5';

/** Nodes and scopes, each told the same as its model, and compared with it at once. */
export class ToldNetwork {
  readonly scopes = new Map<string, { readonly real: FlowTableState; readonly model: NaiveHandoffScope }>();
  readonly nodes = new Map<string, ToldNode>();
  /** Sessions that somebody ended, or that timed out, wherever their leg stood. */
  protected readonly endedThemselves = new Set<string>();
  protected seconds = 0;

  constructor(
    readonly places: readonly Place[],
    homeAgents: ReadonlyMap<string, readonly string[]>,
    first: Pick<ReturnType<typeof provision>, 'pools' | 'policy'>,
  ) {
    for (const { foreignAgent, careOfAddress } of places) {
      this.scopes.set(careOfAddress, { real: new FlowTableState(foreignAgent, careOfAddress), model: new NaiveHandoffScope(careOfAddress) });
      this.tellScope(careOfAddress, provision(0n, first.policy, first.pools));
    }
    for (const [name, agents] of homeAgents) {
      this.nodes.set(name, { real: initialMobileNode, model: new NaiveNode(), homeAgents: agents, run: null, undone: [] });
    }
  }

  node(name: string): ToldNode {
    return this.nodes.get(name)!;
  }

  get now(): number {
    return at(this.seconds);
  }

  protected admit(name: string, { careOfAddress, homeAgent, expiresAt }: Pick<Binding, 'careOfAddress' | 'homeAgent' | 'expiresAt'>, revision: bigint): void {
    this.tellScope(careOfAddress, admit(name, revision, { homeAddress, homeAgent, expiresAt: timestamp(expiresAt) }));
  }

  tellScope(careOfAddress: string, command: FlowTableCommand): FlowTableAnswer {
    const { real, model } = this.scopes.get(careOfAddress)!;
    const { answer, events } = handleFlowTable(real, command, this.now);
    for (const event of events) if (event.type === 'LeasesExtended') model.extend(event.sessions, Date.parse(event.until));
    for (const event of events) {
      const isEnd = event.type === 'QosSessionReleased' || event.type === 'DegradedLegEnded';
      if (isEnd && !causesOfLegs.has(event.cause)) this.endedThemselves.add(event.sessionId);
    }
    expectSame(fingerprint(toldBy(answer)), fingerprint(model.handle(command, this.now)));
    const counts = `${real.sessions.size} ${real.quarantines.size} ${real.degraded.size} ${real.visitors.size}`;
    expectSame(counts, `${model.sessions.length} ${model.quarantines.length} ${model.degraded.length} ${model.visitorsHere.length}`);
    // Most of what time brings is nothing.
    if (command.type !== 'Tick' || events.length > 0) this.expectSameScope(careOfAddress);
    return answer;
  }

  private expectSameScope(careOfAddress: string): void {
    const { real, model } = this.scopes.get(careOfAddress)!;
    expectSameTable(real, model);
    const degraded = (ids: readonly { readonly sessionId: string }[]): string => ids.map(({ sessionId }) => sessionId).sort().join();
    expectSame(`degraded ${degraded(real.degraded.all())}`, `degraded ${degraded(model.degraded)}`);
    const heldBy = (holds: Iterable<readonly [string, string]>): string => [...holds].map(([node, handoff]) => `${node} ${handoff}`).sort().join();
    expectSame(`held ${heldBy([...real.holds.entries()].map(([node, { handoffId }]) => [node, handoffId]))}`, `held ${heldBy([...model.holds].map(([node, { handoff }]) => [node, handoff]))}`);
    expectSame(`here ${[...real.visitors.keys()].sort().join()}`, `here ${model.visitorsHere.join()}`);
  }

  protected tellNode(name: string, command: MobileNodeCommand): MobileNodeAnswer {
    const node = this.node(name);
    const { state, answer } = handleMobileNode(node.real, command, this.now);
    node.real = state;
    node.model.tell(command, this.now);
    const bound = allBindings(state.bindings).map(({ careOfAddress, homeAgent, expiresAt }) => `${careOfAddress} ${homeAgent} ${expiresAt ?? Infinity}`).sort().join();
    expectSame(bound, node.model.bindings.map(({ careOfAddress, home, until }) => `${careOfAddress} ${home} ${until}`).sort().join());
    const { handoff } = node.model;
    const expected = handoff && [handoff.id, handoff.kind, handoff.byCommand, handoff.from, handoff.to, handoff.oldLegs, handoff.committed];
    expectSame(JSON.stringify(state.handoff && handoffOf(state.handoff)), JSON.stringify(expected));
    return answer;
  }
}

function handoffOf({ started: { handoffId, kind, cause, from, to, oldLegs }, committed }: ActiveHandoff): unknown[] {
  return [handoffId, kind, cause === 'command', from.map(({ careOfAddress }) => careOfAddress), to?.careOfAddress ?? null, oldLegs, committed !== null];
}

export function timestamp(time: number | null): string | null {
  return time === null ? null : toTimestamp(time);
}
