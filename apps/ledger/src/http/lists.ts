import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ListColumns, ListRequest, Page, RowStream } from '#ledger';
import type { listParameters } from './page';
import { sendPage } from './page';
import type { ValuesOf } from './parameter';
import { listMediaType, sendRows } from './rows';

/** A list in both of its forms. */
export interface ListSource<Row extends object> {
  readonly columns: ListColumns;
  readonly page: () => Promise<Page<Row>>;
  readonly stream: () => Promise<RowStream<Row>>;
}

/** What the query of a list is asked with; texts are judged there, against the list's own columns. */
export function listRequest(parameters: ValuesOf<typeof listParameters>, filters: Readonly<Record<string, string>>): ListRequest {
  const { limit, after, sort, minPosition } = parameters;
  return { limit, after, sort, minPosition, filters };
}

/** A page of JSON, or the whole filtered set as NDJSON or CSV, as the request accepts. */
export async function answerList<Row extends object>(request: FastifyRequest, reply: FastifyReply, source: ListSource<Row>): Promise<Page<Row> | Readable> {
  const type = listMediaType(request);
  if (type === 'application/json') return sendPage(request, reply, await source.page());
  const { position, rows } = await source.stream();
  void reply.header('ledger-position', position);
  return sendRows(reply, type, Object.keys(source.columns), rows);
}
