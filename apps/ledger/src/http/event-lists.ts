import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EventView, Page } from '#ledger';
import { everyRow } from './lists';
import { sendPage } from './page';
import { listMediaType, sendRows } from './rows';

export const eventColumns = ['position', 'stream', 'revision', 'id', 'type', 'recordedAt', 'data', 'metadata'] as const satisfies readonly (keyof EventView)[];

/** How far a page begins and how much it holds; what else is asked stays the same from page to page. */
interface PageAsked {
  readonly after: bigint | null;
  readonly limit: number;
}

/**
 * Events as a page of JSON, or all that follow as NDJSON or CSV. The log only grows at its end, so that page after page is one reading;
 * a slow reader holds nothing.
 */
export async function answerEvents<Row extends EventView, Asked extends PageAsked>(
  request: FastifyRequest,
  reply: FastifyReply,
  columns: readonly string[],
  asked: Asked,
  read: (asked: Asked) => Promise<Page<Row>>,
): Promise<Page<Row> | Readable> {
  const type = listMediaType(request);
  if (type === 'application/json') return sendPage(request, reply, await read(asked));
  const whole = { ...asked, limit: 1000 };
  // The first page is read before anything is answered: what is wrong with the request is still a problem then.
  const first = await read(whole);
  void reply.header('ledger-position', first.position);
  const page = (after: string | null): Promise<Page<Row>> => (after === null ? Promise.resolve(first) : read({ ...whole, after: BigInt(after) }));
  return sendRows(reply, type, columns, everyRow(page));
}
