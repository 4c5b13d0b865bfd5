import { setTimeout as delay } from 'node:timers/promises';
import { UnreadableEvent, type LedgerEvent } from '#domain';
import { AppendRefused, EventStoreUnavailable, maximumAppendBytes, OutcomeUnknown, type AppendResult, type EventStore, type ExpectedRevision, type NewEvent, type RecordedEvent } from '#event-store';
import { PreconditionFailed, ScopeContended } from './command';
import { Contention, toldTo } from './contention';
import { eventsOfDecision } from './events-to-append';
import { commandRecord, isLargerThan, MailOfMany, MailsTogether, partOf, type Decided, type MailOptions, type Settled, type Waiting } from './mail';
import { foldEvent } from './read-event';
import { RememberedCommands } from './remembered-commands';
import { nothingKnown, restored, type Snapshots, type StreamEnd } from './snapshots';
import type { StreamFold } from './stream-fold';
import { Turns } from './turns';
import { cutShort, FoldVerdict, holeBefore, tornAppend } from './unreadable-streams';

/** The caller is answered within five seconds, whatever hangs: it asks again with the same key. */
const unknownOutcomeMs = 4_000;
const maximumBatch = 512;
const eventsPerSnapshot = 5_000;
const bytesPerEvent = 4_000;

/**
 * Commands of one stream queue here. All that wait are decided on one folded state, each refusal on its own, and appended at once
 * with the exact expected revision. A lost race unwinds, reads the tail and decides again. An answer that appends nothing is
 * confirmed against the stream's head, one check for all that wait: no server answers from a stale fold.
 */
export class Mailbox<Command, Answer, Fold extends StreamFold<Command, Answer>> {
  private waiting: Waiting<Command, Answer, Fold>[] = [];
  private running: Promise<void> | null = null;
  /** False until the stream is folded, and again after an outcome that stayed unknown. */
  private loaded = false;
  private lastPosition = 0n;
  /** Revision at which the last append that was read ends. */
  private appendEnd = -1n;
  /** Where the last reading of the stream stopped: what stands in the fold is not all of it. */
  unreadable: UnreadableEvent | null = null;
  private verdict: FoldVerdict | null = null;
  private readonly turns = new Turns();
  private contention: Contention;
  /** Of the last snapshot taken or restored; -1n: none. */
  private snapshotRevision = -1n;
  constructor(
    readonly stream: string,
    private readonly store: EventStore,
    private readonly newFold: () => Fold,
    private readonly clock: () => number,
    private readonly onIdle: (mailbox: Mailbox<Command, Answer, Fold>) => void = () => undefined,
    private readonly snapshots: Snapshots | null = null,
    /** Told of every decision once it stands. */
    private readonly onDecided: (command: Command, answer: Answer, events: readonly LedgerEvent[]) => void = () => undefined,
    /** Commands with a key that the stream holds and the table of commands may not have reached yet. */
    private readonly remembered = new RememberedCommands(),
  ) {
    this.fold = newFold();
    this.contention = new Contention(clock);
  }

  fold: Fold;

  /** About what it takes in memory. */
  get bytes(): number {
    return this.fold.bytes + this.remembered.bytes;
  }

  get idle(): boolean {
    return this.running === null;
  }

  send(mail: MailOptions<Command, Answer, Fold>): Promise<Settled<Answer>> {
    return new Promise((resolve, reject) => {
      const { identity, command, at, precondition, storedAnswer } = mail;
      this.waiting.push({ identity, command, at, precondition, storedAnswer, resolve, reject });
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
    return this.whenIdle(() => this.readTail(false));
  }

  /** Folds what others appended meanwhile. */
  refresh(): Promise<void> {
    return this.whenIdle(() => this.readTail(true));
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
        for (const mail of batch) mail.reject(toldTo(mail, error));
      }
    }
    this.running = null;
    this.rest();
  }

  private rest(): void {
    try {
      this.takeSnapshot();
      this.onIdle(this);
    } catch {
      // A state that cannot be told is of no use: the stream is folded anew. The callers have their answers already.
      this.loaded = false;
    }
  }

  private async settle(batch: Waiting<Command, Answer, Fold>[]): Promise<void> {
    this.contention = new Contention(this.clock);
    for (let open = batch, attempt = 0; open.length > 0; attempt++) {
      if (attempt > 1) await delay(Math.random() * Math.min(50, 2 ** attempt));
      const { over } = this.contention;
      if (over !== null) throw new ScopeContended(`The race on ${this.stream} was lost for ${Math.floor(over / 1000)} s.`);
      await this.readTail(attempt > 0 || this.turns.areTaken);
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
    // What is decided behind this append: a command of which only a part is written yet, and those that wait behind it.
    let behind: Waiting<Command, Answer, Fold>[] = [];
    for (const [index, mail] of batch.entries()) {
      const refusal = mail.identity.idempotencyKey === null ? null : this.remembered.refusalOf(mail.identity.commandId);
      if (refusal) {
        mail.reject(refusal);
        continue;
      }
      try {
        mail.precondition?.(fold);
        const { answer, events: all, due: dueOf, goesOn } = fold.handle(mail.command, mail.at ?? this.clock());
        const told = goesOn ? partOf(mail, fold.revision) : mail;
        const [due, events] = mail.identity.origin === 'observed' ? [[], all] : [all.slice(0, dueOf), all.slice(dueOf)];
        decided.push({ mail: told, answer, due, events, revision: fold.revision, record: events.length === 0 ? null : commandRecord(told, answer) });
        if (!goesOn) continue;
        behind = batch.slice(index);
        break;
      } catch (error) {
        // A refused precondition changed nothing; anything else may have left a half decided state: take back all and go on without it.
        mail.reject(error);
        const revision = decided.at(-1)?.revision ?? before;
        if (fold.revision === revision && error instanceof PreconditionFailed) continue;
        fold.unwind();
        return [...decided.map((settled) => settled.mail), ...batch.slice(index + 1)];
      }
    }
    // Most commands of a busy scope are refreshes: nothing is written of them.
    const events = decided.flatMap((one) => eventsOfDecision(one, fold.revision));
    const unanswered = (): Waiting<Command, Answer, Fold>[] => [...decided.flatMap(({ mail }) => (batch.includes(mail) ? [mail] : [])), ...behind];
    if (decided.length > 1 && isLargerThan(maximumAppendBytes, events)) {
      fold.unwind();
      const open = unanswered();
      const half = Math.ceil(open.length / 2);
      return this.decideInTurn(open.slice(0, half), open.slice(half));
    }
    const result = await this.appendOrConfirm(before, events);
    if (result === null) {
      this.turns.lost();
      this.contention.lost();
      fold.unwind();
      return unanswered();
    }
    fold.confirm();
    this.unreadable = null;
    // Of a command in several parts, the next one has all the time again.
    this.contention = new Contention(this.clock);
    this.lastPosition = result.position > 0n ? result.position : this.lastPosition;
    // Of a stream that does not exist an answer holds as of the whole ledger: nothing of it stands there yet.
    const position = this.lastPosition > 0n ? this.lastPosition : await this.store.head();
    for (const { mail, answer, due, events: own, revision, record } of decided) {
      for (const event of due) fold.recorded(event, this.lastPosition, 'process');
      for (const event of own) fold.recorded(event, this.lastPosition, mail.identity.origin);
      if (record?.answer !== undefined) this.remembered.add(mail.identity, record.answer, this.lastPosition);
      this.onDecided(mail.command, answer, due.length === 0 ? own : [...due, ...own]);
      mail.resolve({ answer, events: mail.earlier ? [...mail.earlier, ...own] : own, revision, position });
    }
    return behind.length > 0 ? this.decideAll(behind) : [];
  }

  /** For more than one append takes. */
  private async decideInTurn(first: Waiting<Command, Answer, Fold>[], then: Waiting<Command, Answer, Fold>[]): Promise<Waiting<Command, Answer, Fold>[]> {
    const again = await this.decideAll(first);
    return again.length > 0 ? [...again, ...then] : this.decideAll(then);
  }

  /** Null: the race was lost. */
  private async appendOrConfirm(before: bigint, events: readonly NewEvent[]): Promise<{ readonly position: bigint } | null> {
    const expected: ExpectedRevision = before < 0n ? 'no-stream' : before;
    if (events.length > 0) {
      const result = await this.append(expected, events);
      if (result.outcome === 'appended') return result;
      await this.requireOwnEnd(before, result.actual);
      return null;
    }
    const actual = await this.store.streamRevision(this.stream);
    if (actual === expected) return { position: 0n };
    await this.requireOwnEnd(before, actual);
    return null;
  }

  /** Streams do not become shorter: what was folded and stands there no more was taken away. @throws UnreadableEvent */
  private async requireOwnEnd(folded: bigint, actual: ExpectedRevision): Promise<void> {
    if (folded < 0n || (actual !== 'no-stream' && actual >= folded)) return;
    // A node that does not know yet that another one leads tells an older end; what it led to is read elsewhere.
    for await (const { revision } of this.store.readStream(this.stream, { from: folded, limit: 1 })) if (revision === folded) return;
    this.fold.unwind();
    this.unreadable = cutShort(this.stream, { revision: folded, position: this.lastPosition }, 'was decided on');
    throw this.unreadable;
  }

  /** An unknown outcome is settled by the same ids at the same expected revision, never by a newer one. */
  private async append(expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    const giveUp = this.clock() + unknownOutcomeMs;
    let mayBeWritten = false;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.store.append(this.stream, expected, events);
      } catch (error) {
        // Another server told the stream the same command, and decided it at another time: what it wrote is read like any other's.
        if (error instanceof AppendRefused && (await this.store.streamRevision(this.stream)) !== expected) return { outcome: 'wrong-expected-revision', actual: expected };
        mayBeWritten ||= error instanceof OutcomeUnknown;
        // A store that is away now says nothing about the attempt before: the doubt stays.
        const goesOn = mayBeWritten && (error instanceof OutcomeUnknown || error instanceof EventStoreUnavailable);
        if (!goesOn || this.clock() > giveUp) {
          this.fold.unwind();
          this.loaded = !mayBeWritten;
          throw goesOn ? new OutcomeUnknown(`Whether ${this.stream} took the events is not known.`, { cause: error }) : error;
        }
        await delay(Math.min(1_000, 50 * 2 ** attempt));
      }
    }
  }

  /** Folds what others appended; the first time the whole stream, or what came behind its snapshot. */
  private async readTail(again: boolean): Promise<void> {
    if (this.loaded && !again) return;
    const streamRevision = (): Promise<ExpectedRevision> => this.store.streamRevision(this.stream);
    if (!this.loaded) await this.verdict?.requireOver(streamRevision);
    try {
      await this.foldTail();
      this.unreadable = null;
      this.verdict = null;
    } catch (error) {
      if (!(error instanceof UnreadableEvent)) throw error;
      this.unreadable = error;
      const end = this.loaded ? null : await streamRevision().catch(() => null);
      if (end !== null) this.verdict = new FoldVerdict(error, end, this.clock);
      throw error;
    }
  }

  private async foldTail(): Promise<void> {
    const end = this.loaded ? null : await this.restore();
    for await (const recorded of this.store.readStream(this.stream, { from: this.fold.revision + 1n })) {
      if (recorded.revision !== this.fold.revision + 1n) throw holeBefore(recorded, this.fold.revision + 1n);
      const { event, metadata } = this.foldEvent(recorded);
      this.appendEnd = BigInt(metadata.batchEnd);
      this.lastPosition = recorded.position + (this.appendEnd - recorded.revision);
      this.fold.recorded(event, this.lastPosition, metadata.origin);
      if (metadata.answer !== undefined) this.remembered.add(metadata, metadata.answer, this.lastPosition);
    }
    const missing = this.fold.revision + 1n;
    if (missing <= this.appendEnd) throw tornAppend(this.stream, missing, this.lastPosition - this.appendEnd + missing);
    if (end !== null && missing <= end.revision) throw cutShort(this.stream, end, 'was read');
    this.loaded = true;
  }

  private foldEvent(recorded: RecordedEvent): ReturnType<typeof foldEvent> {
    try {
      return foldEvent(this.fold, recorded);
    } catch (error) {
      // What stands in the fold may be half of the event.
      this.loaded = false;
      throw error;
    }
  }

  /** @returns how far the stream was seen to go */
  private async restore(): Promise<StreamEnd | null> {
    this.fold = this.newFold();
    this.appendEnd = -1n;
    const { snapshot, end } = (await this.snapshots?.load(this.stream)) ?? nothingKnown;
    const fold = snapshot && restored(this.newFold(), snapshot);
    if (fold === null) return end;
    this.fold = fold;
    this.lastPosition = snapshot!.position;
    this.snapshotRevision = fold.revision;
    return end;
  }

  /** As often as the state is large: what a snapshot costs is spread over the events since the last one. */
  private takeSnapshot(): void {
    const { fold, snapshots } = this;
    const since = fold.revision - this.snapshotRevision;
    if (!snapshots || !this.loaded || since < Math.max(eventsPerSnapshot, fold.bytes / bytesPerEvent)) return;
    const state = fold.snapshot();
    if (state === null) return;
    this.snapshotRevision = fold.revision;
    snapshots.save(this.stream, { state, revision: fold.revision, position: this.lastPosition });
  }
}
