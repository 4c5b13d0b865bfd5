import { UnreadableEvent } from '#domain';
import type { EventStore, ExpectedRevision, RecordedEvent } from '#event-store';
import { isPart } from './mail';
import { foldEvent } from './read-event';
import type { RememberedCommands } from '../idempotency/remembered-commands';
import { nothingKnown, restored, type Snapshots, type StreamEnd } from './snapshots';
import type { StreamFold } from './stream-fold';
import { cutShort, FoldVerdict, holeBefore, tornAppend } from './unreadable-streams';

const eventsPerSnapshot = 5_000;
const bytesPerEvent = 4_000;

/**
 * A stream as it was read: folded event by event, from its snapshot on where there is one, and never beyond what can be read. What is decided
 * on the fold is the mailbox's.
 */
export class StreamTail<Fold extends StreamFold<never, unknown>> {
  fold: Fold;
  /** Where the last reading of the stream stopped: what stands in the fold is not all of it. */
  unreadable: UnreadableEvent | null = null;
  /** Of the stream's last append; 0n: there is none. */
  lastPosition = 0n;
  /** False until the stream is folded, and again where what stands in the fold cannot be relied on. */
  private loaded = false;
  /** Revision at which the last append that was read ends. */
  private appendEnd = -1n;
  private verdict: FoldVerdict | null = null;
  /** Of the last snapshot taken or restored; -1n: none. */
  private snapshotRevision = -1n;

  constructor(
    private readonly stream: string,
    private readonly store: EventStore,
    private readonly newFold: () => Fold,
    private readonly clock: () => number,
    private readonly snapshots: Snapshots | null,
    private readonly remembered: RememberedCommands,
  ) {
    this.fold = newFold();
  }

  /** It is folded anew before the next decision. */
  forget(): void {
    this.loaded = false;
  }

  /** Folds what others appended; the first time the whole stream, or what came behind its snapshot. */
  async read(again: boolean): Promise<void> {
    if (this.loaded && !again) return;
    const streamRevision = (): Promise<ExpectedRevision> => this.store.streamRevision(this.stream);
    if (!this.loaded) await this.verdict?.requireOver(streamRevision);
    try {
      await this.foldNext();
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

  private async foldNext(): Promise<void> {
    const end = this.loaded ? null : await this.restore();
    for await (const recorded of this.store.readStream(this.stream, { from: this.fold.revision + 1n })) {
      if (recorded.revision !== this.fold.revision + 1n) throw holeBefore(recorded, this.fold.revision + 1n);
      const { event, metadata } = this.foldEvent(recorded);
      this.appendEnd = BigInt(metadata.batchEnd);
      this.lastPosition = recorded.position + (this.appendEnd - recorded.revision);
      this.fold.recorded(event, this.lastPosition, metadata.origin);
      if (isPart(metadata, metadata.$causationId)) this.remembered.begin(metadata.$causationId);
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
  takeSnapshot(): void {
    const { fold, snapshots } = this;
    const since = fold.revision - this.snapshotRevision;
    if (!snapshots || !this.loaded || since < Math.max(eventsPerSnapshot, fold.bytes / bytesPerEvent)) return;
    const state = fold.snapshot();
    if (state === null) return;
    this.snapshotRevision = fold.revision;
    snapshots.save(this.stream, { state, revision: fold.revision, position: this.lastPosition });
  }

  /** Streams do not become shorter: what was folded and stands there no more was taken away. @throws UnreadableEvent */
  async requireOwnEnd(folded: bigint, actual: ExpectedRevision): Promise<void> {
    if (folded < 0n || (actual !== 'no-stream' && actual >= folded)) return;
    // A node that does not know yet that another one leads tells an older end; what it led to is read elsewhere.
    for await (const { revision } of this.store.readStream(this.stream, { from: folded, limit: 1 })) if (revision === folded) return;
    this.fold.unwind();
    this.unreadable = cutShort(this.stream, { revision: folded, position: this.lastPosition }, 'was decided on');
    throw this.unreadable;
  }
}
