import { type CaptureClock, pcapClock } from './capture-clock';

/**
 * The frame that a capture reader has just read. One object serves all frames of a capture, because most frames of a large
 * capture are data that nobody looks at twice: whoever keeps a frame beyond the visit keeps a copy (`copyBytes`).
 */
export class CapturedFrame {
  /** 1-based, over all interfaces and sections of the file. */
  number = 0;
  linkType = 0;
  /** The buffer that holds the frame from `start` to `end`. */
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** Length on the wire: more than was captured where the capture was cut at a snap length. */
  wireLength = 0;
  clock: CaptureClock = pcapClock(6);
  timeHigh = 0;
  timeLow = 0;

  get timeNs(): bigint {
    return this.clock.toNanoseconds(this.timeHigh, this.timeLow);
  }

  copyBytes(): Uint8Array {
    // Not `slice`: that of a Node Buffer is a view.
    return new Uint8Array(this.bytes.subarray(this.start, this.end));
  }
}
