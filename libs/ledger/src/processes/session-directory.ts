import type pg from 'pg';
import { LRUCache } from 'lru-cache';
import type { EventStore } from '#event-store';
import type { ProjectionRunner } from '#projections';
import { readEvent } from '../mailbox/read-event';
import { flowTableStream } from '../mailbox/stream-names';

export interface Scope {
  readonly foreignAgent: string;
  readonly careOfAddress: string;
}

/** Where a session is, or was: what the read tables know of it. */
export interface KnownSession extends Scope {
  readonly mobileNode: string | null;
  readonly released: boolean;
  /** Of its last change. */
  readonly revision: bigint;
  readonly position: bigint;
}

interface SessionRow {
  readonly foreign_agent: string;
  readonly care_of_address: string;
  readonly mobile_node: string | null;
  readonly released: boolean;
  readonly revision: string;
  readonly position: string;
}

/** Finds the scope of a session by its id. */
export class SessionDirectory {
  /** Bounded by size: a bound by number takes the room of all of them at once. */
  private readonly scopes = new LRUCache<string, Scope>({ maxSize: 100_000, sizeCalculation: () => 1 });

  constructor(
    private readonly pool: pg.Pool,
    private readonly store: EventStore,
    private readonly runner: ProjectionRunner,
  ) {}

  learn(sessionId: string, { foreignAgent, careOfAddress }: Scope): void {
    this.scopes.set(sessionId, { foreignAgent, careOfAddress });
  }

  async scopeOf(sessionId: string): Promise<Scope | null> {
    const known = this.scopes.get(sessionId);
    if (known) return known;
    const session = await this.find(sessionId);
    return session && { foreignAgent: session.foreignAgent, careOfAddress: session.careOfAddress };
  }

  /** An id that the tables do not know waits for the ledger's head first. */
  async find(sessionId: string): Promise<KnownSession | null> {
    const session = await this.read(sessionId);
    if (session) return session;
    await this.runner.waitFor(await this.store.head(), 5_000);
    return this.read(sessionId);
  }

  /** What the tables know once they have come as far as the ledger is now. */
  async findUpToDate(sessionId: string): Promise<KnownSession | null> {
    await this.runner.waitFor(await this.store.head(), 5_000);
    const session = await this.read(sessionId);
    return session && { ...session, position: await this.answered(session) };
  }

  /** What the command that made the last change was answered: the position of the end of its append. */
  private async answered({ foreignAgent, careOfAddress, revision, position }: KnownSession): Promise<bigint> {
    for await (const recorded of this.store.readStream(flowTableStream(foreignAgent, careOfAddress), { from: revision, limit: 1 })) {
      return recorded.position + (BigInt(readEvent(recorded).metadata.batchEnd) - recorded.revision);
    }
    return position;
  }

  private async read(sessionId: string): Promise<KnownSession | null> {
    const { rows } = await this.pool.query<SessionRow>({
      name: 'session-scope',
      text: `select foreign_agent, care_of_address, mobile_node, closed_at is not null as released, revision::text, position::text
        from projection.sessions where session_id = $1`,
      values: [sessionId],
    });
    const [row] = rows;
    if (!row) return null;
    return {
      foreignAgent: row.foreign_agent,
      careOfAddress: row.care_of_address,
      mobileNode: row.mobile_node,
      released: row.released,
      revision: BigInt(row.revision),
      position: BigInt(row.position),
    };
  }
}
