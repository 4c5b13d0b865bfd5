import { ByteWriter } from '../byte-writer';
import { PCAP_MICROSECONDS, PCAP_NANOSECONDS } from './pcap-format';

/** Makes a pcap file piece by piece: the header first, then a record a frame; the caller puts the pieces one behind another. */
export class PcapWriter {
  constructor(
    private readonly linkType: number,
    /** 6: times in microseconds, 9: in nanoseconds. */
    private readonly digits: 6 | 9 = 9,
    private readonly snapLength = 262_144,
  ) {}

  header(): Uint8Array {
    const writer = new ByteWriter(24).u32(this.digits === 9 ? PCAP_NANOSECONDS : PCAP_MICROSECONDS);
    // Version 2.4; time zone and accuracy are zero in every capture.
    return writer.u16(2).u16(4).u32(0).u32(0).u32(this.snapLength).u32(this.linkType).finish();
  }

  record(timeNs: bigint, frame: Uint8Array): Uint8Array {
    const captured = Math.min(frame.length, this.snapLength);
    const fraction = Number(timeNs % 1_000_000_000n);
    return new ByteWriter(16 + captured)
      .u32(Number(timeNs / 1_000_000_000n))
      .u32(this.digits === 9 ? fraction : Math.floor(fraction / 1000))
      .u32(captured)
      .u32(frame.length)
      .bytes(frame.subarray(0, captured))
      .finish();
  }
}
