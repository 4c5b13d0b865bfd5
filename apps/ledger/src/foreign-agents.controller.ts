import type { Readable } from 'node:stream';
import { Controller, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  flowTableColumns, foreignAgentColumns, GetFlowTable, GetForeignAgent, GetForeignAgents, GetRefusals, ProvisionForeignAgent, RebootForeignAgent, RefusalCounts,
  refusalColumns, RemoveForeignAgent, StreamFlowTable, StreamForeignAgents, StreamRefusals, type FlowTableRow, type ForeignAgentAnswer,
  type ForeignAgentRow, type Page, type RebootAnswer, type RefusalRow, type RemovalAnswer,
} from '#ledger';
import { foreignAgentAnswer, foreignAgentRow, rebootAnswer, refusalRow, removalAnswer } from './answers/foreign-agent-shapes';
import { flowTableRow } from './answers/flow-table-shapes';
import { answer } from './http/answer';
import { Asks, type Asked } from './http/asked';
import { answerList, answerOne, listRequest } from './http/lists';
import { listParameters, minPosition } from './http/page';
import { flag, foreignAgentId, instant, position, provisionedAgentId } from './http/parameter';
import { Handles, route } from './http/route';
import { listMediaTypes } from './http/rows';

export const foreignAgentRoutes = {
  list: route({
    method: 'GET',
    path: '/v1/foreign-agents',
    summary: 'The foreign agents, with what they hold and what is free.',
    role: 'reader',
    parameters: listParameters,
    columns: foreignAgentColumns,
    answers: { 200: 'A page of agents; as NDJSON or CSV all of them.' },
    row: foreignAgentRow,
    answerTypes: listMediaTypes,
  }),
  one: route({
    method: 'GET',
    path: '/v1/foreign-agents/{foreignAgent}',
    summary: 'A foreign agent.',
    role: 'reader',
    parameters: { foreignAgent: foreignAgentId, minPosition },
    answers: { 200: 'The agent.' },
    answer: foreignAgentRow,
  }),
  provision: route({
    method: 'PUT',
    path: '/v1/foreign-agents/{foreignAgent}',
    summary: 'Provision a foreign agent: what is left out has its default.',
    role: 'admin',
    parameters: { foreignAgent: provisionedAgentId },
    command: ProvisionForeignAgent,
    answers: { 200: 'It was known; this is how it stands now.', 201: 'It was not known before.' },
    answer: foreignAgentAnswer,
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
    row: flowTableRow,
    answerTypes: listMediaTypes,
  }),
  refusals: route({
    method: 'GET',
    path: '/v1/foreign-agents/{foreignAgent}/refusals',
    summary: 'What was refused of the agent, or seen to break a rule: how often, and the last example of each.',
    role: 'reader',
    parameters: { foreignAgent: foreignAgentId, ...listParameters },
    columns: refusalColumns,
    answers: { 200: 'A page of reasons; as NDJSON or CSV all of them.' },
    row: refusalRow,
    answerTypes: listMediaTypes,
  }),
  reboot: route({
    method: 'POST',
    path: '/v1/foreign-agents/{foreignAgent}/reboots',
    summary: 'The agent lost its state: its visitors must register again, its sessions are lost. The body is {}.',
    role: 'writer',
    parameters: { foreignAgent: foreignAgentId },
    command: RebootForeignAgent,
    answers: { 201: 'It is recorded, and every scope of the agent was told.' },
    answer: rebootAnswer,
  }),
  remove: route({
    method: 'DELETE',
    path: '/v1/foreign-agents/{foreignAgent}',
    summary: 'Remove a foreign agent.',
    role: 'admin',
    parameters: { foreignAgent: foreignAgentId, force: flag('Release its live sessions first, instead of refusing.') },
    command: RemoveForeignAgent,
    answers: { 200: 'It is removed; how many sessions were released.' },
    answer: removalAnswer,
  }),
};

@Controller()
export class ForeignAgentsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly counts: RefusalCounts,
  ) {}

  @Handles(foreignAgentRoutes.list)
  list(
    @Asks() { parameters, filters }: Asked<typeof foreignAgentRoutes.list>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<ForeignAgentRow> | Readable> {
    const asked = listRequest(parameters, filters);
    return answerList(request, reply, {
      columns: foreignAgentColumns,
      page: () => this.queries.execute(new GetForeignAgents(asked)),
      stream: () => this.queries.execute(new StreamForeignAgents(asked)),
    });
  }

  @Handles(foreignAgentRoutes.one)
  async one(@Asks() { parameters }: Asked<typeof foreignAgentRoutes.one>, @Res({ passthrough: true }) reply: FastifyReply): Promise<ForeignAgentRow> {
    return answerOne(reply, await this.queries.execute(new GetForeignAgent(parameters.foreignAgent, parameters.minPosition)));
  }

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

  @Handles(foreignAgentRoutes.refusals)
  async refusals(
    @Asks() { parameters, filters }: Asked<typeof foreignAgentRoutes.refusals>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<RefusalRow> | Readable> {
    // Whoever was refused here finds it counted.
    await this.counts.flush();
    const asked = listRequest(parameters, filters);
    return answerList(request, reply, {
      columns: refusalColumns,
      page: () => this.queries.execute(new GetRefusals(parameters.foreignAgent, asked)),
      stream: () => this.queries.execute(new StreamRefusals(parameters.foreignAgent, asked)),
    });
  }

  @Handles(foreignAgentRoutes.reboot)
  async reboot(
    @Asks() { parameters, command }: Asked<typeof foreignAgentRoutes.reboot>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RebootAnswer> {
    command.foreignAgent = parameters.foreignAgent;
    return answer(reply, await this.commands.execute(command), () => true);
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
