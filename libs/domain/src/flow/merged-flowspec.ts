/** Flowspecs of several reservations that meet in one session (RFC 2205 §2.2): what serves each of them. */
import type { Service, Tspec, WireFloat } from './flow';

/** Guaranteed service, RFC 2212: R in bytes/s, S (slack) in µs. */
export interface Rspec {
  readonly R: WireFloat;
  readonly S: number;
}

export interface Flowspec {
  /** Null, with the rest: of a service that is none of the two. */
  readonly service: Service | null;
  readonly tspec: Tspec | null;
  /** Guaranteed only, and only where the message told it. */
  readonly rspec?: Rspec;
}

/**
 * Guaranteed stands above controlled load. Of the token bucket the largest rate, depth and peak and the smallest policed unit; the
 * largest packet is the smallest M, since what is larger passes not every branch (RFC 2211, RFC 2212: ordering and merging; RFC 2210 §2.3.2).
 * Of the Rspec the largest rate and the smallest slack.
 */
export function mergedFlowspec(flowspecs: readonly Flowspec[]): Flowspec {
  const services = flowspecs.map(({ service }) => service);
  const service = services.includes('guaranteed') ? 'guaranteed' : services.includes('controlled-load') ? 'controlled-load' : null;
  const tspecs = flowspecs.flatMap(({ tspec }) => tspec ?? []);
  const rspecs = flowspecs.flatMap(({ rspec }) => rspec ?? []);
  const tspec = tspecs.length === 0 ? null : tspecs.reduce(mergedTspec);
  return { service, tspec, ...(rspecs.length > 0 && { rspec: rspecs.reduce(mergedRspec) }) };
}

function mergedTspec(a: Tspec, b: Tspec): Tspec {
  return {
    r: larger(a.r, b.r),
    b: larger(a.b, b.b),
    p: larger(a.p, b.p),
    m: Math.min(a.m, b.m),
    M: Math.min(a.M, b.M),
  };
}

function mergedRspec(a: Rspec, b: Rspec): Rspec {
  return { R: larger(a.R, b.R), S: Math.min(a.S, b.S) };
}

/** Whatever is a number is larger than what is none, and zero larger than the zero with a sign. */
function larger(a: WireFloat, b: WireFloat): WireFloat {
  if (a === 'NaN' || (a === '-0' && b === 0)) return b;
  return Number(b) > Number(a) ? b : a;
}

export function isSameTspec(a: Tspec | null, b: Tspec | null): boolean {
  if (a === null || b === null) return a === b;
  return a.r === b.r && a.b === b.b && a.p === b.p && a.m === b.m && a.M === b.M;
}

export function isSameFlowspec(a: Flowspec, b: Flowspec): boolean {
  return a.service === b.service && isSameTspec(a.tspec, b.tspec) && a.rspec?.R === b.rspec?.R && a.rspec?.S === b.rspec?.S;
}
