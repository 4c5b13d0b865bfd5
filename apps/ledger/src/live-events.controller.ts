import { Readable } from 'node:stream';
import { Controller, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Asks, type Asked } from './http/asked';
import { position, text } from './http/parameter';
import { Handles, route } from './http/route';
import { EventHub } from './live/event-hub';
import { malformed } from './problems/problem';
import { STOPPING } from './provider-names';

export const liveEventRoutes = {
  live: route({
    method: 'GET',
    path: '/v1/events/live',
    summary: 'The ledger as it grows (server-sent events): every event behind a position, nothing skipped; Last-Event-ID resumes.',
    role: 'reader',
    parameters: {
      after: position('Begin behind this position; 0, the begin of the ledger, where absent. Last-Event-ID wins.'),
      type: text('Types of events, with commas between them.', /^[A-Za-z]{1,64}(,[A-Za-z]{1,64}){0,31}$/, 'the name of an event type, or several with commas between them'),
      category: text('Streams of this category: the part of the name before the first hyphen.', /^[A-Za-z]{1,64}$/, 'a category of streams'),
      stream: text('The events of this stream.', /^[^\p{Cc}\p{Cs}]{1,400}$/u, 'the name of a stream'),
    },
    answers: { 200: 'Events with their position as id; comments while there are none.' },
    answerTypes: ['text/event-stream'],
  }),
};

/** A client that does not read keeps a stop of the service waiting no longer. */
const lastWordMs = 1_000;
const writeAheadBytes = 64 * 1024;

@Controller()
export class LiveEventsController {
  constructor(
    private readonly hub: EventHub,
    @Inject(STOPPING) private readonly stopping: AbortSignal,
  ) {}

  @Handles(liveEventRoutes.live)
  async live(
    @Asks() { parameters }: Asked<typeof liveEventRoutes.live>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Readable> {
    const { type, category, stream } = parameters;
    const { after, head } = await this.#begin(parameters.after, request.headers['last-event-id']);
    void reply.headers({ 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no', 'ledger-position': String(head) });
    const gone = new AbortController();
    const frames = this.hub.frames(after, { types: type?.split(',') ?? null, category, stream }, gone.signal);
    const answer = Readable.from(frames, { objectMode: false, highWaterMark: writeAheadBytes });
    const cut = (): void => void setTimeout(() => answer.destroy(), lastWordMs).unref();
    this.stopping.addEventListener('abort', cut, { once: true });
    const leave = (): void => gone.abort();
    const { socket } = request.raw;
    socket.once('close', leave);
    answer.once('close', () => {
      leave();
      socket.off('close', leave);
      this.stopping.removeEventListener('abort', cut);
    });
    return answer;
  }

  /** F19: what is no position, or one that the ledger has not reached, is refused, not guessed. */
  async #begin(after: bigint | null, lastEventId: string | string[] | undefined): Promise<{ readonly after: bigint; readonly head: bigint }> {
    const header = 'Last-Event-ID';
    if (lastEventId !== undefined && !(typeof lastEventId === 'string' && /^(?:0|[1-9][0-9]{0,18})$/.test(lastEventId))) {
      throw malformed([{ header, detail: 'The id must be a position of the ledger.' }]);
    }
    const begin = lastEventId === undefined ? (after ?? 0n) : BigInt(lastEventId);
    const head = await this.hub.head();
    if (begin <= head) return { after: begin, head };
    const detail = `The ledger ends at position ${head}.`;
    throw malformed([lastEventId === undefined ? { parameter: 'after', detail } : { header, detail }]);
  }
}
