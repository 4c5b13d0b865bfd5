import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type pg from 'pg';
import { NotFound } from '../idempotency/command';
import { ReadModel } from './read-model';
import { readHandoffs, type HandoffRow } from './get-handoffs';
import { readHandoffLegs, type HandoffLeg } from './handoff-legs';

/** An event by which the handoff did something. */
export interface HandoffStep {
  /** From 1 on, in the order of the ledger. */
  readonly ordinal: number;
  readonly type: string;
  /** Null: the event is the node's. */
  readonly foreignAgent: string | null;
  readonly careOfAddress: string | null;
  readonly sessionId: string | null;
  readonly occurredAt: string;
  readonly recordedAt: string;
  readonly stream: string;
  readonly revision: string;
  readonly position: string;
  /** What else the event says. */
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface Handoff extends HandoffRow {
  /** At most 10,000. */
  readonly steps: readonly HandoffStep[];
  readonly legs: readonly HandoffLeg[];
}

const maximumSteps = 10_000;

/** `GET /v1/handoffs/{id}`; `position` is that of the tables. @throws NotFound, ProjectionBehind */
export class GetHandoff extends Query<Handoff> {
  constructor(
    readonly handoffId: string,
    readonly minPosition: bigint | null = null,
  ) {
    super();
  }
}

@QueryHandler(GetHandoff)
export class GetHandoffHandler implements IQueryHandler<GetHandoff> {
  constructor(private readonly readModel: ReadModel) {}

  async execute({ handoffId, minPosition }: GetHandoff): Promise<Handoff> {
    const found = await this.readModel.find(minPosition, async (client, position) => {
      const page = await readHandoffs(client, position, { filters: { handoffId } });
      const [handoff] = page.items;
      if (!handoff) return null;
      const steps = await readSteps(client, handoffId);
      return { ...handoff, position: page.position, steps, legs: await readHandoffLegs(client, handoff, steps) };
    });
    if (found === null) throw new NotFound(`No handoff has the id ${handoffId}.`);
    return found;
  }
}

async function readSteps(client: pg.ClientBase, handoffId: string): Promise<readonly HandoffStep[]> {
  const { rows } = await client.query<HandoffStep>(
    `select ordinal::int, type, foreign_agent as "foreignAgent", care_of_address as "careOfAddress", session_id as "sessionId",
      occurred_at as "occurredAt", recorded_at as "recordedAt", stream, revision::text, position::text, detail
     from qos.handoff_steps where handoff_id = $1 order by ordinal limit $2`,
    [handoffId, maximumSteps],
  );
  return rows;
}
