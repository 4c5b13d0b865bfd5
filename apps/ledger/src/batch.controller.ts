import { Readable } from 'node:stream';
import { Controller, HttpCode, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SessionDirectory, type Outcome } from '#ledger';
import { batchAnswer } from './answers/batch-shape';
import { AnswerQueue } from './batch/answer-queue';
import type { BatchCommand } from './batch/batch-commands';
import { readBatchLine } from './batch/batch-line';
import { Lanes, type LaneUse } from './batch/lanes';
import { bodyLines, type BodyLine } from './http/body-lines';
import { linesMediaType, maximumBodyBytes } from './http/body-parser';
import { Handles, route } from './http/route';
import { problemDocument, problemOfLine } from './problem.filter';
import { malformed, Problem } from './problems/problem';
import { anonymous } from './tokens';

export const batchRoutes = {
  batch: route({
    method: 'POST',
    path: '/v1/batch',
    summary: 'Many commands at once, one a line; an answer a line, in order, each with its own status.',
    role: 'writer',
    parameters: {},
    lines: true,
    answers: { 200: 'An answer for each line: `line`, `status`, `body`, and where they apply `etag` and `replayed`.' },
    row: batchAnswer,
    answerTypes: [linesMediaType],
  }),
};

export const maximumBatchLines = 10_000;
/** Read and not answered yet: enough for group commits, little enough for any memory. */
const window = { lines: 2_048, bytes: 8 * 1024 * 1024 } as const;
/** Answers wait here for a client that sends everything before it reads anything. */
const answersAheadBytes = 16 * 1024 * 1024;
const chunkLength = 65_536;
/** Begun in one turn of the event loop. */
const linesPerTurn = 64;

export interface LineAnswer {
  readonly line: number;
  readonly status: number;
  readonly etag?: string;
  readonly replayed?: true;
  readonly body: object;
}

@Controller()
export class BatchController {
  constructor(
    private readonly commands: CommandBus,
    private readonly sessions: SessionDirectory,
  ) {}

  @Handles(batchRoutes.batch)
  @HttpCode(200)
  batch(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Readable {
    if (request.body === undefined || request.body === null) throw malformed([{ pointer: '', detail: 'The body is empty; lines of JSON are needed.' }]);
    void reply.type(linesMediaType).header('cache-control', 'no-store');
    return Readable.from(this.#answers(request), { objectMode: false, highWaterMark: answersAheadBytes });
  }

  /** Text of whole lines, in order, as soon as they are answered. */
  async *#answers(request: FastifyRequest): AsyncGenerator<string, void, undefined> {
    const queue = new AnswerQueue<LineAnswer>(window.lines, window.bytes);
    const reading = this.#read(request, queue);
    while (await queue.next()) {
      // Whoever sends line by line reads line by line.
      let text = '';
      do text += `${JSON.stringify(queue.take())}\n`;
      while (queue.isReady && text.length < chunkLength);
      yield text;
    }
    await reading;
  }

  /** Begins line after line, as long as there is room. What ends the reading is the last answer; a client that has gone gets none. */
  async #read(request: FastifyRequest, queue: AnswerQueue<LineAnswer>): Promise<void> {
    const lanes = new Lanes();
    let count = 0;
    let number = 1;
    try {
      for await (const line of bodyLines(request.body as Readable, maximumBodyBytes)) {
        ({ number } = line);
        count += 1;
        if (count > maximumBatchLines) throw new Problem('body-too-large', `A batch may have ${maximumBatchLines} lines; this one and all behind it are left out.`);
        if (!queue.hasRoom) await queue.room();
        // A chunk has hundreds of lines: others, and the answers of PostgreSQL, come between them.
        if (count % linesPerTurn === 0) await new Promise(setImmediate);
        const begun = this.#begin(request, line, lanes);
        queue.add(begun instanceof Promise ? (await begun).answer : begun.answer, line.bytes?.length ?? 0);
      }
    } catch (error) {
      if (error instanceof Problem) queue.add(Promise.resolve(refused(request, number, error)), 0);
    } finally {
      queue.end();
    }
  }

  /** The line has its place behind those that share a lane with it when this returns, or resolves. */
  #begin(request: FastifyRequest, { number, bytes }: BodyLine, lanes: Lanes): Begun | Promise<Begun> {
    const told = (error: unknown): LineAnswer => refused(request, number, error);
    try {
      if (bytes === null) throw new Problem('body-too-large', 'The line has more than 1 MiB.');
      const { kind, command } = readBatchLine(bytes, request.actor ?? anonymous, request.id);
      const execute = async (): Promise<LineAnswer> => lineAnswer(number, kind, await this.commands.execute(command));
      if (kind.lanes === null) return this.#alone(lanes, execute, told);
      const uses = kind.lanes(command, this.sessions);
      const run = (known: readonly LaneUse[]): Begun => ({ answer: lanes.run(known, execute).catch(told) });
      return uses instanceof Promise ? uses.then(run, (error: unknown) => ({ answer: Promise.resolve(told(error)) })) : run(uses);
    } catch (error) {
      return { answer: Promise.resolve(told(error)) };
    }
  }

  async #alone(lanes: Lanes, execute: () => Promise<LineAnswer>, told: (error: unknown) => LineAnswer): Promise<Begun> {
    await lanes.idle();
    const answer = execute().catch(told);
    await answer;
    return { answer };
  }
}

interface Begun {
  /** Never rejects. */
  readonly answer: Promise<LineAnswer>;
}

function lineAnswer(line: number, kind: BatchCommand, outcome: Outcome<unknown>): LineAnswer {
  const replayed = outcome.replayed ? { replayed: true as const } : {};
  if (outcome.outcome === 'refused') {
    const { rejection, detail, facts } = outcome.rejection;
    const document = problemDocument(new Problem(rejection, detail, { facts: { ...facts, position: outcome.position } }));
    return { line, status: document.status, ...replayed, body: document };
  }
  const body = outcome.body as object;
  return { line, status: kind.isCreated(body) ? 201 : 200, ...(outcome.etag === null ? {} : { etag: outcome.etag }), ...replayed, body };
}

function refused(request: FastifyRequest, line: number, error: unknown): LineAnswer {
  const document = problemOfLine(request, error);
  return { line, status: document.status, body: document };
}
