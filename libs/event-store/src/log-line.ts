import { checkAppend } from './check-append';
import { AppendRefused, type RecordedEvent } from './event-store';

/** A line of an export that is none. The message is one sentence. */
export class LogLineFault extends Error {
  override readonly name = 'LogLineFault';
}

const members = ['position', 'stream', 'revision', 'type', 'id', 'recordedAt', 'data', 'metadata'] as const;
const decimal = /^(?:0|[1-9][0-9]{0,18})$/;
const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** An event as a line of NDJSON, without its end. Payload and metadata are strings in it: their text is kept to the byte. */
export function logLine({ position, stream, revision, type, id, recordedAt, data, metadata }: RecordedEvent): string {
  return JSON.stringify({ position: String(position), stream, revision: String(revision), type, id, recordedAt, data, metadata });
}

/** @throws LogLineFault */
export function readLogLine(line: string): RecordedEvent {
  const found = parsed(line);
  const names = Object.keys(found);
  const missing = members.find((name) => typeof found[name] !== 'string');
  if (missing !== undefined || names.length !== members.length) throw new LogLineFault(`It must have exactly the strings ${members.join(', ')}.`);
  const { position, stream, revision, type, id, recordedAt, data, metadata } = found as Record<(typeof members)[number], string>;
  if (!decimal.test(position) || position === '0' || !decimal.test(revision)) throw new LogLineFault('Its position and revision must be decimal numbers, the position from 1 on.');
  if (!isInstant(recordedAt)) throw new LogLineFault('Its time must be RFC 3339 in UTC with milliseconds.');
  try {
    // A mirror has events of other programs as well, and they may say nothing.
    checkAppend(stream, 'no-stream', [{ id, type, data: data || '{}', metadata: metadata || '{}' }]);
  } catch (error) {
    throw error instanceof AppendRefused ? new LogLineFault(`It is no event: ${error.message}.`) : error;
  }
  // JSON.parse does not tell: the last of them counts.
  if (stringsIn(line) !== 2 * members.length) throw new LogLineFault('It has a member twice.');
  return { position: BigInt(position), stream, revision: BigInt(revision), type, id, recordedAt, data, metadata };
}

/** Every event says at which revision its append ends; one that does not was appended alone. */
export function endsAppend({ metadata, revision }: RecordedEvent): boolean {
  const [, batchEnd] = /"batchEnd":"(\d+)"/.exec(metadata) ?? [];
  return batchEnd === undefined || BigInt(batchEnd) <= revision;
}

/** Date.parse takes February 30 for March 2. */
export const isInstant = (text: string): boolean => instant.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString() === text;

const [quote, backslash] = [0x22, 0x5c];

/** Of JSON text: names and values. */
function stringsIn(json: string): number {
  let quotes = 0;
  for (let at = 0; at < json.length; at += 1) {
    const unit = json.charCodeAt(at);
    // Only inside a string, whose end it is not that it escapes.
    if (unit === backslash) at += 1;
    else if (unit === quote) quotes += 1;
  }
  return quotes / 2;
}

function parsed(line: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new LogLineFault('It is not JSON.');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new LogLineFault('It is no object.');
}
