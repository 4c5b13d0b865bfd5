import type { Readable } from 'node:stream';
import { Controller, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  ConfigureQosSession, GetQosSession, GetQosSessionHistory, GetQosSessions, mobileNodeIdPattern, qosSessionColumns, releaseCauses, ReleaseQosSession,
  StreamQosSessions, type ConfigureAnswer, type Page, type QosSession, type QosSessionRow, type ReleaseAnswer, type SessionEvent,
  readMobileNodeId, sessionEtagOf,
} from '#ledger';
import { sessionEvent } from './answers/event-shapes';
import { configureAnswer, qosSession, qosSessionRow, releaseAnswer } from './answers/qos-session-shapes';
import { answer } from './http/answer';
import { Asks, type Asked } from './http/asked';
import { answerEvents, eventColumns } from './http/event-lists';
import { answerList, answerOne, listRequest } from './http/lists';
import { limit, listParameters, minPosition } from './http/page';
import { oneOf, position, sessionId, text } from './http/parameter';
import { Handles, route } from './http/route';
import { listMediaTypes } from './http/rows';

export const qosSessionRoutes = {
  list: route({
    method: 'GET',
    path: '/v1/qos-sessions',
    summary: 'The QoS sessions, released ones too.',
    role: 'reader',
    parameters: listParameters,
    columns: qosSessionColumns,
    answers: { 200: 'A page of sessions; as NDJSON or CSV all of them.' },
    row: qosSessionRow,
    answerTypes: listMediaTypes,
  }),
  one: route({
    method: 'GET',
    path: '/v1/qos-sessions/{sessionId}',
    summary: 'A QoS session, with its legs.',
    role: 'reader',
    parameters: { sessionId, minPosition },
    answers: { 200: 'The session.' },
    answer: qosSession,
  }),
  history: route({
    method: 'GET',
    path: '/v1/qos-sessions/{sessionId}/history',
    summary: 'Every event of a QoS session, with cause and actor.',
    role: 'reader',
    parameters: { sessionId, after: position('Events behind this position: `next` of the page before.'), limit, minPosition },
    answers: { 200: 'A page of events; as NDJSON or CSV all of them.' },
    row: sessionEvent,
    answerTypes: listMediaTypes,
  }),
  configure: route({
    method: 'POST',
    path: '/v1/qos-sessions',
    summary: 'Configure, refresh or change a QoS session; a flow id that matches another gets a temporary one.',
    role: 'writer',
    parameters: {},
    command: ConfigureQosSession,
    answers: { 200: 'The session was there: refreshed or modified.', 201: 'A new session.' },
    answer: configureAnswer,
  }),
  release: route({
    method: 'DELETE',
    path: '/v1/qos-sessions/{sessionId}',
    summary: 'Release a QoS session; a second time it is answered as done.',
    role: 'writer',
    parameters: {
      sessionId,
      cause: oneOf('Why.', releaseCauses, 'administrator'),
      mobileNode: text('The node that claims to own the session.', mobileNodeIdPattern, 'a mobile node id: 1 to 253 characters, without spaces and controls'),
    },
    command: ReleaseQosSession,
    answers: { 200: 'It is released, now or before.' },
    answer: releaseAnswer,
  }),
};

@Controller()
export class QosSessionsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Handles(qosSessionRoutes.list)
  list(
    @Asks() { parameters, filters }: Asked<typeof qosSessionRoutes.list>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<QosSessionRow> | Readable> {
    const asked = listRequest(parameters, filters);
    return answerList(request, reply, {
      columns: qosSessionColumns,
      page: () => this.queries.execute(new GetQosSessions(asked)),
      stream: () => this.queries.execute(new StreamQosSessions(asked)),
    });
  }

  @Handles(qosSessionRoutes.one)
  async one(@Asks() { parameters }: Asked<typeof qosSessionRoutes.one>, @Res({ passthrough: true }) reply: FastifyReply): Promise<QosSession> {
    const session = await this.queries.execute(new GetQosSession(parameters.sessionId, parameters.minPosition));
    return answerOne(reply, session, sessionEtagOf(session.stream, session.revision));
  }

  @Handles(qosSessionRoutes.history)
  history(
    @Asks() { parameters }: Asked<typeof qosSessionRoutes.history>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<SessionEvent> | Readable> {
    const { sessionId, ...asked } = parameters;
    return answerEvents(request, reply, ['occurredAt', 'cause', 'actor', ...eventColumns], asked, (page) =>
      this.queries.execute(new GetQosSessionHistory(sessionId, page)),
    );
  }

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
