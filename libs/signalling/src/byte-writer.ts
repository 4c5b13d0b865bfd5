/**
 * Writes big-endian fields into a buffer that grows. A value that does not fit its field is a bug of the caller and throws a
 * RangeError: silently truncated numbers would make a message that reads as something else.
 */
export class ByteWriter {
  private buffer: Uint8Array;
  private view: DataView;
  private used = 0;

  constructor(capacity = 128) {
    this.buffer = new Uint8Array(capacity);
    this.view = new DataView(this.buffer.buffer);
  }

  get length(): number {
    return this.used;
  }

  u8(value: number): this {
    checkRange(value, 0xff);
    const at = this.grow(1);
    this.view.setUint8(at, value);
    return this;
  }

  u16(value: number): this {
    checkRange(value, 0xffff);
    const at = this.grow(2);
    this.view.setUint16(at, value);
    return this;
  }

  u32(value: number): this {
    checkRange(value, 0xffff_ffff);
    const at = this.grow(4);
    this.view.setUint32(at, value);
    return this;
  }

  u64(value: bigint): this {
    if (value < 0n || value > 0xffff_ffff_ffff_ffffn) throw new RangeError(`${value} does not fit 64 bits`);
    const at = this.grow(8);
    this.view.setBigUint64(at, value);
    return this;
  }

  f32(value: number): this {
    const at = this.grow(4);
    this.view.setFloat32(at, value);
    return this;
  }

  bytes(value: Uint8Array): this {
    const start = this.grow(value.length);
    this.buffer.set(value, start);
    return this;
  }

  zeros(length: number): this {
    this.grow(length);
    return this;
  }

  /** Overwrites a field that was written before: a length or a checksum that is known only at the end. */
  setU16(offset: number, value: number): this {
    checkRange(value, 0xffff);
    if (offset < 0 || offset + 2 > this.used) throw new RangeError(`offset ${offset} is not written yet`);
    this.view.setUint16(offset, value);
    return this;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.buffer.slice(0, this.used);
  }

  /** Before `view` is named: it may be another one afterwards. */
  private grow(length: number): number {
    const start = this.used;
    const end = start + length;
    if (end > this.buffer.length) {
      const larger = new Uint8Array(Math.max(end, this.buffer.length * 2));
      larger.set(this.buffer.subarray(0, start));
      this.buffer = larger;
      this.view = new DataView(larger.buffer);
    }
    this.used = end;
    return start;
  }
}

function checkRange(value: number, maximum: number): void {
  if (!Number.isInteger(value) || value < 0 || value > maximum) throw new RangeError(`${value} does not fit 0…${maximum}`);
}
