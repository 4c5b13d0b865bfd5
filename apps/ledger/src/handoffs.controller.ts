import type { Readable } from 'node:stream';
import { Controller, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GetHandoff, GetHandoffs, handoffColumns, StartHandoff, StreamHandoffs, type Handoff, type HandoffAnswer, type HandoffRow, type Page } from '#ledger';
import { handoff, handoffAnswer, handoffRow } from './answers/handoff-shapes';
import { answer } from './http/answer';
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
  start: route({
    method: 'POST',
    path: '/v1/handoffs',
    summary: 'Move a mobile node and its sessions to another care-of address; answered when it is over.',
    role: 'writer',
    parameters: {},
    command: StartHandoff,
    answers: { 201: 'The handoff is over: completed, rolled back, or superseded by a registration.' },
    answer: handoffAnswer,
  }),
};

@Controller()
export class HandoffsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

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

  @Handles(handoffRoutes.start)
  async start(@Asks() { command }: Asked<typeof handoffRoutes.start>, @Res({ passthrough: true }) reply: FastifyReply): Promise<HandoffAnswer> {
    return answer(reply, await this.commands.execute(command), () => true);
  }
}
