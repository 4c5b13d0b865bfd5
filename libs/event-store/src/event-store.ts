import type { EventPlace } from '#domain';

/**
 * The port of the log. One contract suite (`event-store.contract.ts`) holds for every store.
 *
 * Payload and metadata are canonical JSON *text* and are kept verbatim: the store never parses them.
 */

/** Zero-based index of an event in its stream. */
export type Revision = bigint;
/** Place in the whole ledger: dense, rising, the first event has 1. */
export type Position = bigint;

/** What the appender believes of the stream: it does not exist, or its last event has this revision. Always exact. */
export type ExpectedRevision = Revision | 'no-stream';

export interface NewEvent {
  /** UUID in lower case: uuid v5 of the command id and the index of the event in the command's append. */
  readonly id: string;
  readonly type: string;
  /** Canonical JSON text of the payload. */
  readonly data: string;
  /** Canonical JSON text of a flat string → string map. */
  readonly metadata: string;
}

export interface RecordedEvent extends NewEvent {
  readonly position: Position;
  readonly stream: string;
  readonly revision: Revision;
  /** RFC 3339, UTC, milliseconds; never falls while the position rises. */
  readonly recordedAt: string;
}

export type AppendResult =
  /** `revision` and `position` are those of the append's last event. A repeated append gets its first answer. */
  | { readonly outcome: 'appended'; readonly revision: Revision; readonly position: Position }
  | { readonly outcome: 'wrong-expected-revision'; readonly actual: ExpectedRevision };

export interface ReadStreamOptions {
  readonly direction?: 'forwards' | 'backwards';
  /** First revision to read, inclusive; the start (or the end, backwards) where absent. */
  readonly from?: Revision;
  readonly limit?: number;
}

export interface ReadAllOptions {
  readonly direction?: 'forwards' | 'backwards';
  /** Exclusive: forwards the events behind it, backwards the events before it. */
  readonly after?: Position;
  readonly limit?: number;
  readonly stream?: string;
  /** The part of a stream's name before its first hyphen (the whole name where it has none). */
  readonly category?: string;
  readonly types?: readonly string[];
}

export interface EventStore {
  /** An event that was in the log, and is there no more: nothing is appended; absent where it cannot be, or is known otherwise. */
  readonly missing?: EventPlace | null;
  /** What is read does not follow what is appended, until somebody looks or what is away is back; absent where both are one. */
  readonly isBehind?: boolean;

  /**
   * All events or none, durable when it answers. The same ids at the same expected revision get the first answer again, however
   * long after: ids are compared where the expected revision says that they stand, nowhere else. So a repeat names the *original*
   * expected revision (known ids at the stream's present end are written again), and known ids mixed with new ones, or at any
   * other revision, are a wrong expected revision.
   * An empty list is checked and appends nothing: it answers the stream's last event (-1n and 0n for no stream).
   * @throws EventStoreUnavailable nothing was written; try again later (EventStoreFull: when there is room; LogCutShort: when what is
   * missing from the log is back)
   * @throws OutcomeUnknown it may have been written: send the same ids at the same expected revision again
   * @throws AppendRefused the append can never succeed: size, name, id, or another type or other data under the same ids
   */
  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult>;

  /** Last revision of a stream, for confirming an answer that appends nothing. */
  streamRevision(stream: string): Promise<ExpectedRevision>;

  readStream(stream: string, options?: ReadStreamOptions): AsyncIterable<RecordedEvent>;
  readAll(options?: ReadAllOptions): AsyncIterable<RecordedEvent>;

  /** Position of the last event; 0n for an empty ledger. */
  head(): Promise<Position>;

  /**
   * Every event behind `after`, in order, without gap or repeat: first what is there, then what comes. Batches are never empty and
   * bounded; a slow consumer slows the reading, nothing is buffered without bound. Ends when `signal` aborts; throws when the
   * store is lost (the subscriber resumes from its own checkpoint).
   */
  subscribeAll(after: Position, signal: AbortSignal): AsyncIterable<readonly RecordedEvent[]>;

  /** Settles the work in flight, refuses what comes after. */
  close(): Promise<void>;
}

/** Largest sum of the bytes of one append's payloads and metadata (what every supported store takes). */
export const maximumAppendBytes = 1_048_576;

export class EventStoreUnavailable extends Error {
  override readonly name: string = 'EventStoreUnavailable';
}

/** There is no room for more; nothing was written. */
export class EventStoreFull extends EventStoreUnavailable {
  override readonly name = 'EventStoreFull';
}

export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
}

export class AppendRefused extends Error {
  override readonly name: string = 'AppendRefused';
}

/** More than `maximumAppendBytes`. */
export class AppendTooLarge extends AppendRefused {
  override readonly name = 'AppendTooLarge';
}
