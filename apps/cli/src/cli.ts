import type { Readable } from 'node:stream';
import type { ExitCode } from './exit';
import type { Output } from './terminal/output';
import type { Colors } from './terminal/table';

/** What a verb gets from the outside. */
export interface Cli {
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: Readable;
  readonly out: Output;
  readonly err: Output;
  /** For `out`. */
  readonly colors: Colors;
  /** Ctrl-C or SIGTERM: what a verb began it ends, then the process does. */
  readonly interrupted: AbortSignal;
}

/** How a verb hands its exit code to the program. */
export type Finish = (code: ExitCode) => void;
