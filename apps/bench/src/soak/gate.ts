import {
  EventStoreUnavailable, FaultyEventStore, MemoryEventStore, OutcomeUnknown,
  type AppendFault, type EventStore, type ExpectedRevision, type MemoryLedger, type NewEvent,
} from '#event-store';

/** What becomes of one append that waits at the gate. Lost races are real ones: the servers are two. */
export type Passage = Exclude<AppendFault, 'conflict'> | 'goes-on';

interface Held {
  readonly server: number;
  readonly stream: string;
  readonly write: () => Promise<unknown>;
  readonly pass: (fault: AppendFault | undefined) => void;
}

/**
 * Every append of every server waits here until it is let through, so that whoever holds the gate decides how the work of all of them
 * interleaves, and between which two appends a server dies.
 */
export class Gate {
  /** Of appends, reads and settled operations: while it stands still, everybody waits here. */
  activity = 0;
  private held: Held[] = [];
  private readonly dead = new Set<number>();

  constructor(
    readonly ledger: MemoryLedger,
    private readonly clock: () => number,
  ) {}

  get waiting(): readonly Pick<Held, 'server' | 'stream'>[] {
    return this.held;
  }

  /** A server's way to the ledger. */
  storeOf(server: number): EventStore {
    const inner = new WatchedStore({ ledger: this.ledger, clock: this.clock }, () => this.activity++);
    const onAppend = (stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendFault | undefined> => {
      this.activity++;
      return new Promise((pass) => {
        // What a dead server still does reaches nobody.
        if (!this.dead.has(server)) this.held.push({ server, stream, pass, write: () => inner.append(stream, expected, events) });
      });
    };
    return new FaultyEventStore(inner, { onAppend });
  }

  letThrough(index: number, passage: Passage): void {
    const [append] = this.held.splice(index, 1);
    append!.pass(passage === 'goes-on' ? undefined : passage);
  }

  /** The server dies; what it just appends is written or not. */
  async kill(server: number, appends: 'written' | 'lost'): Promise<void> {
    this.dead.add(server);
    const last = this.held.find((append) => append.server === server);
    this.held = this.held.filter((append) => append.server !== server);
    // A refusal reaches nobody either.
    if (appends === 'written') await last?.write().catch(() => undefined);
  }

  /** Until nobody goes on by himself. */
  async quiet(): Promise<void> {
    for (let still = 0; still < 4; still++) {
      const before = this.activity;
      await new Promise(setImmediate);
      if (this.activity !== before) still = -1;
    }
  }
}

/** Tells of reading, so that who reads is not taken for one who waits. */
class WatchedStore extends MemoryEventStore {
  constructor(
    options: ConstructorParameters<typeof MemoryEventStore>[0],
    private readonly onUse: () => void,
  ) {
    super(options);
  }

  override streamRevision(stream: string): Promise<ExpectedRevision> {
    this.onUse();
    return super.streamRevision(stream);
  }

  override readStream(...asked: Parameters<MemoryEventStore['readStream']>): ReturnType<MemoryEventStore['readStream']> {
    this.onUse();
    return super.readStream(...asked);
  }
}

/** What a caller may be told though nothing is wrong: the store was away, or its answer was lost. */
export function isOutage(error: unknown): boolean {
  return error instanceof OutcomeUnknown || error instanceof EventStoreUnavailable;
}
