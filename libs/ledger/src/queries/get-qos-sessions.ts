import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type pg from 'pg';
import type { FlowId, Match, ReleaseCause } from '#domain';
import { NotFound } from '../idempotency/command';
import { ReadModel } from './read-model';
import { column, decimalText, json, oneOf, wide, words, type ListColumns } from './column-kinds';
import type { FlowTableRow } from './get-flow-table';
import { readListRequest, type ListRequest } from './list-request';
import { everyRow, readPage, SqlParameters, type Listing, type Page, type RowStream } from './listing';

/** A session as it is, or was last; where and with which id is that of its present leg. */
export interface QosSessionRow extends Omit<FlowTableRow, 'state' | 'collidesWith' | 'reservationExpiresAt'> {
  readonly state: FlowTableRow['state'] | 'released';
  readonly requested: FlowId;
  readonly closedAt: string | null;
  /** Why it was released. */
  readonly cause: ReleaseCause | null;
  /** The session that this one took over from. */
  readonly replaces: string | null;
  readonly stream: string;
  /** Of the first and the last change of any of its legs. */
  readonly firstPosition: string;
  readonly lastPosition: string;
}

export interface SessionLeg {
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  readonly effective: FlowId | null;
  readonly temporary: FlowTableRow['temporary'];
  readonly matched: readonly Omit<Match, 'effective'>[];
  readonly from: string;
  /** Null: the leg is there. */
  readonly to: string | null;
  readonly state: FlowTableRow['state'] | 'ended';
  /** Since the last leg with an id ended; 0 where they overlapped; null for the first, and where there is no id. */
  readonly gapMs: number | null;
  /** The handoff that made it. */
  readonly handoffId: string | null;
  /** Why it ended; `configured`: the degraded leg got its id there, and another one begins. */
  readonly cause: ReleaseCause | 'configured' | null;
  readonly quarantinedUntil: string | null;
}

export interface QosSession extends QosSessionRow {
  readonly legs: readonly SessionLeg[];
}

const temporary = (table: string): string =>
  `case when ${table}.temporary_field is not null then json_build_object('field', ${table}.temporary_field, 'value', ${table}.temporary_value) end`;

/** An older leg may end after the present one began. */
const lastPosition = 'select max(x.position) from projection.session_legs x where x.session_id = s.session_id';

/** Names and kinds, for whoever describes or exports the list. */
export const qosSessionColumns: ListColumns = {
  sessionId: column('uuid', 's.session_id'),
  foreignAgent: column('text', 's.foreign_agent'),
  careOfAddress: column('address', 's.care_of_address'),
  state: oneOf('s.state', [...words.legStates, 'released']),
  mobileNode: column('node', 's.mobile_node'),
  homeAddress: column('address', 's.home_address'),
  homeAgent: column('address', 's.home_agent'),
  correspondentNode: column('address', 's.correspondent_node'),
  protocol: column('integer', 's.protocol'),
  destinationPort: column('integer', 's.destination_port'),
  sourcePort: column('integer', 's.source_port'),
  flowLabel: column('integer', 's.flow_label'),
  spi: wide('s.spi'),
  senders: json('s.senders'),
  requested: json('s.requested'),
  effective: json('s.effective'),
  temporary: json(temporary('s')),
  style: oneOf('s.style', words.styles),
  service: column('text', 's.service'),
  tspec: json('s.tspec'),
  refreshPeriodMs: wide('s.refresh_period_ms'),
  expiresAt: column('time', 'least(coalesce(l.expires_at, f.expires_at), f.orphaned_until)'),
  registrationExpiresAt: column('time', '(case when v.mobile_node is null then f.registration_expires_at else v.expires_at end)'),
  establishedAt: column('time', 's.established_at'),
  changedAt: column('time', 's.changed_at'),
  closedAt: column('time', 's.closed_at'),
  cause: column('text', 's.cause'),
  replaces: column('uuid', 's.replaces'),
  stream: column('text', 's.stream'),
  revision: decimalText('s.revision'),
  position: decimalText('s.position'),
  firstPosition: decimalText('s.established_position'),
  lastPosition: decimalText(`(${lastPosition})`),
};

const sameScope = (a: string): string => `${a}.foreign_agent = s.foreign_agent and ${a}.care_of_address = s.care_of_address`;

const listing: Listing = {
  columns: qosSessionColumns,
  key: 's.established_position',
  from: `from projection.sessions s
    left join projection.flow_table f on f.session_id = s.session_id and ${sameScope('f')} and f.to_position is null
    left join projection.leases l on l.session_id = s.session_id and ${sameScope('l')}
    left join projection.visitors v on ${sameScope('v')} and v.mobile_node = s.mobile_node and v.to_position is null and f.session_id is not null`,
  where: [],
};

/** `GET /v1/qos-sessions`: released ones too. @throws ParameterFaults, ProjectionBehind */
export class GetQosSessions extends Query<Page<QosSessionRow>> {
  constructor(readonly request: ListRequest) {
    super();
  }
}

/** The same, whole. */
export class StreamQosSessions extends Query<RowStream<QosSessionRow>> {
  constructor(readonly request: ListRequest) {
    super();
  }
}

/** `GET /v1/qos-sessions/{id}`; `position` is that of the tables. @throws NotFound, ProjectionBehind */
export class GetQosSession extends Query<QosSession> {
  constructor(
    readonly sessionId: string,
    readonly minPosition: bigint | null = null,
  ) {
    super();
  }
}

@QueryHandler(GetQosSessions)
export class GetQosSessionsHandler implements IQueryHandler<GetQosSessions> {
  constructor(private readonly readModel: ReadModel) {}

  execute({ request }: GetQosSessions): Promise<Page<QosSessionRow>> {
    return sessionPage(this.readModel, request);
  }
}

@QueryHandler(StreamQosSessions)
export class StreamQosSessionsHandler implements IQueryHandler<StreamQosSessions> {
  constructor(private readonly readModel: ReadModel) {}

  async execute({ request }: StreamQosSessions): Promise<RowStream<QosSessionRow>> {
    const whole = { ...request, limit: 1000, after: null };
    const first = await sessionPage(this.readModel, whole);
    return { position: first.position, rows: everyRow(first, (after) => sessionPage(this.readModel, { ...whole, after })) };
  }
}

@QueryHandler(GetQosSession)
export class GetQosSessionHandler implements IQueryHandler<GetQosSession> {
  constructor(private readonly readModel: ReadModel) {}

  async execute({ sessionId, minPosition }: GetQosSession): Promise<QosSession> {
    const request = readListRequest(qosSessionColumns, { filters: { sessionId } });
    const found = await this.readModel.find(minPosition, async (client, position) => {
      const page = await readPage<QosSessionRow>(client, position, listing, new SqlParameters(), request);
      const [session] = page.items;
      return session ? { ...session, position: page.position, legs: await readLegs(client, sessionId) } : null;
    });
    if (found === null) throw new NotFound(`No session has the id ${sessionId}.`);
    return found;
  }
}

async function sessionPage(readModel: ReadModel, request: ListRequest): Promise<Page<QosSessionRow>> {
  const read = readListRequest(qosSessionColumns, request);
  return readModel.snapshot(request.minPosition ?? null, (client, position) => readPage(client, position, listing, new SqlParameters(), read));
}

async function readLegs(client: pg.ClientBase, sessionId: string): Promise<readonly SessionLeg[]> {
  type Stored = Omit<SessionLeg, 'matched'> & { readonly matched: readonly Match[] };
  const { rows } = await client.query<Stored>(
    `select foreign_agent as "foreignAgent", care_of_address as "careOfAddress", state, effective, temporary, matched,
      started_at as "from", ended_at as "to", gap_ms::float8 as "gapMs", handoff_id as "handoffId", cause, quarantined_until as "quarantinedUntil"
     from qos.session_legs where session_id = $1 order by started_position`,
    [sessionId],
  );
  return rows.map(({ matched, ...leg }) => ({ ...leg, matched: matched.map(({ effective: _compared, ...match }) => match) }));
}
