/**
 * R is of each state block (RFC 2205 §3.7): a command tells the reservation's, and paths stand by what their PATHs tell. But whoever commands
 * a session says with each refresh that all of it stands: its paths stand at least by the command's R. So it is one more place at which they
 * are seen refreshed, beside their hops.
 */
import type { SenderPath } from '../events/events';
import { leaseUntil, toTimestamp } from '../flow/soft-state';
import type { FlowTableDecision } from '../scope/flow-table-decision';
import type { Session } from '../scope/flow-table-state';
import { refreshedBy, withHop, type HopPeriod } from '../scope/hop-periods';
import type { PathPart } from '../scope/session-parts';
import type { PartsTold, SessionTerms } from './session-terms';

/** In the place of an address: no RSVP_HOP reads so. */
const commandHop = 'command';

export interface PeriodsBeside {
  /** By which the session's path stands: the longest. */
  readonly pathPeriodMs: number;
  readonly told: PartsTold | undefined;
}

/** Of a session whose path and reservation were seen apart. */
export function periodsBeside(decision: FlowTableDecision, session: Session, { refreshPeriodMs, told }: SessionTerms): PeriodsBeside {
  if (refreshPeriodMs === undefined) return { pathPeriodMs: session.refreshPeriodMs, told };
  const { parts } = decision.state;
  const senders = parts.paths(session.sessionId).filter(({ sender, lease }) => sender !== null && lease !== null);
  if (refreshPeriodMs === 0) return { pathPeriodMs: 0, told: withoutEnd(senders, told) };
  if (session.style === 'SE' || session.style === 'WF') return ofSenders(decision, senders, session, { refreshPeriodMs, told });
  const own = seenByCommand(parts.path(session.sessionId, null)?.hops ?? [], session.refreshPeriodMs, refreshPeriodMs);
  return { pathPeriodMs: own.refreshPeriodMs, told: own.told ? { ...told, previousHops: [own.told] } : told };
}

/** What has no soft state is let go of by no lapse of a path. */
function withoutEnd(senders: readonly PathPart[], told: PartsTold | undefined): PartsTold | undefined {
  return senders.length === 0 ? told : { ...told, paths: [...(told?.paths ?? []), ...senders.map(({ sender }) => sender!)] };
}

function ofSenders(
  { now }: FlowTableDecision,
  standing: readonly PathPart[],
  session: Session,
  { refreshPeriodMs, told }: { readonly refreshPeriodMs: number; readonly told: PartsTold | undefined },
): PeriodsBeside {
  const known = standing.map(({ sender, lease, hops }) => ({ ...sender!, period: lease!.refreshPeriodMs, hops }));
  const periods: number[] = [];
  const raised = known.flatMap(({ period, hops, ...sender }): SenderPath[] => {
    const seen = seenByCommand(hops, period, refreshPeriodMs);
    periods.push(seen.refreshPeriodMs);
    return seen.told ? [{ ...sender, ...leaseOf(now, seen.refreshPeriodMs), previousHops: [seen.told] }] : [];
  });
  const coming = (told?.paths ?? []).map((path): SenderPath => {
    if (path.refreshPeriodMs === undefined) return path;
    const seen = seenByCommand(path.previousHops ?? [], path.refreshPeriodMs, refreshPeriodMs);
    periods.push(seen.refreshPeriodMs);
    return seen.told ? { ...path, ...leaseOf(now, seen.refreshPeriodMs), previousHops: withHop(path.previousHops ?? [], seen.told) } : path;
  });
  const all = [...coming, ...raised];
  const pathPeriodMs = Math.max(refreshPeriodMs, ...(standing.length > 0 ? periods : [session.refreshPeriodMs, ...periods]));
  return { pathPeriodMs, told: all.length > 0 ? { ...told, paths: all } : told };
}

function leaseOf(now: number, refreshPeriodMs: number): { readonly refreshPeriodMs: number; readonly expiresAt: string } {
  return { refreshPeriodMs, expiresAt: toTimestamp(leaseUntil(now, refreshPeriodMs)!) };
}

/** A command by which the path stands no longer than before need not be told, unless one was. */
function seenByCommand(hops: readonly HopPeriod[], current: number, refreshPeriodMs: number): ReturnType<typeof refreshedBy> {
  const isTold = hops.some(({ hop }) => hop === commandHop);
  return isTold || refreshPeriodMs > current ? refreshedBy(hops, current, { hop: commandHop, refreshPeriodMs }) : { refreshPeriodMs: current, told: null };
}
