import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type pg from 'pg';
import { defaultPolicy, defaultPools, type Policy, type Pools } from '#domain';
import { NotFound } from '../idempotency/command';
import { ReadModel } from './read-model';
import { column, decimalText, json, type ListColumns } from './column-kinds';
import { countForeignAgents, type ForeignAgentCounts } from './count-foreign-agents';
import { readListRequest, type ListRequest } from './list-request';
import { everyRow, readPage, SqlParameters, type Listing, type Page, type RowStream } from './listing';

export interface ForeignAgentRow {
  readonly foreignAgent: string;
  readonly name: string | null;
  /** False: first heard of in a registration or a capture. */
  readonly provisioned: boolean;
  readonly learnedFrom: 'registration' | 'advertisement' | 'reservation' | null;
  readonly careOfAddresses: readonly string[];
  readonly pools: Pools;
  readonly policy: Policy;
  readonly counts: ForeignAgentCounts;
  readonly changedAt: string;
  readonly revision: string;
  readonly position: string;
}

/** Names and kinds, for whoever describes or exports the list. */
export const foreignAgentColumns: ListColumns = {
  foreignAgent: column('text', 'a.foreign_agent'),
  name: column('text', 'a.name'),
  provisioned: column('flag', 'a.provisioned'),
  learnedFrom: column('text', 'a.learned_from'),
  careOfAddresses: column('addresses', 'a.care_of_addresses'),
  pools: json('a.pools'),
  policy: json('a.policy'),
  changedAt: column('time', 'a.changed_at'),
  revision: decimalText('a.revision'),
  position: decimalText('a.position'),
};

const listing: Listing = {
  columns: foreignAgentColumns,
  key: 'a.first_position',
  from: 'from projection.foreign_agents a',
  where: ['a.removed_at is null'],
};

/** `GET /v1/foreign-agents`. @throws ParameterFaults, ProjectionBehind */
export class GetForeignAgents extends Query<Page<ForeignAgentRow>> {
  constructor(readonly request: ListRequest) {
    super();
  }
}

/** The same, whole. */
export class StreamForeignAgents extends Query<RowStream<ForeignAgentRow>> {
  constructor(readonly request: ListRequest) {
    super();
  }
}

/** `GET /v1/foreign-agents/{fa}`; `position` is that of the tables. @throws NotFound, ProjectionBehind */
export class GetForeignAgent extends Query<ForeignAgentRow> {
  constructor(
    readonly foreignAgent: string,
    readonly minPosition: bigint | null = null,
  ) {
    super();
  }
}

@QueryHandler(GetForeignAgents)
export class GetForeignAgentsHandler implements IQueryHandler<GetForeignAgents> {
  constructor(private readonly readModel: ReadModel) {}

  execute({ request }: GetForeignAgents): Promise<Page<ForeignAgentRow>> {
    return foreignAgentPage(this.readModel, request);
  }
}

@QueryHandler(StreamForeignAgents)
export class StreamForeignAgentsHandler implements IQueryHandler<StreamForeignAgents> {
  constructor(private readonly readModel: ReadModel) {}

  async execute({ request }: StreamForeignAgents): Promise<RowStream<ForeignAgentRow>> {
    const whole = { ...request, limit: 1000, after: null };
    const first = await foreignAgentPage(this.readModel, whole);
    return { position: first.position, rows: everyRow(first, (after) => foreignAgentPage(this.readModel, { ...whole, after })) };
  }
}

@QueryHandler(GetForeignAgent)
export class GetForeignAgentHandler implements IQueryHandler<GetForeignAgent> {
  constructor(private readonly readModel: ReadModel) {}

  async execute({ foreignAgent, minPosition }: GetForeignAgent): Promise<ForeignAgentRow> {
    const found = await this.readModel.find(minPosition, async (client, position) => {
      const page = await readForeignAgents(client, position, { filters: { foreignAgent } });
      return page.items[0] ? { ...page.items[0], position: page.position } : null;
    });
    if (found === null) throw new NotFound(`No foreign agent has the id ${foreignAgent}.`);
    return found;
  }
}

async function foreignAgentPage(readModel: ReadModel, request: ListRequest): Promise<Page<ForeignAgentRow>> {
  readListRequest(foreignAgentColumns, request);
  return readModel.snapshot(request.minPosition ?? null, (client, position) => readForeignAgents(client, position, request));
}

async function readForeignAgents(client: pg.PoolClient, position: bigint, request: ListRequest): Promise<Page<ForeignAgentRow>> {
  type Stored = Omit<ForeignAgentRow, 'pools' | 'policy' | 'counts'> & { readonly pools: Pools | null; readonly policy: Policy | null };
  const page = await readPage<Stored>(client, position, listing, new SqlParameters(), readListRequest(foreignAgentColumns, request));
  const counts = await countForeignAgents(client, page.items);
  const items = page.items.map(({ changedAt, revision, position: changed, ...agent }) => ({
    ...agent,
    pools: agent.pools ?? defaultPools,
    policy: agent.policy ?? defaultPolicy,
    counts: counts.get(agent.foreignAgent)!,
    changedAt,
    revision,
    position: changed,
  }));
  return { ...page, items };
}
