import type { Flow, Style } from '../flow/flow';
import { isSameStyledFlow, styledFlowKey } from '../flow/flow-id';
import type { Journal, Unwindable } from '../journal/journal';
import type { Session, Visitor } from './session';

/** More sessions of one node than these are not compared one by one. */
const few = 8;

/** What a scope has of one node. */
interface NodeHere {
  /** Undefined: it is not bound here. */
  visitor: Visitor | undefined;
  /** Many stand by their flow and style. */
  sessions: Session[] | Map<string, Session>;
}

/**
 * By node: its binding and its sessions, since most decisions are about one session of one node. Most nodes have few, and no text is made
 * to find one of them. What belongs to no known node stands together under null.
 */
export class NodeIndex {
  private readonly nodes = new Map<string | null, NodeHere>();
  private readonly added: Unwindable = { takeBack: (session) => this.remove(session as Session) };
  private readonly deleted: Unwindable = { takeBack: (session) => this.insert(session as Session) };
  private readonly replaced: Unwindable = { takeBack: (after, before) => this.exchange(after as Session, before as Session) };
  private readonly bound: Unwindable = { takeBack: (mobileNode, before) => this.bind(mobileNode as string, before as Visitor | undefined) };

  constructor(private readonly journal: Journal) {}

  visitor(mobileNode: string): Visitor | undefined {
    return this.nodes.get(mobileNode)?.visitor;
  }

  sessionOf(mobileNode: string | null, flow: Flow, style: Style | null): Session | undefined {
    const sessions = this.nodes.get(mobileNode)?.sessions;
    if (sessions instanceof Map) return sessions.get(styledFlowKey(mobileNode, flow, style));
    return sessions?.find((session) => isSameStyledFlow(session, flow, style));
  }

  sessionsOf(mobileNode: string | null): Iterable<Session> {
    return this.nodes.get(mobileNode)?.sessions.values() ?? [];
  }

  /** @param visitor undefined: the node has left */
  setVisitor(mobileNode: string, visitor: Visitor | undefined): void {
    this.journal.record(this.bound, mobileNode, this.visitor(mobileNode));
    this.bind(mobileNode, visitor);
  }

  add(session: Session): void {
    this.insert(session);
    this.journal.record(this.added, session, undefined);
  }

  /** The same logical flow, changed. */
  replace(before: Session, after: Session): void {
    this.exchange(before, after);
    this.journal.record(this.replaced, after, before);
  }

  delete(session: Session): void {
    this.remove(session);
    this.journal.record(this.deleted, session, undefined);
  }

  /** Each node with what is here of it. */
  entries(): IterableIterator<[string | null, Readonly<NodeHere>]> {
    return this.nodes.entries();
  }

  private here(mobileNode: string | null): NodeHere {
    let node = this.nodes.get(mobileNode);
    if (node === undefined) this.nodes.set(mobileNode, (node = { visitor: undefined, sessions: [] }));
    return node;
  }

  private bind(mobileNode: string, visitor: Visitor | undefined): void {
    const node = this.here(mobileNode);
    node.visitor = visitor;
    this.forgetIfGone(mobileNode, node);
  }

  private insert(session: Session): void {
    const node = this.here(session.mobileNode);
    const { sessions } = node;
    if (sessions instanceof Map) sessions.set(keyOf(session), session);
    else if (sessions.push(session) > few) node.sessions = new Map(sessions.map((each) => [keyOf(each), each]));
  }

  private exchange(before: Session, after: Session): void {
    const { sessions } = this.here(before.mobileNode);
    if (sessions instanceof Map) sessions.set(keyOf(after), after);
    else sessions[sessions.indexOf(before)] = after;
  }

  private remove(session: Session): void {
    const node = this.here(session.mobileNode);
    const { sessions } = node;
    if (sessions instanceof Map) sessions.delete(keyOf(session));
    else sessions.splice(sessions.indexOf(session), 1);
    this.forgetIfGone(session.mobileNode, node);
  }

  private forgetIfGone(mobileNode: string | null, { visitor, sessions }: NodeHere): void {
    const count = sessions instanceof Map ? sessions.size : sessions.length;
    if (visitor === undefined && count === 0) this.nodes.delete(mobileNode);
  }
}

function keyOf({ mobileNode, flow, style }: Session): string {
  return styledFlowKey(mobileNode, flow, style);
}
