import type { LedgerEvent } from '#domain';
import { stepId, type CommandIdentity } from '../idempotency/command-identity';
import { jsonText, type CommandRecord } from './events-to-append';

export interface MailOptions<Command, Answer, Fold> {
  readonly identity: CommandIdentity;
  readonly command: Command;
  /** Milliseconds: the frame's time of what was observed; the clock where absent. */
  readonly at?: number;
  /** Judged on the state that the command is decided on; throws where the resource changed (If-Match). */
  readonly precondition?: (fold: Fold) => void;
  /** What a repeat of the command is answered with, kept in the metadata of its first event (only with an Idempotency-Key). */
  readonly storedAnswer?: (answer: Answer) => unknown;
}

export interface Settled<Answer> {
  readonly answer: Answer;
  /** Events that this command itself appended: without what was due, whatever the command. */
  readonly events: readonly LedgerEvent[];
  /** Revision of the stream's last event when it was decided; -1n: no stream. */
  readonly revision: bigint;
  /** Position of the append's last event; where nothing was appended, of the stream's last one (0n: no stream). */
  readonly position: bigint;
}

/** A mail in the mailbox, and who waits for what it comes to. */
export interface Waiting<Command, Answer, Fold> {
  readonly mail: MailOptions<Command, Answer, Fold>;
  /** Events of parts that went before in appends of their own. */
  earlier?: readonly LedgerEvent[];
  resolve(settled: Settled<Answer>): void;
  reject(error: unknown): void;
}

/** Of many mails that one caller sent together: what each came to, or the error that it ended with. */
export class MailsTogether<Answer> {
  private readonly settled: (Settled<Answer> | Error)[];
  private open: number;

  constructor(
    mails: number,
    private readonly done: (settled: readonly (Settled<Answer> | Error)[]) => void,
  ) {
    this.settled = new Array<Settled<Answer> | Error>(mails);
    this.open = mails;
  }

  /** Once each, as a promise is: what fails for all of a turn fails also for those that were answered in it. */
  settle(place: number, settled: Settled<Answer> | Error): void {
    if (this.settled[place] !== undefined) return;
    this.settled[place] = settled;
    this.open -= 1;
    if (this.open === 0) this.done(this.settled);
  }
}

/** One of them, in the mailbox as any other: without a promise and functions of its own. */
export class MailOfMany<Command, Answer, Fold> implements Waiting<Command, Answer, Fold> {
  earlier?: readonly LedgerEvent[];

  constructor(
    readonly mail: MailOptions<Command, Answer, Fold>,
    private readonly together: MailsTogether<Answer>,
    private readonly place: number,
  ) {}

  resolve(settled: Settled<Answer>): void {
    this.together.settle(this.place, settled);
  }

  reject(error: unknown): void {
    this.together.settle(this.place, error instanceof Error ? error : new Error(String(error)));
  }
}

export interface Decided<Command, Answer, Fold> {
  readonly waiting: Waiting<Command, Answer, Fold>;
  readonly answer: Answer;
  /** Before its own events; of what is observed none, whose time is that of the frames. */
  readonly due: readonly LedgerEvent[];
  readonly events: readonly LedgerEvent[];
  /** Of the stream, behind them. */
  readonly revision: bigint;
  /** Null where it has no events of its own. */
  readonly record: CommandRecord | null;
}

/** The command itself, so that it can be decided again; with a key also the answer that a repeat gets. */
export function commandRecord<Command, Answer>(
  { identity: { idempotencyKey }, command, storedAnswer }: Pick<MailOptions<Command, Answer, never>, 'identity' | 'command' | 'storedAnswer'>,
  answer: Answer,
): CommandRecord {
  if (idempotencyKey === null || !storedAnswer) return { command: jsonText(command) };
  return { command: jsonText(command), idempotencyKey, answer: JSON.stringify(storedAnswer(answer)) };
}

/** A part of what the command comes to, which goes before it in an append of its own: caused by it, and answered with it. */
export function partOf<Command, Answer, Fold>(waiting: Waiting<Command, Answer, Fold>, revision: bigint): Waiting<Command, Answer, Fold> {
  const { storedAnswer: _storedAnswer, identity: whole, ...mail } = waiting.mail;
  const { commandId } = whole;
  const identity = { ...whole, commandId: stepId(commandId, `part before ${revision}`), idempotencyKey: null, causationId: commandId };
  const resolve = ({ events }: Settled<Answer>): void => void (waiting.earlier = [...(waiting.earlier ?? []), ...events]);
  return { mail: { ...mail, identity }, resolve, reject: () => undefined };
}

/** Steps of a process are caused by others, too, and are not commanded themselves. */
export function isPart({ commandId, origin }: Pick<CommandIdentity, 'commandId' | 'origin'>, causationId: string): boolean {
  return origin === 'commanded' && causationId !== commandId;
}
