import { directAgent, pendingMs } from '#domain';

export interface PendingRequest {
  readonly key: string;
  readonly foreignAgent: string;
  /** Milliseconds. */
  readonly until: number;
}

/**
 * Requests that wait for their replies at each foreign agent, as the frames show them: an agent keeps few (RFC 5944 §3.7.1), and which
 * those are crosses the streams of the nodes. It follows from the frames alone, so a capture that is read again counts the same.
 */
export class PendingAtAgents {
  /** Agent → request → until when it waits, milliseconds. */
  private readonly byAgent = new Map<string, Map<string, number>>();
  private readonly agentOf = new Map<string, string>();

  /** @returns how many others wait at the agent. The same request sent again waits no longer. */
  requested(key: string, foreignAgent: string, at: number): number {
    if (foreignAgent === directAgent) return 0;
    const waiting = this.byAgent.get(foreignAgent) ?? new Map<string, number>();
    for (const [other, until] of waiting) if (until < at) this.forget(other);
    const others = waiting.size - (waiting.has(key) ? 1 : 0);
    if (!waiting.has(key)) {
      this.byAgent.set(foreignAgent, waiting.set(key, at + pendingMs));
      this.agentOf.set(key, foreignAgent);
    }
    return others;
  }

  replied(key: string): void {
    this.forget(key);
  }

  all(): PendingRequest[] {
    return [...this.byAgent].flatMap(([foreignAgent, waiting]) => [...waiting].map(([key, until]) => ({ key, foreignAgent, until })));
  }

  restore(requests: readonly PendingRequest[]): void {
    for (const { key, foreignAgent, until } of requests) {
      const waiting = this.byAgent.get(foreignAgent) ?? new Map<string, number>();
      this.byAgent.set(foreignAgent, waiting.set(key, until));
      this.agentOf.set(key, foreignAgent);
    }
  }

  private forget(key: string): void {
    const foreignAgent = this.agentOf.get(key);
    if (foreignAgent === undefined) return;
    this.agentOf.delete(key);
    const waiting = this.byAgent.get(foreignAgent)!;
    waiting.delete(key);
    if (waiting.size === 0) this.byAgent.delete(foreignAgent);
  }
}
