import { LRUCache } from 'lru-cache';
import {
  UnreadableEvent, type FlowTableAnswer, type FlowTableCommand, type ForeignAgentsAnswer, type ForeignAgentsCommand, type Gap, type LedgerEvent,
  type MobileNodeAnswer, type MobileNodeCommand, type Rejection,
} from '#domain';
import type { EventStore } from '#event-store';
import { processIdentity } from '../idempotency/command-identity';
import { Mailbox } from './mailbox';
import type { ReachedBefore } from '../idempotency/reached-before';
import { Renewals } from './renewals';
import { RememberedCommands } from '../idempotency/remembered-commands';
import type { Snapshots } from './snapshots';
import { FlowTableFold, ForeignAgentsFold, MobileNodeFold, type StreamFold } from './stream-fold';
import { flowTableStream, foreignAgentsStream, mobileNodeStream } from './stream-names';

export type FlowTableMailbox = Mailbox<FlowTableCommand, FlowTableAnswer, FlowTableFold>;
export type MobileNodeMailbox = Mailbox<MobileNodeCommand, MobileNodeAnswer, MobileNodeFold>;
export type ForeignAgentsMailbox = Mailbox<ForeignAgentsCommand, ForeignAgentsAnswer, ForeignAgentsFold>;

export type AnyCommand = FlowTableCommand | MobileNodeCommand | ForeignAgentsCommand;
export type AnyAnswer = FlowTableAnswer | MobileNodeAnswer | ForeignAgentsAnswer;

interface Held {
  readonly mailbox: { readonly idle: boolean; settled(): Promise<void> };
  /** What the server knows of the stream and would forget with the mailbox is written. */
  readonly writeDown: () => Promise<unknown>;
}

/**
 * One mailbox a stream, least recently used ones dropped above `stateBytes`: what a dropped one knew is folded again when it is
 * needed. Dropping one at work does no harm: should two ever append to one stream, the expected revision decides.
 */
export class Mailboxes {
  private readonly held: LRUCache<string, Held>;
  /** Told whenever a mailbox comes to rest: when something of its stream falls due next. */
  onDeadline: (stream: string, at: number | null) => void = () => undefined;
  /** Told of every decision once it stands; they must not throw. */
  readonly listeners: ((stream: string, command: AnyCommand, answer: AnyAnswer, events: readonly LedgerEvent[]) => void)[] = [];
  /** Never dropped: every registration and capture asks it. */
  private readonly agents: ForeignAgentsMailbox;
  readonly renewals = new Renewals();

  constructor(
    private readonly store: EventStore,
    readonly clock: () => number = Date.now,
    private readonly stateBytes = 256 * 1024 * 1024,
    private readonly snapshots: Snapshots | null = null,
    /** In which no refresh could be told; looked at each time. */
    private readonly gaps: readonly Gap[] = [],
    /** Null: nobody looks a command up in tables. */
    private readonly tables: ReachedBefore | null = null,
  ) {
    this.held = new LRUCache({
      maxSize: stateBytes,
      // Where the store is away it is lost with the mailbox, as in a crash: leases then end as they are recorded.
      dispose: ({ writeDown }, _stream, reason) => reason === 'evict' && void writeDown().catch(() => undefined),
    });
    const onDecided = (command: ForeignAgentsCommand, answer: ForeignAgentsAnswer, events: readonly LedgerEvent[]): void =>
      this.decided(foreignAgentsStream, command, answer, events);
    const remembered = new RememberedCommands(tables);
    this.agents = new Mailbox(foreignAgentsStream, store, () => new ForeignAgentsFold(), clock, undefined, snapshots, onDecided, remembered);
  }

  /** What was refused before its stream was asked is told as what a stream refuses. */
  noteRefused(stream: string, command: AnyCommand, rejection: Rejection): void {
    this.decided(stream, command, { outcome: 'refused', rejection }, []);
  }

  flowTable(foreignAgent: string, careOfAddress: string): FlowTableMailbox {
    const stream = flowTableStream(foreignAgent, careOfAddress);
    const newFold = (): FlowTableFold => new FlowTableFold(foreignAgent, careOfAddress, this.gaps, () => this.renewals.nodesOf(stream));
    return this.get(stream, newFold, writeExtensions);
  }

  mobileNode(mobileNode: string): MobileNodeMailbox {
    return this.get(mobileNodeStream(mobileNode), () => new MobileNodeFold());
  }

  foreignAgents(): ForeignAgentsMailbox {
    return this.agents;
  }

  /** What every command may ask for is there before the first one comes. Where it cannot be read, only those that ask for it are refused. */
  async open(onUnreadable: (error: UnreadableEvent) => void = () => undefined): Promise<void> {
    try {
      await this.agents.load();
    } catch (error) {
      if (!(error instanceof UnreadableEvent)) throw error;
      onUnreadable(error);
    }
  }

  /** The agents as they are known here, without asking the store. @throws UnreadableEvent rather than tell a part of them */
  knownAgents(): ForeignAgentsFold['state'] {
    if (this.agents.unreadable) throw this.agents.unreadable;
    return this.agents.fold.state;
  }

  /** Position of the ledger's last event. */
  head(): Promise<bigint> {
    return this.store.head();
  }

  /** Settles the work in flight, and writes down what the next start would not know. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.held.values()].map(({ writeDown }) => writeDown()));
    await Promise.all([this.agents.settled(), ...[...this.held.values()].map(({ mailbox }) => mailbox.settled())]);
  }

  private decided(stream: string, command: AnyCommand, answer: AnyAnswer, events: readonly LedgerEvent[]): void {
    for (const listener of this.listeners) listener(stream, command, answer, events);
  }

  private get<Command extends AnyCommand, Answer extends AnyAnswer, Fold extends StreamFold<Command, Answer>>(
    stream: string,
    newFold: () => Fold,
    writeDown: (mailbox: Mailbox<Command, Answer, Fold>) => Promise<unknown> = () => Promise.resolve(),
  ): Mailbox<Command, Answer, Fold> {
    const held = this.held.get(stream)?.mailbox as Mailbox<Command, Answer, Fold> | undefined;
    if (held) return held;
    const hold = (mailbox: Mailbox<Command, Answer, Fold>): void => {
      // One that is larger than the bound is held alone: not to hold it would mean to fold it for every command.
      this.held.set(stream, { mailbox, writeDown: () => writeDown(mailbox) }, { size: Math.min(Math.ceil(mailbox.bytes), this.stateBytes) });
    };
    const onIdle = (mailbox: Mailbox<Command, Answer, Fold>): void => {
      // It grew, or shrank. Where it was dropped meanwhile and another took its place, that one stays.
      if (this.held.peek(stream)?.mailbox === mailbox) hold(mailbox);
      this.onDeadline(stream, mailbox.fold.nextDeadline);
    };
    const onDecided = (command: Command, answer: Answer, events: readonly LedgerEvent[]): void => this.decided(stream, command, answer, events);
    const mailbox = new Mailbox(stream, this.store, newFold, this.clock, onIdle, this.snapshots, onDecided, new RememberedCommands(this.tables));
    hold(mailbox);
    return mailbox;
  }
}

/** Lease extensions that wait for the next ones. */
async function writeExtensions(mailbox: FlowTableMailbox): Promise<void> {
  await mailbox.settled();
  const { unwritten } = mailbox.fold;
  if (unwritten === null) return;
  await mailbox.send({ identity: processIdentity('ledger'), command: { type: 'Tick', writeWaitingExtensions: true }, ...unwritten });
}
