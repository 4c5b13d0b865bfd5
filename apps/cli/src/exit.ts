/** What a verb ends with: 0 done, 1 refused or found something, 2 wrong use, 3 the store is away. */
export type ExitCode = 0 | 1 | 2 | 3 | 130;

/** 128 + SIGINT, as shells expect of what Ctrl-C ended. */
export const interruptedExitCode = 130;

/** Ends a verb with a sentence on stderr and, below it, one line for each further fact. */
export class Failure extends Error {
  override readonly name = 'Failure';

  constructor(
    readonly exitCode: 1 | 2 | 3,
    message: string,
    readonly facts: readonly string[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Ctrl-C: whatever was begun unwinds, nothing is said. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

export function throwIfInterrupted(signal: AbortSignal): void {
  if (signal.aborted) throw new Interrupted();
}
