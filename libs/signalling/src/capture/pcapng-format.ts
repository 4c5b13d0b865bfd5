import type { CapturedFrame } from './captured-frame';
import { type PcapngInterface, readInterfaceDescription } from './pcapng-interface';
import { type CaptureVisitor, MAXIMUM_FRAME_BYTES, MAXIMUM_RECORD_BYTES, type RecordFormat, type RecordSource, STOP } from './record-format';

/** Block types of draft-ietf-opsawg-pcapng §4 and §11. The section header reads the same in both byte orders. */
export const PCAPNG_SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const OBSOLETE_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** Type, length, and as much as the byte order of a section needs. */
const SMALLEST_BLOCK_BYTES = 12;
/** Block header, packet header and the trailing length: what is there of a packet block besides data and options. */
const PACKET_OVERHEAD_BYTES = 32;
const SIMPLE_PACKET_OVERHEAD_BYTES = 16;

export class PcapngFormat implements RecordFormat {
  private littleEndian = false;
  private interfaces: PcapngInterface[] = [];

  constructor(
    private readonly frame: CapturedFrame,
    private readonly visitor: CaptureVisitor,
  ) {}

  required(source: RecordSource, at: number, available: number): number {
    if (available < SMALLEST_BLOCK_BYTES) return SMALLEST_BLOCK_BYTES;
    const length = this.blockLength(source.view, at);
    const isRead = this.isRead(source.view.getUint32(at, this.littleEndian));
    return isRead && length <= MAXIMUM_RECORD_BYTES && length >= SMALLEST_BLOCK_BYTES ? length : SMALLEST_BLOCK_BYTES;
  }

  consume(source: RecordSource, at: number): number {
    const { view } = source;
    if (view.getUint32(at) === PCAPNG_SECTION_HEADER && !this.startSection(view, at)) {
      return this.lost(source, at, 'the section header has no byte-order magic');
    }
    const length = this.blockLength(view, at);
    const type = view.getUint32(at, this.littleEndian);
    if (length < SMALLEST_BLOCK_BYTES) return this.lost(source, at, `a block claims a length of ${length} bytes`);
    if (!this.isRead(type)) return length;
    if (length > MAXIMUM_RECORD_BYTES) {
      if (type !== INTERFACE_DESCRIPTION) this.frame.number += 1;
      this.broken(source, at, `a block of type ${type} claims ${length} bytes, more than ${MAXIMUM_RECORD_BYTES}`);
      return length;
    }
    if (type === INTERFACE_DESCRIPTION) this.interfaces.push(readInterfaceDescription(source, at, length, this.littleEndian));
    else if (type === SIMPLE_PACKET) this.simplePacket(source, at, length);
    else this.packet(source, at, length, type === OBSOLETE_PACKET);
    return length;
  }

  /** Both packet blocks have the same fields from the time stamp on; the obsolete one has a 16-bit interface id. */
  private packet(source: RecordSource, at: number, length: number, obsolete: boolean): void {
    const { view } = source;
    this.frame.number += 1;
    if (length < PACKET_OVERHEAD_BYTES) return this.broken(source, at, `a packet block has only ${length} bytes`);
    const id = obsolete ? view.getUint16(at + 8, this.littleEndian) : view.getUint32(at + 8, this.littleEndian);
    const from = this.interfaces[id];
    if (from === undefined) return this.broken(source, at, `the packet names interface ${id}, which is not described`);
    this.frame.clock = from.clock;
    this.frame.timeHigh = view.getUint32(at + 12, this.littleEndian);
    this.frame.timeLow = view.getUint32(at + 16, this.littleEndian);
    const captured = view.getUint32(at + 20, this.littleEndian);
    this.deliver(source, at, at + 28, captured, length - PACKET_OVERHEAD_BYTES, from.linkType, view.getUint32(at + 24, this.littleEndian));
  }

  /** Has no time of its own: it keeps that of the frame before. Its data is cut at the snap length of interface 0. */
  private simplePacket(source: RecordSource, at: number, length: number): void {
    this.frame.number += 1;
    const from = this.interfaces[0];
    if (from === undefined) return this.broken(source, at, 'a simple packet without a described interface');
    if (length < SIMPLE_PACKET_OVERHEAD_BYTES) return this.broken(source, at, `a packet block has only ${length} bytes`);
    const wireLength = source.view.getUint32(at + 8, this.littleEndian);
    const room = length - SIMPLE_PACKET_OVERHEAD_BYTES;
    const captured = Math.min(wireLength, from.snapLength === 0 ? wireLength : from.snapLength, room);
    this.deliver(source, at, at + 12, captured, room, from.linkType, wireLength);
  }

  private deliver(source: RecordSource, at: number, start: number, captured: number, room: number, linkType: number, wireLength: number): void {
    if (captured > room || captured > MAXIMUM_FRAME_BYTES) {
      return this.broken(source, at, `the packet claims ${captured} captured bytes, its block has room for ${room}`);
    }
    const frame = this.frame;
    frame.linkType = linkType;
    frame.bytes = source.bytes;
    frame.start = start;
    frame.end = start + captured;
    frame.wireLength = wireLength;
    this.visitor.frame(frame);
  }

  private isRead(type: number): boolean {
    return type === ENHANCED_PACKET || type === SIMPLE_PACKET || type === OBSOLETE_PACKET || type === INTERFACE_DESCRIPTION;
  }

  private startSection(view: DataView, at: number): boolean {
    const littleEndian = view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC;
    if (!littleEndian && view.getUint32(at + 8) !== BYTE_ORDER_MAGIC) return false;
    this.littleEndian = littleEndian;
    // Interface ids count anew in every section.
    this.interfaces = [];
    return true;
  }

  /** Blocks are padded to 32 bits, also by writers whose length does not say so. */
  private blockLength(view: DataView, at: number): number {
    const isSection = view.getUint32(at) === PCAPNG_SECTION_HEADER;
    const littleEndian = isSection ? view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC : this.littleEndian;
    return Math.ceil(view.getUint32(at + 4, littleEndian) / 4) * 4;
  }

  private broken(source: RecordSource, at: number, error: string): void {
    this.visitor.unreadable({ frame: this.frame.number, timeNs: null, error, offset: source.fileOffset + at });
  }

  private lost(source: RecordSource, at: number, error: string): number {
    this.frame.number += 1;
    this.broken(source, at, `${error}; the rest of the file cannot be found`);
    return STOP;
  }
}
