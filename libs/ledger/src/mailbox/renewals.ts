import type { Scope } from '../processes/session-directory';
import { flowTableStream } from './stream-names';

/**
 * Registrations that are being decided on this server, by the scope that is told of them behind: a binding that is renewed in time must not
 * run out in its scope between the two appends.
 */
export class Renewals {
  private readonly nodes = new Map<string, Map<string, number>>();

  /** @returns what the work comes to; until then no clock of the scope passes the deadline of the node's binding */
  async during<T>({ foreignAgent, careOfAddress }: Scope, mobileNode: string, work: () => Promise<T>): Promise<T> {
    const stream = flowTableStream(foreignAgent, careOfAddress);
    const nodes = this.nodes.get(stream) ?? new Map<string, number>();
    this.nodes.set(stream, nodes.set(mobileNode, (nodes.get(mobileNode) ?? 0) + 1));
    try {
      return await work();
    } finally {
      const others = nodes.get(mobileNode)! - 1;
      if (others > 0) nodes.set(mobileNode, others);
      else nodes.delete(mobileNode);
      if (nodes.size === 0) this.nodes.delete(stream);
    }
  }

  nodesOf(stream: string): Iterable<string> {
    return this.nodes.get(stream)?.keys() ?? [];
  }
}
