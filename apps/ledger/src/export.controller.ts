import { Readable } from 'node:stream';
import { Controller, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { exportedEvent } from './answers/event-shapes';
import { Asks, type Asked } from './http/asked';
import { linesMediaType } from './http/body-parser';
import { position } from './http/parameter';
import { Handles, route } from './http/route';
import { LogExport } from './log-export';
import { malformed } from './problems/problem';

export const exportRoutes = {
  export: route({
    method: 'GET',
    path: '/v1/export',
    summary: 'The log to its present end, verbatim, for qos-ledger import.',
    role: 'reader',
    parameters: { after: position('Events behind this position.') },
    answers: { 200: 'A line an event; payload and metadata are strings in it, so that their text is kept to the byte.' },
    answerTypes: [linesMediaType],
    row: exportedEvent,
  }),
};

@Controller()
export class ExportController {
  constructor(private readonly log: LogExport) {}

  @Handles(exportRoutes.export)
  async export(@Asks() { parameters }: Asked<typeof exportRoutes.export>, @Res({ passthrough: true }) reply: FastifyReply): Promise<Readable> {
    const after = parameters.after ?? 0n;
    const head = await this.log.head();
    if (after > head) throw malformed([{ parameter: 'after', detail: `The ledger ends at position ${head}.` }]);
    void reply.headers({ 'content-type': linesMediaType, 'cache-control': 'no-store', 'ledger-position': String(head) });
    return Readable.from(this.log.lines(after, head), { objectMode: false });
  }
}
