import type { LedgerClient } from '../http/ledger-client';
import type { HandoffRow } from '../handoff-rows';
import type { EventRow, FlowRow } from '../ledger-rows';
import { type Cure, cureOf } from './cure';

export interface AgentTable {
  readonly foreignAgent: string;
  readonly flows: readonly FlowRow[];
}

export interface Snapshot {
  readonly tables: readonly AgentTable[];
  readonly cures: readonly Cure[];
  /** The newest first; of a look that waits until the tables are settled. */
  readonly handoffs: readonly HandoffRow[];
  /** The ledger's end. */
  readonly position: string;
}

/** Looks at the ledger as any client could: the flow table of each agent, the sessions that came since the last look with what they matched, handoffs. */
export class Watch {
  private after = '0';
  private readonly cures: Cure[] = [];

  constructor(private readonly client: LedgerClient) {}

  /** `settled`: waits until the tables have reached the ledger's end. */
  async look({ settled }: { readonly settled: boolean }): Promise<Snapshot> {
    for await (const event of this.client.list<EventRow>('/v1/events', { after: this.after, type: 'QosSessionConfigured' })) {
      this.after = event.position;
      const cure = cureOf(event);
      if (cure !== null) this.cures.push(cure);
    }
    const { position } = await this.client.get<{ readonly position: string }>('/v1/events', { direction: 'backwards', limit: 1 });
    const minPosition = settled ? position : undefined;
    const tables: AgentTable[] = [];
    for await (const { foreignAgent } of this.client.list<{ readonly foreignAgent: string }>('/v1/foreign-agents', { minPosition })) {
      const flows: FlowRow[] = [];
      for await (const row of this.client.list<FlowRow>(`/v1/foreign-agents/${encodeURIComponent(foreignAgent)}/flow-table`, { minPosition })) flows.push(row);
      tables.push({ foreignAgent, flows: collisionsFirst(flows) });
    }
    const handoffs: HandoffRow[] = [];
    if (settled) for await (const handoff of this.client.list<HandoffRow>('/v1/handoffs', { sort: '-startedAt', minPosition })) handoffs.push(handoff);
    return { tables, cures: this.cures, handoffs, position };
  }
}

/** Flows that collide stand together, the one with the native id first; then the others by node. */
export function collisionsFirst(flows: readonly FlowRow[]): FlowRow[] {
  const rank = (row: FlowRow): string => {
    const collides = row.temporary !== null || (row.collidesWith ?? []).length > 0;
    if (!collides) return `1 ${row.mobileNode ?? ''} ${row.sessionId}`;
    const asked = [row.correspondentNode, row.protocol, row.destinationPort, row.sourcePort, row.flowLabel, row.spi].join(' ');
    return `0 ${asked} ${row.temporary === null ? 0 : 1} ${String(row.temporary?.value ?? 0).padStart(10, '0')}`;
  };
  return flows.map(row => ({ row, rank: rank(row) })).sort((a, b) => (a.rank < b.rank ? -1 : 1)).map(({ row }) => row);
}
