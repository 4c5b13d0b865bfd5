import * as fc from 'fast-check';
import type { UnreadableFrame } from '../messages';
import { CaptureReader } from './capture-reader';
import { type Block, pcap, pcapng } from './capture-files.testing';
import { PcapWriter } from './pcap-writer';

interface Seen {
  readonly frames: { number: number; timeNs: bigint; digits: number; linkType: number; wireLength: number; bytes: string }[];
  readonly broken: UnreadableFrame[];
  readonly end: UnreadableFrame | null;
}

function read(file: Uint8Array, chunkBytes = file.length || 1): Seen {
  const seen: Omit<Seen, 'end'> = { frames: [], broken: [] };
  const reader = new CaptureReader({
    frame: (frame) =>
      seen.frames.push({
        number: frame.number, timeNs: frame.timeNs, digits: frame.clock.digits, linkType: frame.linkType,
        wireLength: frame.wireLength, bytes: Buffer.from(frame.copyBytes()).toString('hex'),
      }),
    unreadable: (broken) => seen.broken.push(broken),
  });
  for (let at = 0; at < file.length; at += chunkBytes) reader.push(file.subarray(at, at + chunkBytes));
  return { ...seen, end: reader.end() };
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const record = { seconds: 1_700_000_000, fraction: 123_456, bytes: bytes(1, 2, 3) };

describe('pcap', () => {
  it.each([
    ['µs, little-endian', 0xa1b2c3d4, true, 1_700_000_000_123_456_000n, 6],
    ['µs, big-endian', 0xa1b2c3d4, false, 1_700_000_000_123_456_000n, 6],
    ['ns, little-endian', 0xa1b23c4d, true, 1_700_000_000_000_123_456n, 9],
    ['ns, big-endian', 0xa1b23c4d, false, 1_700_000_000_000_123_456n, 9],
  ])('%s', (_, magic, littleEndian, timeNs, digits) => {
    const file = pcap([record, { ...record, wireLength: 1500 }], { magic, littleEndian });
    expect(read(file)).toEqual({
      frames: [
        { number: 1, timeNs, digits, linkType: 1, wireLength: 3, bytes: '010203' },
        { number: 2, timeNs, digits, linkType: 1, wireLength: 1500, bytes: '010203' },
      ],
      broken: [],
      end: null,
    });
  });

  it('takes the link type without the bits that tell of a frame check sequence', () => {
    expect(read(pcap([record], { linkType: 0x4000_0001 })).frames[0]?.linkType).toBe(1);
  });

  it.each([3, 300, 9000])('F32 a captured length of 4 GB is told with its frame and offset, and the rest is read (%d bytes lost)', (size) => {
    const lie = { ...record, bytes: new Uint8Array(size).fill(0xee), capturedLength: 0xffff_ffff };
    const file = pcap([record, lie, { ...record, seconds: record.seconds + 1 }, lie, lie, record, record], {});
    for (const chunkBytes of [1, 5, 40, 4096, file.length]) {
      const { frames, broken, end } = read(file, chunkBytes);
      expect(frames.map(({ number }) => number)).toEqual([1, 3, 5, 6]);
      expect(broken.map(({ frame, offset }) => [frame, offset])).toEqual([[2, 43], [4, 43 + 16 + size + 19]]);
      expect(broken[0]?.error).toMatch(/claims 4294967295 captured bytes/);
      expect(end).toBeNull();
    }
  });

  it('F32 a file that is lost and never found again ends without another error', () => {
    const file = pcap([record, { ...record, bytes: new Uint8Array(50_000).fill(0x41), capturedLength: 0x7fff_ffff }], {});
    for (const chunkBytes of [1000, file.length]) expect(read(file, chunkBytes)).toMatchObject({ broken: [{ frame: 2 }], end: null });
  });

  it('F32 a file that ends anywhere: whole frames, and where it is cut', () => {
    const file = pcap([record, record], {});
    for (let length = 0; length < file.length; length += 1) {
      const { frames, broken, end } = read(file.subarray(0, length));
      const whole = length < 24 ? 0 : Math.floor((length - 24) / 19);
      expect(frames).toHaveLength(whole);
      expect(broken).toEqual([]);
      const atBoundary = length >= 24 && (length - 24) % 19 === 0;
      if (atBoundary) expect(end).toBeNull();
      else expect(end).toMatchObject({ frame: whole + 1, error: expect.stringMatching(/ends/) });
    }
  });

  it('F32 what is no capture is said to be none', () => {
    expect(read(Buffer.from('GET / HTTP/1.1'))).toEqual({ frames: [], broken: [{ frame: 1, timeNs: null, error: 'this is neither pcap nor pcapng', offset: 0 }], end: null });
    expect(read(new Uint8Array(0)).end).toMatchObject({ error: expect.stringMatching(/ends before its header/) });
  });

  it('F32 memory does not follow a claimed length', () => {
    const claims = pcap([{ ...record, capturedLength: 262_144 }], {});
    const before = process.memoryUsage().arrayBuffers;
    for (let round = 0; round < 200; round += 1) read(claims);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16_000_000);
  });

  it('writes what it reads', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ timeNs: fc.bigInt({ min: 0n, max: 4_294_967_295_999_999_999n }), frame: fc.uint8Array({ maxLength: 90 }) }), { maxLength: 8 }),
        fc.constantFrom(6 as const, 9 as const),
        (records, digits) => {
          const writer = new PcapWriter(101, digits, 64);
          const file = Buffer.concat([writer.header(), ...records.map(({ timeNs, frame }) => writer.record(timeNs, frame))]);
          const { frames, broken, end } = read(file);
          expect({ broken, end }).toEqual({ broken: [], end: null });
          expect(frames.map(({ timeNs, bytes: hex, wireLength }) => ({ timeNs, hex, wireLength }))).toEqual(
            records.map(({ timeNs, frame }) => ({
              timeNs: digits === 9 ? timeNs : timeNs - (timeNs % 1000n),
              hex: Buffer.from(frame.subarray(0, 64)).toString('hex'),
              wireLength: frame.length,
            })),
          );
        },
      ),
    );
  });
});

describe('pcapng', () => {
  const ethernet: Block = { block: 'interface', linkType: 1 };
  const packet: Block = { block: 'enhanced', interfaceId: 0, time: 1_700_000_000_123_456n, bytes: bytes(1, 2, 3) };

  it.each([true, false])('reads every packet block, skips the rest (little-endian: %p)', (littleEndian) => {
    const file = pcapng(
      [
        { block: 'section' }, ethernet, { block: 'interface', linkType: 101, resolution: 9, snapLength: 2 },
        { block: 'unknown', type: 0x0bad, bytes: new Uint8Array(5000) },
        packet,
        { block: 'obsolete', interfaceId: 1, time: 1_700_000_000_123_456_789n, bytes: bytes(4) },
        { block: 'simple', bytes: bytes(5, 6, 7, 8) },
        { block: 'enhanced', interfaceId: 1, time: 5n, bytes: bytes(9, 9, 9, 9, 9), wireLength: 700 },
      ],
      littleEndian,
    );
    for (const chunkBytes of [file.length, 1, 13]) {
      const { frames, broken, end } = read(file, chunkBytes);
      expect({ broken, end }).toEqual({ broken: [], end: null });
      expect(frames).toEqual([
        { number: 1, timeNs: 1_700_000_000_123_456_000n, digits: 6, linkType: 1, wireLength: 3, bytes: '010203' },
        { number: 2, timeNs: 1_700_000_000_123_456_789n, digits: 9, linkType: 101, wireLength: 1, bytes: '04' },
        { number: 3, timeNs: 1_700_000_000_123_456_789n, digits: 9, linkType: 1, wireLength: 4, bytes: '05060708' },
        { number: 4, timeNs: 5n, digits: 9, linkType: 101, wireLength: 700, bytes: '0909090909' },
      ]);
    }
  });

  it('counts interfaces anew in every section, whose byte order may change', () => {
    const file = Buffer.concat([
      pcapng([{ block: 'section' }, ethernet, packet], true),
      pcapng([{ block: 'section' }, { block: 'interface', linkType: 228 }, packet], false),
      pcapng([{ block: 'section' }, packet], true),
    ]);
    const { frames, broken } = read(file);
    expect(frames.map(({ linkType }) => linkType)).toEqual([1, 228]);
    expect(broken).toEqual([expect.objectContaining({ frame: 3, error: expect.stringMatching(/interface 0, which is not described/) })]);
  });

  it.each([
    [3, 0n, 1_700_000_000_123n, 1_700_000_000_123_000_000n, 3],
    [9, 3600n, 1n, 3_600_000_000_001n, 9],
    [9, -1n, 1_000_000_001n, 1n, 9],
    [12, 0n, 1_999n, 1n, 9],
    [0x80 | 10, 0n, 1024n * 5n + 512n, 5_500_000_000n, 9],
    [0, 0n, 77n, 77_000_000_000n, 0],
  ])('if_tsresol %d, if_tsoffset %d: %d units are %d ns, told in %d digits', (resolution, offsetSeconds, time, timeNs, digits) => {
    const file = pcapng([{ block: 'section' }, { block: 'interface', linkType: 1, resolution, offsetSeconds }, { ...packet, time }], true);
    expect(read(file).frames[0]).toMatchObject({ timeNs, digits });
  });

  it('F32 a packet longer than its block is told, and the next one read', () => {
    const lie: Block = { block: 'enhanced', interfaceId: 0, time: 0n, bytes: bytes(1), capturedLength: 0xffff_fff0 };
    const { frames, broken } = read(pcapng([{ block: 'section' }, ethernet, lie, packet], true));
    expect(broken).toEqual([expect.objectContaining({ frame: 1 })]);
    expect(frames.map(({ number }) => number)).toEqual([2]);
  });

  it('F32 a block length of nothing or of 4 GB ends in an error, in bounded memory', () => {
    for (const length of [0, 8, 0xffff_fffc]) {
      const good = pcapng([{ block: 'section' }, ethernet, packet], true);
      const bad = new Uint8Array(12);
      new DataView(bad.buffer).setUint32(0, 6, true);
      new DataView(bad.buffer).setUint32(4, length, true);
      const { frames, broken } = read(Buffer.concat([good, bad]));
      expect(frames).toHaveLength(1);
      expect(broken).toEqual([expect.objectContaining({ frame: 2, offset: good.length })]);
    }
  });
});
