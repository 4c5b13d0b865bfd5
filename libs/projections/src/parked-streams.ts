import type { LoggedEvent } from './logged-event';
import type { ProjectionSession, TableSet } from './projection-session';
import type { Projection } from './projection';
import { HoleInStream } from './stream-continuity';

/** A stream that a projection stopped reading, at the event that it could not apply. */
export interface ParkedStream {
  readonly projection: string;
  readonly stream: string;
  /** Revision and position of that event; behind a hole the first revision that is missing, and the position of the event behind it. */
  readonly revision: bigint;
  readonly position: bigint;
  readonly eventType: string;
  readonly error: string;
}

/** What the runner knows to be parked; the table `parked_streams` is the truth. */
export class ParkedStreams {
  readonly #parked = new Map<string, ParkedStream>();

  constructor(private readonly set: TableSet) {}

  get all(): readonly ParkedStream[] {
    return [...this.#parked.values()];
  }

  has(projection: Projection, stream: string): boolean {
    return this.#parked.size > 0 && this.#parked.has(keyOf(projection.name, stream));
  }

  remember(parked: ParkedStream): void {
    this.#parked.set(keyOf(parked.projection, parked.stream), parked);
  }

  async load(session: ProjectionSession): Promise<void> {
    const rows = await session.query<Record<'projection' | 'stream' | 'revision' | 'position' | 'event_type' | 'error', string>>(
      `select projection, stream, revision::text, position::text, event_type, error from parked_streams p
       where version = $1 order by p.position`,
      [this.set.version],
    );
    this.#parked.clear();
    for (const { projection, stream, revision, position, event_type: eventType, error } of rows) {
      this.remember({ projection, stream, revision: BigInt(revision), position: BigInt(position), eventType, error });
    }
  }

  /** In the transaction of the caller, who remembers it once that is committed. */
  async store(session: ProjectionSession, { projection, stream, revision, position, eventType, error }: ParkedStream): Promise<void> {
    await session.query(
      `insert into parked_streams (projection, version, stream, revision, position, event_type, error) values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (projection, version, stream) do update
       set revision = excluded.revision, position = excluded.position, event_type = excluded.event_type, error = excluded.error`,
      [projection, this.set.version, stream, revision, position, eventType, error],
    );
  }

  async remove(session: ProjectionSession, { projection, stream }: ParkedStream): Promise<void> {
    await session.query('delete from parked_streams where projection = $1 and version = $2 and stream = $3', [projection, this.set.version, stream]);
  }

  forget({ projection, stream }: ParkedStream): void {
    this.#parked.delete(keyOf(projection, stream));
  }
}

const keyOf = (projection: string, stream: string): string => `${projection} ${stream}`;

export function parkedAt(projection: Projection, { recorded, stream }: LoggedEvent, cause: unknown): ParkedStream {
  const error = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  // PostgreSQL's text takes no NUL.
  const readable = error.replaceAll('\0', '\uFFFD').slice(0, 2000);
  const revision = cause instanceof HoleInStream ? cause.missing : recorded.revision;
  return { projection: projection.name, stream, revision, position: recorded.position, eventType: recorded.type, error: readable };
}
