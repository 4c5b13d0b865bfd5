import { type CaptureClock, pcapngClock } from './capture-clock';
import type { RecordSource } from './record-format';

/** What an interface description block says of the packets that name it. */
export interface PcapngInterface {
  readonly linkType: number;
  /** 0: no limit. */
  readonly snapLength: number;
  readonly clock: CaptureClock;
}

const OPTION_TIME_RESOLUTION = 9;
const OPTION_TIME_OFFSET = 14;
const OPTIONS_OFFSET = 16;

/** draft-ietf-opsawg-pcapng §4.2. An option that runs out of the block ends the options: the rest of the block stands. */
export function readInterfaceDescription(source: RecordSource, at: number, length: number, littleEndian: boolean): PcapngInterface {
  const { view } = source;
  const end = at + length - 4;
  let resolution = 6;
  let offsetSeconds = 0n;
  if (length < 20) return { linkType: -1, snapLength: 0, clock: pcapngClock() };
  for (let option = at + OPTIONS_OFFSET; option + 4 <= end; ) {
    const code = view.getUint16(option, littleEndian);
    const size = view.getUint16(option + 2, littleEndian);
    const value = option + 4;
    if (code === 0 || value + size > end) break;
    if (code === OPTION_TIME_RESOLUTION && size >= 1) resolution = view.getUint8(value);
    if (code === OPTION_TIME_OFFSET && size >= 8) offsetSeconds = view.getBigInt64(value, littleEndian);
    option = value + Math.ceil(size / 4) * 4;
  }
  return {
    linkType: view.getUint16(at + 8, littleEndian),
    snapLength: view.getUint32(at + 12, littleEndian),
    clock: pcapngClock(resolution, offsetSeconds),
  };
}
