import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type pg from 'pg';
import type { FlowId, FlowSender, Service, Style, TemporaryFlowId, Tspec } from '#domain';
import { NotFound } from '../idempotency/command';
import { ReadModel } from './read-model';
import { readMoment, type Moment } from './as-of';
import { column, decimalText, json, oneOf, wide, words, type ListColumns } from './column-kinds';
import { readListRequest, type ListRequest } from './list-request';
import { everyRow, readPage, SqlParameters, type Listing, type Page, type RowStream } from './listing';

/** A live leg (interface.md §1). Times are RFC 3339, revision and position decimal text. */
export interface FlowTableRow {
  readonly sessionId: string;
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  readonly state: 'live' | 'path-only' | 'orphaned' | 'degraded';
  readonly mobileNode: string | null;
  readonly homeAddress: string | null;
  readonly homeAgent: string | null;
  readonly correspondentNode: string | null;
  readonly protocol: number;
  readonly destinationPort: number | null;
  readonly sourcePort: number | null;
  readonly flowLabel: number | null;
  readonly spi: number | null;
  readonly senders: readonly FlowSender[] | null;
  readonly effective: FlowId | null;
  readonly temporary: TemporaryFlowId | null;
  /** Sessions of the table that it matched when it came, or that matched it. */
  readonly collidesWith: readonly string[];
  readonly style: Style | null;
  readonly service: Service | null;
  readonly tspec: Tspec | null;
  readonly refreshPeriodMs: number;
  /** When its lease ends unless it is refreshed; of an orphaned leg when it ends at the latest, if that is before. */
  readonly expiresAt: string | null;
  /** Of the reservation's own lease, where it has one beside its path. */
  readonly reservationExpiresAt: string | null;
  readonly registrationExpiresAt: string | null;
  readonly establishedAt: string;
  readonly changedAt: string;
  readonly revision: string;
  readonly position: string;
}

/** The table as it is, or as it was at a position or a time. */
export interface FlowTableRequest extends ListRequest, Moment {}

const sameScope = (a: string, b: string): string => `${a}.foreign_agent = ${b}.foreign_agent and ${a}.care_of_address = ${b}.care_of_address`;

/** @param at placeholder of the position; null: now */
function openAt(table: string, at: string | null): string {
  if (at === null) return `${table}.to_position is null`;
  return `${table}.from_position <= ${at} and (${table}.to_position is null or ${table}.to_position > ${at})`;
}

/** On both sides, for as long as both are open. */
function collidesWith(at: string | null): string {
  const known = at === null ? '' : `and c.position <= ${at}`;
  return `array(
    select other.id from (
      select c.matched_session_id as id from projection.collisions c where c.session_id = f.session_id and ${sameScope('c', 'f')} ${known}
      union
      select c.session_id from projection.collisions c where c.matched_session_id = f.session_id and ${sameScope('c', 'f')} ${known}) other
    where exists (select from projection.flow_table o where o.session_id = other.id and ${sameScope('o', 'f')} and ${openAt('o', at)})
    order by 1)`;
}

/** The lease as it stood: what extended it last since the row was written, from the log. The text is looked at before it is read as JSON. */
const pastLease = (name: string, list: string, at: string): string => `left join lateral (
    select (x.data::jsonb ->> 'until')::timestamptz as ${name} from ledger.events x
    where f.${name} is not null and x.type = 'LeasesExtended' and x.stream = 'flowTable-' || f.foreign_agent || '@' || f.care_of_address
    and x.position > f.from_position and x.position <= ${at} and strpos(x.data, f.session_id::text) > 0
    and x.data::jsonb -> '${list}' ? f.session_id::text order by x.position desc limit 1) past_${name} on true`;

const pastLeases = (at: string): string => `${pastLease('expires_at', 'sessions', at)} ${pastLease('reservation_expires_at', 'reservations', at)}`;

const presentLease = `left join projection.leases l on l.session_id = f.session_id and ${sameScope('l', 'f')}`;

function columnsAt(at: string | null): ListColumns {
  const lease = (name: string): string => `coalesce(${at === null ? 'l' : `past_${name}`}.${name}, f.${name})`;
  return {
    sessionId: column('uuid', 'f.session_id'),
    foreignAgent: column('text', 'f.foreign_agent'),
    careOfAddress: column('address', 'f.care_of_address'),
    state: oneOf('f.state', words.legStates),
    mobileNode: column('node', 'f.mobile_node'),
    homeAddress: column('address', 'f.home_address'),
    homeAgent: column('address', 'f.home_agent'),
    correspondentNode: column('address', 'f.correspondent_node'),
    protocol: column('integer', 'f.protocol'),
    destinationPort: column('integer', 'f.destination_port'),
    sourcePort: column('integer', 'f.source_port'),
    flowLabel: column('integer', 'f.flow_label'),
    spi: wide('f.spi'),
    senders: json('f.senders'),
    effective: json('f.effective'),
    temporary: json(`case when f.temporary_field is not null then json_build_object('field', f.temporary_field, 'value', f.temporary_value) end`),
    collidesWith: { ...column('ids', collidesWith(at)), answer: `${collidesWith(at)}::text[]` },
    style: oneOf('f.style', words.styles),
    service: column('text', 'f.service'),
    tspec: json('f.tspec'),
    refreshPeriodMs: wide('f.refresh_period_ms'),
    expiresAt: column('time', `least(${lease('expires_at')}, f.orphaned_until)`),
    reservationExpiresAt: column('time', lease('reservation_expires_at')),
    registrationExpiresAt: column('time', '(case when v.mobile_node is null then f.registration_expires_at else v.expires_at end)'),
    establishedAt: column('time', 'f.established_at'),
    changedAt: column('time', 'f.changed_at'),
    revision: decimalText('f.revision'),
    position: decimalText('f.from_position'),
  };
}

/** Names and kinds, for whoever describes or exports the list. */
export const flowTableColumns = columnsAt(null);

/** @param foreignAgent null: of all agents */
function flowTableListing(foreignAgent: string | null, position: bigint | null, parameters: SqlParameters): Listing {
  const at = position === null ? null : `${parameters.add(position)}::bigint`;
  return {
    columns: columnsAt(at),
    key: 'f.established_position',
    from: `from projection.flow_table f ${at === null ? presentLease : pastLeases(at)}
      left join projection.visitors v on ${sameScope('v', 'f')} and v.mobile_node = f.mobile_node and ${openAt('v', at)}`,
    where: [openAt('f', at), ...(foreignAgent === null ? [] : [`f.foreign_agent = ${parameters.add(foreignAgent)}`])],
  };
}

/** `GET /v1/foreign-agents/{fa}/flow-table`. @throws NotFound, ParameterFaults, ProjectionBehind */
export class GetFlowTable extends Query<Page<FlowTableRow>> {
  constructor(
    readonly foreignAgent: string,
    readonly request: FlowTableRequest,
  ) {
    super();
  }
}

/** The same, whole: all pages are of the moment at which it was asked. */
export class StreamFlowTable extends Query<RowStream<FlowTableRow>> {
  constructor(
    readonly foreignAgent: string,
    readonly request: FlowTableRequest,
  ) {
    super();
  }
}

@QueryHandler(GetFlowTable)
export class GetFlowTableHandler implements IQueryHandler<GetFlowTable> {
  constructor(private readonly readModel: ReadModel) {}

  async execute({ foreignAgent, request }: GetFlowTable): Promise<Page<FlowTableRow>> {
    return flowTablePage(this.readModel, foreignAgent, request, await readMoment(this.readModel.store, request));
  }
}

@QueryHandler(StreamFlowTable)
export class StreamFlowTableHandler implements IQueryHandler<StreamFlowTable> {
  constructor(private readonly readModel: ReadModel) {}

  async execute({ foreignAgent, request }: StreamFlowTable): Promise<RowStream<FlowTableRow>> {
    const whole = { ...request, limit: 1000, after: null };
    const asked = await readMoment(this.readModel.store, request);
    const first = await flowTablePage(this.readModel, foreignAgent, whole, asked);
    const moment = asked ?? BigInt(first.position);
    const more = (after: string): Promise<Page<FlowTableRow>> => flowTablePage(this.readModel, foreignAgent, { ...whole, after }, moment);
    return { position: first.position, rows: everyRow(first, more) };
  }
}

async function flowTablePage(readModel: ReadModel, foreignAgent: string, request: FlowTableRequest, moment: bigint | null): Promise<Page<FlowTableRow>> {
  // Before anything is waited for; what is read here stands in the columns of the present.
  readListRequest(flowTableColumns, request);
  const minPosition = later(request.minPosition ?? null, moment);
  const page = await readModel.find(minPosition, async (client, position) => {
    if (!(await isKnownAgent(client, foreignAgent))) return null;
    const parameters = new SqlParameters();
    const listing = flowTableListing(foreignAgent, moment, parameters);
    return readPage<FlowTableRow>(client, position, listing, parameters, readListRequest(listing.columns, request));
  });
  if (page === null) throw new NotFound(`No foreign agent has the id ${foreignAgent}.`);
  return page;
}

function later(a: bigint | null, b: bigint | null): bigint | null {
  return a === null || (b !== null && b > a) ? b : a;
}

/** One that was removed had a table, and one that nobody provisioned may have one. */
export async function isKnownAgent(client: pg.ClientBase, foreignAgent: string): Promise<boolean> {
  const sql = `select from projection.foreign_agents where foreign_agent = $1 union all select from projection.scopes where foreign_agent = $1 limit 1`;
  const { rowCount } = await client.query({ name: 'is-known-agent', text: sql, values: [foreignAgent] });
  return rowCount === 1;
}
