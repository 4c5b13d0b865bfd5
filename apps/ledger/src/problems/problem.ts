import type { ProblemName } from './problem-catalogue';

/** One fault of a request: where it is, and one sentence for a person. */
export type Fault =
  /** JSON pointer into the body, or into the given line of it. */
  | { readonly pointer: string; readonly line?: number; readonly detail: string }
  /** Name of a query or path parameter. */
  | { readonly parameter: string; readonly detail: string }
  | { readonly header: string; readonly detail: string };

export interface ProblemParts {
  readonly faults?: readonly Fault[];
  /** Members beside those of RFC 9457: `matched`, `pool`, `revision`, `code` … */
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** A request that is not answered as asked. What it looks like on the wire is known to problem.filter alone. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly faults: readonly Fault[];
  readonly facts: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  /** @param detail one sentence about this occurrence, never with raw text of the request in it */
  constructor(
    readonly problem: ProblemName,
    detail: string,
    parts: ProblemParts = {},
  ) {
    super(detail, { cause: parts.cause });
    this.faults = parts.faults ?? [];
    this.facts = parts.facts ?? {};
    this.headers = parts.headers ?? {};
  }
}

/** All faults of one request. */
export function malformed(faults: readonly Fault[]): Problem {
  const [first] = faults;
  const detail = faults.length === 1 ? first!.detail : `The request has ${faults.length} faults; each is in errors.`;
  return new Problem('malformed', detail, { faults });
}
