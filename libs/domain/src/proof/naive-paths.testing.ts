import type { Flow } from '../flow/flow';
import type {
  ConfigureSession, FlowTableCommand, ObservePath, ObserveReservation, ObserveReservationTear,
} from '../commands/flow-table-commands';
import { listed } from './naive-flow-ids.testing';
import { naiveOverlaps } from './naive-overlaps.testing';
import { lifetimeMs, logicalFlowOf, nameOf } from './naive-ids.testing';
import { isOfPorts, listFlow, NaivePathState, textOf, type Covers } from './naive-path-state.testing';
import type { NaiveAnswer, NaiveSession } from './naive-session.testing';

type Reservation = ObserveReservation | ConfigureSession;

/**
 * Path state and reservations of every style, seen, torn and commanded, as domain.md §5 and ADR 23 tell them, in lives that are shorter than any soft
 * state: a path holds its id from its PATH to its PathTear, whatever reservation covers its sender meanwhile.
 */
export class NaivePaths extends NaivePathState {
  protected override decide(command: FlowTableCommand, now: number): NaiveAnswer {
    if (command.type === 'ObservePath') return this.path(command, now);
    if (command.type === 'ObserveReservation') return command.style === 'FF' ? this.single(command, now) : this.shared(command, now);
    if (command.type === 'ObserveReservationTear') return this.reservationTear(command, now);
    if (command.type === 'ObservePathTear') return this.pathTear(command, now);
    return super.decide(command, now);
  }

  private path(command: ObservePath, now: number): NaiveAnswer {
    const { mobileNode, flow, refreshPeriodMs } = command;
    const node = mobileNode!;
    const own = this.sessions.find((s) => s.name === nameOf(node, flow, 'FF'));
    const covering = this.coveringOf(node, flow);
    const until = now + 1.5 * lifetimeMs(refreshPeriodMs);
    if (covering && own?.state !== 'path-only') {
      const paths = this.pathsOf.get(covering.sessionId)!;
      if (!paths.has(textOf(flow))) paths.set(textOf(flow), until);
      return { outcome: 'done' };
    }
    if (!own) return this.begins(command, { style: null, merges: [], until, isPath: true }, now);
    // From now on path and reservation are told apart.
    if (own.isReserved && !this.seen.has(own.sessionId)) {
      own.lease = until;
      this.seen.add(own.sessionId);
    }
    return { outcome: 'refreshed' };
  }

  /** FF is one session with its path, which a torn list or wildcard may have had, or have left behind. */
  private single(command: ObserveReservation, now: number): NaiveAnswer {
    const { mobileNode, flow } = command;
    const own = this.sessions.find((s) => s.name === nameOf(mobileNode!, flow, 'FF'));
    if (this.conflicts(command, own)) return { outcome: 'style-conflict' };
    const merges = this.tornUnder(command);
    const covers = (sender: string): boolean => sender === textOf(flow);
    const passedOn = merges.flatMap((s) => this.pathsOf.get(s.sessionId)!.get(textOf(flow)) ?? []);
    const until = [...passedOn, ...(own ? [] : [...this.behind(command, covers, now).values()])][0];
    if (!own) return this.begins(command, { style: 'FF', merges, until, isPath: until !== undefined }, now);
    for (const torn of merges) this.merge(torn, own.effective, covers, now);
    const before = this.seen.has(own.sessionId) ? own.lease! : -Infinity;
    if (own.state !== 'live') own.lease = Math.max(before, until ?? (before === -Infinity ? now + 1.5 * lifetimeMs(command.refreshPeriodMs) : before));
    if (until !== undefined) this.seen.add(own.sessionId);
    Object.assign(own, { style: 'FF', state: 'live', isReserved: true });
    return { outcome: 'done' };
  }

  /** A flow of one sender. */
  private begins(command: ObservePath | ObserveReservation, { style, merges, until, isPath }: Beginning, now: number): NaiveAnswer {
    const { sessionId, mobileNode, flow, tspec, refreshPeriodMs } = command;
    const name = nameOf(mobileNode!, flow, 'FF');
    const homeAgent = this.homeOf(command);
    const requested = this.requestedOf(flow, homeAgent);
    const shared = logicalFlowOf(nameOf(mobileNode!, listFlow(flow), 'SE'));
    this.merged = merges;
    this.comes = isPath ? { shared, requested } : null;
    const judged = this.judge(requested, name);
    this.merged = [];
    this.comes = null;
    if (judged === null) return { outcome: 'flow-id-pool-exhausted' };
    if (isPath) this.takeFromLists(shared, judged.effective, flow);
    for (const torn of merges) this.merge(torn, judged.effective, (sender) => sender === textOf(flow), now);
    if (isPath) this.seen.add(sessionId);
    const isReserved = style === 'FF';
    this.sessions.push({
      sessionId, node: mobileNode!, name, style, homeAgent, requested, ...judged, flow, tspec: tspec!, refreshPeriodMs, state: isReserved ? 'live' : 'path-only', isReserved,
      lease: until ?? now + 1.5 * lifetimeMs(refreshPeriodMs), orphanedUntil: null, handoff: null, arrived: this.nextArrival(),
    });
    return { outcome: 'configured', matched: judged.matched };
  }

  /** A list that is commanded takes its node's paths over as one that is seen does, and says that they stand from now on. */
  protected override configure(command: ConfigureSession, now: number): NaiveAnswer {
    if (command.style !== 'SE') return super.configure(command, now);
    const replaced = this.sessions.find((s) => s.sessionId === command.replaces);
    if (replaced && replaced.node !== command.mobileNode) return { outcome: 'not-owner' };
    const answer = this.shared(command, now, now + 1.5 * lifetimeMs(command.refreshPeriodMs!));
    if (answer.outcome === 'configured' && replaced && this.sessions.includes(replaced)) this.release(replaced, 'replaced', now);
    return answer;
  }

  /** @param anew until when its paths stand that it takes over; undefined: as long as they stood */
  private shared(command: Reservation, now: number, anew?: number): NaiveAnswer {
    const { mobileNode, style } = command;
    const flow = style === 'SE' ? listed(command.flow) : command.flow;
    const own = this.sessions.find((s) => s.name === nameOf(mobileNode!, listFlow(flow), style));
    if (this.conflicts(command, own)) return { outcome: 'style-conflict' };
    const covers = (sender: string): boolean => (style === 'WF' ? isOfPorts(sender) : flow.senders!.some((s) => textOf(s) === sender));
    const paths = this.onPort(command).filter((s) => s.style === null && covers(textOf(s.flow)));
    const merges = [...paths, ...(command.type === 'ObserveReservation' ? this.tornUnder(command) : [])];
    const taken = new Map(style === 'SE' || !own ? this.behind(command, covers, now) : []);
    for (const s of [...merges, ...(own ? [own] : [])]) for (const sender of taken.keys()) if (this.knows(s, sender)) taken.delete(sender);
    const passedOn = merges.flatMap((s) => [...(this.pathsOf.get(s.sessionId) ?? [[textOf(s.flow), s.lease!] as const])]);
    for (const [sender, until] of passedOn) if (covers(sender)) taken.set(sender, until);
    this.merged = merges;
    const answer = own ? this.changeShared(own, flow, merges, covers, now) : this.newShared(command, flow, merges, covers, now);
    this.merged = [];
    const session = own ?? this.sessions.find((s) => s.sessionId === command.sessionId);
    if (answer.outcome === 'change-overlaps' || !session) return answer;
    Object.assign(session, { state: 'live', isReserved: true });
    const standing = this.pathsOf.get(session.sessionId) ?? new Map<string, number>();
    for (const [sender, until] of taken) standing.set(sender, anew ?? until);
    this.pathsOf.set(session.sessionId, standing);
    return answer;
  }

  private newShared(command: Reservation, flow: Flow, merges: readonly NaiveSession[], covers: Covers, now: number): NaiveAnswer {
    const { sessionId, mobileNode, tspec, style } = command;
    const name = nameOf(mobileNode!, listFlow(flow), style);
    const homeAgent = this.homeOf(command);
    const requested = this.requestedOf(flow, homeAgent);
    const judged = this.judge(requested, name);
    if (judged === null) return { outcome: 'flow-id-pool-exhausted' };
    for (const path of merges) this.merge(path, judged.effective, covers, now);
    this.sessions.push({
      sessionId, node: mobileNode!, name, style, homeAgent, requested, ...judged, flow, tspec: tspec!, refreshPeriodMs: command.refreshPeriodMs!, state: 'live', isReserved: true,
      lease: null, orphanedUntil: null, handoff: null, arrived: this.nextArrival(),
    });
    return { outcome: 'configured', matched: judged.matched };
  }

  private reservationTear({ mobileNode, flow, style }: ObserveReservationTear, now: number): NaiveAnswer {
    const own = this.sessions.find((s) => s.name === nameOf(mobileNode!, style === 'FF' ? flow : listFlow(flow), style));
    if (!own?.isReserved) return { outcome: 'done' };
    const torn = new Set(flow.senders?.map(textOf));
    const left = own.flow.senders?.filter((s) => !torn.has(textOf(s))) ?? [];
    if (left.length === 0) Object.assign(own, { state: 'path-only', isReserved: false });
    else this.changeShared(own, { ...own.flow, senders: left }, [], (sender) => !torn.has(sender), now);
    return { outcome: 'done' };
  }

  /** Styles of one node on one port: what was torn is a path for a RESV, and still in the way of a command. */
  private conflicts(command: Reservation, own: NaiveSession | undefined): boolean {
    if (own?.state === 'live' && own.style === command.style) return false;
    const stands = (s: NaiveSession): boolean => s.style !== null && (s.state === 'live' || command.type === 'ConfigureSession');
    return this.onPort(command).some((s) => s !== own && stands(s) && s.style !== command.style);
  }

  private tornUnder(command: ObserveReservation): NaiveSession[] {
    const requested = this.requestedOf(listed(command.flow), this.homeOf(command));
    return this.onPort(command).filter((s) => s.state === 'path-only' && s.style !== null && s.style !== command.style && naiveOverlaps(requested, s.requested, false));
  }

  private homeOf(command: ObservePath | Reservation): string {
    return (('home' in command ? command.home : undefined) ?? this.visitors.get(command.mobileNode!)!).homeAgent;
  }
}

interface Beginning {
  readonly style: 'FF' | null;
  readonly merges: readonly NaiveSession[];
  /** Until when its path stands; undefined: none was seen. */
  readonly until: number | undefined;
  readonly isPath: boolean;
}
