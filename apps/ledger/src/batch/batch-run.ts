import type { CommandBus } from '@nestjs/cqrs';
import type { FastifyRequest } from 'fastify';
import { ConfigureQosSessions, type ConfigureQosSession, type Outcome, type SessionDirectory } from '#ledger';
import type { BodyLine } from '../http/body-lines';
import { problemDocument, problemOfLine } from '../problem.filter';
import { Problem } from '../problems/problem';
import { anonymous } from '../tokens';
import type { AnswerQueue } from './answer-queue';
import type { BatchCommand } from './batch-commands';
import { readBatchLine, type BatchLine } from './batch-line';
import { Lanes, type LaneUse } from './lanes';

export interface LineAnswer {
  readonly line: number;
  readonly status: number;
  readonly etag?: string;
  readonly replayed?: true;
  readonly body: object;
}

interface ReadLine extends BatchLine {
  readonly number: number;
  readonly length: number;
}

/** One batch under way: its lines are begun in their order, and the texts of their answers are queued in it. */
export class BatchRun {
  private readonly lanes = new Lanes();
  /** Neighbours that are begun together: most of a batch are refreshes, and a promise for each step of each would cost more than they do. */
  private together: ReadLine[] = [];

  constructor(
    private readonly request: FastifyRequest,
    private readonly commands: CommandBus,
    private readonly sessions: SessionDirectory,
    private readonly answers: AnswerQueue<string>,
  ) {}

  /** The line has its place behind those that share a lane with it when this returns, or resolves; or it waits for `beginTogether`. */
  begin(line: BodyLine): Promise<void> | undefined {
    const read = this.read(line);
    if (read === null) return undefined;
    if (read.kind.together && read.command.context.idempotencyKey === null) {
      this.together.push(read);
      return undefined;
    }
    this.beginTogether();
    return this.beginAlone(read);
  }

  beginTogether(): void {
    const lines = this.together;
    if (lines.length === 0) return;
    this.together = [];
    const uses = new Map<string, LaneUse>();
    for (const { kind, command } of lines) for (const use of kind.together!(command)) uses.set(use.name, use);
    const execute = async (): Promise<string> => {
      const outcomes = await this.commands.execute(new ConfigureQosSessions(lines.map(({ command }) => command as ConfigureQosSession)));
      return lines.reduce((text, { number, kind }, index) => text + this.told(number, kind, outcomes[index]!), '');
    };
    const failed = (error: unknown): string => lines.reduce((text, { number }) => text + textOf(this.refused(number, error)), '');
    this.answers.add(this.lanes.run([...uses.values()], execute).catch(failed), lines.reduce((sum, { length }) => sum + length, 0), lines.length);
  }

  /** Behind everything that was begun. */
  refuse(number: number, error: unknown, length = 0): void {
    this.beginTogether();
    this.answers.add(Promise.resolve(textOf(this.refused(number, error))), length);
  }

  /** Null: it cannot be read, and is answered so. */
  private read({ number, bytes }: BodyLine): ReadLine | null {
    try {
      if (bytes === null) throw new Problem('body-too-large', 'The line has more than 1 MiB.');
      return { ...readBatchLine(bytes, this.request.actor ?? anonymous, this.request.id), number, length: bytes.length };
    } catch (error) {
      this.refuse(number, error, bytes?.length);
      return null;
    }
  }

  private async beginAlone({ number, length, kind, command }: ReadLine): Promise<void> {
    const told = (error: unknown): string => textOf(this.refused(number, error));
    const execute = async (): Promise<string> => this.told(number, kind, await this.commands.execute(command));
    if (kind.lanes === null) {
      await this.lanes.idle();
      const answer = execute().catch(told);
      await answer;
      this.answers.add(answer, length);
      return;
    }
    try {
      const found = kind.lanes(command, this.sessions);
      const uses = found instanceof Promise ? await found : found;
      this.answers.add(this.lanes.run(uses, execute).catch(told), length);
    } catch (error) {
      this.refuse(number, error, length);
    }
  }

  private told(line: number, kind: BatchCommand, outcome: Outcome<unknown> | Error): string {
    return textOf(outcome instanceof Error ? this.refused(line, outcome) : lineAnswer(line, kind, outcome));
  }

  private refused(line: number, error: unknown): LineAnswer {
    const document = problemOfLine(this.request, error);
    return { line, status: document.status, body: document };
  }
}

const textOf = (answer: LineAnswer): string => `${JSON.stringify(answer)}\n`;

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
