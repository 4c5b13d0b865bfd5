import { decodeEvent, evolveForeignAgents, initialForeignAgents, type FlowTableEvent, type ForeignAgentsEvent, type MobileNodeEvent } from '#domain';
import { fingerprint } from '#domain/testing';
import type { RecordedEvent } from '#event-store';
import { flowTableStream, mobileNodeStream, streamSubject, type EventMetadata, type Mailboxes } from '#ledger';
import { holds } from './broken-invariant';
import { LegBook } from './leg-book';
import { RegistrationWitness } from './registration-witness';
import { RemovalWitness } from './removal-witness';
import { ScopeWitness } from './scope-witness';

/** Reads every event as it is written, and judges it and what stands after it by the invariants of domain.md §7. */
export class Witness {
  readonly scopes = new Map<string, ScopeWitness>();
  readonly nodes = new Map<string, RegistrationWitness>();
  readonly book = new LegBook();
  private readonly removals = new RemovalWitness();
  agents = initialForeignAgents;
  /** Position of the last event seen. */
  seen = 0;
  private readonly written = new Set<string>();
  private append: { readonly key: string; readonly events: FlowTableEvent[] } = { key: '', events: [] };

  sees(recorded: RecordedEvent): void {
    this.seen = Number(recorded.position);
    holds('I7', !this.written.has(recorded.id), () => `${recorded.type} has the id of another event (${recorded.stream} ${recorded.revision})`);
    this.written.add(recorded.id);
    const metadata = JSON.parse(recorded.metadata) as EventMetadata;
    const { schemaVersion, batchEnd, origin } = metadata;
    const event = decodeEvent(recorded.type, recorded.data, Number(schemaVersion));
    const subject = streamSubject(recorded.stream);
    if (subject === null) {
      this.removals.judges(event as ForeignAgentsEvent, this.agents, metadata, (agent, address) => this.scope(agent, address).state);
      this.agents = evolveForeignAgents(this.agents, event as ForeignAgentsEvent);
    } else if ('mobileNode' in subject) {
      this.node(subject.mobileNode).sees(event as MobileNodeEvent, origin);
      this.book.sees(event as MobileNodeEvent, '');
    } else {
      const { foreignAgent, careOfAddress } = subject;
      const key = `${recorded.stream} ${batchEnd}`;
      if (this.append.key !== key) this.append = { key, events: [] };
      this.append.events.push(event as FlowTableEvent);
      this.removals.sees(event as FlowTableEvent, this.scope(foreignAgent, careOfAddress).state, metadata);
      this.scope(foreignAgent, careOfAddress).sees(event as FlowTableEvent, this.append.events);
      this.book.sees(event as FlowTableEvent, `${foreignAgent}@${careOfAddress}`);
    }
  }

  scope(foreignAgent: string, careOfAddress: string): ScopeWitness {
    const name = `${foreignAgent}@${careOfAddress}`;
    const witness = this.scopes.get(name) ?? new ScopeWitness(foreignAgent, careOfAddress);
    this.scopes.set(name, witness);
    return witness;
  }

  node(mobileNode: string): RegistrationWitness {
    const witness = this.nodes.get(mobileNode) ?? new RegistrationWitness();
    this.nodes.set(mobileNode, witness);
    return witness;
  }

  isBound(mobileNode: string, scope: string): boolean {
    return [...this.node(mobileNode).state.bindings.values()].some(({ foreignAgent, careOfAddress }) => `${foreignAgent}@${careOfAddress}` === scope);
  }

  /** Everything that was begun is done: I13, I15 and I23 of the whole network. */
  async checkSettled(mailboxes: Mailboxes): Promise<void> {
    for (const { foreignAgent, closing } of this.agents.agents.values()) holds('removal', closing === null, () => `${foreignAgent} is closed for ever`);
    this.book.checkSettled((node, scope) => this.isBound(node, scope));
    for (const [scope, { state }] of this.scopes) {
      holds('removal', state.standing !== 'closed', () => `${scope} is closed for ever`);
      for (const { mobileNode } of state.visitors.values()) {
        holds('I15', this.isBound(mobileNode, scope), () => `${mobileNode} is a visitor of ${scope}, and not registered there`);
      }
      holds('I23', state.holds.size === 0, () => `${[...state.holds.keys()].join()} is held at ${scope}, and no handoff is under way`);
      const mailbox = mailboxes.flowTable(state.foreignAgent, state.careOfAddress);
      await mailbox.load();
      const stream = flowTableStream(state.foreignAgent, state.careOfAddress);
      holds('I13', fingerprint(mailbox.fold.state) === fingerprint(state), () => `${stream} read again is another state`);
    }
    for (const [mobileNode, { state }] of this.nodes) {
      for (const { foreignAgent, careOfAddress } of state.bindings.values()) {
        const isThere = this.scope(foreignAgent, careOfAddress).state.visitors.has(mobileNode);
        holds('I15', isThere, () => `${mobileNode} is registered at ${foreignAgent}@${careOfAddress}, and no visitor there`);
      }
      const mailbox = mailboxes.mobileNode(mobileNode);
      await mailbox.load();
      holds('I13', fingerprint(mailbox.fold.state) === fingerprint(state), () => `${mobileNodeStream(mobileNode)} read again is another state`);
    }
  }
}
