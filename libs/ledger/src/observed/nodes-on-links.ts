import { LRUCache } from 'lru-cache';
import type { DecodedMessage } from '#signalling';

/**
 * Which node is behind a hardware address, as its own registration requests tell. Two nodes with one home address at one agent
 * (RFC 3024 App. A.4) send and receive the same addresses on their link: a foreign agent tells them apart by this too, and keeps it
 * with the visitor (RFC 5944 §3.7.1).
 */
export class NodesOnLinks {
  private readonly nodes = new LRUCache<string, string>({ max: 100_000 });

  /** A request that comes from the home address itself comes from the node, on its link. */
  learn({ link, source, tunnels }: DecodedMessage, node: string, homeAddress: string): void {
    if (link !== null && source === homeAddress && tunnels.length === 0) this.nodes.set(textOf(link.source), node);
  }

  /** Undefined where neither end is a node that registered here. */
  nodeOf({ link }: DecodedMessage): string | undefined {
    return link === null ? undefined : (this.nodes.get(textOf(link.source)) ?? this.nodes.get(textOf(link.destination)));
  }
}

function textOf(address: Uint8Array): string {
  return Buffer.from(address).toString('hex');
}
