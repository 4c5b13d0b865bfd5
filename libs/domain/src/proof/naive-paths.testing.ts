import type { Flow, FlowId, FlowSender } from '../flow/flow';
import type { ConfigureSession, FlowTableCommand, ObservePath, ObservePathTear, ObserveReservation } from '../commands/flow-table-commands';
import { byText, listed, replaceField, whoLeft } from './naive-flow-ids.testing';
import { flowsOf, naiveOverlaps } from './naive-overlaps.testing';
import { idText, lifetimeMs, logicalFlowOf, nameOf } from './naive-ids.testing';
import { NaiveScope } from './naive-scope.testing';
import type { NaiveAnswer, NaiveQuarantine, NaiveSession } from './naive-session.testing';

const textOf = ({ correspondentNode, ...by }: Partial<FlowSender>): string => `${correspondentNode} ${byText(by)}`;

/**
 * Path state and SE reservations of nodes, seen and commanded, as domain.md §5 and ADRs 23 and 34 tell them, in lives that are shorter than any
 * soft state: a path holds its id from its PATH to its PathTear, whatever list names its sender meanwhile.
 */
export class NaivePaths extends NaiveScope {
  /** SE session → its senders' paths, each with the time until which it stands. */
  private readonly pathsOf = new Map<string, Map<string, number>>();
  private merged: readonly NaiveSession[] = [];
  /** Of a path that comes: which list of its node may cover it, and its own id. */
  private comes: { readonly list: string; readonly requested: FlowId } | null = null;

  protected override decide(command: FlowTableCommand, now: number): NaiveAnswer {
    if (command.type === 'ObservePath') return this.path(command, now);
    if (command.type === 'ObserveReservation') return this.reservation(command, now);
    if (command.type === 'ObservePathTear') return this.pathTear(command, now);
    return super.decide(command, now);
  }

  protected override isOwn(session: NaiveSession, name: string): boolean {
    return super.isOwn(session, name) || this.merged.includes(session);
  }

  /** Of what the node's list gave back the path's own id alone is its own (ADR 34). */
  protected override othersOf(quarantine: NaiveQuarantine, name: string): FlowId[] {
    const { id, sessionId, flowName } = quarantine;
    if (this.merged.some((s) => s.sessionId === sessionId)) return [];
    if (this.comes?.list !== flowName || !('senders' in id)) return super.othersOf(quarantine, name);
    const own = idText(this.comes.requested);
    const senders = id.senders.filter((sender) => idText(flowsOf({ ...id, senders: [sender] })[0] as never) !== own);
    return senders.length > 0 ? [{ ...id, senders }] : [];
  }

  private path({ mobileNode, flow, sessionId, tspec, refreshPeriodMs, home }: ObservePath, now: number): NaiveAnswer {
    const node = mobileNode!;
    const name = nameOf(node, flow, 'FF');
    if (this.sessions.some((s) => s.name === name)) return { outcome: 'refreshed' };
    const list = this.listOf(node, flow);
    const until = now + 1.5 * lifetimeMs(refreshPeriodMs);
    if (list && this.names(list, flow)) {
      const paths = this.pathsOf.get(list.sessionId)!;
      if (!paths.has(textOf(flow))) paths.set(textOf(flow), until);
      return { outcome: 'done' };
    }
    const { homeAgent } = home ?? this.visitors.get(node)!;
    const requested = this.requestedOf(flow, homeAgent);
    this.comes = { list: logicalFlowOf(nameOf(node, listFlow(flow), 'SE')), requested };
    const judged = this.judge(requested, name);
    this.comes = null;
    if (judged === null) return { outcome: 'flow-id-pool-exhausted' };
    this.takeFromLists(logicalFlowOf(nameOf(node, listFlow(flow), 'SE')), judged.effective, flow);
    this.sessions.push({
      sessionId, node, name, style: null, homeAgent, requested, ...judged, flow, tspec: tspec!, refreshPeriodMs, state: 'path-only', isReserved: false, lease: until, orphanedUntil: null,
      handoff: null, arrived: this.nextArrival(),
    });
    return { outcome: 'configured', matched: judged.matched };
  }

  /** A path that takes its id back from its node's list leaves the others that left with it quarantined. */
  private takeFromLists(flowName: string, effective: FlowId, flow: Flow): void {
    this.quarantines = this.quarantines.flatMap((q) => {
      if (q.flowName !== flowName || q.temporary || !('senders' in q.id)) return [q];
      const { id } = q;
      const senders = q.id.senders.filter((s) => idText(flowsOf({ ...id, senders: [s] })[0] as never) !== idText(effective));
      if (senders.length === q.id.senders.length) return [q];
      return senders.length === 0 ? [] : [{ ...q, id: { ...q.id, senders }, paths: q.paths.filter(({ sender }) => sender !== textOf(flow)) }];
    });
  }

  /** A list that is commanded takes its node's paths over as one that is seen does, and says that they stand from now on. */
  protected override configure(command: ConfigureSession, now: number): NaiveAnswer {
    if (command.style !== 'SE') return super.configure(command, now);
    const replaced = this.sessions.find((s) => s.sessionId === command.replaces);
    if (replaced && replaced.node !== command.mobileNode) return { outcome: 'not-owner' };
    const answer = this.reservation(command, now, now + 1.5 * lifetimeMs(command.refreshPeriodMs!));
    if (answer.isNew && replaced && this.sessions.includes(replaced)) this.release(replaced, 'replaced', now);
    return answer;
  }

  /** @param anew until when its paths stand that it takes over; undefined: as long as they stood */
  private reservation(command: ObserveReservation | ConfigureSession, now: number, anew?: number): Reserved {
    const node = command.mobileNode!;
    const flow = listed(command.flow);
    const name = nameOf(node, listFlow(flow), 'SE');
    const own = this.sessions.find((s) => s.name === name);
    const merges = this.sessions.filter((s) => s.node === node && s.style === null && flow.senders!.some((sender) => textOf(sender) === textOf(s.flow)));
    const back = this.quarantines.flatMap((q) => (q.flowName === logicalFlowOf(name) ? q.paths : [])).filter(({ until }) => until > now);
    this.merged = merges;
    const answer = own ? this.changeList(own, flow, merges, now) : this.newList(command, flow, name, merges, now);
    this.merged = [];
    const list = this.listOf(node, flow);
    if (answer.outcome !== 'changed' || !list) return answer;
    const paths = this.pathsOf.get(list.sessionId) ?? new Map<string, number>();
    for (const { sender, until } of back) {
      const isNew = flow.senders!.some((s) => textOf(s) === sender) && !(own && answer.before!.has(sender)) && !merges.some((s) => textOf(s.flow) === sender);
      if (isNew) paths.set(sender, anew ?? Math.max(until, paths.get(sender) ?? 0));
    }
    for (const path of merges) paths.set(textOf(path.flow), anew ?? path.lease!);
    this.pathsOf.set(list.sessionId, paths);
    return { outcome: 'done', isNew: own === undefined };
  }

  private newList(command: ObserveReservation | ConfigureSession, flow: Flow, name: string, merges: readonly NaiveSession[], now: number): Changed {
    const { sessionId, mobileNode, tspec, refreshPeriodMs } = command;
    const { homeAgent } = ('home' in command ? command.home : undefined) ?? this.visitors.get(mobileNode!)!;
    const requested = this.requestedOf(flow, homeAgent);
    const judged = this.judge(requested, name);
    if (judged === null) return { outcome: 'flow-id-pool-exhausted' };
    for (const path of merges) this.merge(path, judged.effective, now);
    this.sessions.push({
      sessionId, node: mobileNode!, name, style: 'SE', homeAgent, requested, ...judged, flow, tspec: tspec!, refreshPeriodMs: refreshPeriodMs!, state: 'live', isReserved: true, lease: null, orphanedUntil: null,
      handoff: null, arrived: this.nextArrival(),
    });
    return { outcome: 'changed', before: new Set() };
  }

  private changeList(own: NaiveSession, flow: Flow, merges: readonly NaiveSession[], now: number): Changed {
    const before = new Set(own.flow.senders!.map(textOf));
    if (JSON.stringify(flow.senders) === JSON.stringify(own.flow.senders)) return { outcome: 'changed', before };
    const requested = this.requestedOf(flow, own.homeAgent);
    const effective = own.temporary ? replaceField(requested, own.temporary.field, own.temporary.value) : requested;
    if (this.overlapping(effective, own.name).length > 0) return { outcome: 'change-overlaps' };
    const left = whoLeft(own, requested, effective);
    const paths = this.pathsOf.get(own.sessionId)!;
    const gone = [...before].filter((sender) => !flow.senders!.some((s) => textOf(s) === sender));
    const goOn = gone.flatMap((sender) => (paths.has(sender) ? [{ sender, until: paths.get(sender)! }] : []));
    for (const path of merges) this.merge(path, effective, now);
    if (left) this.quarantine(own, `${own.sessionId}/`, left, null, now, goOn);
    for (const sender of gone) paths.delete(sender);
    Object.assign(own, { flow, requested, effective });
    return { outcome: 'changed', before };
  }

  private merge(path: NaiveSession, into: FlowId, now: number): void {
    const held = this.quarantines.length;
    this.release(path, 'path-tear', now);
    // A value that goes out of use is quarantined, whoever covers its id.
    if (path.temporary === null && naiveOverlaps(into, path.effective, this.policy.mixedClassifiers)) this.quarantines.splice(held);
  }

  private pathTear({ mobileNode, flow }: ObservePathTear, now: number): NaiveAnswer {
    const node = mobileNode!;
    const path = this.sessions.find((s) => s.name === nameOf(node, flow, 'FF'));
    if (path) this.release(path, 'path-tear', now);
    const list = this.listOf(node, flow);
    if (path || !list || !this.names(list, flow)) return { outcome: 'done' };
    const senders = list.flow.senders!.filter((s) => textOf(s) !== textOf(flow));
    this.pathsOf.get(list.sessionId)!.delete(textOf(flow));
    if (senders.length > 0) this.changeList(list, { ...list.flow, senders }, [], now);
    else this.release(list, 'path-tear', now);
    return { outcome: 'done' };
  }

  private listOf(node: string, flow: Flow): NaiveSession | undefined {
    return this.sessions.find((s) => s.name === nameOf(node, listFlow(flow), 'SE'));
  }

  private names({ flow: { senders } }: NaiveSession, sender: Flow): boolean {
    return senders!.some((s: FlowSender) => textOf(s) === textOf(sender));
  }
}

interface Reserved extends NaiveAnswer {
  readonly isNew?: boolean;
}

interface Changed extends NaiveAnswer {
  /** The senders that the list named before. */
  readonly before?: ReadonlySet<string>;
}

/** What names an SE session: no sender. */
function listFlow({ protocol, destinationPort }: Flow): Flow {
  return { protocol, ...(destinationPort !== undefined && { destinationPort }) };
}
