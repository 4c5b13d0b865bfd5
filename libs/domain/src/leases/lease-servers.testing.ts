import type { FlowTableEvent, LeasesExtended } from '../events/events';
import { fingerprint } from '../proof/fingerprint.testing';
import { handleFlowTable } from '../flow-table/flow-table';
import type { FlowTableCommand } from '../commands/flow-table-commands';
import { evolveFlowTable } from '../scope/flow-table-evolve';
import { FlowTableState } from '../scope/flow-table-state';
import { admit, at, careOf, configure, ff, tick } from '../proof/flow-table.testing';
import { nextDeadline } from './leases';
import { fromTimestamp } from '../flow/soft-state';

/** A refresh of one session: when, and which server is told. */
export interface RefreshStep {
  readonly atMs: number;
  readonly session: number;
  readonly server: number;
}

interface Life {
  readonly endedAt: number;
  readonly lastRefreshAt: number;
}

/**
 * Servers that share one stream: each folds what the others appended before it decides, knows only the refreshes that it was told
 * itself, and has a timer. Times are milliseconds after the tables' epoch.
 */
export class LeaseServers {
  readonly events: FlowTableEvent[] = [];
  /** Sessions that ended, with their last refresh. */
  readonly lives: Life[] = [];
  private readonly states: FlowTableState[];
  private readonly folded: number[];
  private readonly lastRefreshAt = new Map<string, number>();

  constructor(
    servers: number,
    private readonly refreshPeriodMs: number,
  ) {
    this.states = Array.from({ length: servers }, () => new FlowTableState('fa-1', careOf));
    this.folded = this.states.map(() => 0);
  }

  /** Plays the refreshes, with whatever the timers do between them, until nothing is left. */
  play(steps: readonly RefreshStep[]): this {
    this.tell(0, 0, admit('mn-1', 1n));
    for (const { atMs, session, server } of [...steps].sort((a, b) => a.atMs - b.atMs)) {
      this.tickUntil(atMs);
      this.tell(server, atMs, configure(`s${this.events.length}`, 'mn-1', ff({ sourcePort: 1_000 + session }), { refreshPeriodMs: this.refreshPeriodMs }));
    }
    this.tickUntil(Infinity);
    expect(new Set(this.states.map((_, server) => fingerprint(this.fold(server)))).size).toBe(1);
    return this;
  }

  get extensions(): LeasesExtended[] {
    return this.events.filter((event) => event.type === 'LeasesExtended');
  }

  private tickUntil(end: number): void {
    for (;;) {
      const due = this.states.map((_, server) => this.fold(server)).map((state) => (nextDeadline(state) ?? Infinity) - at(0));
      const first = Math.min(...due);
      if (first > end || first === Infinity) return;
      this.tell(due.indexOf(first), first, tick);
    }
  }

  private tell(server: number, atMs: number, command: FlowTableCommand): void {
    const state = this.fold(server);
    const { answer, events } = handleFlowTable(state, command, at(0) + atMs);
    for (const event of events) {
      this.events.push(event);
      if (event.type !== 'QosSessionReleased') continue;
      this.lives.push({ endedAt: fromTimestamp(event.occurredAt) - at(0), lastRefreshAt: this.lastRefreshAt.get(event.sessionId)! });
    }
    this.folded[server] = this.events.length;
    if ('effective' in answer) this.lastRefreshAt.set(answer.sessionId, atMs);
  }

  private fold(server: number): FlowTableState {
    const state = this.states[server]!;
    for (const event of this.events.slice(this.folded[server])) evolveFlowTable(state, JSON.parse(JSON.stringify(event)) as FlowTableEvent);
    this.folded[server] = this.events.length;
    return state;
  }
}
