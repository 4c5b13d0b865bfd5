import type { UnreadableFrame } from '../messages';
import { CapturedFrame } from './captured-frame';
import { PcapHeaderFormat } from './pcap-format';
import { PCAPNG_SECTION_HEADER, PcapngFormat } from './pcapng-format';
import { type CaptureVisitor, type FormatChange, type RecordFormat, type RecordSource, STOP } from './record-format';

/**
 * Reads pcap and pcapng from chunks of any size, in constant memory: a record that lies within one chunk is visited in place,
 * one that spans chunks is gathered in a buffer of its own, and what nobody reads is skipped without being gathered.
 */
export class CaptureReader {
  private readonly frame = new CapturedFrame();
  private format: RecordFormat;
  private stopped = false;
  /** Bytes of the file before the next chunk. */
  private fileOffset = 0;
  private toSkip = 0;
  private gathered = new Uint8Array(4096);
  private gatheredView = new DataView(this.gathered.buffer);
  private gatheredLength = 0;
  /** Offset in the file of the record that is being gathered. */
  private gatheredOffset = 0;

  constructor(visitor: CaptureVisitor) {
    this.format = new DetectedFormat(this.frame, visitor);
  }

  /** Number of frames so far. */
  get frames(): number {
    return this.frame.number;
  }

  get bytes(): number {
    return this.fileOffset;
  }

  /** Time of the last frame, null before the first. */
  get lastTimeNs(): bigint | null {
    return this.frame.number === 0 ? null : this.frame.timeNs;
  }

  push(chunk: Uint8Array): void {
    const at = this.gatheredLength > 0 ? this.gather(chunk, 0) : 0;
    if (this.gatheredLength === 0 && !this.stopped) this.readInPlace(chunk, at);
    this.fileOffset += chunk.length;
  }

  /** To be called once, behind the last chunk: what is missing of the last record, null where nothing is. */
  end(): UnreadableFrame | null {
    if (this.stopped) return null;
    const cut = (error: string, offset: number): UnreadableFrame => ({ frame: this.frame.number + 1, timeNs: null, error, offset });
    if (this.format instanceof DetectedFormat) return cut('the file ends before its header does', this.fileOffset);
    if (this.format.isSearching === true) return null;
    if (this.gatheredLength > 0) {
      const source = this.gatheredSource();
      const needed = this.format.required(source, 0, this.gatheredLength);
      return cut(`the capture ends inside a record: ${this.gatheredLength} of ${needed} bytes`, source.fileOffset);
    }
    if (this.toSkip > 0) return cut(`the capture ends inside a record: ${this.toSkip} bytes are missing`, this.fileOffset);
    return null;
  }

  private readInPlace(chunk: Uint8Array, from: number): void {
    let at = from;
    const source = { bytes: chunk, view: new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength), fileOffset: this.fileOffset };
    for (;;) {
      if (this.toSkip > 0) {
        const skipped = Math.min(this.toSkip, chunk.length - at);
        this.toSkip -= skipped;
        at += skipped;
      }
      const available = chunk.length - at;
      if (available === 0) return;
      if (this.format.required(source, at, available) > available) break;
      const length = this.consume(source, at);
      if (this.stopped) return;
      const inChunk = Math.min(length, available);
      at += inChunk;
      this.toSkip = length - inChunk;
    }
    this.gatheredOffset = this.fileOffset + at;
    this.append(chunk.subarray(at));
  }

  /** Completes the record that an earlier chunk began, from as few bytes of this one as it needs. */
  private gather(chunk: Uint8Array, from: number): number {
    let at = from;
    for (;;) {
      const source = this.gatheredSource();
      const missing = this.format.required(source, 0, this.gatheredLength) - this.gatheredLength;
      if (missing > 0) {
        const taken = Math.min(missing, chunk.length - at);
        if (taken === 0) return at;
        this.append(chunk.subarray(at, at + taken));
        at += taken;
        continue;
      }
      const length = this.consume(source, 0);
      if (this.stopped) return at;
      // Whoever only told the format has consumed nothing: the same bytes are that format's.
      if (length === 0) continue;
      if (length < this.gatheredLength) {
        this.dropGathered(length);
        // All that is left came from this chunk: it is read there.
        if (this.gatheredOffset >= this.fileOffset) {
          this.gatheredLength = 0;
          return this.gatheredOffset - this.fileOffset;
        }
        continue;
      }
      this.toSkip = length - this.gatheredLength;
      this.gatheredLength = 0;
      return at;
    }
  }

  private consume(source: RecordSource, at: number): number {
    const read = this.format.consume(source, at);
    if (typeof read !== 'number') {
      this.format = read.format;
      return read.length;
    }
    if (read === STOP) {
      this.stopped = true;
      this.gatheredLength = 0;
    }
    return read;
  }

  private append(bytes: Uint8Array): void {
    const length = this.gatheredLength + bytes.length;
    if (length > this.gathered.length) {
      const larger = new Uint8Array(Math.max(length, this.gathered.length * 2));
      larger.set(this.gathered.subarray(0, this.gatheredLength));
      this.gathered = larger;
      this.gatheredView = new DataView(larger.buffer);
    }
    this.gathered.set(bytes, this.gatheredLength);
    this.gatheredLength = length;
  }

  private dropGathered(length: number): void {
    this.gathered.copyWithin(0, length, this.gatheredLength);
    this.gatheredLength -= length;
    this.gatheredOffset += length;
  }

  private gatheredSource(): RecordSource {
    return { bytes: this.gathered, view: this.gatheredView, fileOffset: this.gatheredOffset };
  }
}

/** Looks at the first four bytes of a file. */
class DetectedFormat implements RecordFormat {
  constructor(
    private readonly frame: CapturedFrame,
    private readonly visitor: CaptureVisitor,
  ) {}

  required(): number {
    return 4;
  }

  consume(source: RecordSource, at: number): number | FormatChange {
    const magic = source.view.getUint32(at);
    if (magic === PCAPNG_SECTION_HEADER) {
      return { length: 0, format: new PcapngFormat(this.frame, this.visitor) };
    }
    const pcap = PcapHeaderFormat.forMagic(magic, source.view.getUint32(at, true), this.frame, this.visitor);
    if (pcap !== null) return { length: 0, format: pcap };
    this.visitor.unreadable({ frame: 1, timeNs: null, error: 'this is neither pcap nor pcapng', offset: 0 });
    return STOP;
  }
}
