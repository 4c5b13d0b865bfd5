/**
 * What a session is made of where several meet in it: the path of each sender that a shared reservation covers, and the reservation of
 * each next hop (RFC 2209 §1.2: path state blocks, reservation state blocks). Each has its own soft state.
 */
import type { Adspec } from '../flow/adspec';
import { toldByText, type FlowSender, type Tspec } from '../flow/flow';
import type { HopPeriod } from './hop-periods';
import { JournaledIndex, JournaledMap, type Journal } from '../journal/journal';
import type { Lease } from '../leases/leases';
import type { Flowspec } from '../flow/merged-flowspec';

export interface PathPart {
  readonly kind: 'path';
  readonly sessionId: string;
  /** Null: the session's own one path. */
  readonly sender: FlowSender | null;
  /** Null: the session's own lease, or one that nothing ends but the session. */
  readonly lease: Lease | null;
  /** One of each previous hop that was seen. */
  readonly adspecs: readonly Adspec[];
  /** R of its previous hops. */
  readonly hops: readonly HopPeriod[];
  /** What the sender announces; null: what is reserved, as far as was told. */
  readonly tspec: Tspec | null;
}

export interface RequestPart extends Flowspec {
  readonly kind: 'request';
  readonly sessionId: string;
  readonly nextHop: string;
  /** The router at which reservations merge: where the RESV was sent to. */
  readonly node: string;
  /** SE: the senders that this next hop asks for. */
  readonly senders: readonly FlowSender[] | null;
  /** Null: it is alone, and the session's reservation is its own. */
  readonly lease: Lease | null;
  /** R of the next hops by which it was seen, where they differ. */
  readonly hops: readonly HopPeriod[];
}

export type SessionPart = PathPart | RequestPart;

export function partKey(part: Pick<PathPart, 'kind' | 'sessionId' | 'sender'> | Pick<RequestPart, 'kind' | 'sessionId' | 'nextHop'>): string {
  if (part.kind === 'request') return `${part.sessionId} via ${part.nextHop}`;
  return part.sender === null ? part.sessionId : `${part.sessionId} ${toldByText(part.sender)} ${part.sender.correspondentNode}`;
}

/** Most sessions have none. */
export class SessionParts {
  private readonly parts: JournaledMap<string, SessionPart>;
  private readonly bySession: JournaledIndex<string, string>;

  constructor(journal: Journal) {
    this.parts = new JournaledMap(journal);
    this.bySession = new JournaledIndex(journal);
  }

  get size(): number {
    return this.parts.size;
  }

  get(key: string): SessionPart | undefined {
    return this.parts.get(key);
  }

  ofSession(sessionId: string): SessionPart[] {
    return this.parts.size === 0 ? [] : [...(this.bySession.get(sessionId) ?? [])].map((key) => this.parts.get(key)!);
  }

  /** The path of a sender; null: the session's own. */
  path(sessionId: string, sender: FlowSender | null): PathPart | undefined {
    return this.parts.get(partKey({ kind: 'path', sessionId, sender })) as PathPart | undefined;
  }

  /** In the order of their keys: the index's own is another one where a decision was taken back. */
  paths(sessionId: string): PathPart[] {
    return this.ofSession(sessionId).filter((part) => part.kind === 'path').sort((a, b) => (partKey(a) < partKey(b) ? -1 : 1));
  }

  /** In the order of their next hops. */
  requests(sessionId: string): RequestPart[] {
    return this.ofSession(sessionId).filter((part) => part.kind === 'request').sort((a, b) => (a.nextHop < b.nextHop ? -1 : 1));
  }

  set(part: SessionPart): void {
    const key = partKey(part);
    if (!this.parts.has(key)) this.bySession.add(part.sessionId, key);
    this.parts.set(key, part);
  }

  delete(part: SessionPart): void {
    const key = partKey(part);
    this.parts.delete(key);
    this.bySession.delete(part.sessionId, key);
  }

  entries(): IterableIterator<[string, SessionPart]> {
    return this.parts.entries();
  }
}
