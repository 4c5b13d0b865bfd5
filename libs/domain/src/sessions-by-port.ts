import { JournaledIndex, JournaledMap, type Journal, type Unwindable } from './journal';
import { addTo, deleteFrom, type Members } from './senders';
import { destinationPortOf, type Session } from './session';

/**
 * Sessions whose id has a destination port, by (protocol, destination port) and node, for styles; and by protocol those with port zero,
 * which cannot stand beside others. Numbers and the node's own text are the keys: none is made of them.
 */
export class SessionsByPort {
  private readonly ports = new Map<number, Map<string, Members<string>>>();
  private readonly withPortZero: JournaledIndex<number, string>;
  /** Protocol → how many have another port than zero. */
  private readonly others: JournaledMap<number, number>;
  private readonly added: Unwindable = { takeBack: (session) => this.remove(session as Session) };
  private readonly deleted: Unwindable = { takeBack: (session) => this.insert(session as Session) };

  constructor(private readonly journal: Journal) {
    this.withPortZero = new JournaledIndex(journal);
    this.others = new JournaledMap(journal);
  }

  /** Session ids; undefined where there is none. */
  get(mobileNode: string | null, protocol: number, destinationPort: number): Iterable<string> | undefined {
    const members = this.ports.get(keyOf(protocol, destinationPort))?.get(mobileNode ?? '');
    return members === undefined || members instanceof Set ? members : [members];
  }

  ofPortZero(protocol: number): Iterable<string> | undefined {
    return this.withPortZero.get(protocol);
  }

  hasOtherThanZero(protocol: number): boolean {
    return this.others.get(protocol) !== undefined;
  }

  add(session: Session): void {
    if (destinationPortOf(session.requested.id) === null) return;
    this.insert(session);
    this.journal.record(this.added, session, undefined);
    this.countPortZero(session, 1);
  }

  delete(session: Session): void {
    if (destinationPortOf(session.requested.id) === null) return;
    this.remove(session);
    this.journal.record(this.deleted, session, undefined);
    this.countPortZero(session, -1);
  }

  /** Protocol, port and node with the sessions. */
  *entries(): Generator<[string, Members<string>]> {
    for (const [key, nodes] of this.ports) for (const [node, members] of nodes) yield [`${key} ${node}`, members];
  }

  private countPortZero({ requested, flow: { protocol }, sessionId }: Session, change: 1 | -1): void {
    if (destinationPortOf(requested.id) !== 0) {
      const count = (this.others.get(protocol) ?? 0) + change;
      if (count === 0) this.others.delete(protocol);
      else this.others.set(protocol, count);
    } else if (change === 1) {
      this.withPortZero.add(protocol, sessionId);
    } else {
      this.withPortZero.delete(protocol, sessionId);
    }
  }

  private insert({ requested, flow, mobileNode, sessionId }: Session): void {
    const key = keyOf(flow.protocol, destinationPortOf(requested.id)!);
    let nodes = this.ports.get(key);
    if (nodes === undefined) this.ports.set(key, (nodes = new Map<string, Members<string>>()));
    addTo(nodes, mobileNode ?? '', sessionId);
  }

  private remove({ requested, flow, mobileNode, sessionId }: Session): void {
    const key = keyOf(flow.protocol, destinationPortOf(requested.id)!);
    const nodes = this.ports.get(key);
    if (nodes === undefined) return;
    deleteFrom(nodes, mobileNode ?? '', sessionId);
    if (nodes.size === 0) this.ports.delete(key);
  }
}

function keyOf(protocol: number, destinationPort: number): number {
  return protocol * 65_536 + destinationPort;
}
