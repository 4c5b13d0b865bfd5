import type { CapturedFrame } from './capture/captured-frame';
import { CaptureReader } from './capture/capture-reader';
import { decodeFrame } from './decode-frame';
import { type DecodeResult, isUnreadable } from './messages';
import { isReadLinkType } from './network/link-type';
import { mayCarrySignalling } from './network/may-carry-signalling';

/** What was seen in a capture so far. */
export interface CaptureCounts {
  readonly frames: number;
  readonly bytes: number;
  /** Null before the first frame. */
  readonly lastTimeNs: bigint | null;
  /** Messages by kind. */
  readonly messages: Readonly<Record<string, number>>;
  readonly violations: number;
  readonly unreadable: number;
}

/** Decodes a capture that arrives in chunks. Results are in the order of the frames and hold no part of a chunk. */
export class CaptureDecoder {
  private readonly reader: CaptureReader;
  private results: DecodeResult[] = [];
  private readonly messages: Record<string, number> = {};
  private readonly unreadLinkTypes = new Set<number>();
  private violations = 0;
  private unreadable = 0;

  constructor() {
    this.reader = new CaptureReader({ frame: (frame) => this.visit(frame), unreadable: (broken) => this.add(broken) });
  }

  get counts(): CaptureCounts {
    const { frames, bytes, lastTimeNs } = this.reader;
    return { frames, bytes, lastTimeNs, messages: { ...this.messages }, violations: this.violations, unreadable: this.unreadable };
  }

  push(chunk: Uint8Array): DecodeResult[] {
    this.reader.push(chunk);
    return this.take();
  }

  /** To be called once, behind the last chunk. */
  end(): DecodeResult[] {
    const cut = this.reader.end();
    if (cut !== null) this.add(cut);
    return this.take();
  }

  private visit(frame: CapturedFrame): void {
    if (!mayCarrySignalling(frame.linkType, frame.bytes, frame.start, frame.end)) {
      if (!isReadLinkType(frame.linkType)) this.tellOnce(frame);
      return;
    }
    const { linkType, number, timeNs, clock } = frame;
    const result = decodeFrame({ linkType, bytes: frame.copyBytes(), number, timeNs, timeDigits: clock.digits });
    if (result !== null) this.add(result);
  }

  /** A link type that is not read would make a capture look empty; its first frame says so. */
  private tellOnce({ linkType, number, timeNs }: CapturedFrame): void {
    if (this.unreadLinkTypes.has(linkType)) return;
    this.unreadLinkTypes.add(linkType);
    this.add({ frame: number, timeNs, error: `frames of link type ${linkType} are not read`, offset: 0 });
  }

  private add(result: DecodeResult): void {
    this.results.push(result);
    if (isUnreadable(result)) {
      this.unreadable += 1;
      return;
    }
    this.violations += result.violations.length;
    this.messages[result.message.kind] = (this.messages[result.message.kind] ?? 0) + 1;
  }

  private take(): DecodeResult[] {
    const taken = this.results;
    this.results = [];
    return taken;
  }
}

/** Decodes a stream of chunks; yields the results of a chunk at once, and nothing for a chunk without any. */
export async function* decodeCapture(
  chunks: AsyncIterable<Uint8Array>,
  decoder = new CaptureDecoder(),
): AsyncGenerator<readonly DecodeResult[], void, undefined> {
  for await (const chunk of chunks) {
    const results = decoder.push(chunk);
    if (results.length > 0) yield results;
  }
  const last = decoder.end();
  if (last.length > 0) yield last;
}
