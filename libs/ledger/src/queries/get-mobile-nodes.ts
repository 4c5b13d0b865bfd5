import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type pg from 'pg';
import type { VisitorLeaveCause } from '#domain';
import { NotFound } from '../idempotency/command';
import { ReadModel } from './read-model';
import { column, decimalText, type ListColumns } from './column-kinds';
import type { FlowTableRow } from './get-flow-table';
import type { HandoffRow } from './get-handoffs';
import { readListRequest, type ListRequest } from './list-request';
import { everyRow, readPage, SqlParameters, type Listing, type Page, type RowStream } from './listing';

export interface Registration {
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  readonly homeAgent: string;
  readonly homeAddress: string;
  readonly state: 'active' | 'ended';
  readonly flags: readonly string[];
  readonly identification: string | null;
  readonly grantedLifetimeSeconds: number;
  /** Null: infinite. */
  readonly expiresAt: string | null;
  readonly code: number;
  readonly codeName: string;
  readonly acceptedAt: string;
  readonly renewedAt: string | null;
  readonly endedAt: string | null;
  readonly cause: VisitorLeaveCause | null;
}

export interface ActiveHandoff extends Pick<HandoffRow, 'handoffId' | 'kind' | 'cause' | 'startedAt' | 'deadline'> {
  readonly state: 'started' | 'committed';
  /** Null: home. */
  readonly to: { readonly foreignAgent: string; readonly careOfAddress: string } | null;
}

export interface MobileNodeRow {
  readonly mobileNode: string;
  readonly homeAddress: string;
  readonly homeAgent: string;
  readonly bindings: readonly Registration[];
  /** One that is not over; null: none. */
  readonly activeHandoff: ActiveHandoff | null;
  /** Each once, with the leg that carries it. */
  readonly liveSessions: readonly Pick<FlowTableRow, 'sessionId' | 'foreignAgent' | 'careOfAddress' | 'state'>[];
  readonly firstSeenAt: string;
  readonly changedAt: string;
  readonly revision: string;
  readonly position: string;
}

export interface MobileNode extends MobileNodeRow {
  /** All of its bindings, ended ones too, the newest first; at most 1000. */
  readonly registrations: readonly Registration[];
}

/** Names and kinds, for whoever describes or exports the list. */
export const mobileNodeColumns: ListColumns = {
  mobileNode: column('node', 'm.mobile_node'),
  homeAddress: column('address', 'm.home_address'),
  homeAgent: column('address', 'm.home_agent'),
  firstSeenAt: column('time', 'm.first_seen_at'),
  changedAt: column('time', 'm.changed_at'),
  revision: decimalText('m.revision'),
  position: decimalText('m.position'),
};

const listing: Listing = { columns: mobileNodeColumns, key: 'm.first_position', from: 'from projection.mobile_nodes m', where: [] };

/** `GET /v1/mobile-nodes`. @throws ParameterFaults, ProjectionBehind */
export class GetMobileNodes extends Query<Page<MobileNodeRow>> {
  constructor(readonly request: ListRequest) {
    super();
  }
}

/** The same, whole. */
export class StreamMobileNodes extends Query<RowStream<MobileNodeRow>> {
  constructor(readonly request: ListRequest) {
    super();
  }
}

/** `GET /v1/mobile-nodes/{mn}`; `position` is that of the tables. @throws NotFound, ProjectionBehind */
export class GetMobileNode extends Query<MobileNode> {
  constructor(
    readonly mobileNode: string,
    readonly minPosition: bigint | null = null,
  ) {
    super();
  }
}

@QueryHandler(GetMobileNodes)
export class GetMobileNodesHandler implements IQueryHandler<GetMobileNodes> {
  constructor(private readonly readModel: ReadModel) {}

  execute({ request }: GetMobileNodes): Promise<Page<MobileNodeRow>> {
    return mobileNodePage(this.readModel, request);
  }
}

@QueryHandler(StreamMobileNodes)
export class StreamMobileNodesHandler implements IQueryHandler<StreamMobileNodes> {
  constructor(private readonly readModel: ReadModel) {}

  async execute({ request }: StreamMobileNodes): Promise<RowStream<MobileNodeRow>> {
    const whole = { ...request, limit: 1000, after: null };
    const first = await mobileNodePage(this.readModel, whole);
    return { position: first.position, rows: everyRow(first, (after) => mobileNodePage(this.readModel, { ...whole, after })) };
  }
}

@QueryHandler(GetMobileNode)
export class GetMobileNodeHandler implements IQueryHandler<GetMobileNode> {
  constructor(private readonly readModel: ReadModel) {}

  async execute({ mobileNode, minPosition }: GetMobileNode): Promise<MobileNode> {
    const found = await this.readModel.find(minPosition, async (client, position) => {
      const page = await readMobileNodes(client, position, { filters: { mobileNode } });
      const [node] = page.items;
      if (!node) return null;
      const registrations = await readRegistrations(client, [mobileNode], 'true');
      return { ...node, position: page.position, registrations: registrations.map(({ mobileNode: _node, ...registration }) => registration) };
    });
    if (found === null) throw new NotFound('No mobile node has this id.');
    return found;
  }
}

async function mobileNodePage(readModel: ReadModel, request: ListRequest): Promise<Page<MobileNodeRow>> {
  readListRequest(mobileNodeColumns, request);
  return readModel.snapshot(request.minPosition ?? null, (client, position) => readMobileNodes(client, position, request));
}

async function readMobileNodes(client: pg.PoolClient, position: bigint, request: ListRequest): Promise<Page<MobileNodeRow>> {
  type Stored = Omit<MobileNodeRow, 'bindings' | 'activeHandoff' | 'liveSessions'>;
  const page = await readPage<Stored>(client, position, listing, new SqlParameters(), readListRequest(mobileNodeColumns, request));
  const nodes = page.items.map(({ mobileNode }) => mobileNode);
  const bindings = groupByNode(await readRegistrations(client, nodes, `state = 'active'`));
  const handoffs = groupByNode(await readActiveHandoffs(client, nodes));
  const sessions = groupByNode(await readLiveSessions(client, nodes));
  const items = page.items.map(({ mobileNode, homeAddress, homeAgent, ...rest }) => ({
    ...{ mobileNode, homeAddress, homeAgent },
    bindings: bindings.get(mobileNode) ?? [],
    activeHandoff: handoffs.get(mobileNode)?.[0] ?? null,
    liveSessions: sessions.get(mobileNode) ?? [],
    ...rest,
  }));
  return { ...page, items };
}

type OfNode<T> = T & { readonly mobileNode: string };

/** @param condition SQL of our own */
async function readRegistrations(client: pg.ClientBase, nodes: readonly string[], condition: string): Promise<readonly OfNode<Registration>[]> {
  const { rows } = await client.query<OfNode<Registration>>(
    `select mobile_node as "mobileNode", foreign_agent as "foreignAgent", care_of_address as "careOfAddress", home_agent as "homeAgent",
      home_address as "homeAddress", state, flags, identification, granted_lifetime_seconds as "grantedLifetimeSeconds", expires_at as "expiresAt",
      code, code_name as "codeName", accepted_at as "acceptedAt", renewed_at as "renewedAt", ended_at as "endedAt", cause
     from projection.registrations where mobile_node = any($1) and ${condition} order by accepted_position desc limit 1000`,
    [nodes],
  );
  return rows;
}

async function readActiveHandoffs(client: pg.ClientBase, nodes: readonly string[]): Promise<readonly OfNode<ActiveHandoff>[]> {
  const { rows } = await client.query<OfNode<ActiveHandoff>>(
    `select mobile_node as "mobileNode", handoff_id as "handoffId", kind, cause, state,
      case when to_foreign_agent is not null then json_build_object('foreignAgent', to_foreign_agent, 'careOfAddress', to_care_of_address) end as "to",
      started_at as "startedAt", deadline
     from projection.handoffs where mobile_node = any($1) and state in ('started', 'committed')`,
    [nodes],
  );
  return rows;
}

async function readLiveSessions(client: pg.ClientBase, nodes: readonly string[]): Promise<readonly OfNode<MobileNodeRow['liveSessions'][number]>[]> {
  const { rows } = await client.query<OfNode<MobileNodeRow['liveSessions'][number]>>(
    `select "mobileNode", "sessionId", "foreignAgent", "careOfAddress", state from (
       select distinct on (session_id) mobile_node as "mobileNode", session_id as "sessionId", foreign_agent as "foreignAgent",
         care_of_address as "careOfAddress", state, established_position
       from projection.flow_table where mobile_node = any($1) and to_position is null
       order by session_id, case state when 'orphaned' then 0 when 'degraded' then 1 else 2 end desc, established_position desc) leg
     order by established_position`,
    [nodes],
  );
  return rows;
}

function groupByNode<T extends { readonly mobileNode: string }>(rows: readonly T[]): ReadonlyMap<string, readonly Omit<T, 'mobileNode'>[]> {
  const groups = new Map<string, Omit<T, 'mobileNode'>[]>();
  for (const { mobileNode, ...row } of rows) {
    const group = groups.get(mobileNode);
    if (group) group.push(row);
    else groups.set(mobileNode, [row]);
  }
  return groups;
}
