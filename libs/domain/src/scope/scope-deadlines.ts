import type { Deadlines } from '../journal/deadline-queue';
import type { FlowTableState } from './flow-table-state';
import { sessionDeadline } from './session';

/** Of what ends at one instant: a registration takes its sessions with it, a session its parts, and a quarantine ends last. */
const dueOrder = { visitor: 0, session: 1, part: 2, degraded: 3, quarantine: 4 } as const;

export type Deadline = { readonly kind: keyof typeof dueOrder; readonly key: string };

/** Leases of sessions and of their parts, bindings and quarantines of a scope. */
export class ScopeDeadlines implements Deadlines<Deadline> {
  constructor(private readonly state: FlowTableState) {}

  get size(): number {
    const { sessions, visitors, degraded, quarantines, parts } = this.state;
    return parts.size + sessions.size + visitors.size + degraded.size + quarantines.size;
  }

  deadlineOf({ kind, key }: Deadline): number | undefined {
    const { state } = this;
    switch (kind) {
      case 'session': {
        const session = state.sessions.get(key);
        return session && sessionDeadline(session);
      }
      case 'part':
        return state.parts.get(key)?.lease?.until;
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
    const { sessions, visitors, degraded, quarantines, parts } = this.state;
    for (const key of sessions.keys()) yield { kind: 'session', key };
    for (const { sessionId } of degraded.all()) yield { kind: 'degraded', key: sessionId };
    for (const [key, { lease }] of parts.entries()) if (lease) yield { kind: 'part', key };
    for (const key of visitors.keys()) yield { kind: 'visitor', key };
    for (const key of quarantines.keys()) yield { kind: 'quarantine', key };
  }
}
