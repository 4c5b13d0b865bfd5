import type { UnreadableFrame } from '../messages';
import type { CapturedFrame } from './captured-frame';

/** Who looks at what a capture holds. */
export interface CaptureVisitor {
  /** `frame` is valid during the call only. */
  frame(frame: CapturedFrame): void;
  /** A record, or the file itself, that cannot be read. */
  unreadable(broken: UnreadableFrame): void;
}

/** Where a record lies: in a chunk of the caller or in the reader's own buffer. */
export interface RecordSource {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Offset in the file of the first byte of `bytes`. */
  readonly fileOffset: number;
}

/** How one kind of capture file is cut into records. */
export interface RecordFormat {
  /**
   * How many bytes from `at` must be there before `consume` can be called. May rise once more of the record is there
   * (a length field became readable), but never above MAXIMUM_RECORD_BYTES: no claimed length decides what is allocated.
   */
  required(source: RecordSource, at: number, available: number): number;
  /**
   * Reads the record at `at`; `required` bytes of it are there. Answers the length of the whole record: what of it is not in
   * the buffer is skipped unread. STOP where nothing that follows can be found.
   */
  consume(source: RecordSource, at: number): number | FormatChange;
  /** Whether the next record has been lost and is looked for: the end of the file is then no cut record. */
  readonly isSearching?: boolean;
}

/** What a file header answers: its length, and how the bytes behind it are read. */
export interface FormatChange {
  readonly length: number;
  readonly format: RecordFormat;
}

export const STOP = -1;

/** The longest frame that is believed, the limit of libpcap and Wireshark. */
export const MAXIMUM_FRAME_BYTES = 262_144;

/** With the headers, options and padding of a pcapng block. */
export const MAXIMUM_RECORD_BYTES = MAXIMUM_FRAME_BYTES + 65_536;
