import { Controller, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Handles, route } from './http/route';
import { Metrics } from './metrics';

export const metricsRoutes = {
  metrics: route({
    method: 'GET',
    path: '/metrics',
    summary: 'Figures for Prometheus.',
    role: 'reader',
    parameters: {},
    answers: { 200: 'The figures.' },
    answerTypes: ['text/plain'],
  }),
};

@Controller()
export class MetricsController {
  constructor(@Inject(Metrics) private readonly metrics: Metrics) {}

  @Handles(metricsRoutes.metrics)
  async read(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    void reply.type(this.metrics.contentType);
    return this.metrics.text();
  }
}
