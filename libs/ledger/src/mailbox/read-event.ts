import { decodeEvent, UnreadableEvent, type LedgerEvent } from '#domain';
import { categoryOf, type RecordedEvent } from '#event-store';
import type { EventMetadata } from './metadata';
import type { StreamFold } from './stream-fold';

/** @throws UnreadableEvent naming the place: a fold stops there and guesses nothing */
export function readEvent(recorded: RecordedEvent): { readonly event: LedgerEvent; readonly metadata: EventMetadata } {
  try {
    const metadata = readMetadata(recorded);
    return { event: decodeEvent(recorded.type, recorded.data, Number(metadata.schemaVersion), categoryOf(recorded.stream)), metadata };
  } catch (error) {
    throw unreadable(recorded, 'cannot be read', error);
  }
}

/**
 * Reads an event into the fold.
 * @throws UnreadableEvent naming the place, also where the event does not follow from those before it: the fold may hold half of it then
 */
export function foldEvent(fold: Pick<StreamFold<unknown, unknown>, 'evolve'>, recorded: RecordedEvent): ReturnType<typeof readEvent> {
  const read = readEvent(recorded);
  try {
    fold.evolve(read.event);
  } catch (error) {
    throw unreadable(recorded, 'does not follow from the events before it', error);
  }
  return read;
}

function unreadable({ stream, revision, position }: RecordedEvent, what: string, cause: unknown): UnreadableEvent {
  const sentence = `${stream}, revision ${revision} at position ${position}, ${what}: ${(cause as Error).message}`;
  return new UnreadableEvent(sentence, { stream, revision, position }, { cause });
}

/** Null: its metadata cannot be read. */
export function commandIdOf(recorded: RecordedEvent): string | null {
  try {
    return readMetadata(recorded).commandId;
  } catch {
    return null;
  }
}

function readMetadata({ metadata: text, revision }: RecordedEvent): EventMetadata {
  const metadata = JSON.parse(text) as Partial<EventMetadata> | null;
  const { schemaVersion, batchEnd, commandId, bodyDigest } = metadata ?? {};
  if (!/^[1-9][0-9]{0,8}$/.test(schemaVersion ?? '')) throw new UnreadableEvent(`The schema version ${JSON.stringify(schemaVersion)} is no number.`);
  if (!/^(?:0|[1-9][0-9]{0,18})$/.test(batchEnd ?? '') || BigInt(batchEnd!) < revision) {
    throw new UnreadableEvent(`The end of its append ${JSON.stringify(batchEnd)} is no revision from its own on.`);
  }
  // The table of commands needs both: of an event that is folded every command is known.
  if (typeof commandId !== 'string' || typeof bodyDigest !== 'string') throw new UnreadableEvent('The metadata name no command.');
  return metadata as EventMetadata;
}
