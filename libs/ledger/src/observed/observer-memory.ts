import { LRUCache } from 'lru-cache';
import type { ObserveRequest } from '#domain';
import type { Scope } from '../processes/session-directory';
import { flowTableStream } from '../mailbox/stream-names';
import { NodesOnLinks, type NodeOnLink } from './nodes-on-links';
import type { RecentSighting } from './observed-messages';
import { PendingAtAgents, type PendingRequest } from './pending-at-agents';
import { SequenceNumbers, type LastAdvertised } from './sequence-numbers';

/** What a reply is matched with: it names neither the care-of address nor, at times, the node. */
export interface SeenRequest {
  readonly node: string;
  readonly scope: Scope;
  readonly lifetimeSeconds: number;
  /** By which it waits at its agent; absent in what an older version kept. */
  readonly pendingKey?: string;
  /** What was asked by a node that only the reply names; absent: it has a name. */
  readonly asked?: ObserveRequest;
  /** Milliseconds; absent where an older server kept it. */
  readonly at?: number;
}

/** As it is kept between two captures. */
export interface KeptMemory {
  /** Milliseconds of the last frame. */
  readonly endedAt: number;
  readonly sequences: readonly LastAdvertised[];
  readonly links: readonly NodeOnLink[];
  readonly requests: readonly (readonly [string, SeenRequest])[];
  readonly pending: readonly PendingRequest[];
  readonly recent: readonly RecentSighting[];
  readonly scopes: readonly Scope[];
  readonly nodes: readonly string[];
}

/** A capture whose first frame lies no further behind the last one of another is its next file, as `tcpdump -C` and `-G` cut them. */
const longestBreakMs = 60_000;
const clockSkewMs = 1_000;
/** The last ones: a reply comes within seconds. */
const requestsKept = 2_000;

/**
 * What an observer knows from the frames alone, and no stream says. Advertised sequence numbers and hardware addresses hold until the next
 * ones; what waits for an answer, and which scopes and nodes have the frames for their clock, passes on from one file to the next of one capture.
 */
export class ObserverMemory {
  readonly links = new NodesOnLinks();
  /** By the low half of the Identification, which a reply brings back. */
  readonly requests = new LRUCache<string, SeenRequest>({ max: 10_000 });
  /** By home address and identifier, which alone its acknowledgement brings back: whose registration was revoked. */
  readonly revocations = new LRUCache<string, string>({ max: 1_000 });
  readonly pending = new PendingAtAgents();
  readonly sequences = new SequenceNumbers();
  readonly scopes = new Map<string, Scope>();
  readonly nodes = new Set<string>();

  /** What an earlier capture left, for one that begins at this time. */
  recall(kept: KeptMemory, beginsAt: number): void {
    const isNextFile = continues(kept, beginsAt);
    // A capture that is read again, or an older one, knows nothing of what came behind; frames of one capture are not quite in order.
    const isBefore = ({ at }: { readonly at: number }): boolean => at <= beginsAt + (isNextFile ? clockSkewMs : 0);
    this.sequences.restore(kept.sequences.filter(isBefore));
    this.links.restore(kept.links.filter(isBefore));
    if (!isNextFile) return;
    for (const [key, request] of kept.requests) this.requests.set(key, request);
    this.pending.restore(kept.pending);
    for (const node of kept.nodes) this.nodes.add(node);
    for (const scope of kept.scopes) this.scopes.set(flowTableStream(scope.foreignAgent, scope.careOfAddress), scope);
  }

  keep(endedAt: number, recent: readonly RecentSighting[]): KeptMemory {
    return {
      endedAt, recent, sequences: this.sequences.all(), links: this.links.all(), pending: this.pending.all(),
      requests: [...this.requests.entries()].slice(0, requestsKept), scopes: [...this.scopes.values()], nodes: [...this.nodes],
    };
  }
}

export function continues({ endedAt }: KeptMemory, beginsAt: number): boolean {
  return beginsAt >= endedAt - clockSkewMs && beginsAt <= endedAt + longestBreakMs;
}
