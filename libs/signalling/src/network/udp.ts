import { ByteReader } from '../byte-reader';
import { ByteWriter } from '../byte-writer';
import { internetChecksum, isInternetChecksumCorrect, onesComplementSum } from '../internet-checksum';
import { parseIpAddress } from '../ip-address';
import { IpProtocol } from './ip-protocol';

export interface UdpDatagram {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payloadStart: number;
  readonly payloadEnd: number;
  readonly checksum: 'correct' | 'wrong' | 'absent';
}

/** The sum over the pseudo-header of RFC 768 (IPv4) or RFC 8200 §8.1 (IPv6). */
export function pseudoHeaderSum(source: Uint8Array, destination: Uint8Array, protocol: number, length: number): number {
  return onesComplementSum(destination, onesComplementSum(source, protocol + (length >>> 16) + (length & 0xffff)));
}

/** Reads the datagram between `start` and `end`; its length may not exceed what is there, bytes behind it are ignored. */
export function readUdp(bytes: Uint8Array, start: number, end: number, source: Uint8Array, destination: Uint8Array): UdpDatagram {
  const reader = new ByteReader(bytes.subarray(start, end), start);
  const sourcePort = reader.u16('UDP source port');
  const destinationPort = reader.u16('UDP destination port');
  const length = reader.u16('UDP length');
  const checksum = reader.u16('UDP checksum');
  if (length < 8) reader.fail(`the UDP length is ${length}`);
  if (length > end - start) reader.fail(`the UDP length is ${length}, the packet has ${end - start} bytes`);
  const sum = pseudoHeaderSum(source, destination, IpProtocol.UDP, length);
  const isCorrect = isInternetChecksumCorrect(bytes.subarray(start, start + length), sum);
  return {
    sourcePort,
    destinationPort,
    payloadStart: start + 8,
    payloadEnd: start + length,
    checksum: checksum === 0 ? 'absent' : isCorrect ? 'correct' : 'wrong',
  };
}

export interface UdpHeader {
  /** Addresses of the IP header around it, which the checksum covers. */
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

export function buildUdp(header: UdpHeader, payload: Uint8Array): Uint8Array {
  const writer = new ByteWriter(8 + payload.length).u16(header.sourcePort).u16(header.destinationPort).u16(8 + payload.length).u16(0);
  writer.bytes(payload);
  const sum = pseudoHeaderSum(parseIpAddress(header.source), parseIpAddress(header.destination), IpProtocol.UDP, writer.length);
  // RFC 768: a computed zero is sent as all ones, because zero says "no checksum".
  return writer.setU16(6, internetChecksum(writer.finish(), sum) || 0xffff).finish();
}
