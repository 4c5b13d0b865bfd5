import { LRUCache } from 'lru-cache';
import type { DecodedMessage } from '#signalling';

/** A hardware address as hex, and when its node was last heard, milliseconds. */
export interface NodeOnLink {
  readonly address: string;
  readonly node: string;
  readonly at: number;
}

/**
 * Which node is behind a hardware address, as its own registration requests tell. Two nodes with one home address at one agent
 * (RFC 3024 App. A.4) send and receive the same addresses on their link: a foreign agent tells them apart by this too, and keeps it
 * with the visitor (RFC 5944 §3.7.1).
 */
export class NodesOnLinks {
  private readonly nodes = new LRUCache<string, Omit<NodeOnLink, 'address'>>({ max: 100_000 });

  /** A request that comes from the home address itself comes from the node, on its link. */
  learn({ link, source, tunnels, timeNs }: DecodedMessage, node: string, homeAddress: string): void {
    if (link === null || source !== homeAddress || tunnels.length > 0) return;
    this.nodes.set(textOf(link.source), { node, at: Number(timeNs / 1_000_000n) });
  }

  /** Undefined where neither end is a node that registered here. */
  nodeOf({ link }: DecodedMessage): string | undefined {
    return link === null ? undefined : (this.nodes.get(textOf(link.source)) ?? this.nodes.get(textOf(link.destination)))?.node;
  }

  /** The last ones heard come last. */
  all(): NodeOnLink[] {
    return [...this.nodes.entries()].reverse().map(([address, { node, at }]) => ({ address, node, at }));
  }

  restore(nodes: readonly NodeOnLink[]): void {
    for (const { address, node, at } of nodes) this.nodes.set(address, { node, at });
  }
}

function textOf(address: Uint8Array): string {
  return Buffer.from(address).toString('hex');
}
