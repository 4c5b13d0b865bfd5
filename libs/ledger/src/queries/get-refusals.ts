import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { NotFound } from '../idempotency/command';
import { ReadModel } from './read-model';
import type { Refusal } from '../refusals/refusals-of';
import { column, json, oneOf, wide, type ListColumns } from './column-kinds';
import { isKnownAgent } from './get-flow-table';
import { readListRequest, type ListRequest } from './list-request';
import { everyRow, readPage, SqlParameters, type Page, type RowStream } from './listing';

/** What was refused of one agent for one reason. */
export interface RefusalRow extends Pick<Refusal, 'kind' | 'reason' | 'code'> {
  readonly count: number;
  readonly firstAt: string;
  readonly lastAt: string;
  readonly lastExample: Refusal['example'];
}

/** Names and kinds, for whoever describes or exports the list. */
export const refusalColumns: ListColumns = {
  kind: oneOf('r.kind', ['refusal', 'violation']),
  reason: column('text', 'r.reason'),
  code: column('integer', 'nullif(r.code, 0)'),
  count: wide('r.count'),
  firstAt: column('time', 'r.first_at'),
  lastAt: column('time', 'r.last_at'),
  lastExample: json('r.last_example'),
};

/** `GET /v1/foreign-agents/{fa}/refusals`. @throws NotFound, ParameterFaults, ProjectionBehind */
export class GetRefusals extends Query<Page<RefusalRow>> {
  constructor(
    readonly foreignAgent: string,
    readonly request: ListRequest,
  ) {
    super();
  }
}

/** The same, whole. */
export class StreamRefusals extends Query<RowStream<RefusalRow>> {
  constructor(
    readonly foreignAgent: string,
    readonly request: ListRequest,
  ) {
    super();
  }
}

@QueryHandler(GetRefusals)
export class GetRefusalsHandler implements IQueryHandler<GetRefusals> {
  constructor(private readonly readModel: ReadModel) {}

  execute({ foreignAgent, request }: GetRefusals): Promise<Page<RefusalRow>> {
    return refusalPage(this.readModel, foreignAgent, request);
  }
}

@QueryHandler(StreamRefusals)
export class StreamRefusalsHandler implements IQueryHandler<StreamRefusals> {
  constructor(private readonly readModel: ReadModel) {}

  async execute({ foreignAgent, request }: StreamRefusals): Promise<RowStream<RefusalRow>> {
    const whole = { ...request, limit: 1000, after: null };
    const first = await refusalPage(this.readModel, foreignAgent, whole);
    return { position: first.position, rows: everyRow(first, (after) => refusalPage(this.readModel, foreignAgent, { ...whole, after })) };
  }
}

async function refusalPage(readModel: ReadModel, foreignAgent: string, request: ListRequest): Promise<Page<RefusalRow>> {
  const read = readListRequest(refusalColumns, request);
  const page = await readModel.find(request.minPosition ?? null, async (client, position) => {
    if (!(await isKnownAgent(client, foreignAgent))) return null;
    const parameters = new SqlParameters();
    const where = [`r.foreign_agent = ${parameters.add(foreignAgent)}`];
    return readPage<RefusalRow>(client, position, { columns: refusalColumns, key: 'r.id', from: 'from ledger.refusals r', where }, parameters, read);
  });
  if (page === null) throw new NotFound(`No foreign agent has the id ${foreignAgent}.`);
  return page;
}
