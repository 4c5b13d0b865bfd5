import type { Readable } from 'node:stream';
import { Controller, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GetHandoff, GetHandoffs, handoffColumns, StreamHandoffs, type Handoff, type HandoffRow, type Page } from '#ledger';
import { handoff, handoffRow } from './answers/handoff-shapes';
import { Asks, type Asked } from './http/asked';
import { answerList, answerOne, listRequest } from './http/lists';
import { listParameters, minPosition } from './http/page';
import { handoffId } from './http/parameter';
import { Handles, route } from './http/route';
import { listMediaTypes } from './http/rows';

export const handoffRoutes = {
  list: route({
    method: 'GET',
    path: '/v1/handoffs',
    summary: 'The handoffs, and how far each has come.',
    role: 'reader',
    parameters: listParameters,
    columns: handoffColumns,
    answers: { 200: 'A page of handoffs; as NDJSON or CSV all of them.' },
    row: handoffRow,
    answerTypes: listMediaTypes,
  }),
  one: route({
    method: 'GET',
    path: '/v1/handoffs/{handoffId}',
    summary: 'A handoff, with every step of it and what became of each session.',
    role: 'reader',
    parameters: { handoffId, minPosition },
    answers: { 200: 'The handoff.' },
    answer: handoff,
  }),
};

@Controller()
export class HandoffsController {
  constructor(private readonly queries: QueryBus) {}

  @Handles(handoffRoutes.list)
  list(
    @Asks() { parameters, filters }: Asked<typeof handoffRoutes.list>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<HandoffRow> | Readable> {
    const asked = listRequest(parameters, filters);
    return answerList(request, reply, {
      columns: handoffColumns,
      page: () => this.queries.execute(new GetHandoffs(asked)),
      stream: () => this.queries.execute(new StreamHandoffs(asked)),
    });
  }

  @Handles(handoffRoutes.one)
  async one(@Asks() { parameters }: Asked<typeof handoffRoutes.one>, @Res({ passthrough: true }) reply: FastifyReply): Promise<Handoff> {
    return answerOne(reply, await this.queries.execute(new GetHandoff(parameters.handoffId, parameters.minPosition)));
  }
}
