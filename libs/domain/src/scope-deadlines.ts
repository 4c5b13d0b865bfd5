import type { Deadlines } from './deadline-queue';
import type { FlowTableState } from './flow-table-state';

/** Of what ends at one instant: a registration takes its sessions with it, and a quarantine ends last. */
const dueOrder = { visitor: 0, session: 1, degraded: 2, quarantine: 3 } as const;

export type Deadline = { readonly kind: keyof typeof dueOrder; readonly key: string };

/** Leases, bindings and quarantines of a scope. */
export class ScopeDeadlines implements Deadlines<Deadline> {
  constructor(private readonly state: FlowTableState) {}

  get size(): number {
    const { sessions, visitors, degraded, quarantines } = this.state;
    return sessions.size + visitors.size + degraded.size + quarantines.size;
  }

  deadlineOf({ kind, key }: Deadline): number | undefined {
    const { state } = this;
    switch (kind) {
      case 'session': {
        const session = state.sessions.get(key);
        return session && state.sessionDeadline(session);
      }
      case 'visitor':
        return state.visitors.get(key)?.expiresAt ?? undefined;
      case 'degraded':
        return state.degraded.get(key)?.leaseUntil ?? undefined;
      case 'quarantine':
        return state.quarantines.get(key)?.until;
    }
  }

  precedes(a: Deadline, b: Deadline): boolean {
    return a.kind === b.kind ? a.key < b.key : dueOrder[a.kind] < dueOrder[b.kind];
  }

  *all(): Generator<Deadline> {
    const { sessions, visitors, degraded, quarantines } = this.state;
    for (const key of sessions.keys()) yield { kind: 'session', key };
    for (const { sessionId } of degraded.all()) yield { kind: 'degraded', key: sessionId };
    for (const key of visitors.keys()) yield { kind: 'visitor', key };
    for (const key of quarantines.keys()) yield { kind: 'quarantine', key };
  }
}
