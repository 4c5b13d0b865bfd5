import type { Journal, Unwindable } from '../journal/journal';
import { sessionPortOf } from '../flow/flow';
import { addTo, deleteFrom, type Members } from './senders';
import { destinationPortOf, type Session } from './session';

type ByNode = Map<string, Members<string>>;
type ByProtocol = Map<number, Map<number, ByNode>>;

/**
 * Sessions by protocol, destination port and node: for styles, and for port zero, which cannot stand beside others where the port is one of
 * the id. Numbers and the node's own text are the keys: none is made of them.
 */
export class SessionsByPort {
  private readonly protocols: ByProtocol = new Map();
  /** Those whose port identifies nothing: labels, SPIs and protocols without ports. */
  private readonly unidentified: ByProtocol = new Map();
  private readonly added: Unwindable = { takeBack: (session) => this.remove(session as Session) };
  private readonly deleted: Unwindable = { takeBack: (session) => this.insert(session as Session) };

  constructor(private readonly journal: Journal) {}

  /** Session ids; undefined where there is none. */
  get(mobileNode: string | null, protocol: number, destinationPort: number): Iterable<string> | undefined {
    const node = mobileNode ?? '';
    const members = this.protocols.get(protocol)?.get(destinationPort)?.get(node);
    const others = this.unidentified.size === 0 ? undefined : this.unidentified.get(protocol)?.get(destinationPort)?.get(node);
    if (members !== undefined && others !== undefined) return [...idsOf(members), ...idsOf(others)];
    return members === undefined ? others && idsOf(others) : idsOf(members);
  }

  /** One with destination port zero. */
  oneOfPortZero(protocol: number): string | undefined {
    const nodes = this.protocols.get(protocol)?.get(0);
    return nodes && firstOf(nodes);
  }

  /** One with another; of two ports one is another, however many there are. */
  oneOfOtherPort(protocol: number): string | undefined {
    for (const [port, nodes] of this.protocols.get(protocol) ?? []) if (port !== 0) return firstOf(nodes);
    return undefined;
  }

  add(session: Session): void {
    if (sessionPortOf(session.flow) === null) return;
    this.insert(session);
    this.journal.record(this.added, session, undefined);
  }

  delete(session: Session): void {
    if (sessionPortOf(session.flow) === null) return;
    this.remove(session);
    this.journal.record(this.deleted, session, undefined);
  }

  /** Protocol, port and node with the sessions. */
  *entries(): Generator<[string, Members<string>]> {
    for (const [name, protocols] of [['', this.protocols], ['beside ', this.unidentified]] as const) {
      for (const [protocol, ports] of protocols) {
        for (const [port, nodes] of ports) for (const [node, members] of nodes) yield [`${name}${protocol} ${port} ${node}`, members];
      }
    }
  }

  private insert(session: Session): void {
    const { flow, mobileNode, sessionId } = session;
    const port = sessionPortOf(flow)!;
    const protocols = this.of(session);
    let ports = protocols.get(flow.protocol);
    if (ports === undefined) protocols.set(flow.protocol, (ports = new Map<number, ByNode>()));
    let nodes = ports.get(port);
    if (nodes === undefined) ports.set(port, (nodes = new Map<string, Members<string>>()));
    addTo(nodes, mobileNode ?? '', sessionId);
  }

  private remove(session: Session): void {
    const { flow, mobileNode, sessionId } = session;
    const port = sessionPortOf(flow)!;
    const protocols = this.of(session);
    const ports = protocols.get(flow.protocol)!;
    const nodes = ports.get(port)!;
    deleteFrom(nodes, mobileNode ?? '', sessionId);
    if (nodes.size === 0) ports.delete(port);
    if (ports.size === 0) protocols.delete(flow.protocol);
  }

  private of({ requested }: Session): ByProtocol {
    return destinationPortOf(requested.id) === null ? this.unidentified : this.protocols;
  }
}

function idsOf(members: Members<string>): Iterable<string> {
  return members instanceof Set ? members : [members];
}

function firstOf(nodes: ByNode): string | undefined {
  for (const members of nodes.values()) for (const sessionId of idsOf(members)) return sessionId;
  return undefined;
}
