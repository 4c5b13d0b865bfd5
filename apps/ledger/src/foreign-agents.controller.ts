import { Controller, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply } from 'fastify';
import { ProvisionForeignAgent, RemoveForeignAgent, type ForeignAgentAnswer, type RemovalAnswer } from '#ledger';
import { answer } from './http/answer';
import { Asks, type Asked } from './http/asked';
import { flag, foreignAgentId } from './http/parameter';
import { Handles, route } from './http/route';

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
  constructor(private readonly commands: CommandBus) {}

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
