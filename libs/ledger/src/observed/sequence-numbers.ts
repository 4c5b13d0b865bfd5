import { hasRebooted } from '#domain';

/** The last one of an agent on a link. */
export interface LastAdvertised extends Advertised {
  readonly foreignAgent: string;
  readonly link: string;
}

interface Advertised {
  readonly number: number;
  /** Milliseconds. */
  readonly at: number;
}

/**
 * Sequence numbers of agent advertisements, by agent and by the link that the advertisement was sent on: a lower one below 256 tells
 * that the agent began anew, one of 256 or more that its count rolled over (RFC 5944 §2.3.2). It follows from the frames alone.
 */
export class SequenceNumbers {
  private readonly byAgent = new Map<string, Map<string, Advertised>>();

  /** @returns both numbers where the agent rebooted. One that is older than the last says nothing. */
  advertised(foreignAgent: string, link: string, number: number, at: number): { readonly before: number; readonly now: number } | null {
    const links = this.byAgent.get(foreignAgent) ?? new Map<string, Advertised>();
    const last = links.get(link);
    if (last && at < last.at) return null;
    const isReboot = last !== undefined && hasRebooted(last.number, number);
    // It begins anew on all of its links: what the others count next is a beginning, too.
    if (isReboot) links.clear();
    this.byAgent.set(foreignAgent, links.set(link, { number, at }));
    return isReboot ? { before: last.number, now: number } : null;
  }

  all(): LastAdvertised[] {
    return [...this.byAgent].flatMap(([foreignAgent, links]) => [...links].map(([link, last]) => ({ foreignAgent, link, ...last })));
  }

  restore(advertised: readonly LastAdvertised[]): void {
    for (const { foreignAgent, link, number, at } of advertised) {
      const links = this.byAgent.get(foreignAgent) ?? new Map<string, Advertised>();
      this.byAgent.set(foreignAgent, links.set(link, { number, at }));
    }
  }
}
