import type { RecordedEvent } from '#event-store';
import { categoryOf } from '#event-store';
import type { Checkpoint } from './log-changed';
import { LoggedEvent } from './logged-event';
import { parkedAt, type ParkedStream, type ParkedStreams } from './parked-streams';
import type { Projection } from './projection';
import type { ProjectionSession } from './projection-session';
import type { HoleInStream, StreamContinuity } from './stream-continuity';
import { WritePlan } from './write-plan';

/**
 * Applies events to the tables of all projections and moves the checkpoint over them. Many events go in one transaction; where
 * PostgreSQL refuses what one of them makes, the same events go one by one, and the projection that fails parks its stream.
 */
export class EventApplication {
  #holes: ReadonlyMap<RecordedEvent, HoleInStream> = new Map();

  constructor(
    private readonly session: ProjectionSession,
    private readonly projections: readonly Projection[],
    private readonly parked: ParkedStreams,
    private readonly continuity: StreamContinuity,
  ) {}

  /** @returns the streams that were parked */
  async apply(from: bigint, events: readonly RecordedEvent[]): Promise<readonly ParkedStream[]> {
    this.#holes = await this.continuity.holesBefore(events);
    const logged = events.map((event) => new LoggedEvent(event));
    try {
      return await this.#together(from, logged);
    } catch (error) {
      if (!isRefusedData(error)) throw error;
      return this.#oneByOne(from, logged);
    }
  }

  /** Applies events of a parked stream that lie before the checkpoint. @throws where the first of them still cannot be applied */
  async applyAgain(checkpoint: Checkpoint, parked: ParkedStream, events: readonly RecordedEvent[], next: Pick<RecordedEvent, 'revision' | 'position' | 'type'> | undefined): Promise<void> {
    const projection = this.projections.find(({ name }) => name === parked.projection);
    const plan = new WritePlan();
    // A projection that is no more has nothing to read again.
    if (projection) for (const event of events) plan.add(projection.project(new LoggedEvent(event)));
    await this.session.transaction(checkpoint.position, checkpoint, async () => {
      await this.session.execute(plan.statements);
      if (next === undefined) await this.parked.remove(this.session, parked);
      else await this.parked.store(this.session, { ...parked, revision: next.revision, position: next.position, eventType: next.type });
    });
  }

  async #together(from: bigint, events: readonly LoggedEvent[]): Promise<readonly ParkedStream[]> {
    const plan = new WritePlan();
    const newlyParked: ParkedStream[] = [];
    for (const event of events) {
      for (const projection of this.#readersOf(event, newlyParked)) {
        try {
          plan.add(this.#project(projection, event));
        } catch (error) {
          newlyParked.push(parkedAt(projection, event, error));
        }
      }
    }
    const { position, id } = events.at(-1)!.recorded;
    const to = { position, eventId: id };
    if (newlyParked.length === 0) await this.session.apply(from, to, plan.statements);
    else {
      await this.session.transaction(from, to, () =>
        Promise.all([this.session.execute(plan.statements), ...newlyParked.map((stream) => this.parked.store(this.session, stream))]),
      );
    }
    return newlyParked;
  }

  async #oneByOne(from: bigint, events: readonly LoggedEvent[]): Promise<readonly ParkedStream[]> {
    const newlyParked: ParkedStream[] = [];
    let checkpoint = from;
    for (const event of events) {
      const { position, id } = event.recorded;
      const failed: ParkedStream[] = [];
      await this.session.transaction(checkpoint, { position, eventId: id }, async () => {
        for (const projection of this.#readersOf(event, newlyParked)) {
          const stream = await this.#attempt(projection, event);
          if (stream === null) continue;
          await this.parked.store(this.session, stream);
          failed.push(stream);
        }
      });
      newlyParked.push(...failed);
      checkpoint = position;
    }
    return newlyParked;
  }

  async #attempt(projection: Projection, event: LoggedEvent): Promise<ParkedStream | null> {
    const plan = new WritePlan();
    try {
      plan.add(this.#project(projection, event));
    } catch (error) {
      return parkedAt(projection, event, error);
    }
    try {
      await this.session.savepoint(() => this.session.execute(plan.statements));
      return null;
    } catch (error) {
      if (!isRefusedData(error)) throw error;
      return parkedAt(projection, event, error);
    }
  }

  /** @throws HoleInStream; whatever the projection says of the event */
  #project(projection: Projection, event: LoggedEvent): ReturnType<Projection['project']> {
    const hole = this.#holes.get(event.recorded);
    if (hole) throw hole;
    return projection.project(event);
  }

  #readersOf({ stream }: LoggedEvent, newlyParked: readonly ParkedStream[]): readonly Projection[] {
    const category = categoryOf(stream);
    return this.projections.filter(
      (projection) =>
        (projection.categories === null || projection.categories.includes(category)) &&
        !this.parked.has(projection, stream) &&
        !newlyParked.some((parked) => parked.projection === projection.name && parked.stream === stream),
    );
  }
}

/**
 * Classes of SQLSTATE that blame the values, not the server: cardinality, data, integrity, limits. All else (connection, resources, missing
 * tables) says nothing about the event and is tried again.
 */
function isRefusedData(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && /^(21|22|23|54)[0-9A-Z]{3}$/.test(code);
}
