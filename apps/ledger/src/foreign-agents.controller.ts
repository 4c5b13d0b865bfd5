import type { Readable } from 'node:stream';
import { Controller, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { flowTableColumns, GetFlowTable, ProvisionForeignAgent, RemoveForeignAgent, StreamFlowTable } from '#ledger';
import type { FlowTableRow, ForeignAgentAnswer, Page, RemovalAnswer } from '#ledger';
import { answer } from './http/answer';
import { Asks, type Asked } from './http/asked';
import { answerList, listRequest } from './http/lists';
import { listParameters } from './http/page';
import { flag, foreignAgentId, instant, position } from './http/parameter';
import { Handles, route } from './http/route';
import { listMediaTypes } from './http/rows';

export const foreignAgentRoutes = {
  provision: route({
    method: 'PUT',
    path: '/v1/foreign-agents/{foreignAgent}',
    summary: 'Provision a foreign agent: what is left out has its default.',
    role: 'admin',
    parameters: { foreignAgent: foreignAgentId },
    command: ProvisionForeignAgent,
    answers: { 200: 'It was known; this is how it stands now.', 201: 'It was not known before.' },
  }),
  flowTable: route({
    method: 'GET',
    path: '/v1/foreign-agents/{foreignAgent}/flow-table',
    summary: 'The live flow table of a foreign agent, one row per live leg, now or as of a moment.',
    role: 'reader',
    parameters: {
      foreignAgent: foreignAgentId,
      ...listParameters,
      asOfPosition: position('The table as it was at this position.'),
      asOfTime: instant('The table as it was at this time.'),
    },
    columns: flowTableColumns,
    answers: { 200: 'A page of rows; as NDJSON or CSV all of them.' },
    answerTypes: listMediaTypes,
  }),
  remove: route({
    method: 'DELETE',
    path: '/v1/foreign-agents/{foreignAgent}',
    summary: 'Remove a foreign agent.',
    role: 'admin',
    parameters: { foreignAgent: foreignAgentId, force: flag('Release its live sessions first, instead of refusing.') },
    command: RemoveForeignAgent,
    answers: { 200: 'It is removed; how many sessions were released.' },
  }),
};

@Controller()
export class ForeignAgentsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Handles(foreignAgentRoutes.flowTable)
  flowTable(
    @Asks() { parameters, filters }: Asked<typeof foreignAgentRoutes.flowTable>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<FlowTableRow> | Readable> {
    const { foreignAgent, asOfPosition, asOfTime } = parameters;
    const asked = { ...listRequest(parameters, filters), asOfPosition, asOfTime };
    return answerList(request, reply, {
      columns: flowTableColumns,
      page: () => this.queries.execute(new GetFlowTable(foreignAgent, asked)),
      stream: () => this.queries.execute(new StreamFlowTable(foreignAgent, asked)),
    });
  }

  @Handles(foreignAgentRoutes.provision)
  async provision(
    @Asks() { parameters, command }: Asked<typeof foreignAgentRoutes.provision>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ForeignAgentAnswer> {
    command.foreignAgent = parameters.foreignAgent;
    return answer(reply, await this.commands.execute(command), ({ created }) => created);
  }

  @Handles(foreignAgentRoutes.remove)
  async remove(
    @Asks() { parameters, command }: Asked<typeof foreignAgentRoutes.remove>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RemovalAnswer> {
    Object.assign(command, { foreignAgent: parameters.foreignAgent, force: parameters.force });
    return answer(reply, await this.commands.execute(command), () => false);
  }
}
