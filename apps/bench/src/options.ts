import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Names of figures; none means all. */
  readonly figures: readonly string[];
  /** How often each side of a figure runs; medians are told. */
  readonly runs: number;
  /** Size of the capture of D1. */
  readonly captureBytes: number;
  /** Mobile nodes of the capture of D2; 300 s of their signalling. */
  readonly mobileNodes: number;
  /** How far the logs of P4 and P6 grow. */
  readonly events: number;
  /** How long one measurement of a rate lasts. */
  readonly seconds: number;
  /** Where the results are written. */
  readonly output: string;
}

export const usage = `npm run bench [-- [FIGURE…] [options]]

  --runs N     how often each side is measured (5); medians are told
  --size SIZE  of the capture of D1: 1GiB, 256MiB … (1GiB)
  --nodes N    mobile nodes of the capture of D2 (300)
  --events N   of the logs of P4 and P6 (1000000)
  --seconds N  of one measurement of a rate (5)
  --output F   the results (bench-results.json)
  --list       the figures`;

/** @throws TypeError or RangeError with a sentence for whoever typed it */
export function readOptions(args: readonly string[]): BenchOptions & { readonly list: boolean } {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '5' },
      size: { type: 'string', default: '1GiB' },
      nodes: { type: 'string', default: '300' },
      events: { type: 'string', default: '1000000' },
      seconds: { type: 'string', default: '5' },
      output: { type: 'string', default: 'bench-results.json' },
      list: { type: 'boolean', default: false },
    },
  });
  return {
    figures: positionals,
    runs: wholeNumber('--runs', values.runs, 101),
    captureBytes: bytes(values.size),
    mobileNodes: wholeNumber('--nodes', values.nodes, 100_000),
    events: wholeNumber('--events', values.events, 100_000_000),
    seconds: wholeNumber('--seconds', values.seconds, 3_600),
    output: values.output,
    list: values.list,
  };
}

function wholeNumber(option: string, text: string, most: number): number {
  const value = /^[1-9][0-9]*$/.test(text) ? Number(text) : Number.NaN;
  if (value <= most) return value;
  throw new RangeError(`${option} is a whole number from 1 to ${most}, not ${text}`);
}

function bytes(text: string): number {
  const [, count, unit] = /^([1-9][0-9]{0,5})(MiB|GiB)$/.exec(text) ?? [];
  if (count === undefined) throw new RangeError(`--size is a number of MiB or GiB such as 256MiB, not ${text}`);
  return Number(count) * (unit === 'GiB' ? 2 ** 30 : 2 ** 20);
}
