import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { etagOf, type ListColumns, type ListRequest, type Page, type RowStream } from '#ledger';
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

/** One resource, with its tag and how far the tables were. */
export function answerOne<Row extends Readonly<Record<'revision' | 'position', string>>>(reply: FastifyReply, row: Row, etag = etagOf(row.revision)): Row {
  void reply.headers({ etag, 'ledger-position': row.position, 'cache-control': 'no-store' });
  return row;
}

/** The whole of what is otherwise read page by page. */
export async function* everyRow<Row>(page: (after: string | null) => Promise<Page<Row>>): AsyncIterable<Row> {
  for (let after: string | null = null, first = true; first || after !== null; first = false) {
    const { items, next }: Page<Row> = await page(after);
    yield* items;
    after = next;
  }
}
