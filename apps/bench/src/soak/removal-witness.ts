import type { FlowTableEvent, FlowTableState, ForeignAgentsEvent, ForeignAgentsState } from '#domain';
import type { EventMetadata } from '#ledger';
import { holds } from './broken-invariant';

/** What a caller was told stands, or may be about to be told; what was only seen is nobody's word. */
export class RemovalWitness {
  private readonly commanded = new Set<string>();

  /** An event of a scope, before it is folded. */
  sees(event: FlowTableEvent, { standing, careOfAddress }: FlowTableState, { origin }: EventMetadata): void {
    if (event.type !== 'QosSessionConfigured' && event.type !== 'QosSessionModified') return;
    if (origin === 'observed') return;
    const mayBegin = standing === 'open' || (standing === 'withdrawn' && event.handoffId !== undefined);
    holds('removal', event.type === 'QosSessionModified' || mayBegin, () => `${event.sessionId} begins at ${careOfAddress}, which is ${standing}`);
    this.commanded.add(event.sessionId);
  }

  /** An event of the agents, before it is folded: what takes an address without force ends no session that a caller was told of. */
  judges(
    event: ForeignAgentsEvent,
    { agents }: ForeignAgentsState,
    { command }: EventMetadata,
    stateOf: (agent: string, careOfAddress: string) => FlowTableState,
  ): void {
    const taken = event.type === 'ForeignAgentRemoved' ? event.careOfAddresses : event.type === 'ForeignAgentProvisioned' ? (event.dropped ?? []) : [];
    if ((JSON.parse(command ?? '{}') as { closing?: string }).closing === undefined) return;
    const { foreignAgent } = event;
    const closed = agents.get(foreignAgent)?.closing?.careOfAddresses ?? [];
    for (const careOfAddress of taken) {
      const { sessions, standing } = stateOf(foreignAgent, careOfAddress);
      const lost = [...sessions.keys()].filter((sessionId) => this.commanded.has(sessionId));
      holds('removal', closed.includes(careOfAddress) && standing !== 'open', () => `${careOfAddress} of ${foreignAgent} is taken, and is not closed`);
      holds('removal', lost.length === 0, () => `${lost.join()} would end with ${careOfAddress} of ${foreignAgent}, unasked`);
    }
  }
}
