import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type pg from 'pg';
import type { HandoffOrigin, HandoffRolledBack, HandoffStarted, HandoffTarget } from '#domain';
import { ReadModel } from './read-model';
import { column, decimalText, json, oneOf, wide, type ListColumns } from './column-kinds';
import { readListRequest, type ListRequest } from './list-request';
import { everyRow, readPage, SqlParameters, type Listing, type Page, type RowStream } from './listing';

const handoffStates = ['started', 'committed', 'completed', 'superseded', 'rolled-back'] as const;

/** A handoff and how far it has come. Times are RFC 3339, revision and position decimal text. */
export interface HandoffRow {
  readonly handoffId: string;
  readonly mobileNode: string;
  readonly kind: HandoffStarted['kind'];
  readonly cause: HandoffStarted['cause'];
  readonly state: (typeof handoffStates)[number];
  /** Every scope that the node leaves. */
  readonly from: readonly HandoffOrigin[];
  /** Null: home. */
  readonly to: HandoffTarget | null;
  /** As in `to`, to filter and sort by. */
  readonly toForeignAgent: string | null;
  readonly toCareOfAddress: string | null;
  readonly oldLegs: HandoffStarted['oldLegs'];
  readonly ifRefused: HandoffStarted['ifRefused'];
  /** When it is rolled back unless it is committed; null: it only goes forward. */
  readonly deadline: string | null;
  readonly supersedes: string | null;
  readonly supersededBy: string | null;
  /** Why it was rolled back, and the same in a sentence. */
  readonly reason: HandoffRolledBack['reason'] | null;
  readonly detail: string | null;
  readonly startedAt: string;
  readonly committedAt: string | null;
  readonly endedAt: string | null;
  /** Sessions that the new scope took and refused; null before the commit. */
  readonly configured: number | null;
  readonly degraded: number | null;
  /** Old legs; null before the completion. */
  readonly released: number | null;
  readonly orphaned: number | null;
  /** The longest that a session had no leg; null before the completion, and while one waits for an id. */
  readonly gapMs: number | null;
  readonly changedAt: string;
  readonly revision: string;
  readonly position: string;
}

/** Names and kinds, for whoever describes or exports the list. */
export const handoffColumns: ListColumns = {
  handoffId: column('uuid', 'h.handoff_id'),
  mobileNode: column('node', 'h.mobile_node'),
  kind: oneOf('h.kind', ['make-before-break', 'break-before-make', 'return-home']),
  cause: oneOf('h.cause', ['registration', 'command']),
  state: oneOf('h.state', handoffStates),
  from: json('h."from"'),
  to: json('h."to"'),
  toForeignAgent: column('text', 'h.to_foreign_agent'),
  toCareOfAddress: column('address', 'h.to_care_of_address'),
  oldLegs: oneOf('h.old_legs', ['release', 'orphan']),
  ifRefused: column('text', 'h.if_refused'),
  deadline: column('time', 'h.deadline'),
  supersedes: column('uuid', 'h.supersedes'),
  supersededBy: column('uuid', 'h.superseded_by'),
  reason: column('text', 'h.reason'),
  detail: column('text', 'h.detail'),
  startedAt: column('time', 'h.started_at'),
  committedAt: column('time', 'h.committed_at'),
  endedAt: column('time', 'h.ended_at'),
  configured: column('integer', 'h.configured'),
  degraded: column('integer', 'h.degraded'),
  released: column('integer', 'h.released'),
  orphaned: column('integer', 'h.orphaned'),
  gapMs: wide('coalesce(h.gap_ms, (select v.gap_ms from qos.handoffs v where v.handoff_id = h.handoff_id))'),
  changedAt: column('time', 'h.changed_at'),
  revision: decimalText('h.revision'),
  position: decimalText('h.position'),
};

const listing: Listing = { columns: handoffColumns, key: 'h.started_position', from: 'from projection.handoffs h', where: [] };

/** `GET /v1/handoffs`. @throws ParameterFaults, ProjectionBehind */
export class GetHandoffs extends Query<Page<HandoffRow>> {
  constructor(readonly request: ListRequest) {
    super();
  }
}

/** The same, whole. */
export class StreamHandoffs extends Query<RowStream<HandoffRow>> {
  constructor(readonly request: ListRequest) {
    super();
  }
}

@QueryHandler(GetHandoffs)
export class GetHandoffsHandler implements IQueryHandler<GetHandoffs> {
  constructor(private readonly readModel: ReadModel) {}

  execute({ request }: GetHandoffs): Promise<Page<HandoffRow>> {
    return handoffPage(this.readModel, request);
  }
}

@QueryHandler(StreamHandoffs)
export class StreamHandoffsHandler implements IQueryHandler<StreamHandoffs> {
  constructor(private readonly readModel: ReadModel) {}

  async execute({ request }: StreamHandoffs): Promise<RowStream<HandoffRow>> {
    const whole = { ...request, limit: 1000, after: null };
    const first = await handoffPage(this.readModel, whole);
    return { position: first.position, rows: everyRow(first, (after) => handoffPage(this.readModel, { ...whole, after })) };
  }
}

async function handoffPage(readModel: ReadModel, request: ListRequest): Promise<Page<HandoffRow>> {
  readListRequest(handoffColumns, request);
  return readModel.snapshot(request.minPosition ?? null, (client, position) => readHandoffs(client, position, request));
}

export function readHandoffs(client: pg.ClientBase, position: bigint, request: ListRequest): Promise<Page<HandoffRow>> {
  return readPage<HandoffRow>(client, position, listing, new SqlParameters(), readListRequest(handoffColumns, request));
}
