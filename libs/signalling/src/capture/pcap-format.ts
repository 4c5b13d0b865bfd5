import { type CaptureClock, pcapClock } from './capture-clock';
import type { CapturedFrame } from './captured-frame';
import { type CaptureVisitor, type FormatChange, MAXIMUM_FRAME_BYTES, type RecordFormat, type RecordSource, STOP } from './record-format';

export const PCAP_MICROSECONDS = 0xa1b2c3d4;
export const PCAP_NANOSECONDS = 0xa1b23c4d;
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;

/** The classic format of libpcap: a file header, then records of 16 bytes of header and the frame. */
export class PcapFormat implements RecordFormat {
  constructor(
    private readonly littleEndian: boolean,
    private readonly clock: CaptureClock,
    private readonly linkType: number,
    private readonly frame: CapturedFrame,
    private readonly visitor: CaptureVisitor,
  ) {}

  required(source: RecordSource, at: number, available: number): number {
    if (available < RECORD_HEADER_BYTES) return RECORD_HEADER_BYTES;
    const captured = source.view.getUint32(at + 8, this.littleEndian);
    return captured > MAXIMUM_FRAME_BYTES ? RECORD_HEADER_BYTES : RECORD_HEADER_BYTES + captured;
  }

  consume(source: RecordSource, at: number): number {
    const { view } = source;
    const frame = this.frame;
    const captured = view.getUint32(at + 8, this.littleEndian);
    frame.number += 1;
    frame.linkType = this.linkType;
    frame.clock = this.clock;
    frame.timeHigh = view.getUint32(at, this.littleEndian);
    frame.timeLow = view.getUint32(at + 4, this.littleEndian);
    if (captured > MAXIMUM_FRAME_BYTES) {
      // The only way to the next record is this length: what follows is lost, and said to be.
      this.visitor.unreadable({
        frame: frame.number,
        timeNs: frame.timeNs,
        error: `the record claims ${captured} captured bytes, more than ${MAXIMUM_FRAME_BYTES}; the rest of the file cannot be found`,
        offset: source.fileOffset + at,
      });
      return STOP;
    }
    frame.bytes = source.bytes;
    frame.start = at + RECORD_HEADER_BYTES;
    frame.end = frame.start + captured;
    frame.wireLength = view.getUint32(at + 12, this.littleEndian);
    this.visitor.frame(frame);
    return RECORD_HEADER_BYTES + captured;
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
