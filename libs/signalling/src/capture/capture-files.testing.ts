/** Capture files made by hand from the formats' own text, so that the reader is not tested against its own writer only. */
export interface PcapRecord {
  readonly seconds: number;
  readonly fraction: number;
  readonly bytes: Uint8Array;
  readonly wireLength?: number;
  /** What the header claims, where that is a lie. */
  readonly capturedLength?: number;
}

export function pcap(
  records: readonly PcapRecord[],
  { magic = 0xa1b2c3d4, littleEndian = true, linkType = 1 }: { magic?: number; littleEndian?: boolean; linkType?: number },
): Uint8Array {
  const words = (...values: number[]): Uint8Array => fields(values.map((value) => [value, 4]), littleEndian);
  return concat([
    fields([[magic, 4], [2, 2], [4, 2], [0, 4], [0, 4], [65535, 4], [linkType, 4]], littleEndian),
    ...records.flatMap(({ seconds, fraction, bytes, wireLength, capturedLength }) => [
      words(seconds, fraction, capturedLength ?? bytes.length, wireLength ?? bytes.length),
      bytes,
    ]),
  ]);
}

export type Block =
  | { readonly block: 'section' }
  | { readonly block: 'interface'; readonly linkType: number; readonly snapLength?: number; readonly resolution?: number; readonly offsetSeconds?: bigint }
  | { readonly block: 'enhanced' | 'obsolete'; readonly interfaceId: number; readonly time: bigint; readonly bytes: Uint8Array;
      readonly wireLength?: number; readonly capturedLength?: number }
  | { readonly block: 'simple'; readonly bytes: Uint8Array }
  | { readonly block: 'unknown'; readonly type: number; readonly bytes: Uint8Array };

export function pcapng(blocks: readonly Block[], littleEndian: boolean): Uint8Array {
  return concat(
    blocks.map((block) => {
      const [type, body] = blockBody(block, littleEndian);
      const length = 12 + body.length;
      return concat([fields([[type, 4], [length, 4]], littleEndian), body, fields([[length, 4]], littleEndian)]);
    }),
  );
}

function blockBody(block: Block, littleEndian: boolean): [number, Uint8Array] {
  const pack = (...list: [number, number][]): Uint8Array => fields(list, littleEndian);
  switch (block.block) {
    case 'section':
      return [0x0a0d0d0a, pack([0x1a2b3c4d, 4], [1, 2], [0, 2], [0xffff_ffff, 4], [0xffff_ffff, 4])];
    case 'interface': {
      const options: Uint8Array[] = [];
      if (block.resolution !== undefined) options.push(pack([9, 2], [1, 2]), Uint8Array.of(block.resolution, 0, 0, 0));
      if (block.offsetSeconds !== undefined) {
        const value = new Uint8Array(8);
        new DataView(value.buffer).setBigInt64(0, block.offsetSeconds, littleEndian);
        options.push(pack([14, 2], [8, 2]), value);
      }
      return [1, concat([pack([block.linkType, 2], [0, 2], [block.snapLength ?? 0, 4]), ...options, pack([0, 2], [0, 2])])];
    }
    case 'simple':
      return [3, concat([pack([block.bytes.length, 4]), padded(block.bytes)])];
    case 'unknown':
      return [block.type, padded(block.bytes)];
    default: {
      const id: [number, number][] = block.block === 'obsolete' ? [[block.interfaceId, 2], [7, 2]] : [[block.interfaceId, 4]];
      const times: [number, number][] = [[Number(block.time >> 32n), 4], [Number(block.time & 0xffff_ffffn), 4]];
      const lengths: [number, number][] = [[block.capturedLength ?? block.bytes.length, 4], [block.wireLength ?? block.bytes.length, 4]];
      return [block.block === 'obsolete' ? 2 : 6, concat([pack(...id, ...times, ...lengths), padded(block.bytes)])];
    }
  }
}

/** Fields of `[value, size in bytes]`. */
function fields(list: readonly (readonly [number, number])[], littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(list.reduce((sum, [, size]) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [value, size] of list) {
    if (size === 2) view.setUint16(at, value, littleEndian);
    else view.setUint32(at, value, littleEndian);
    at += size;
  }
  return bytes;
}

function padded(bytes: Uint8Array): Uint8Array {
  return concat([bytes, new Uint8Array((4 - (bytes.length % 4)) % 4)]);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
