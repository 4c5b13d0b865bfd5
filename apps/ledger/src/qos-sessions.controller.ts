import { Controller, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply } from 'fastify';
import { ConfigureQosSession, mobileNodeIdPattern, releaseCauses, ReleaseQosSession, type ConfigureAnswer, type ReleaseAnswer } from '#ledger';
import { answer } from './http/answer';
import { Asks, type Asked } from './http/asked';
import { oneOf, sessionId, text } from './http/parameter';
import { Handles, route } from './http/route';
import { readMobileNodeId } from './validation/canonical-body';

export const qosSessionRoutes = {
  configure: route({
    method: 'POST',
    path: '/v1/qos-sessions',
    summary: 'Configure, refresh or change a QoS session; a flow id that matches another gets a temporary one.',
    role: 'writer',
    parameters: {},
    command: ConfigureQosSession,
    answers: { 200: 'The session was there: refreshed or modified.', 201: 'A new session.' },
  }),
  release: route({
    method: 'DELETE',
    path: '/v1/qos-sessions/{sessionId}',
    summary: 'Release a QoS session; a second time it is answered as done.',
    role: 'writer',
    parameters: {
      sessionId,
      cause: oneOf('Why.', releaseCauses, 'administrator'),
      mobileNode: text('The node that claims to own the session.', mobileNodeIdPattern, 'a mobile node id: 1 to 253 visible ASCII characters'),
    },
    command: ReleaseQosSession,
    answers: { 200: 'It is released, now or before.' },
  }),
};

@Controller()
export class QosSessionsController {
  constructor(private readonly commands: CommandBus) {}

  @Handles(qosSessionRoutes.configure)
  async configure(
    @Asks() { command }: Asked<typeof qosSessionRoutes.configure>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ConfigureAnswer> {
    return answer(reply, await this.commands.execute(command), ({ outcome }) => outcome === 'configured');
  }

  @Handles(qosSessionRoutes.release)
  async release(
    @Asks() { parameters, command }: Asked<typeof qosSessionRoutes.release>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReleaseAnswer> {
    const { mobileNode } = parameters;
    Object.assign(command, { ...parameters, mobileNode: mobileNode === null ? null : readMobileNodeId(mobileNode).id });
    return answer(reply, await this.commands.execute(command), () => false);
  }
}
