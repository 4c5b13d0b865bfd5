import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** How a list is answered: a page of JSON, or the whole filtered set as lines or as CSV. */
export const listMediaTypes = ['application/json', 'application/x-ndjson', 'text/csv'] as const;
export type ListMediaType = (typeof listMediaTypes)[number];

/** The first of these types that the request accepts, in its own order of preference (RFC 9110 §12.5.1); JSON where it names none. */
export function listMediaType(request: FastifyRequest): ListMediaType {
  const accepted = (request.headers.accept ?? '').split(',').map((entry) => {
    const [type = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    return { type, quality: quality === undefined ? 1 : Number(quality.slice(2)) };
  });
  const ranked = accepted.filter(({ quality }) => quality > 0).sort((a, b) => b.quality - a.quality);
  return ranked.flatMap(({ type }) => listMediaTypes.filter((known) => known === type))[0] ?? 'application/json';
}

/**
 * Streams rows as they come: what is read ahead is bounded, a slow reader slows the reading.
 * @param columns of CSV, in order; a value that is an object is JSON in its cell
 */
export function sendRows(reply: FastifyReply, type: Exclude<ListMediaType, 'application/json'>, columns: readonly string[], rows: AsyncIterable<object>): Readable {
  void reply.header('vary', 'accept').type(type === 'text/csv' ? 'text/csv; charset=utf-8; header=present' : type);
  if (type === 'application/x-ndjson') return Readable.from(lines(rows), { objectMode: false });
  // A cell that a spreadsheet would take for a formula begins with an apostrophe (F34).
  const csv = stringify({ header: true, columns: [...columns], escape_formulas: true, cast: { object: (value) => JSON.stringify(value), boolean: String } });
  return Readable.from(rows).on('error', (error) => csv.destroy(error)).pipe(csv);
}

/** Lines of about 16 kB: a write for every row would cost more than the row. */
async function* lines(rows: AsyncIterable<object>): AsyncIterable<string> {
  let text = '';
  for await (const row of rows) {
    text += `${JSON.stringify(row)}\n`;
    if (text.length >= 16_384) {
      yield text;
      text = '';
    }
  }
  if (text !== '') yield text;
}
