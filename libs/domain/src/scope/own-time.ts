/**
 * A scope's own time never goes back, so it may be ahead of the clock: the clock was set back, or that of another server is ahead. What another
 * stream tells of a lifetime is told by that one's time, and would be over here before it has run.
 */
import type { VisitorAdmitted } from '../events/events';
import type { FlowTableDecision } from './flow-table-decision';
import { fromTimestamp, toTimestamp } from '../flow/soft-state';

/** Of what was observed; milliseconds. */
export interface FrameTime {
  /** What the time of its frame counts as here. */
  readonly at: number;
  /** By how much the scope is ahead of the wall clock; 0 where its clock is its frames. */
  readonly ahead: number;
}

/**
 * The end of a binding in the scope's own time: what was left of its lifetime is left of it here (RFC 5944 §3.7.2.2). A scope that is not
 * ahead of the clock has it as it was told, however late that comes.
 * @param asOf milliseconds of the stream that tells it, when it did; undefined: the clock
 */
export function inOwnTime({ now, ahead, frame }: FlowTableDecision, expiresAt: string | null, asOf: number | undefined): string | null {
  if (expiresAt === null) return null;
  const told = frame ?? asOf ?? Number.NEGATIVE_INFINITY;
  const between = frame === null || asOf === undefined ? 0 : frame - asOf;
  const later = between + Math.max(0, Math.min(ahead, now - told));
  return later === 0 ? expiresAt : toTimestamp(fromTimestamp(expiresAt) + later);
}

/** As VisitorAdmitted tells it. @param told by the node's own stream */
export function admittedUntil(decision: FlowTableDecision, told: string | null, asOf: number | undefined): Pick<VisitorAdmitted, 'expiresAt' | 'bindingExpiresAt'> {
  const expiresAt = inOwnTime(decision, told, asOf);
  return expiresAt === told || told === null ? { expiresAt } : { expiresAt, bindingExpiresAt: told };
}
