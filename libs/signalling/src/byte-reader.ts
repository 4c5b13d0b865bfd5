import { DecodeError } from './decode-error';

/**
 * Reads big-endian ("network order") fields from front to back. Every read is checked against the end, so a length that the
 * wire claims can only ever name bytes that exist: whatever is out of range is a DecodeError, never undefined and never an
 * allocation. `base` is where these bytes lie in the frame, so that errors tell offsets of the frame.
 */
export class ByteReader {
  private readonly view: DataView;
  private position = 0;

  constructor(
    private readonly source: Uint8Array,
    private readonly base = 0,
  ) {
    this.view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  }

  /** Offset of the next byte, counted as errors count it. */
  get offset(): number {
    return this.base + this.position;
  }

  get remaining(): number {
    return this.source.length - this.position;
  }

  u8(what = 'byte'): number {
    return this.view.getUint8(this.take(1, what));
  }

  u16(what = '16-bit field'): number {
    return this.view.getUint16(this.take(2, what));
  }

  u32(what = '32-bit field'): number {
    return this.view.getUint32(this.take(4, what));
  }

  u64(what = '64-bit field'): bigint {
    return this.view.getBigUint64(this.take(8, what));
  }

  f32(what = '32-bit float'): number {
    return this.view.getFloat32(this.take(4, what));
  }

  /** A view of the next `length` bytes, not a copy. */
  bytes(length: number, what = 'field'): Uint8Array {
    const start = this.take(length, what);
    return this.source.subarray(start, start + length);
  }

  /** A view of everything that is left. */
  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  skip(length: number, what = 'field'): void {
    this.take(length, what);
  }

  /** A reader of the next `length` bytes only; this reader goes on behind them. */
  nested(length: number, what = 'field'): ByteReader {
    const offset = this.offset;
    return new ByteReader(this.bytes(length, what), offset);
  }

  fail(message: string): never {
    throw new DecodeError(this.offset, message);
  }

  private take(length: number, what: string): number {
    const start = this.position;
    if (!(length >= 0 && length <= this.source.length - start)) {
      this.fail(`${what} needs ${length} bytes, ${this.remaining} are left`);
    }
    this.position = start + length;
    return start;
  }
}
