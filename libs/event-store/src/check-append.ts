import type { ExpectedRevision, NewEvent } from './event-store';
import { AppendRefused, AppendTooLarge, maximumAppendBytes } from './event-store';

/** A stream's name is part of every index entry of its events: PostgreSQL's B-tree takes 2,704 bytes. */
const maximumNameBytes = 1_024;

/** Revisions have 64 bits in every store, with room for the append's own. */
const maximumRevision = 2n ** 62n;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Refuses, before anything is sent, what can never be stored; the same in every store. @throws AppendRefused */
export function checkAppend(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): void {
  checkName('stream', stream);
  if (expected !== 'no-stream' && (expected < 0n || expected > maximumRevision)) throw new AppendRefused(`${expected} is no revision`);
  const ids = new Set<string>();
  let bytes = 0;
  for (const [index, event] of events.entries()) {
    if (!uuid.test(event.id)) throw new AppendRefused(`event ${index}: id is no UUID in lower case`);
    if (ids.has(event.id)) throw new AppendRefused(`event ${index}: id ${event.id} occurs twice in one append`);
    ids.add(event.id);
    checkName('type', event.type);
    checkText(`event ${index}: data`, event.data);
    checkText(`event ${index}: metadata`, event.metadata);
    bytes += Buffer.byteLength(event.data) + Buffer.byteLength(event.metadata);
  }
  if (bytes > maximumAppendBytes) {
    throw new AppendTooLarge(`the append has ${bytes} bytes of data and metadata, at most ${maximumAppendBytes} are taken`);
  }
}

function checkName(what: 'stream' | 'type', name: string): void {
  checkText(what, name);
  if (Buffer.byteLength(name) > maximumNameBytes) throw new AppendRefused(`${what} has more than ${maximumNameBytes} bytes`);
  // EventStoreDB keeps such names for itself and leaves them out of what it shows.
  if (name.startsWith('$')) throw new AppendRefused(`${what} begins with $`);
}

function checkText(what: string, text: string): void {
  if (text === '') throw new AppendRefused(`${what} is empty`);
  // No store keeps these as they are: PostgreSQL refuses NUL, UTF-8 has no lone surrogate.
  if (text.includes('\0') || !text.isWellFormed()) throw new AppendRefused(`${what} holds NUL or a lone surrogate`);
}
