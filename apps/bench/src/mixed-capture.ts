import { open, statfs, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { IpProtocol, LinkType, PcapWriter } from '#signalling';
import { simulate, type SimulatedFrame } from '#simulator';
import { DataTraffic } from './data-traffic';
import { CannotMeasure } from './figure';

export interface MixedCapture {
  readonly bytes: number;
  readonly frames: number;
  readonly signallingFrames: number;
}

/** So many nodes' signalling of 300 s is in a GiB, which makes it about one frame in a hundred. */
const mobileNodesPerGib = 400;
const blockBytes = 2 ** 20;
const slackBytes = 2 ** 28;

/**
 * A capture that is mostly data traffic: the signalling of the simulator, evenly spread among data packets of the simple mix.
 * Minimal encapsulation is left out, which tshark does not open: both decoders are to find the same messages.
 */
export async function writeMixedCapture(file: string, sizeBytes: number): Promise<MixedCapture> {
  const { bavail, bsize } = await statfs(path.dirname(file));
  if (bavail * bsize < sizeBytes + slackBytes) {
    const needed = Math.ceil((sizeBytes + slackBytes) / 2 ** 20);
    throw new CannotMeasure(`the capture needs ${needed} MiB in ${path.dirname(file)}: set TMPDIR, or choose another --size`);
  }
  const mobileNodes = Math.max(20, Math.round((mobileNodesPerGib * sizeBytes) / 2 ** 30));
  const signalling = [...simulate({ mobileNodes, foreignAgents: 4, durationSeconds: 300, dataPacketsPerSecond: 0 })].filter(isReadByOthers);
  const handle = await open(file, 'wx');
  try {
    const blocks = new BlockWriter(handle);
    const frames = await writeFrames(blocks, signalling, sizeBytes);
    await blocks.flush();
    return { bytes: blocks.bytes, frames, signallingFrames: signalling.length };
  } finally {
    await handle.close();
  }
}

async function writeFrames(blocks: BlockWriter, signalling: readonly SimulatedFrame[], sizeBytes: number): Promise<number> {
  const writer = new PcapWriter(LinkType.ETHERNET);
  const data = new DataTraffic();
  await blocks.add(writer.header());
  let frames = 0;
  for (const [index, { timeNs, bytes }] of signalling.entries()) {
    await blocks.add(writer.record(timeNs, bytes));
    frames += 1;
    const share = (sizeBytes * (index + 1)) / signalling.length;
    for (let within = 1n; blocks.bytes < share; within += 1n) {
      // A nanosecond apart, so that no data packet is later than the next message.
      const written = blocks.add(data.record(timeNs + within));
      if (written !== undefined) await written;
      frames += 1;
    }
  }
  return frames;
}

const ethernetHeader = 14;

function isReadByOthers({ bytes }: SimulatedFrame): boolean {
  return bytes[ethernetHeader]! >> 4 !== 4 || bytes[ethernetHeader + 9] !== IpProtocol.MINIMAL_ENCAPSULATION;
}

/** Gathers records to blocks: a write for each of three million would take longer than what is measured. */
class BlockWriter {
  bytes = 0;
  private readonly block = new Uint8Array(2 * blockBytes);
  private used = 0;

  constructor(private readonly handle: FileHandle) {}

  /** Something to wait for only where a block was full. */
  add(record: Uint8Array): Promise<void> | undefined {
    this.block.set(record, this.used);
    this.used += record.length;
    this.bytes += record.length;
    return this.used < blockBytes ? undefined : this.flush();
  }

  async flush(): Promise<void> {
    await this.handle.writeFile(this.block.subarray(0, this.used));
    this.used = 0;
  }
}
