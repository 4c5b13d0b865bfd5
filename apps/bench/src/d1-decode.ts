import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ledgerProgram, runProgram, versionOf, type Run } from './child-process';
import { CannotMeasure, type Figure, type Measured } from './figure';
import { median } from './median';
import { writeMixedCapture } from './mixed-capture';
import type { BenchOptions } from './options';

/** Both read the whole file and tell the messages they found; each in a process of its own, start included, the file in the page cache. */
export const decodeFigure: Figure = {
  name: 'D1',
  title: 'decode of a capture that is mostly data, against tshark -n -Y "rsvp || mip"',
  async run(options, tell) {
    const tshark = versionOf('tshark');
    if (tshark === null) throw new CannotMeasure('tshark is not installed');
    const folder = await mkdtemp(path.join(tmpdir(), 'qos-ledger-bench-'));
    try {
      const file = path.join(folder, 'mixed.pcap');
      const capture = await writeMixedCapture(file, options.captureBytes);
      const { bytes, frames, signallingFrames } = capture;
      tell(`${tshark.split(' ').slice(0, 3).join(' ')}; ${bytes} bytes, ${frames} frames, ${signallingFrames} of signalling`);
      return await compare(file, options, tell);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

type Tell = (line: string) => void;

async function compare(file: string, { runs, captureBytes }: BenchOptions, tell: Tell): Promise<readonly Measured[]> {
  const ours: Run[] = [];
  const theirs: Run[] = [];
  let fault: string | undefined;
  for (let run = 1; run <= runs; run += 1) {
    const own = await runProgram(process.execPath, [ledgerProgram, 'decode', '--json', file]);
    // -T fields: only the number of a frame that matches is made, which costs tshark less than its default columns.
    const other = await runProgram('tshark', ['-n', '-r', file, '-Y', 'rsvp || mip', '-T', 'fields', '-e', 'frame.number']);
    fault ??= differenceOf(own, other);
    ours.push(own);
    theirs.push(other);
    const cost = ({ seconds, peakBytes }: Run): string => `${seconds.toFixed(2)} s and ${mb(peakBytes)} MB`;
    tell(`run ${run}: ours ${cost(own)}, tshark ${cost(other)}; ${other.lines.length} messages`);
  }
  const secondsOf = (side: readonly Run[]): number => median(side.map(({ seconds }) => seconds));
  const [mine, anchor] = [secondsOf(ours), secondsOf(theirs)];
  const size = `${captureBytes / 2 ** 20} MiB`;
  const speed: Measured = {
    name: 'D1',
    measure: `decode ${size}, mostly data; anchor: tshark (s)`,
    value: anchor / mine,
    unit: 'ratio',
    ours: mine,
    anchor,
    goal: { bound: 'at-least', value: 5 },
    ...(fault === undefined ? {} : { fault }),
  };
  const peak = peakOf(ours);
  if (peak === null) return [speed];
  const memory: Measured = {
    ...speed,
    name: 'D1-memory',
    measure: `most memory while decoding ${size}; anchor: tshark (MB)`,
    value: peak,
    unit: 'MB',
    ours: peak,
    anchor: peakOf(theirs),
    goal: { bound: 'at-most', value: 256 },
  };
  return [speed, memory];
}

/** MB; null where the system does not tell. */
function peakOf(side: readonly Run[]): number | null {
  const peaks = side.flatMap(({ peakBytes }) => (peakBytes === null ? [] : [peakBytes]));
  return peaks.length === 0 ? null : Math.max(...peaks) / 1e6;
}

/** Frame by frame, not only as many; agent discovery is ICMP, which the filter leaves out. */
function differenceOf(own: Run, other: Run): string | undefined {
  if (own.exitCode !== 0) return `our decode ended with ${own.exitCode}`;
  if (other.exitCode !== 0) return `tshark ended with ${other.exitCode}`;
  const told = own.lines.map((line) => JSON.parse(line) as { readonly frame: number; readonly message: string });
  const found = told.filter(({ message }) => !message.startsWith('agent-'));
  if (found.length === 0) return 'no message was found';
  const mismatch = found.findIndex(({ frame }, index) => frame !== Number(other.lines[index]));
  if (mismatch === -1 && found.length === other.lines.length) return undefined;
  const first = found[mismatch]?.frame ?? other.lines[found.length];
  return `tshark finds ${other.lines.length} messages and we ${found.length}; they differ first at frame ${first}`;
}

function mb(bytes: number | null): string {
  return bytes === null ? '?' : (bytes / 1e6).toFixed(0);
}
