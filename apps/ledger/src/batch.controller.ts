import { Readable } from 'node:stream';
import { Controller, HttpCode, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SessionDirectory } from '#ledger';
import { batchAnswer } from './answers/batch-shape';
import { AnswerQueue } from './batch/answer-queue';
import { BatchRun } from './batch/batch-run';
import { Asks, type Asked } from './http/asked';
import { bodyLineRuns, LinesPaused } from './http/body-lines';
import { linesMediaType, maximumBodyBytes } from './http/body-parser';
import { Handles, route } from './http/route';
import { malformed, Problem, type Fault } from './problems/problem';

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
const linesPerTurn = 128;

/** Headers of one command: whose of many they are nobody could tell. */
const ofCommands = [
  { header: 'Idempotency-Key', detail: 'A key belongs to a line: send it there, as `idempotencyKey`.' },
  { header: 'If-Match', detail: 'Lines have no condition: send a command that needs one alone.' },
] as const;

@Controller()
export class BatchController {
  constructor(
    private readonly commands: CommandBus,
    private readonly sessions: SessionDirectory,
  ) {}

  @Handles(batchRoutes.batch)
  @HttpCode(200)
  batch(@Asks() _asked: Asked<typeof batchRoutes.batch>, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Readable {
    const faults: Fault[] = ofCommands.filter(({ header }) => request.headers[header.toLowerCase()] !== undefined);
    const isEmpty = request.body === undefined || request.body === null || request.headers['content-length'] === '0';
    if (isEmpty) faults.push({ pointer: '', detail: 'The body is empty; lines of JSON are needed.' });
    if (faults.length > 0) throw malformed(faults);
    void reply.type(linesMediaType).header('cache-control', 'no-store');
    return Readable.from(this.#answers(request), { objectMode: false, highWaterMark: answersAheadBytes });
  }

  /** Text of whole lines, in order, as soon as they are answered. */
  async *#answers(request: FastifyRequest): AsyncGenerator<string, void, undefined> {
    const queue = new AnswerQueue<string>(window.lines, window.bytes);
    const reading = this.#read(request, queue);
    while (await queue.next()) {
      // Whoever sends line by line reads line by line.
      let text = '';
      do text += queue.take();
      while (queue.isReady && text.length < chunkLength);
      yield text;
    }
    await reading;
  }

  /** Begins line after line, as long as there is room. What ends the reading is the last answer; a client that has gone gets none. */
  async #read(request: FastifyRequest, queue: AnswerQueue<string>): Promise<void> {
    const batch = new BatchRun(request, this.commands, this.sessions, queue);
    let count = 0;
    let number = 1;
    try {
      for await (const run of bodyLineRuns(request.body as Readable, maximumBodyBytes)) {
        for (const line of run) {
          ({ number } = line);
          count += 1;
          if (count > maximumBatchLines) throw new Problem('body-too-large', `A batch may have ${maximumBatchLines} lines; this one and all behind it are left out.`);
          const begun = batch.begin(line);
          if (begun) await begun;
          // A chunk has hundreds of lines: others, and the answers of PostgreSQL, come between them.
          if (count % linesPerTurn === 0) {
            batch.beginTogether();
            await new Promise(setImmediate);
          }
          if (!queue.hasRoom) await queue.room();
        }
        // What came is not kept waiting for more.
        batch.beginTogether();
      }
    } catch (error) {
      batch.beginTogether();
      if (error instanceof Problem) batch.refuse(error instanceof LinesPaused ? error.line : number, error);
    } finally {
      queue.end();
    }
  }
}
