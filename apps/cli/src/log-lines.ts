import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import { endsAppend, LogLineFault, readLogLine, type RecordedEvent } from '#event-store';

/** More than any event and its escapes: an append has 1 MiB at most. */
const maximumLineBytes = 16 * 1024 * 1024;
/** Streams whose last revision is remembered; PostgreSQL looks at all of them. */
const streamsKept = 50_000;
/** One transaction of an import. */
const partEvents = 20_000;

/**
 * The events of an export, cut where appends end: an append is there as a whole or not at all, in a ledger that is being filled
 * as well. The first line that is none ends it; what came before is good.
 */
export class LogLines {
  /** Of the line that ended it, or of an append that the input breaks off in. */
  fault: string | undefined;
  ended = false;
  private readonly events: AsyncGenerator<RecordedEvent, void, undefined>;
  private line = 0;
  private before: RecordedEvent | undefined;
  private readonly revisions = new Map<string, bigint>();

  constructor(
    input: Readable,
    private readonly interrupted: AbortSignal,
    private readonly onBytes: (bytes: number) => void,
  ) {
    this.events = this.read(input);
  }

  /** Whole appends, one transaction full of them. */
  async *part(): AsyncGenerator<RecordedEvent, void, undefined> {
    let open: RecordedEvent[] = [];
    let count = 0;
    while (count < partEvents) {
      const next = await this.events.next();
      if (next.done === true) {
        this.ended = true;
        if (open.length > 0) this.fault ??= `The input ends inside an append: what is behind position ${open[0]!.position - 1n} is left out.`;
        return;
      }
      open.push(next.value);
      count += 1;
      if (!endsAppend(next.value)) continue;
      yield* open;
      open = [];
    }
    // The part is full in the midst of an append: the rest of it belongs to this part.
    while (open.length > 0) {
      const next = await this.events.next();
      if (next.done === true) {
        this.ended = true;
        this.fault ??= `The input ends inside an append: what is behind position ${open[0]!.position - 1n} is left out.`;
        return;
      }
      open.push(next.value);
      if (!endsAppend(next.value)) continue;
      yield* open;
      return;
    }
  }

  private async *read(input: Readable): AsyncGenerator<RecordedEvent, void, undefined> {
    let rest: Buffer[] = [];
    let length = 0;
    try {
      for await (const piece of input as AsyncIterable<Buffer>) {
        if (this.interrupted.aborted) return;
        this.onBytes(piece.length);
        let from = 0;
        for (let end = piece.indexOf(0x0a); end >= 0; end = piece.indexOf(0x0a, from)) {
          const event = this.event(Buffer.concat([...rest, piece.subarray(from, end)]));
          rest = [];
          length = 0;
          from = end + 1;
          if (event) yield event;
        }
        rest.push(piece.subarray(from));
        length += piece.length - from;
        if (length <= maximumLineBytes) continue;
        this.line += 1;
        throw new LogLineFault(`It has more than ${maximumLineBytes} bytes.`);
      }
      const last = this.event(Buffer.concat(rest));
      if (last) yield last;
    } catch (error) {
      if (!(error instanceof LogLineFault)) throw error;
      this.fault = `Line ${this.line} is no event of an export. ${error.message}`;
    }
  }

  /** Undefined for an empty line; CR at the end and a byte order mark at the begin are no part of it. */
  private event(bytes: Buffer): RecordedEvent | undefined {
    this.line += 1;
    if (!isUtf8(bytes)) throw new LogLineFault('It is not UTF-8.');
    const text = bytes.toString('utf8').replace(/\r$/, '');
    const line = this.line === 1 ? text.replace(/^\ufeff/, '') : text;
    if (line === '') return undefined;
    const event = readLogLine(line);
    const { before } = this;
    // PostgreSQL would refuse it as well, and with it all of the transaction that came before.
    if (before && event.position !== before.position + 1n) throw new LogLineFault(`Its position is ${event.position}, behind ${before.position}.`);
    if (before && event.recordedAt < before.recordedAt) throw new LogLineFault('Its time is before that of the line before it.');
    const last = this.revisions.get(event.stream);
    if (last !== undefined && event.revision !== last + 1n) throw new LogLineFault(`Its revision is ${event.revision}, behind ${last} of the same stream.`);
    if (this.revisions.size >= streamsKept) this.revisions.clear();
    this.revisions.set(event.stream, event.revision);
    this.before = event;
    return event;
  }
}
