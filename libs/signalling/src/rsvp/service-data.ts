import type { ByteReader } from '../byte-reader';
import { ByteWriter } from '../byte-writer';

/** Service numbers of RFC 2211, 2212 and 2215. */
export const IntServService = { general: 1, guaranteed: 2, controlledLoad: 5 } as const;

/** Parameter numbers of RFC 2212, 2215 and 2216. */
export const IntServParameter = {
  hops: 4,
  bandwidth: 6,
  latency: 8,
  pathMtu: 10,
  tokenBucket: 127,
  guaranteedRspec: 130,
  Ctot: 133,
  Dtot: 134,
  Csum: 135,
  Dsum: 136,
} as const;

export interface ServiceBlock {
  readonly service: number;
  /** X in a Tspec or flowspec, the break bit in an ADSPEC. */
  readonly topBit: boolean;
  /** One reader per parameter, at its value; a repeated one keeps the first. */
  readonly parameters: ReadonlyMap<number, ByteReader>;
}

/**
 * The data format of RFC 2210 App. A–C: a word with a 4-bit version and the overall length, then services (number, flags,
 * length), each with parameters (number, flags, length). Lengths count 32-bit words without the header that holds them.
 */
export function readServiceBlocks(body: ByteReader): ServiceBlock[] {
  body.skip(2, 'IntServ version');
  const data = body.nested(body.u16('IntServ length') * 4, 'IntServ data');
  const blocks: ServiceBlock[] = [];
  while (data.remaining > 0) {
    const service = data.u8('service number');
    const topBit = (data.u8('service flags') & 0x80) !== 0;
    const content = data.nested(data.u16('service length') * 4, `service ${service}`);
    const parameters = new Map<number, ByteReader>();
    while (content.remaining > 0) {
      const parameter = content.u8('parameter number');
      content.skip(1, 'parameter flags');
      const value = content.nested(content.u16('parameter length') * 4, `parameter ${parameter}`);
      if (!parameters.has(parameter)) parameters.set(parameter, value);
    }
    blocks.push({ service, topBit, parameters });
  }
  return blocks;
}

export interface ServiceToWrite {
  readonly service: number;
  readonly topBit?: boolean;
  /** Parameter number and its value, a multiple of 4 bytes. */
  readonly parameters: readonly (readonly [number, Uint8Array])[];
}

export function writeServiceBlocks(services: readonly ServiceToWrite[]): Uint8Array {
  const data = new ByteWriter(96);
  for (const { service, topBit = false, parameters } of services) {
    const words = parameters.reduce((sum, [, value]) => sum + 1 + value.length / 4, 0);
    data.u8(service).u8(topBit ? 0x80 : 0).u16(words);
    for (const [parameter, value] of parameters) {
      data.u8(parameter).u8(0).u16(value.length / 4).bytes(value);
    }
  }
  return new ByteWriter(data.length + 4).u16(0).u16(data.length / 4).bytes(data.finish()).finish();
}
