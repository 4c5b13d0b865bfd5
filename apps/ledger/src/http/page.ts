import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Page } from '#ledger';
import { integer, position, text } from './parameter';

export const minPosition = position('Wait until the tables have reached this position (5 s, then 503 projection-behind).');
export const limit = integer('Entries of a page.', 1, 1000, 100);

/** What every list takes beside its filters. */
export const listParameters = {
  limit,
  after: text('`next` of the page before.', /^[\x21-\x7e]{1,4096}$/, '`next` of a page of the same list'),
  sort: text('A column; - in front of it: descending.', /^-?[A-Za-z]{1,64}$/, 'the name of a column, with - in front for descending'),
  minPosition,
} as const;

/** Answers a page, with the link to the one behind it. */
export function sendPage<Row>(request: FastifyRequest, reply: FastifyReply, page: Page<Row>): Page<Row> {
  void reply.header('ledger-position', page.position).header('vary', 'accept').header('cache-control', 'no-store');
  if (page.next !== null) void reply.header('link', `<${withAfter(request.raw.url!, page.next)}>; rel="next"`);
  return page;
}

/** The same request with another `after`; whatever is no visible ASCII was refused before. */
function withAfter(url: string, after: string): string {
  const [path, query = ''] = url.split('?', 2) as [string, string?];
  const others = query.split('&').filter((pair) => pair !== '' && !/^after(=|$)/.test(pair));
  return `${path}?${[...others, `after=${encodeURIComponent(after)}`].join('&')}`;
}
