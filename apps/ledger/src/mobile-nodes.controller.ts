import { Controller, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply } from 'fastify';
import { RegisterMobileNode, type RegistrationAnswer } from '#ledger';
import { answer } from './http/answer';
import { Asks, type Asked } from './http/asked';
import { mobileNodeId } from './http/parameter';
import { Handles, route } from './http/route';
import { malformed, type Fault } from './problems/problem';
import { readMobileNodeId } from './validation/canonical-body';

export const mobileNodeRoutes = {
  register: route({
    method: 'POST',
    path: '/v1/mobile-nodes/{mobileNode}/registrations',
    summary: 'Register a mobile node at a care-of address, or deregister it (lifetime 0).',
    role: 'writer',
    parameters: { mobileNode: mobileNodeId },
    command: RegisterMobileNode,
    answers: { 201: 'The registration is accepted.' },
  }),
};

@Controller()
export class MobileNodesController {
  constructor(private readonly commands: CommandBus) {}

  @Handles(mobileNodeRoutes.register)
  async register(
    @Asks() { parameters, command }: Asked<typeof mobileNodeRoutes.register>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RegistrationAnswer> {
    command.mobileNode = parameters.mobileNode;
    const faults = disagreements(command);
    if (faults.length > 0) throw malformed(faults);
    return answer(reply, await this.commands.execute(command), () => true);
  }
}

/** An id of two addresses says them a second time. */
function disagreements({ mobileNode, homeAddress, homeAgent }: RegisterMobileNode): readonly Fault[] {
  const { addresses } = readMobileNodeId(mobileNode);
  if (addresses === null) return [];
  const body = { homeAddress, homeAgent };
  return (['homeAddress', 'homeAgent'] as const)
    .filter((name) => addresses[name] !== body[name])
    .map((name) => ({ pointer: `/${name}`, detail: `The mobile node id of the path says ${addresses[name]}.` }));
}
