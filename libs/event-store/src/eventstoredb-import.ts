import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { EventData } from '@eventstore/db-client';
import { AppendRefused, EventStoreUnavailable, maximumAppendBytes, OutcomeUnknown, type ExpectedRevision, type Position, type RecordedEvent } from './event-store';
import type { EventStoreDbEventStore } from './eventstoredb-event-store';
import { furthestAheadMs, toImportedEventData } from './eventstoredb-imported-event';
import { ImportRefused } from './import-refused';
import { endsAppend, logLine } from './log-line';

/** How long an append is tried again while the node is away or elects a leader. */
const patienceMs = 20_000;
const lastPauseMs = 1_000;
/** Room for clocks that disagree. */
const refusedAheadMs = furthestAheadMs - 3_600_000;

/**
 * Copies a part of another ledger's log to the end of this one, whose log is in EventStoreDB: each append at its own expected revision, one
 * after the other, so that the positions of the mirror are those of the export. What came out in the mirror is compared to the byte.
 * @returns the last position
 * @throws ImportRefused what is named differs; what came before it stays
 * @throws EventStoreUnavailable what was copied so far stays: the same events again go on
 */
export async function importIntoEventStoreDb(
  store: EventStoreDbEventStore, expectedHead: Position, events: AsyncIterable<RecordedEvent> | Iterable<RecordedEvent>, waitMs = patienceMs,
): Promise<Position> {
  const head = await store.head();
  if (head !== expectedHead) throw new ImportRefused(`The ledger ends at position ${head}, not at ${expectedHead}: somebody else writes to it.`);
  const part = new CopiedPart(store, head);
  try {
    for await (const append of wholeAppends(events)) await copyAppend(store, append, part, waitMs);
  } catch (error) {
    // Whoever is told where the ledger ends is told the truth.
    await part.arrived().catch(() => undefined);
    throw error;
  }
  return part.compared();
}

/** The events of one append stand together. One of which an export has a part is copied as that. */
async function* wholeAppends(events: AsyncIterable<RecordedEvent> | Iterable<RecordedEvent>): AsyncGenerator<readonly RecordedEvent[]> {
  let open: RecordedEvent[] = [];
  for await (const event of events) {
    if (open.length > 0 && open[0]!.stream !== event.stream) {
      yield open;
      open = [];
    }
    open.push(event);
    if (!endsAppend(event)) continue;
    yield open;
    open = [];
  }
  if (open.length > 0) yield open;
}

/**
 * With their times, the events of a large append may be more than one append takes: then they are written in several. Where a copy
 * breaks off between them, the stream is torn until it goes on; readers know by the end of the append, which stands in its metadata.
 */
async function copyAppend(store: EventStoreDbEventStore, append: readonly RecordedEvent[], part: CopiedPart, waitMs: number): Promise<void> {
  let batch: { readonly recorded: RecordedEvent; readonly event: EventData }[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await copyEvents(store, batch[0]!.recorded, batch.map(({ event }) => event), waitMs);
    for (const { recorded } of batch) part.add(recorded);
    [batch, bytes] = [[], 0];
  };
  for (const recorded of append) {
    if (Date.parse(recorded.recordedAt) > Date.now() + refusedAheadMs) {
      await flush();
      throw new ImportRefused(`The event at position ${recorded.position} is of ${recorded.recordedAt}, which lies too far in the future.`);
    }
    const { event, bytes: more } = toImportedEventData(recorded);
    if (bytes + more > maximumAppendBytes) await flush();
    batch.push({ recorded, event });
    bytes += more;
  }
  await flush();
}

/** An unknown outcome is settled by the same ids at the same expected revision. */
async function copyEvents(store: EventStoreDbEventStore, first: RecordedEvent, events: EventData[], waitMs: number): Promise<void> {
  const { stream, revision, position } = first;
  const expected: ExpectedRevision = revision === 0n ? 'no-stream' : revision - 1n;
  const giveUp = performance.now() + waitMs;
  for (let attempt = 0; ; attempt += 1) {
    try {
      const actual = await store.copy(stream, expected, events);
      if (actual === null) return;
      const end = actual === 'no-stream' ? 'is not there' : `ends at revision ${actual}`;
      throw new ImportRefused(`The event at position ${position} is revision ${revision} of ${stream}, which ${end} in EventStoreDB.`);
    } catch (error) {
      if (error instanceof AppendRefused) throw new ImportRefused(`The event at position ${position}, revision ${revision} of ${stream}: ${error.message}.`, { cause: error });
      if (!(error instanceof OutcomeUnknown) && !(error instanceof EventStoreUnavailable)) throw error;
      if (performance.now() > giveUp) throw new EventStoreUnavailable(`${error.message} (position ${position}). Begin again with the same input.`, { cause: error });
      await delay(Math.min(lastPauseMs, 50 * 2 ** attempt));
    }
  }
}

/** What was copied, by the digests of its lines: they are compared with what came to the mirror. */
class CopiedPart {
  readonly #digests: string[] = [];
  #last: RecordedEvent | undefined;

  constructor(
    private readonly store: EventStoreDbEventStore,
    private readonly after: Position,
  ) {}

  add(event: RecordedEvent): void {
    this.#digests.push(digest(event));
    this.#last = event;
  }

  async arrived(): Promise<void> {
    if (this.#last !== undefined) await this.store.copied(this.#last.stream, this.#last.revision);
  }

  /** @returns the last position @throws ImportRefused */
  async compared(): Promise<Position> {
    await this.arrived();
    let position = this.after;
    for await (const event of this.store.readAll({ after: this.after, limit: this.#digests.length })) {
      if (digest(event) !== this.#digests[Number(position - this.after)]) {
        const what = `The event at position ${event.position} came out otherwise: EventStoreDB has ${event.type} in ${event.stream}, revision ${event.revision}, there.`;
        throw new ImportRefused(`${what} Another program writes there, or wrote before. Nothing more is imported.`);
      }
      position += 1n;
    }
    return position;
  }
}

const digest = (event: RecordedEvent): string => createHash('sha256').update(logLine(event)).digest('base64');
