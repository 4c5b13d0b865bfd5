import { setTimeout as sleep } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import { Controller, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EventStore, ReadAllOptions, RecordedEvent } from '#event-store';
import type { Page } from '#ledger';
import { Asks, type Asked } from './http/asked';
import { limit, minPosition, sendPage } from './http/page';
import { oneOf, position, text, type ValuesOf } from './http/parameter';
import { Handles, route } from './http/route';
import { listMediaType, listMediaTypes, sendRows } from './http/rows';
import { Problem } from './problems/problem';
import { EVENT_STORE } from './provider-names';

/** An event as the outside sees it. */
export interface EventRow {
  readonly position: string;
  readonly stream: string;
  readonly revision: string;
  readonly id: string;
  readonly type: string;
  readonly recordedAt: string;
  readonly data: unknown;
  readonly metadata: unknown;
}

const eventColumns = ['position', 'stream', 'revision', 'id', 'type', 'recordedAt', 'data', 'metadata'] as const satisfies readonly (keyof EventRow)[];
const streamName = /^[^\p{Cc}\p{Cs}]{1,400}$/u;

const reading = {
  after: position('Events behind this position; backwards the events before it.'),
  direction: oneOf('In which order.', ['forwards', 'backwards'], 'forwards'),
  limit,
  type: text('Types of events, with commas between them.', /^[A-Za-z]{1,64}(,[A-Za-z]{1,64}){0,31}$/, 'the name of an event type, or several with commas between them'),
  minPosition,
} as const;

export const eventRoutes = {
  events: route({
    method: 'GET',
    path: '/v1/events',
    summary: 'The ledger itself: every event in order.',
    role: 'reader',
    parameters: {
      ...reading,
      category: text('Streams of this category: the part of the name before the first hyphen.', /^[A-Za-z]{1,64}$/, 'a category of streams'),
      stream: text('The events of this stream.', streamName, 'the name of a stream'),
    },
    answers: { 200: 'A page of events; as NDJSON or CSV all of them.' },
    answerTypes: listMediaTypes,
  }),
  stream: route({
    method: 'GET',
    path: '/v1/streams/{name}',
    summary: 'The events of one stream.',
    role: 'reader',
    parameters: { name: text('Name of the stream.', streamName, 'the name of a stream'), ...reading },
    answers: { 200: 'A page of events; as NDJSON or CSV all of them.' },
    answerTypes: listMediaTypes,
  }),
};

@Controller()
export class EventsController {
  constructor(@Inject(EVENT_STORE) private readonly store: EventStore) {}

  @Handles(eventRoutes.events)
  events(
    @Asks() { parameters }: Asked<typeof eventRoutes.events>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<EventRow> | Readable> {
    const { category, stream } = parameters;
    return this.#answer(request, reply, parameters, { ...(category !== null && { category }), ...(stream !== null && { stream }) });
  }

  @Handles(eventRoutes.stream)
  async stream(
    @Asks() { parameters }: Asked<typeof eventRoutes.stream>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<EventRow> | Readable> {
    const stream = parameters.name!;
    await this.#reach(parameters.minPosition);
    if ((await this.store.streamRevision(stream)) === 'no-stream') throw new Problem('not-found', 'No stream has this name.');
    return this.#answer(request, reply, parameters, { stream });
  }

  async #answer(
    request: FastifyRequest,
    reply: FastifyReply,
    { after, direction, limit, type, minPosition }: ValuesOf<typeof reading>,
    where: Pick<ReadAllOptions, 'category' | 'stream'>,
  ): Promise<Page<EventRow> | Readable> {
    const head = await this.#reach(minPosition);
    const options = { ...where, direction, ...(after !== null && { after }), ...(type !== null && { types: type.split(',') }) };
    const mediaType = listMediaType(request);
    if (mediaType !== 'application/json') {
      void reply.header('ledger-position', String(head));
      return sendRows(reply, mediaType, eventColumns, rows(this.store.readAll(options)));
    }
    // One more than asked for tells whether anything follows.
    const items: EventRow[] = [];
    for await (const row of rows(this.store.readAll({ ...options, limit: limit + 1 }))) items.push(row);
    const next = items.length > limit ? items[limit - 1]!.position : null;
    return sendPage(request, reply, { position: String(head), items: items.slice(0, limit), next });
  }

  /** The ledger's end, once it is there; the log itself is never behind for long. */
  async #reach(wanted: bigint | null): Promise<bigint> {
    const deadline = Date.now() + 5_000;
    for (let head = await this.store.head(); ; head = await this.store.head()) {
      if (wanted === null || head >= wanted) return head;
      if (Date.now() >= deadline) throw new Problem('projection-behind', `The ledger ends at position ${head}.`, { headers: { 'retry-after': '1' } });
      await sleep(100);
    }
  }
}

async function* rows(events: AsyncIterable<RecordedEvent>): AsyncIterable<EventRow> {
  for await (const { position, stream, revision, id, type, recordedAt, data, metadata } of events) {
    yield { position: String(position), stream, revision: String(revision), id, type, recordedAt, data: JSON.parse(data), metadata: JSON.parse(metadata) };
  }
}
