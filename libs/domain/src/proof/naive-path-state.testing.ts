import type { Flow, FlowId, FlowSender } from '../flow/flow';
import type { ObservePathTear } from '../commands/flow-table-commands';
import { byText, replaceField, whoLeft } from './naive-flow-ids.testing';
import { flowsOf, naiveOverlaps } from './naive-overlaps.testing';
import { idText, logicalFlowOf, nameOf, rsvpPort } from './naive-ids.testing';
import { NaiveScope } from './naive-scope.testing';
import type { NaiveAnswer, NaiveQuarantine, NaiveSession } from './naive-session.testing';

export const textOf = ({ correspondentNode, ...by }: Partial<FlowSender>): string => `${correspondentNode} ${byText(by)}`;
/** A wildcard is of senders that ports tell. */
export const isOfPorts = (sender: string): boolean => /^\S+ \d+$/.test(sender);

/** Which senders a reservation covers. */
export type Covers = (sender: string) => boolean;

interface OfNode {
  readonly mobileNode: string | null;
  readonly flow: Flow;
}

/** Which paths stand, alone and under reservations, and what passes on of one that another takes over, or is left behind. */
export class NaivePathState extends NaiveScope {
  /** SE or WF session → its senders' paths, each with the time until which it stands. */
  protected readonly pathsOf = new Map<string, Map<string, number>>();
  /** FF sessions and paths alone whose PATH was seen. */
  protected readonly seen = new Set<string>();
  protected merged: readonly NaiveSession[] = [];
  /** Of a path that comes, or FF that is reserved for one: under which reservations of its node it may have been, and its own id. */
  protected comes: { readonly shared: string; readonly requested: FlowId } | null = null;

  /** A torn list of labels may stand beside its node's wildcard: one logical flow. */
  protected override isOwn(session: NaiveSession, name: string): boolean {
    return super.isOwn(session, name) || this.merged.includes(session);
  }

  /** Of what the node's list gave back the path's own id alone is its own (ADR 34). */
  protected override othersOf(quarantine: NaiveQuarantine, name: string): FlowId[] {
    const { id, sessionId, flowName, temporary } = quarantine;
    if (this.merged.some((s) => s.sessionId === sessionId)) return [];
    if (this.comes?.shared !== flowName) return super.othersOf(quarantine, name);
    if (!('senders' in id)) return temporary === null && isWildcard(id) ? [] : super.othersOf(quarantine, name);
    const own = idText(this.comes.requested);
    const senders = id.senders.filter((sender) => idText(flowsOf({ ...id, senders: [sender] })[0] as never) !== own);
    return senders.length > 0 ? [{ ...id, senders }] : [];
  }

  /** A path that takes its id back from its node's list leaves the others that left with it quarantined. */
  protected takeFromLists(flowName: string, effective: FlowId, flow: Flow): void {
    this.quarantines = this.quarantines.flatMap((q) => {
      if (q.flowName !== flowName || q.temporary || !('senders' in q.id)) return [q];
      const { id } = q;
      const senders = q.id.senders.filter((s) => idText(flowsOf({ ...id, senders: [s] })[0] as never) !== idText(effective));
      if (senders.length === q.id.senders.length) return [q];
      return senders.length === 0 ? [] : [{ ...q, id: { ...q.id, senders }, paths: q.paths.filter(({ sender }) => sender !== textOf(flow)) }];
    });
  }

  /** The list, where it is one, becomes another; who leaves leaves a path behind that stands. */
  protected changeShared(own: NaiveSession, flow: Flow, merges: readonly NaiveSession[], covers: Covers, now: number): NaiveAnswer {
    if (JSON.stringify(flow.senders) === JSON.stringify(own.flow.senders)) {
      for (const path of merges) this.merge(path, own.effective, covers, now);
      return { outcome: 'done' };
    }
    const requested = this.requestedOf(flow, own.homeAgent);
    const effective = own.temporary ? replaceField(requested, own.temporary.field, own.temporary.value) : requested;
    if (this.overlapping(effective, own.name).length > 0) return { outcome: 'change-overlaps' };
    const left = whoLeft(own, requested, effective);
    const paths = this.pathsOf.get(own.sessionId)!;
    const gone = own.flow.senders!.map(textOf).filter((sender) => !covers(sender));
    const goOn = gone.flatMap((sender) => (paths.has(sender) ? [{ sender, until: paths.get(sender)! }] : []));
    for (const path of merges) this.merge(path, effective, covers, now);
    if (left) this.quarantine(own, `${own.sessionId}/`, left, null, now, goOn);
    for (const sender of gone) paths.delete(sender);
    Object.assign(own, { flow, requested, effective });
    return { outcome: 'done' };
  }

  /** What its id covers passes on; what is left is quarantined from when the paths that are left out can stand no longer. */
  protected merge(session: NaiveSession, into: FlowId, covers: Covers, now: number): void {
    const { sessionId, effective: id, temporary } = session;
    const covered = (part: FlowId): boolean => (!isWildcard(part) || isWildcard(into)) && naiveOverlaps(into, part, this.policy.mixedClassifiers);
    const passesOn = (part: FlowId): boolean => temporary === null && covered(part);
    const left = 'senders' in id ? { ...id, senders: id.senders.filter((s) => !passesOn({ ...id, senders: [s] })) } : passesOn(id) ? null : id;
    const paths = [...(this.pathsOf.get(sessionId) ?? [])].flatMap(([sender, until]) => (covers(sender) ? [] : [{ sender, until }]));
    this.sessions = this.sessions.filter((s) => s !== session);
    if (temporary) this.pools[temporary.field].release(temporary.value);
    if (left !== null && !('senders' in left && left.senders.length === 0)) this.quarantine(session, sessionId, left, temporary, now, paths);
  }

  protected pathTear({ mobileNode, flow }: ObservePathTear, now: number): NaiveAnswer {
    const own = this.sessions.find((s) => s.name === nameOf(mobileNode!, flow, 'FF'));
    if (own) this.release(own, 'path-tear', now);
    const covering = this.coveringOf(mobileNode!, flow);
    if (own || !covering) return { outcome: 'done' };
    const paths = this.pathsOf.get(covering.sessionId)!;
    const isKnown = paths.delete(textOf(flow));
    const senders = covering.flow.senders?.filter((s) => textOf(s) !== textOf(flow));
    const isLast = senders ? senders.length === 0 : isKnown && paths.size === 0;
    if (isLast) this.release(covering, 'path-tear', now);
    else if (senders) this.changeShared(covering, { ...covering.flow, senders }, [], (sender) => sender !== textOf(flow), now);
    return { outcome: 'done' };
  }

  /** Paths of the node that a reservation left behind, each as it stands longest. */
  protected behind({ mobileNode, flow }: OfNode, covers: Covers, now: number): Map<string, number> {
    const flowName = logicalFlowOf(nameOf(mobileNode!, listFlow(flow), 'SE'));
    const paths = this.quarantines.flatMap((q) => (q.flowName === flowName ? q.paths : [])).filter(({ sender, until }) => until > now && covers(sender));
    return new Map(paths.sort((a, b) => a.until - b.until).map(({ sender, until }) => [sender, until]));
  }

  protected knows({ sessionId, flow }: NaiveSession, sender: string): boolean {
    return (flow.senders ?? [flow]).some((s) => textOf(s) === sender) || this.pathsOf.get(sessionId)?.has(sender) === true;
  }

  protected onPort({ mobileNode, flow }: OfNode): NaiveSession[] {
    return this.sessions.filter((s) => s.node === mobileNode && s.flow.protocol === flow.protocol && rsvpPort(s.flow) === rsvpPort(flow));
  }

  protected coveringOf(node: string, flow: Flow): NaiveSession | undefined {
    const shared = (style: 'SE' | 'WF'): NaiveSession | undefined => this.sessions.find((s) => s.name === nameOf(node, listFlow(flow), style));
    const list = shared('SE');
    if (list?.flow.senders!.some((s) => textOf(s) === textOf(flow))) return list;
    return isOfPorts(textOf(flow)) ? shared('WF') : undefined;
  }
}

function isWildcard(id: FlowId): boolean {
  return 'destinationPort' in id && !('source' in id) && !('senders' in id);
}

/** What names an SE or WF session: no sender. */
export function listFlow({ protocol, destinationPort }: Flow): Flow {
  return { protocol, ...(destinationPort !== undefined && { destinationPort }) };
}
