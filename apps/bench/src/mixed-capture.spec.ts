import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CaptureDecoder, isInternetChecksumCorrect, IpProtocol, isUnreadable, pseudoHeaderSum } from '#signalling';
import { DataTraffic } from './data-traffic';
import { writeMixedCapture } from './mixed-capture';

describe('the capture that is mostly data', () => {
  it('holds the signalling that it says, nothing unreadable, and is as large as asked', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'mixed-capture-'));
    try {
      const file = path.join(folder, 'mixed.pcap');
      const { bytes, frames, signallingFrames } = await writeMixedCapture(file, 4 * 2 ** 20);
      const capture = readFileSync(file);
      expect(capture.length).toBe(bytes);
      expect(bytes).toBeGreaterThanOrEqual(4 * 2 ** 20);
      expect(bytes).toBeLessThan(4 * 2 ** 20 + 2_000);
      const decoder = new CaptureDecoder();
      const found = [...decoder.push(capture), ...decoder.end()];
      expect(decoder.counts.frames).toBe(frames);
      expect(found.filter(isUnreadable)).toEqual([]);
      expect(found).toHaveLength(signallingFrames);
      expect(signallingFrames / frames).toBeLessThan(0.25);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('lets TCP sequence numbers rise, with the checksums that belong to them', () => {
    const data = new DataTraffic();
    const last = new Map<number, number>();
    let segments = 0;
    for (let packet = 0; packet < 64 * 12 * 3; packet += 1) {
      const ip = data.record(BigInt(packet)).subarray(16 + 14);
      if (ip[0] !== 0x45 || ip[9] !== IpProtocol.TCP) continue;
      const segment = ip.subarray(20);
      const sum = pseudoHeaderSum(ip.subarray(12, 16), ip.subarray(16, 20), IpProtocol.TCP, segment.length);
      expect(isInternetChecksumCorrect(segment, sum)).toBe(true);
      const view = new DataView(segment.buffer, segment.byteOffset);
      const back = segment.length === 20;
      const flow = view.getUint16(back ? 2 : 0);
      // What carries data goes on where the last one ended; what does not acknowledges that.
      expect(view.getUint32(back ? 8 : 4)).toBe(last.get(flow) ?? 0);
      if (!back) last.set(flow, view.getUint32(4) + segment.length - 20);
      segments += 1;
    }
    expect(segments).toBeGreaterThan(300);
  });
});
