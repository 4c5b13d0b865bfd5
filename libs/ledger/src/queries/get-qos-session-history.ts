import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type pg from 'pg';
import type { RecordedEvent } from '#event-store';
import { NotFound } from '../idempotency/command';
import { ReadModel } from './read-model';
import { readEvent } from '../mailbox/read-event';
import { maximumLimit } from './list-request';
import type { Page } from './listing';
import { viewOf, type EventView } from './logged-event-view';
import { ParameterFaults } from './parameter-faults';

/** An event that names the session, or one of its line, with why it happened and who asked. */
export interface SessionEvent extends EventView {
  readonly occurredAt: string;
  /** As the event tells it; null where it needs none. */
  readonly cause: string | null;
  readonly actor: string;
}

export interface HistoryRequest {
  /** A position, exclusive. */
  readonly after?: bigint | null;
  readonly limit?: number | null;
  readonly minPosition?: bigint | null;
}

/**
 * `GET /v1/qos-sessions/{id}/history`, in the order of the log, of all sessions that took over from one another.
 * @throws NotFound, ParameterFaults, ProjectionBehind
 */
export class GetQosSessionHistory extends Query<Page<SessionEvent>> {
  constructor(
    readonly sessionId: string,
    readonly request: HistoryRequest = {},
  ) {
    super();
  }
}

/** The session, those that it took over from, and those that took over from it: a rekeyed flow reads as one line. */
const lineSql = `
  with recursive older as (
    select session_id, replaces from projection.sessions where session_id = $1
    union
    select s.session_id, s.replaces from older join projection.sessions s on s.session_id = older.replaces
  ), newer as (
    select $1::uuid as session_id
    union
    select s.session_id from newer join projection.sessions s on s.replaces = newer.session_id
  )
  select session_id::text from older union select session_id::text from newer`;

/** Named by itself, as one that a newcomer matched, or in an extension of leases of its scope while it was there, by whichever of its leases. */
const positionsSql = `
  select position::text from (
    select position from projection.session_events where session_id = any($1::uuid[])
    union
    select position from projection.collisions where matched_session_id = any($1::uuid[])
    union
    select x.position from projection.session_legs l
    join ledger.events x on x.type = 'LeasesExtended' and x.stream = 'flowTable-' || l.foreign_agent || '@' || l.care_of_address
      and x.position > greatest(l.started_position, $2) and x.position < coalesce(l.ended_position, 9223372036854775807)
    where l.session_id = any($1::uuid[]) and strpos(x.data, l.session_id::text) > 0) named
  where named.position > $2 order by named.position limit $3`;

@QueryHandler(GetQosSessionHistory)
export class GetQosSessionHistoryHandler implements IQueryHandler<GetQosSessionHistory> {
  constructor(private readonly readModel: ReadModel) {}

  async execute({ sessionId, request }: GetQosSessionHistory): Promise<Page<SessionEvent>> {
    const limit = request.limit ?? 100;
    if (!Number.isInteger(limit) || limit < 1 || limit > maximumLimit) {
      throw new ParameterFaults([{ parameter: 'limit', detail: `The value must be a whole number from 1 to ${maximumLimit}.` }]);
    }
    const found = await this.readModel.find(request.minPosition ?? null, async (client, position) =>
      (await isKnown(client, sessionId))
        ? { position, named: await namedAt(client, await lineOf(client, sessionId), request.after ?? 0n, limit + 1) }
        : null,
    );
    if (found === null) throw new NotFound(`No session has the id ${sessionId}.`);
    const shown = found.named.slice(0, limit);
    const next = found.named.length > limit ? shown.at(-1)!.toString() : null;
    return { position: found.position.toString(), items: await this.#eventsAt(shown), next };
  }

  /** Neighbours in the log are read at once. */
  async #eventsAt(positions: readonly bigint[]): Promise<readonly SessionEvent[]> {
    const events: SessionEvent[] = [];
    for (let index = 0; index < positions.length; ) {
      const first = positions[index]!;
      let length = 1;
      while (positions[index + length] === first + BigInt(length)) length += 1;
      for await (const event of this.readModel.store.readAll({ after: first - 1n, limit: length })) events.push(sessionEvent(event));
      index += length;
    }
    return events;
  }
}

/** @throws UnreadableEvent: the tables knew it, and the log spoils it since */
function sessionEvent(recorded: RecordedEvent): SessionEvent {
  const { event, metadata } = readEvent(recorded);
  const { cause } = event as { readonly cause?: string };
  return { ...viewOf(recorded), occurredAt: event.occurredAt, cause: cause ?? null, actor: metadata.actor };
}

async function isKnown(client: pg.ClientBase, sessionId: string): Promise<boolean> {
  const { rowCount } = await client.query('select from projection.sessions where session_id = $1', [sessionId]);
  return rowCount === 1;
}

async function lineOf(client: pg.ClientBase, sessionId: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ session_id: string }>(lineSql, [sessionId]);
  return rows.map((row) => row.session_id);
}

async function namedAt(client: pg.ClientBase, sessionIds: readonly string[], after: bigint, limit: number): Promise<readonly bigint[]> {
  const { rows } = await client.query<{ position: string }>(positionsSql, [sessionIds, after, limit]);
  return rows.map(({ position }) => BigInt(position));
}
