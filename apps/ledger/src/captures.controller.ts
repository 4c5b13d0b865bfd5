import type { Readable } from 'node:stream';
import { Controller, HttpCode, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { NotFound, type LedgerParts } from '#ledger';
import { captureReport } from './answers/capture-shapes';
import { Asks, type Asked } from './http/asked';
import { captureChunks } from './http/capture-body';
import { captureId, flag } from './http/parameter';
import { Handles, route } from './http/route';
import { CAPTURE_INGEST, STOPPING } from './provider-names';
import { anonymous } from './tokens';

type CaptureIngest = LedgerParts['ingest'];
type CaptureReport = Awaited<ReturnType<CaptureIngest['ingest']>>;

export const captureRoutes = {
  ingest: route({
    method: 'POST',
    path: '/v1/captures',
    summary: 'Ingest a pcap or pcapng: every registration and reservation that it shows.',
    role: 'writer',
    parameters: { follow: flag('The capture goes on while it is read: no end to its size, what is due ends meanwhile.') },
    capture: true,
    answers: { 201: 'The report of the ingest; everything that the capture showed is durable.' },
    answer: captureReport,
  }),
  report: route({
    method: 'GET',
    path: '/v1/captures/{captureId}',
    summary: 'The report of an ingest.',
    role: 'reader',
    parameters: { captureId },
    answers: { 200: 'The report.' },
    answer: captureReport,
  }),
};

@Controller()
export class CapturesController {
  constructor(
    @Inject(CAPTURE_INGEST) private readonly captures: CaptureIngest,
    @Inject(STOPPING) private readonly stopping: AbortSignal,
  ) {}

  @Handles(captureRoutes.ingest)
  @HttpCode(201)
  async ingest(
    @Asks() { parameters: { follow } }: Asked<typeof captureRoutes.ingest>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CaptureReport> {
    // Whatever is not read of a refused capture cannot be told from the next request.
    void reply.header('connection', 'close');
    const { name: actor } = request.actor ?? anonymous;
    const chunks = captureChunks(request.body as Readable | undefined, follow, this.stopping);
    const report = await this.captures.ingest(chunks, { actor, follow, signal: this.stopping });
    void reply.headers({ connection: 'keep-alive', location: `/v1/captures/${report.captureId}`, 'ledger-position': report.position });
    return report;
  }

  @Handles(captureRoutes.report)
  async report(@Asks() { parameters }: Asked<typeof captureRoutes.report>, @Res({ passthrough: true }) reply: FastifyReply): Promise<CaptureReport> {
    const report = await this.captures.report(parameters.captureId);
    if (!report) throw new NotFound('No capture with this digest was ingested.');
    void reply.header('ledger-position', report.position);
    return report;
  }
}
