import { type CaptureClock, pcapClock } from './capture-clock';
import type { CapturedFrame } from './captured-frame';
import { type CaptureVisitor, type FormatChange, MAXIMUM_FRAME_BYTES, type RecordFormat, type RecordSource } from './record-format';

export const PCAP_MICROSECONDS = 0xa1b2c3d4;
export const PCAP_NANOSECONDS = 0xa1b23c4d;
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
/** How far the time of a record that is looked for may be from that of the one that was lost. */
const SEARCHED_SECONDS = 3600;

/** The classic format of libpcap: a file header, then records of 16 bytes of header and the frame. */
export class PcapFormat implements RecordFormat {
  /** Seconds of the record behind which the next one is looked for; null while records follow each other. */
  private lostAtSeconds: number | null = null;

  constructor(
    private readonly littleEndian: boolean,
    private readonly clock: CaptureClock,
    private readonly linkType: number,
    private readonly frame: CapturedFrame,
    private readonly visitor: CaptureVisitor,
  ) {}

  get isSearching(): boolean {
    return this.lostAtSeconds !== null;
  }

  required(source: RecordSource, at: number, available: number): number {
    if (available < RECORD_HEADER_BYTES || !this.isRecord(source, at)) return RECORD_HEADER_BYTES;
    return RECORD_HEADER_BYTES + source.view.getUint32(at + 8, this.littleEndian);
  }

  consume(source: RecordSource, at: number): number {
    const { view } = source;
    const frame = this.frame;
    const isRecord = this.isRecord(source, at);
    if (this.lostAtSeconds !== null && !isRecord) return 1;
    this.lostAtSeconds = null;
    const captured = view.getUint32(at + 8, this.littleEndian);
    frame.number += 1;
    frame.linkType = this.linkType;
    frame.clock = this.clock;
    frame.timeHigh = view.getUint32(at, this.littleEndian);
    frame.timeLow = view.getUint32(at + 4, this.littleEndian);
    if (!isRecord) return this.lose(source, at, captured);
    frame.bytes = source.bytes;
    frame.start = at + RECORD_HEADER_BYTES;
    frame.end = frame.start + captured;
    frame.wireLength = view.getUint32(at + 12, this.littleEndian);
    this.visitor.frame(frame);
    return RECORD_HEADER_BYTES + captured;
  }

  /** The way to the next record is a length that cannot be: the frame is told, and the next record looked for. */
  private lose(source: RecordSource, at: number, captured: number): number {
    this.lostAtSeconds = this.frame.timeHigh;
    this.visitor.unreadable({
      frame: this.frame.number,
      timeNs: this.frame.timeNs,
      error: `the record claims ${captured} captured bytes, more than ${MAXIMUM_FRAME_BYTES}; the next record is looked for`,
      offset: source.fileOffset + at,
    });
    return RECORD_HEADER_BYTES;
  }

  /** In a row of records a length that can be is enough; a record that is looked for must look like one in every field. */
  private isRecord({ view }: RecordSource, at: number): boolean {
    const captured = view.getUint32(at + 8, this.littleEndian);
    if (captured > MAXIMUM_FRAME_BYTES) return false;
    if (this.lostAtSeconds === null) return true;
    const wireLength = view.getUint32(at + 12, this.littleEndian);
    if (captured === 0 || captured > wireLength || wireLength > MAXIMUM_FRAME_BYTES) return false;
    const isNear = Math.abs(view.getUint32(at, this.littleEndian) - this.lostAtSeconds) <= SEARCHED_SECONDS;
    return isNear && view.getUint32(at + 4, this.littleEndian) < 10 ** this.clock.digits;
  }
}

/** The file header: says byte order, clock and link type. Null where the magic is not one of pcap. */
export class PcapHeaderFormat implements RecordFormat {
  private constructor(
    private readonly littleEndian: boolean,
    private readonly clock: CaptureClock,
    private readonly frame: CapturedFrame,
    private readonly visitor: CaptureVisitor,
  ) {}

  static forMagic(bigEndianMagic: number, swappedMagic: number, frame: CapturedFrame, visitor: CaptureVisitor): PcapHeaderFormat | null {
    for (const [magic, digits] of [[PCAP_MICROSECONDS, 6], [PCAP_NANOSECONDS, 9]] as const) {
      if (bigEndianMagic === magic) return new PcapHeaderFormat(false, pcapClock(digits), frame, visitor);
      if (swappedMagic === magic) return new PcapHeaderFormat(true, pcapClock(digits), frame, visitor);
    }
    return null;
  }

  required(): number {
    return FILE_HEADER_BYTES;
  }

  consume(source: RecordSource, at: number): FormatChange {
    // The upper bits say whether frames end in a check sequence; only the lower 16 are the link type.
    const linkType = source.view.getUint32(at + 20, this.littleEndian) & 0xffff;
    const format = new PcapFormat(this.littleEndian, this.clock, linkType, this.frame, this.visitor);
    return { length: FILE_HEADER_BYTES, format };
  }
}
