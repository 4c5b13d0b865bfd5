import { setTimeout as delay } from 'node:timers/promises';
import type { LedgerEvent, UnreadableEvent } from '#domain';
import type { EventStore } from '#event-store';
import { PreconditionFailed, ScopeContended } from '../idempotency/command';
import { Contention, toldTo } from './contention';
import { eventsOfDecision } from './events-to-append';
import { commandRecord, isPart, MailOfMany, MailsTogether, partOf, type Decided, type MailOptions, type Settled, type Waiting } from './mail';
import { RememberedCommands } from '../idempotency/remembered-commands';
import type { Snapshots } from './snapshots';
import type { StreamFold } from './stream-fold';
import { StreamTail } from './stream-tail';
import { StreamWriter } from './stream-writer';
import { Turns } from './turns';

const maximumBatch = 512;

/**
 * Commands of one stream queue here. All that wait are decided on one folded state, each refusal on its own, and appended at once
 * with the exact expected revision. A lost race unwinds, reads the tail and decides again. An answer that appends nothing is
 * confirmed against the stream's head, one check for all that wait: no server answers from a stale fold.
 */
export class Mailbox<Command, Answer, Fold extends StreamFold<Command, Answer>> {
  private waiting: Waiting<Command, Answer, Fold>[] = [];
  private running: Promise<void> | null = null;
  private readonly tail: StreamTail<Fold>;
  private readonly writer: StreamWriter;
  private readonly turns = new Turns();
  private contention: Contention;

  constructor(
    readonly stream: string,
    private readonly store: EventStore,
    newFold: () => Fold,
    private readonly clock: () => number,
    private readonly onIdle: (mailbox: Mailbox<Command, Answer, Fold>) => void = () => undefined,
    snapshots: Snapshots | null = null,
    /** Told of every decision once it stands. */
    private readonly onDecided: (command: Command, answer: Answer, events: readonly LedgerEvent[]) => void = () => undefined,
    /** Commands with a key that the stream holds and the table of commands may not have reached yet. */
    private readonly remembered = new RememberedCommands(),
  ) {
    this.tail = new StreamTail(stream, store, newFold, clock, snapshots, this.remembered);
    this.writer = new StreamWriter(stream, store, this.tail, clock);
    this.contention = new Contention(clock);
  }

  get fold(): Fold {
    return this.tail.fold;
  }

  /** Where the last reading of the stream stopped: what stands in the fold is not all of it. */
  get unreadable(): UnreadableEvent | null {
    return this.tail.unreadable;
  }

  /** About what it takes in memory. */
  get bytes(): number {
    return this.fold.bytes + this.remembered.bytes;
  }

  get idle(): boolean {
    return this.running === null;
  }

  send(mail: MailOptions<Command, Answer, Fold>): Promise<Settled<Answer>> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ mail, resolve, reject });
      this.running ??= this.run();
    });
  }

  /** Many at once, taken in their order. @returns what each came to, or the error that it ended with */
  sendAll(mails: readonly MailOptions<Command, Answer, Fold>[]): Promise<readonly (Settled<Answer> | Error)[]> {
    return new Promise((resolve) => {
      const together = new MailsTogether(mails.length, resolve);
      for (const [place, mail] of mails.entries()) this.waiting.push(new MailOfMany(mail, together, place));
      this.running ??= this.run();
    });
  }

  /** Folds the stream before the first command. */
  load(): Promise<void> {
    return this.whenIdle(() => this.tail.read(false));
  }

  /** Folds what others appended meanwhile. */
  refresh(): Promise<void> {
    return this.whenIdle(() => this.tail.read(true));
  }

  private async whenIdle(work: () => Promise<void>): Promise<void> {
    while (this.running) await this.running;
    this.running = work().finally(() => {
      this.running = null;
      if (this.waiting.length > 0) this.running = this.run();
    });
    await this.running;
  }

  /** Settles when nothing waits. */
  async settled(): Promise<void> {
    await this.running;
  }

  private async run(): Promise<void> {
    // Whatever else arrives in this turn of the event loop is decided and appended with it.
    await new Promise(setImmediate);
    while (this.waiting.length > 0) {
      await this.turns.begin();
      const batch = this.waiting.splice(0, maximumBatch);
      try {
        await this.settle(batch);
      } catch (error) {
        for (const waiting of batch) waiting.reject(toldTo(waiting, error));
      }
    }
    this.running = null;
    this.rest();
  }

  private rest(): void {
    try {
      this.tail.takeSnapshot();
      this.onIdle(this);
    } catch {
      // A state that cannot be told is of no use: the stream is folded anew. The callers have their answers already.
      this.tail.forget();
    }
  }

  private async settle(batch: Waiting<Command, Answer, Fold>[]): Promise<void> {
    this.contention = new Contention(this.clock);
    for (let open = batch, attempt = 0; open.length > 0; attempt++) {
      if (attempt > 1) await delay(Math.random() * Math.min(50, 2 ** attempt));
      const { over } = this.contention;
      if (over !== null) throw new ScopeContended(`The race on ${this.stream} was lost for ${Math.floor(over / 1000)} s.`);
      await this.tail.read(attempt > 0 || this.turns.areTaken);
      open = await this.decideAll(open);
    }
    this.turns.end();
  }

  /** Decides, appends or confirms; returns what must be decided again. */
  private async decideAll(batch: Waiting<Command, Answer, Fold>[]): Promise<Waiting<Command, Answer, Fold>[]> {
    const { fold } = this;
    const before = fold.revision;
    fold.begin();
    const decided: Decided<Command, Answer, Fold>[] = [];
    // A condition is judged on a fold that another server may have left behind: told once that is confirmed, like any answer.
    const refused = new Map<Waiting<Command, Answer, Fold>, Error>();
    // What is decided behind this append: a command of which only a part is written yet, and those that wait behind it.
    let behind: Waiting<Command, Answer, Fold>[] = [];
    for (const [index, waiting] of batch.entries()) {
      const { mail } = waiting;
      const { commandId, idempotencyKey } = mail.identity;
      const refusal = idempotencyKey === null ? null : this.remembered.refusalOf(commandId);
      if (refusal) {
        refused.set(waiting, refusal);
        continue;
      }
      try {
        const hasBegun = waiting.earlier !== undefined || (idempotencyKey !== null && this.remembered.hasBegun(commandId));
        if (!hasBegun) mail.precondition?.(fold);
        const { answer, events: all, due: dueOf, goesOn } = fold.handle(mail.command, this.clock(), mail.at);
        const told = goesOn ? partOf(waiting, fold.revision) : waiting;
        const [due, events] = mail.identity.origin === 'observed' ? [[], all] : [all.slice(0, dueOf), all.slice(dueOf)];
        decided.push({ waiting: told, answer, due, events, revision: fold.revision, record: events.length === 0 ? null : commandRecord(told.mail, answer) });
        if (!goesOn) continue;
        behind = batch.slice(index);
        break;
      } catch (error) {
        const revision = decided.at(-1)?.revision ?? before;
        if (fold.revision === revision && error instanceof PreconditionFailed) {
          refused.set(waiting, error);
          continue;
        }
        // A refused precondition changed nothing; anything else may have left a half decided state: take back all and go on without it.
        waiting.reject(error);
        fold.unwind();
        return batch.filter((other) => other !== waiting);
      }
    }
    // Most commands of a busy scope are refreshes: nothing is written of them.
    const events = decided.flatMap((one) => eventsOfDecision(one, fold.revision));
    const result = await this.writer.appendOrConfirm(before, events, decided.length > 1);
    if (result === 'too-large') {
      fold.unwind();
      const half = Math.ceil(batch.length / 2);
      return this.decideInTurn(batch.slice(0, half), batch.slice(half));
    }
    if (result === 'lost') {
      this.turns.lost();
      this.contention.lost();
      fold.unwind();
      return batch;
    }
    fold.confirm();
    this.tail.unreadable = null;
    // Of a command in several parts, the next one has all the time again.
    this.contention = new Contention(this.clock);
    if (result.position > 0n) this.tail.lastPosition = result.position;
    await this.tell(decided);
    for (const [waiting, error] of refused) waiting.reject(error);
    return behind.length > 0 ? this.decideAll(behind) : [];
  }

  /** What stands now. */
  private async tell(decided: readonly Decided<Command, Answer, Fold>[]): Promise<void> {
    const { fold, lastPosition } = this.tail;
    // Of a stream that does not exist an answer holds as of the whole ledger: nothing of it stands there yet.
    const position = lastPosition > 0n ? lastPosition : await this.store.head();
    for (const { waiting, answer, due, events: own, revision, record } of decided) {
      const { mail: { identity, command }, earlier } = waiting;
      for (const event of due) fold.recorded(event, lastPosition, 'process');
      for (const event of own) fold.recorded(event, lastPosition, identity.origin);
      if (record !== null && isPart(identity, identity.causationId)) this.remembered.begin(identity.causationId);
      if (record?.answer !== undefined) this.remembered.add(identity, record.answer, lastPosition);
      this.onDecided(command, answer, due.length === 0 ? own : [...due, ...own]);
      waiting.resolve({ answer, events: earlier ? [...earlier, ...own] : own, revision, position });
    }
  }

  /** For more than one append takes. */
  private async decideInTurn(first: Waiting<Command, Answer, Fold>[], then: Waiting<Command, Answer, Fold>[]): Promise<Waiting<Command, Answer, Fold>[]> {
    const again = await this.decideAll(first);
    return again.length > 0 ? [...again, ...then] : this.decideAll(then);
  }
}
