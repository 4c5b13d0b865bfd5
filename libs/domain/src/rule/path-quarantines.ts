/**
 * Path state belongs to whichever shared reservation of its node covers it (ADR 23): what a list or a wildcard of the node gave back is its
 * sender's own, and the quarantine of a sender that left a list begins when its path can stand no longer.
 */
import type { SenderPath } from '../events/events';
import { classify, toldByText, type Flow, type FlowId, type FlowSender, type Style } from '../flow/flow';
import { overlaps } from '../flow/overlaps';
import { flowIdText, idOfSender, logicalFlowKey } from '../flow/flow-id';
import type { FlowTableState, Quarantine, Session, SessionHolding } from '../scope/flow-table-state';
import { leaseOf, leaseTakenOver } from '../leases/leases';
import { partKey } from '../scope/session-parts';
import { fromTimestamp, toTimestamp } from '../flow/soft-state';

interface Path {
  readonly mobileNode: string | null;
  readonly flow: Flow;
  readonly style: Style | null;
  /** FF that is reserved for such a path. */
  readonly path?: SenderPath | null | undefined;
}

/** The logical flow of the node's lists and wildcards that path state may come under; none where a reservation told its style, but FF of such a path. */
export function sharedFlowsOf({ mobileNode, flow, style, path }: Path): readonly string[] {
  return (style !== null && !path) || flow.correspondentNode === undefined ? none : [logicalFlowKey(mobileNode, flow, 'SE')];
}

const none: readonly string[] = [];

export function isQuarantineOf(holding: SessionHolding, flows: readonly string[]): holding is Quarantine {
  return 'until' in holding && flows.includes(holding.logicalFlow);
}

/**
 * Whether something that such a reservation gave back is in the way of its node's path. What it held as it was asked for is the senders'
 * own, of a list each its own alone; a temporary id is nobody's whom the network could tell from those that had it (ADR 34).
 * @param requested the path's own id; @param asked the one that it may get
 */
export function countsForPath({ id, temporary }: Quarantine, requested: FlowId, asked: FlowId, mixedClassifiers: boolean): boolean {
  if (!('senders' in id)) return temporary !== null || classify(id).kind !== 'wildcard';
  const own = flowIdText(requested);
  const senders = id.senders.filter((sender) => flowIdText(idOfSender(id, sender).id) !== own);
  return overlaps(asked, { ...id, senders }, mixedClassifiers);
}

/** Names of the quarantines that hold exactly this id as one sender of the node's list, in order. */
export function quarantinesOfSender({ indexes, quarantines }: FlowTableState, path: Path, effective: FlowId): string[] {
  const names = sharedFlowsOf(path).flatMap((flow) => [...(indexes.quarantinesByLogicalFlow.get(flow) ?? [])]);
  return names.filter((name) => holdsSender(quarantines.get(name)!, effective)).sort();
}

function holdsSender({ id, temporary }: Quarantine, effective: FlowId): boolean {
  if (temporary !== null || !('senders' in id)) return false;
  const text = flowIdText(effective);
  return id.senders.some((sender) => flowIdText(idOfSender(id, sender).id) === text);
}

/** Paths of senders that a reservation names no more, and which stand: they hold their ids (domain.md §5). @param at milliseconds */
export function pathsThatGoOn(state: FlowTableState, session: Session, senders: readonly FlowSender[], at: number): SenderPath[] {
  return senders.flatMap((sender) => {
    const path = state.parts.path(session.sessionId, sender);
    const lease = path && (path.lease ? leaseTakenOver(state, 'part', partKey(path), path.lease) : leaseOf(session, 'session'));
    if (!lease || lease.until <= at) return [];
    const { refreshPeriodMs, until } = lease;
    const { adspecs, hops, tspec } = path;
    return [{
      ...sender, refreshPeriodMs, expiresAt: toTimestamp(until), ...(adspecs.length > 0 && { adspecs }), ...(hops.length > 0 && { previousHops: hops }),
      ...(tspec && { tspec }),
    }];
  });
}

/** Paths of senders that left the node's list and are not known to have ended, each as it stands longest. @param at milliseconds */
export function pathsBehind({ indexes, quarantines }: FlowTableState, { mobileNode, flow }: Pick<Path, 'mobileNode' | 'flow'>, at: number): SenderPath[] {
  const names = indexes.quarantinesByLogicalFlow.get(logicalFlowKey(mobileNode, flow, 'SE')) ?? [];
  const paths = [...names].flatMap((name) => quarantines.get(name)!.paths ?? []).sort((a, b) => (a.expiresAt! < b.expiresAt! ? -1 : 1));
  const standing = paths.filter(({ expiresAt }) => fromTimestamp(expiresAt!) > at);
  return [...new Map(standing.map((path) => [`${toldByText(path)} ${path.correspondentNode}`, path])).values()];
}
