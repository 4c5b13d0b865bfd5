import type { Readable } from 'node:stream';
import { Controller, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  GetMobileNode, GetMobileNodes, mobileNodeColumns, RegisterMobileNode, RevokeRegistrations, StreamMobileNodes,
  type MobileNode, type MobileNodeRow, type Page, type RegistrationAnswer, type RevocationAnswer,
  mobileNodeIdFault, readMobileNodeId,
} from '#ledger';
import { mobileNode, mobileNodeRow, registrationAnswer, revocationAnswer } from './answers/mobile-node-shapes';
import { answer } from './http/answer';
import { Asks, type Asked } from './http/asked';
import { answerList, answerOne, listRequest } from './http/lists';
import { listParameters, minPosition } from './http/page';
import { mobileNodeId } from './http/parameter';
import { Handles, route } from './http/route';
import { listMediaTypes } from './http/rows';
import { malformed, type Fault } from './problems/problem';

export const mobileNodeRoutes = {
  list: route({
    method: 'GET',
    path: '/v1/mobile-nodes',
    summary: 'The mobile nodes, with their bindings and live sessions.',
    role: 'reader',
    parameters: listParameters,
    columns: mobileNodeColumns,
    answers: { 200: 'A page of nodes; as NDJSON or CSV all of them.' },
    row: mobileNodeRow,
    answerTypes: listMediaTypes,
  }),
  one: route({
    method: 'GET',
    path: '/v1/mobile-nodes/{mobileNode}',
    summary: 'A mobile node, with all its registrations.',
    role: 'reader',
    parameters: { mobileNode: mobileNodeId, minPosition },
    answers: { 200: 'The node.' },
    answer: mobileNode,
  }),
  register: route({
    method: 'POST',
    path: '/v1/mobile-nodes/{mobileNode}/registrations',
    summary: 'Register a mobile node at a care-of address, or deregister it (lifetime 0).',
    role: 'writer',
    parameters: { mobileNode: mobileNodeId },
    command: RegisterMobileNode,
    answers: { 201: 'The registration is accepted.' },
    answer: registrationAnswer,
  }),
  revoke: route({
    method: 'POST',
    path: '/v1/mobile-nodes/{mobileNode}/revocations',
    summary: 'Revoke bindings of a mobile node (RFC 3543): those that agree with whatever the body names, all where it names nothing.',
    role: 'writer',
    parameters: { mobileNode: mobileNodeId },
    command: RevokeRegistrations,
    answers: { 200: 'None stood: nothing was to be revoked.', 201: 'They are revoked, and the sessions at their care-of addresses released.' },
    answer: revocationAnswer,
  }),
};

@Controller()
export class MobileNodesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Handles(mobileNodeRoutes.list)
  list(
    @Asks() { parameters, filters }: Asked<typeof mobileNodeRoutes.list>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<MobileNodeRow> | Readable> {
    const asked = listRequest(parameters, filters);
    return answerList(request, reply, {
      columns: mobileNodeColumns,
      page: () => this.queries.execute(new GetMobileNodes(asked)),
      stream: () => this.queries.execute(new StreamMobileNodes(asked)),
    });
  }

  @Handles(mobileNodeRoutes.one)
  async one(@Asks() { parameters }: Asked<typeof mobileNodeRoutes.one>, @Res({ passthrough: true }) reply: FastifyReply): Promise<MobileNode> {
    return answerOne(reply, await this.queries.execute(new GetMobileNode(parameters.mobileNode, parameters.minPosition)));
  }

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

  @Handles(mobileNodeRoutes.revoke)
  async revoke(
    @Asks() { parameters, command }: Asked<typeof mobileNodeRoutes.revoke>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RevocationAnswer> {
    command.mobileNode = parameters.mobileNode;
    return answer(reply, await this.commands.execute(command), ({ revoked }) => revoked.length > 0);
  }
}

/** An id of two addresses says them a second time. */
function disagreements({ mobileNode, homeAddress, homeAgent }: RegisterMobileNode): readonly Fault[] {
  const fault = mobileNodeIdFault(mobileNode);
  if (fault !== null) return [{ parameter: 'mobileNode', detail: fault }];
  const { addresses } = readMobileNodeId(mobileNode);
  if (addresses === null) return [];
  const body = { homeAddress, homeAgent };
  return (['homeAddress', 'homeAgent'] as const)
    .filter((name) => addresses[name] !== body[name])
    .map((name) => ({ pointer: `/${name}`, detail: `The mobile node id of the path says ${addresses[name]}.` }));
}
