import { Controller, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { alive, readiness } from './answers/service-shapes';
import { Health } from './health';
import { Handles, route } from './http/route';

export const healthRoutes = {
  live: route({ method: 'GET', path: '/health/live', summary: 'The process answers.', role: 'anyone', parameters: {}, answers: { 200: 'It does.' }, answer: alive }),
  ready: route({
    method: 'GET',
    path: '/health/ready',
    summary: 'The event store and the read tables answer.',
    role: 'anyone',
    parameters: {},
    answers: { 200: 'Both do.', 503: 'One does not; `checks` says which.' },
    answer: readiness,
  }),
};

@Controller()
export class HealthController {
  constructor(@Inject(Health) private readonly health: Health) {}

  @Handles(healthRoutes.live)
  live(): object {
    return { status: 'up' };
  }

  @Handles(healthRoutes.ready)
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<object> {
    const checks = await this.health.check();
    const up = Object.values(checks).every((check) => check.status === 'up');
    void reply.code(up ? 200 : 503).header('cache-control', 'no-store');
    return { status: up ? 'up' : 'down', checks };
  }
}
