import type { Readable } from 'node:stream';
import { Problem } from '../problems/problem';

/** One line of a body, its number counted from 1; null: it was longer than the limit and was passed over without being kept. */
export interface BodyLine {
  readonly number: number;
  readonly bytes: Buffer | null;
}

/** A body that is sent by a program does not pause (F29). */
const pauseMs = 8_000;
const newline = 0x0a;
const emptyPart = Buffer.alloc(0);
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** The sender fell silent: `line` is the one that did not arrive, or not whole. */
export class LinesPaused extends Problem {
  constructor(readonly line: number) {
    super('request-timeout', `The lines paused for more than ${pauseMs / 1000} s: line ${line} did not arrive.`);
  }
}

/** As `bodyLineRuns`, line by line. */
export async function* bodyLines(body: Readable, maximumBytes: number): AsyncGenerator<BodyLine, void, undefined> {
  for await (const run of bodyLineRuns(body, maximumBytes)) yield* run;
}

/**
 * The lines of a body as they come (F31), those together that end in one chunk: LF or CRLF between them, a last one without either, a byte
 * order mark before the first; empty ones are counted and left out. What is kept is one line at most, however long a line is.
 * @throws LinesPaused
 */
export async function* bodyLineRuns(body: Readable, maximumBytes: number): AsyncGenerator<readonly BodyLine[], void, undefined> {
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let parts: Buffer[] = [];
  let length = 0;
  let number = 1;
  const take = (): BodyLine | undefined => {
    const [first = emptyPart] = parts;
    const whole = length <= maximumBytes ? trimmed(parts.length > 1 ? Buffer.concat(parts, length) : first, number === 1) : null;
    const line = { number, bytes: whole };
    parts = [];
    length = 0;
    number += 1;
    return whole?.length === 0 ? undefined : line;
  };
  const keep = (part: Buffer): void => {
    length += part.length;
    if (length <= maximumBytes) parts.push(part);
    else parts = [];
  };
  const chunk = (): Promise<IteratorResult<Buffer>> => inTime(chunks.next(), () => new LinesPaused(number));
  for (let next = await chunk(); next.done !== true; next = await chunk()) {
    let from = 0;
    const run: BodyLine[] = [];
    for (let end = next.value.indexOf(newline); end >= 0; end = next.value.indexOf(newline, from)) {
      keep(next.value.subarray(from, end));
      from = end + 1;
      const line = take();
      if (line) run.push(line);
    }
    keep(next.value.subarray(from));
    if (run.length > 0) yield run;
  }
  const last = take();
  if (last) yield [last];
}

function trimmed(line: Buffer, isFirst: boolean): Buffer {
  const from = isFirst && line.subarray(0, 3).equals(byteOrderMark) ? 3 : 0;
  return line.subarray(from, line.at(-1) === 0x0d ? line.length - 1 : line.length);
}

async function inTime<T>(next: Promise<T>, late: () => Problem): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), pauseMs);
  });
  try {
    return await Promise.race([next, over]);
  } finally {
    clearTimeout(timer);
  }
}
