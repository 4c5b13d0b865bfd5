import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { EventStore, RecordedEvent } from '#event-store';
import { listen, type ConnectionTarget, type Listener } from '#postgres';
import { CheckpointWatch } from './checkpoint-watch';
import { EventApplication } from './event-application';
import { LogChanged, requireSameLog, type Checkpoint } from './log-changed';
import { ParkedStreams, type ParkedStream } from './parked-streams';
import type { Projection } from './projection';
import { ProjectionSession, readTables, type TableSet } from './projection-session';
import { HoleInStream, StreamContinuity } from './stream-continuity';
import { allProjections } from './all-projections';

/** The shape of a pino logger, as far as it is used here. */
export interface RunnerLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface ProjectionRunnerOptions {
  readonly store: EventStore;
  /** For the runner's own connection, which writes. */
  readonly connection: ConnectionTarget;
  /** Where the checkpoint is heard of; where absent, on a connection of the runner's own as well. */
  readonly listen?: (listener: Listener) => Promise<void>;
  readonly pool: pg.Pool;
  readonly log?: RunnerLog;
  readonly projections?: readonly Projection[];
  readonly tables?: TableSet;
  /** Called once for each stream that is parked. */
  readonly onParked?: (stream: ParkedStream) => void;
}

const lockPollMs = 250;
/** So often whoever stands by looks whether the tables can go on. */
const standbyLookMs = 5_000;
/** So late the tables may be while nobody waits for them: a transaction for every command would take more time than the commands. */
const gatherMs = 100;
/** A batch of so many events is part of many: the tables are behind, and nothing is to be gathered. */
const fullBatch = 500;
const firstBackOffMs = 50;
const lastBackOffMs = 5_000;
/** Events of a parked stream that are read again in one transaction. */
const rereadBatch = 500;

export type RunnerState = 'stopped' | 'standing-by' | 'running';

/**
 * Keeps the read tables up with the log. Of all servers' runners one runs, the others stand by for its lock. Whatever is lost, store
 * or PostgreSQL, it begins again at the checkpoint, with back-off.
 */
export class ProjectionRunner {
  readonly #stopped = new AbortController();
  readonly #log: RunnerLog;
  readonly #projections: readonly Projection[];
  readonly #tables: TableSet;
  readonly #watch: CheckpointWatch;
  #parked: ParkedStreams;
  #state: RunnerState = 'stopped';
  #restart: (() => void) | undefined;
  #done: Promise<void> | undefined;
  #backOffMs = firstBackOffMs;
  #changed: LogChanged | null = null;

  constructor(private readonly options: ProjectionRunnerOptions) {
    const silent = (): void => undefined;
    this.#log = options.log ?? { info: silent, warn: silent, error: silent };
    this.#projections = options.projections ?? allProjections;
    this.#tables = options.tables ?? readTables;
    this.#parked = new ParkedStreams(this.#tables);
    const { connection, pool, listen: hear = (listener) => listen(connection, { ...listener, applicationName: 'qos-ledger checkpoint' }) } = options;
    this.#watch = new CheckpointWatch(hear, pool, this.#tables);
  }

  get state(): RunnerState {
    return this.#state;
  }

  /** Why the tables stand still on this server; null: they do not. */
  get changed(): LogChanged | null {
    return this.#changed;
  }

  /** Last position that this process knows the tables to have reached, whoever runs. */
  get position(): bigint {
    return this.#watch.position;
  }

  /** Streams that are parked; of a runner that stands by, as it saw them last in the table `parked_streams`. */
  get parked(): readonly ParkedStream[] {
    return this.#parked.all;
  }

  start(): void {
    this.#watch.start();
    this.#done ??= this.#keepRunning();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#done;
    await this.#watch.stop();
  }

  /**
   * Resolves when the tables have reached the position, on whichever server they are written.
   * @throws ProjectionBehind after the time
   */
  waitFor(position: bigint, timeoutMs: number): Promise<void> {
    return this.#watch.waitFor(position, timeoutMs);
  }

  /** Calls back for every move of the checkpoint. @returns what ends it */
  onCheckpoint(listener: (position: bigint) => void): () => void {
    return this.#watch.onMove(listener);
  }

  /** Reads parked streams again from where they stopped, as every start of a runner does: for after the fix. */
  retryParked(): void {
    this.#restart?.();
  }

  async #keepRunning(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      try {
        await this.#run();
      } catch (error) {
        if (error instanceof LogChanged) {
          await this.#standStill(error);
          continue;
        }
        this.#log.warn({ err: error, retryInMs: this.#backOffMs }, 'The projections lost the store or PostgreSQL and begin again at the checkpoint.');
        await this.#pause(this.#backOffMs * (0.5 + Math.random() / 2));
        this.#backOffMs = Math.min(this.#backOffMs * 2, lastBackOffMs);
      }
    }
    this.#state = 'stopped';
  }

  /** Told once; looked at again in case the log is mended. */
  async #standStill(error: LogChanged): Promise<void> {
    if (this.#changed === null) this.#log.error({ err: error, position: error.position.toString() }, 'The read tables stand still: the log was changed from outside.');
    this.#changed = error;
    await this.#pause(lastBackOffMs);
  }

  async #run(): Promise<void> {
    const round = new AbortController();
    const signal = AbortSignal.any([round.signal, this.#stopped.signal]);
    let lost: Error | undefined;
    this.#state = 'standing-by';
    const session = await ProjectionSession.open(this.options.connection, this.#tables, (error) => {
      lost ??= error;
      round.abort();
    });
    try {
      await this.#standBy(session, signal);
      if (!signal.aborted) await this.#project(session, signal, round);
    } finally {
      this.#restart = undefined;
      await session.close();
    }
    if (lost) throw lost;
  }

  /** Returns with the lock. Also who does not run knows what the tables lack: each server is asked whether it is ready. @throws LogChanged */
  async #standBy(session: ProjectionSession, signal: AbortSignal): Promise<void> {
    for (let lookAt = 0; !signal.aborted && !(await session.tryLock()); await this.#pause(lockPollMs, signal)) {
      if (performance.now() < lookAt) continue;
      lookAt = performance.now() + standbyLookMs;
      await this.#parked.load(session);
      await requireSameLog(this.options.store, await session.checkpoint());
      this.#changed = null;
    }
  }

  async #project(session: ProjectionSession, signal: AbortSignal, round: AbortController): Promise<void> {
    this.#restart = () => round.abort();
    const application = new EventApplication(session, this.#projections, this.#parked, new StreamContinuity(this.options.store));
    await this.#parked.load(session);
    let checkpoint = await session.checkpoint();
    await requireSameLog(this.options.store, checkpoint);
    this.#changed = null;
    this.#watch.moved(checkpoint.position);
    this.#state = 'running';
    this.#log.info({ position: checkpoint.position.toString() }, 'The projections run on this server.');
    await this.#readParkedAgain(session, application, checkpoint);
    for await (const delivered of this.options.store.subscribeAll(checkpoint.position, signal)) {
      await requireSameLog(this.options.store, checkpoint);
      // No store delivers twice what it was asked to begin behind; rows that were written twice would be wrong for good.
      const after = checkpoint.position;
      const batch = delivered[0]!.position > after ? delivered : delivered.filter((event) => event.position > after);
      if (batch.length === 0) continue;
      this.#tellGaps(after, batch);
      const newlyParked = await application.apply(after, batch);
      const { position, id } = batch.at(-1)!;
      checkpoint = { position, eventId: id };
      this.#watch.moved(position);
      this.#backOffMs = firstBackOffMs;
      for (const stream of newlyParked) this.#park(stream);
      if (batch.length < fullBatch) await this.#watch.wanted(gatherMs, signal);
    }
  }

  /** Positions are dense: where one is left out, an event was taken from the log. Its stream is parked when it goes on behind it. */
  #tellGaps(checkpoint: bigint, batch: readonly RecordedEvent[]): void {
    let before = checkpoint;
    for (const { position } of batch) {
      if (position !== before + 1n) {
        this.#log.error({ after: before.toString(), before: position.toString() }, 'Events between these positions are missing from the log: it was changed from outside.');
      }
      before = position;
    }
  }

  #park(stream: ParkedStream): void {
    this.#parked.remember(stream);
    const { projection, revision, eventType, error } = stream;
    this.#log.error(
      { projection, stream: stream.stream, revision: revision.toString(), eventType, error },
      'A projection could not apply an event and parked its stream: what it shows of this stream stands still until it is fixed.',
    );
    this.options.onParked?.(stream);
  }

  async #readParkedAgain(session: ProjectionSession, application: EventApplication, checkpoint: Checkpoint): Promise<void> {
    for (const parked of this.#parked.all) {
      try {
        await this.#readAgain(application, checkpoint, parked);
        this.#parked.forget(parked);
        this.#log.info({ projection: parked.projection, stream: parked.stream }, 'A parked stream was read again to its end.');
      } catch (error) {
        this.#log.error({ projection: parked.projection, stream: parked.stream, err: error }, 'A parked stream still cannot be applied.');
      }
    }
    // A failure in the midst of a stream moved its mark.
    await this.#parked.load(session);
  }

  async #readAgain(application: EventApplication, checkpoint: Checkpoint, parked: ParkedStream): Promise<void> {
    let batch: RecordedEvent[] = [];
    let expected = parked.revision;
    for await (const event of this.options.store.readStream(parked.stream, { from: expected })) {
      if (event.position > checkpoint.position) break;
      const hole = event.revision === expected ? undefined : new HoleInStream(event, expected);
      if (batch.length === rereadBatch || hole) {
        await application.applyAgain(checkpoint, parked, batch, { ...event, revision: expected });
        batch = [];
      }
      if (hole) throw hole;
      batch.push(event);
      expected += 1n;
    }
    await application.applyAgain(checkpoint, parked, batch, undefined);
  }

  async #pause(ms: number, signal: AbortSignal = this.#stopped.signal): Promise<void> {
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }
}
