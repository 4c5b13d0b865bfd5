import {
  allBindings, evolveFlowTable, flowTableOfSnapshot, snapshotOfFlowTable, type FlowTableSnapshot,
  evolveForeignAgents, evolveMobileNode, FlowTableState, handleFlowTable, handleForeignAgents,
  handleMobileNode, initialForeignAgents, initialMobileNode, nextDeadline, nextMobileNodeDeadline,
  type FlowTableAnswer, type FlowTableCommand, type FlowTableEvent, type ForeignAgentsAnswer, type ForeignAgentsCommand,
  type ForeignAgentsEvent, type Gap, type LedgerEvent, type MobileNodeAnswer, type MobileNodeCommand, type MobileNodeEvent,
} from '#domain';
import { bindingName, CommandedParts, nodeOfVisitor, visitorName } from './commanded-parts';
import type { EventMetadata } from './metadata';

interface Handled<Answer> {
  readonly answer: Answer;
  readonly events: readonly LedgerEvent[];
  /** So many of the events, the first ones, were due, whatever the command. */
  readonly due: number;
  /** More is to be written than one append takes: the command is told again behind these events, and this is no answer yet. */
  readonly goesOn: boolean;
}

/** The state of one stream in memory, whose changes stand at once and can be taken back until they are confirmed. */
export interface StreamFold<Command, Answer> {
  /** Of the last event folded, confirmed or not; -1n: none. */
  readonly revision: bigint;
  /** Rough size in memory, for the bound on all mailboxes. */
  readonly bytes: number;
  /**
   * Emits what is due, then decides; the events stand in the state already.
   * @param frameAt the frame's time of what was observed; both in milliseconds
   */
  handle(command: Command, clock: number, frameAt?: number): Handled<Answer>;
  evolve(event: LedgerEvent): void;
  /** Milliseconds of the next thing that falls due; null: nothing, or not by the wall clock (an observed stream's clock is its frames). */
  readonly nextDeadline: number | null;
  /** The event stands in the store; `position` is that of its append's last event. */
  recorded(event: LedgerEvent, position: bigint, origin: EventMetadata['origin']): void;
  begin(): void;
  confirm(): void;
  unwind(): void;
  /** JSON text of the confirmed state, or null where a cold fold is short anyway. */
  snapshot(): string | null;
  /** Takes the place of folding the events up to its revision. */
  restore(snapshot: string): void;
}

interface FoldSnapshot {
  readonly state: FlowTableSnapshot;
  readonly positions: readonly string[][];
  /** As of CommandedParts. */
  readonly commanded: readonly string[] | null;
}

export class FlowTableFold implements StreamFold<FlowTableCommand, FlowTableAnswer> {
  state: FlowTableState;
  /** Position of each session's last change, by session id. */
  readonly positions = new Map<string, bigint>();
  readonly commanded = new CommandedParts((name) => this.stands(name));

  constructor(
    foreignAgent: string,
    careOfAddress: string,
    private readonly gaps: readonly Gap[] = [],
    /** Nodes whose registrations here are being decided. */
    private readonly renewing: () => Iterable<string> = () => [],
  ) {
    this.state = new FlowTableState(foreignAgent, careOfAddress);
  }

  get revision(): bigint {
    return this.state.revision;
  }

  get bytes(): number {
    const { sessions, parts, visitors, quarantines, holds, takeovers, degraded, keptMessages } = this.state;
    const ofHandoffs = 10_000 * holds.size + 300 * takeovers.size + 1_500 * degraded.size;
    return 20_000 + 2_600 * sessions.size + 600 * parts.size + 300 * visitors.size + 1_200 * quarantines.size + 250 * keptMessages.size + ofHandoffs;
  }

  handle(command: FlowTableCommand, clock: number, frameAt?: number): Handled<FlowTableAnswer> {
    const { commanded, state } = this;
    const frame = frameAt === undefined ? null : commanded.timeOfFrame(frameAt, clock, state.lastOccurredAt);
    let now = frame?.at ?? (this.saysNothingOfTime(command) ? state.lastOccurredAt : clock);
    for (const node of this.renewing()) now = Math.min(now, (state.visitors.get(node)?.expiresAt ?? Infinity) - 1);
    return handleFlowTable(state, command, now, commanded.areObserved ? [] : this.gaps, frame);
  }

  /** What an administrator does with its address is no time of an observed scope, whose clock is its frames; unless it ends what stands there. */
  private saysNothingOfTime({ type }: FlowTableCommand): boolean {
    if (type !== 'ProvisionScope' && type !== 'CloseScope' && type !== 'ReopenScope' && type !== 'WithdrawScope') return false;
    const { sessions, visitors, degraded, holds } = this.state;
    const isEmpty = sessions.size + visitors.size + degraded.size + holds.size === 0;
    return (isEmpty || type === 'ProvisionScope') && this.commanded.areObserved;
  }

  evolve(event: LedgerEvent): void {
    evolveFlowTable(this.state, event as FlowTableEvent);
  }

  get nextDeadline(): number | null {
    if (this.commanded.areObserved) return null;
    const { sessions, lastOccurredAt, gapsCoveredTo } = this.state;
    const untold = sessions.size > 0 ? this.gaps.at(-1)?.to : undefined;
    return untold !== undefined && untold > Math.max(lastOccurredAt, gapsCoveredTo) ? untold : nextDeadline(this.state);
  }

  /** Whether this server saw refreshes that its stream does not tell of yet, and the time of the scope's own clock where it has one. */
  get unwritten(): { readonly at?: number } | null {
    if (this.state.refreshes.waiting.length === 0) return null;
    return this.commanded.areObserved ? { at: this.state.lastOccurredAt } : {};
  }

  recorded(event: LedgerEvent, position: bigint, origin: EventMetadata['origin']): void {
    this.commanded.note(event, origin);
    if (event.type === 'QosSessionConfigured' || event.type === 'QosSessionModified') this.positions.set(event.sessionId, position);
    if (event.type === 'QosSessionReleased') this.positions.delete(event.sessionId);
  }

  begin(): void {
    this.state.journal.begin();
  }

  confirm(): void {
    this.state.journal.confirm();
    this.commanded.forget();
  }

  snapshot(): string {
    const positions = [...this.positions].map(([sessionId, position]) => [sessionId, String(position)]);
    return JSON.stringify({ state: snapshotOfFlowTable(this.state), positions, commanded: this.commanded.snapshot() } satisfies FoldSnapshot);
  }

  restore(snapshot: string): void {
    const { state, positions, commanded } = JSON.parse(snapshot) as FoldSnapshot;
    this.state = flowTableOfSnapshot(state);
    for (const [sessionId, position] of positions) this.positions.set(sessionId!, BigInt(position!));
    const { sessions, degraded, quarantines, visitors } = this.state;
    const ofSessions = [...sessions.keys(), ...degraded.all().map(({ sessionId }) => sessionId), ...quarantines.keys()];
    this.commanded.restore(commanded, [...ofSessions, ...[...visitors.keys()].map(visitorName)]);
  }

  private stands(name: string): boolean {
    const { sessions, degraded, quarantines, visitors } = this.state;
    const node = nodeOfVisitor(name);
    return node === null ? sessions.has(name) || degraded.get(name) !== undefined || quarantines.has(name) : visitors.has(node);
  }

  unwind(): void {
    this.state.journal.unwind();
  }
}

/** For small states that are replaced and never changed in place. */
abstract class ReplacedFold<State extends { readonly revision: bigint }, Command, Answer> implements StreamFold<Command, Answer> {
  private confirmed: State;

  constructor(public state: State) {
    this.confirmed = state;
  }

  get revision(): bigint {
    return this.state.revision;
  }

  abstract readonly bytes: number;
  abstract handle(command: Command, clock: number, frameAt?: number): Handled<Answer>;
  abstract evolve(event: LedgerEvent): void;
  get nextDeadline(): number | null {
    return null;
  }

  recorded(_event: LedgerEvent, _position: bigint, _origin: EventMetadata['origin']): void {
    // What a small state knows of its past is in the state.
  }

  begin(): void {
    this.confirmed = this.state;
  }

  confirm(): void {
    this.confirmed = this.state;
  }

  snapshot(): null {
    return null;
  }

  restore(): void {
    throw new Error('Streams of this kind have no snapshots.');
  }

  unwind(): void {
    this.state = this.confirmed;
  }
}

export class MobileNodeFold extends ReplacedFold<typeof initialMobileNode, MobileNodeCommand, MobileNodeAnswer> {
  readonly commanded = new CommandedParts((name) => this.stands(name));

  constructor() {
    super(initialMobileNode);
  }

  private stands(name: string): boolean {
    const { bindings, handoff } = this.state;
    if (handoff?.started.handoffId === name || bindings.has(name)) return true;
    return allBindings(bindings).some((binding) => bindingName(binding) === name);
  }

  override get nextDeadline(): number | null {
    return this.commanded.areObserved ? null : nextMobileNodeDeadline(this.state);
  }

  override recorded(event: LedgerEvent, _position: bigint, origin: EventMetadata['origin']): void {
    this.commanded.note(event, origin);
  }

  get bytes(): number {
    return 4_000 + 500 * (allBindings(this.state.bindings).length + this.state.pending.length);
  }

  handle(command: MobileNodeCommand, clock: number, frameAt?: number): Handled<MobileNodeAnswer> {
    const now = frameAt === undefined ? clock : this.commanded.timeOfFrame(frameAt, clock).at;
    const { state, answer, events, due } = handleMobileNode(this.state, command, now);
    this.state = state;
    return { answer, events, due, goesOn: false };
  }

  evolve(event: LedgerEvent): void {
    this.state = evolveMobileNode(this.state, event as MobileNodeEvent);
  }
}

export class ForeignAgentsFold extends ReplacedFold<typeof initialForeignAgents, ForeignAgentsCommand, ForeignAgentsAnswer> {
  constructor() {
    super(initialForeignAgents);
  }

  get bytes(): number {
    return 2_000 + 1_000 * this.state.agents.size;
  }

  handle(command: ForeignAgentsCommand, clock: number, frameAt = clock): Handled<ForeignAgentsAnswer> {
    const { state, answer, events } = handleForeignAgents(this.state, command, frameAt);
    this.state = state;
    return { answer, events, due: 0, goesOn: false };
  }

  evolve(event: LedgerEvent): void {
    this.state = evolveForeignAgents(this.state, event as ForeignAgentsEvent);
  }
}
