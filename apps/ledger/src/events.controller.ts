import type { Readable } from 'node:stream';
import { Controller, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GetEvents, GetStream, type EventView, type Page } from '#ledger';
import { event } from './answers/event-shapes';
import { Asks, type Asked } from './http/asked';
import { answerEvents, eventColumns } from './http/event-lists';
import { limit, minPosition } from './http/page';
import { oneOf, position, text } from './http/parameter';
import { Handles, route } from './http/route';
import { listMediaTypes } from './http/rows';

const streamName = text('Name of the stream.', /^[^\p{Cc}\p{Cs}]{1,400}$/u, 'the name of a stream');
const direction = oneOf('In which order.', ['forwards', 'backwards'], 'forwards');
const answers = { 200: 'A page of events; as NDJSON or CSV all of them.' };

export const eventRoutes = {
  events: route({
    method: 'GET',
    path: '/v1/events',
    summary: 'The ledger itself: every event in order.',
    role: 'reader',
    parameters: {
      after: position('Events behind this position; backwards the events before it.'),
      direction,
      limit,
      type: text('Events of this type.', /^[A-Za-z]{1,64}$/, 'the name of an event type'),
      category: text('Streams of this category: the part of the name before the first hyphen.', /^[A-Za-z]{1,64}$/, 'a category of streams'),
      stream: streamName,
      minPosition,
    },
    answers,
    row: event,
    answerTypes: listMediaTypes,
  }),
  stream: route({
    method: 'GET',
    path: '/v1/streams/{name}',
    summary: 'The events of one stream.',
    role: 'reader',
    parameters: { name: streamName, after: position('Events behind this revision; backwards the events before it.'), direction, limit, minPosition },
    answers,
    row: event,
    answerTypes: listMediaTypes,
  }),
};

@Controller()
export class EventsController {
  constructor(private readonly queries: QueryBus) {}

  @Handles(eventRoutes.events)
  events(
    @Asks() { parameters }: Asked<typeof eventRoutes.events>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<EventView> | Readable> {
    return answerEvents(request, reply, eventColumns, parameters, (asked) => this.queries.execute(new GetEvents(asked)));
  }

  @Handles(eventRoutes.stream)
  stream(
    @Asks() { parameters }: Asked<typeof eventRoutes.stream>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<EventView> | Readable> {
    const { name, ...asked } = parameters;
    return answerEvents(request, reply, eventColumns, asked, (page) => this.queries.execute(new GetStream(name!, page)));
  }
}
