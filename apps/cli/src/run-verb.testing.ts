import { PassThrough, Readable } from 'node:stream';
import { runProgram } from './program';
import { Output } from './terminal/output';
import { colorsFor } from './terminal/table';

export interface RunOptions {
  readonly stdin?: readonly Uint8Array[];
  /** Columns of a terminal as output; without it the output is a pipe. */
  readonly terminal?: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly interrupted?: AbortSignal;
}

/** Runs the program in this process as a shell would run it, and answers what it wrote. */
export async function runVerb(argv: readonly string[], options: RunOptions = {}): Promise<{ code: number; lines: string[]; errors: string[] }> {
  const out = collector(options.terminal);
  const err = collector();
  const code = await runProgram(argv, {
    env: options.env ?? {},
    stdin: Readable.from(options.stdin ?? []),
    out: new Output(out.stream),
    err: new Output(err.stream),
    colors: colorsFor(false, {}),
    interrupted: options.interrupted ?? new AbortController().signal,
  });
  return { code, lines: out.lines(), errors: err.lines() };
}

function collector(columns?: number): { stream: PassThrough; lines: () => string[] } {
  const chunks: Buffer[] = [];
  const stream = Object.assign(new PassThrough(), columns === undefined ? {} : { isTTY: true, columns, rows: 40 });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { stream, lines: () => Buffer.concat(chunks).toString().split('\n').slice(0, -1) };
}
