import { setTimeout as delay } from 'node:timers/promises';
import { FaultyEventStore, MemoryEventStore, PostgresEventStore, type EventStore, type Faults, type ReadAllOptions, type ReadStreamOptions, type RecordedEvent } from '#event-store';
import { listen, openPool } from '#postgres';
import { openTestDatabase, type TestDatabase } from '#postgres/testing';
import { allProjections } from './all-projections';
import { ProjectionBehind } from './checkpoint-watch';
import { admitted, at, configured, LogWriter, matchOf, released, uuidOf } from './log-writer.testing';
import type { ParkedStream } from './parked-streams';
import type { Projection } from './projection';
import { ProjectionRunner, type ProjectionRunnerOptions } from './projection-runner';
import { readTables } from './projection-session';
import { createTables, hashOfTables } from './read-tables.testing';

const scope = ['fa-1', '198.51.100.1'] as const;

/** A log from which one event was taken away. */
function without(store: EventStore, position: bigint): EventStore {
  const stands = (event: RecordedEvent): boolean => event.position !== position;
  return Object.assign(Object.create(store) as EventStore, {
    async *readStream(stream: string, { limit = Infinity, ...options }: ReadStreamOptions = {}) {
      for await (const event of store.readStream(stream, options)) if (stands(event) && limit-- > 0) yield event;
    },
    async *readAll(options: ReadAllOptions) {
      for await (const event of store.readAll(options)) if (stands(event)) yield event;
    },
    async *subscribeAll(after: bigint, signal: AbortSignal) {
      for await (const batch of store.subscribeAll(after, signal)) {
        const left = batch.filter(stands);
        if (left.length > 0) yield left;
      }
    },
  });
}

describe('ProjectionRunner', () => {
  let database: TestDatabase;
  let store: MemoryEventStore;
  let log: LogWriter;
  const runners: ProjectionRunner[] = [];

  beforeEach(async () => {
    database = await openTestDatabase();
    store = new MemoryEventStore();
    log = new LogWriter(store);
  });
  afterEach(async () => {
    await Promise.all(runners.splice(0).map((runner) => runner.stop()));
    await store.close();
    await database.close();
  });

  const start = (options: Partial<ProjectionRunnerOptions> = {}): ProjectionRunner => {
    const runner = new ProjectionRunner({ store, connection: database.connection, pool: database.pool, ...options });
    runners.push(runner);
    runner.start();
    return runner;
  };
  const withFaults = (faults: Faults): EventStore => new FaultyEventStore(store, faults);
  const query = async (sql: string): Promise<readonly unknown[]> => (await database.pool.query<Record<string, unknown>>(sql)).rows;
  const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
    for (let tries = 0; !(await holds()); tries += 1) {
      if (tries > 500) throw new Error('it did not come about in 10 s');
      await delay(20);
    }
  };
  const backends = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'qos-ledger projections' and datname = current_database()`;

  const hashOf = (schema: string): Promise<string> => hashOfTables(database.pool, schema);

  /** Fills another version of the tables from zero. */
  const rebuild = async (schema: string, projections = allProjections): Promise<string> => {
    await createTables(database.pool, schema);
    const runner = start({ projections, tables: { ...readTables, schema, channel: null } });
    await until(async () => runner.position === (await store.head()));
    await runner.stop();
    return hashOf(schema);
  };

  /** A life of two agents, an append a step. */
  const appendMany = async (rounds: number): Promise<bigint> => {
    const streams = [await log.provision(...scope, ['mn-1', 'mn-2']), await log.provision('fa-2', '198.51.100.2', ['mn-3'])];
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, stream] of streams.entries()) {
        const [foreignAgent, careOfAddress] = index === 0 ? scope : ['fa-2', '198.51.100.2'];
        const name = (what: string): string => `${what} ${index} ${round}`;
        const base = { scope: [foreignAgent, careOfAddress] as const, sourcePort: 5000 + round, seconds: round };
        const first = configured({ ...base, session: name('first') });
        const temporary = { field: 'sourcePort' as const, value: 49152 + round };
        const second = configured({ ...base, session: name('second'), mobileNode: 'mn-2', temporary, matched: [matchOf(first)] });
        const { sessionId, mobileNode, matched } = second;
        const allocated = { type: 'TemporaryFlowIdAllocated', sessionId, mobileNode, ...temporary, matched, allocatedBy: 'ledger', choice: 'never-used', occurredAt: at(round) } as const;
        await log.append(stream, first);
        await log.append(stream, allocated, second);
        await log.append(stream, { type: 'LeasesExtended', sessions: [uuidOf(name('first')), uuidOf(name('second'))], until: at(round + 300), occurredAt: at(round) });
        await log.append(stream, { type: 'QosSessionModified', sessionId, service: 'guaranteed', expiresAt: at(round + 400), occurredAt: at(round) });
        await log.append(stream, admitted('mn-1', { expiresAt: at(4000 + round), registrationRevision: `${round + 1}`, occurredAt: at(round) }));
        if (round % 3 === 0) await log.append(stream, released(first, round + 1), released(second, round + 1));
        if (round % 6 === 0) await log.append(stream, { type: 'QuarantineEnded', quarantines: [sessionId], occurredAt: at(round + 1) });
      }
    }
    return store.head();
  };

  it('I19 tables built from zero equal those that grew with the log', async () => {
    const runner = start();
    const position = await appendMany(12);
    await runner.waitFor(position, 20_000);
    expect(runner.parked).toEqual([]);
    expect(await query('select count(*)::int as rows from projection.flow_table where to_position is null')).toEqual([{ rows: 32 }]);
    expect(await rebuild('second')).toBe(await hashOf('projection'));
  });

  it('catches up after a restart, in few transactions', async () => {
    const first = start();
    await first.waitFor(await appendMany(1), 20_000);
    await first.stop();
    const stream = 'flowTable-fa-1@198.51.100.1';
    for (let index = 0; index < 400; index += 1) await log.append(stream, configured({ scope, session: `s${index}`, sourcePort: index }));
    const transactions = async (): Promise<number> => ((await query('select (txid_current())::text::int as id')) as { id: number }[])[0]!.id;
    const before = await transactions();
    const second = start();
    await second.waitFor(await store.head(), 20_000);
    expect((await transactions()) - before).toBeLessThan(50);
    expect(await query('select count(*)::int as rows from projection.sessions where established_position > 20')).toEqual([{ rows: 400 }]);
  });

  it('F3 a transaction that is lost before its commit leaves neither rows nor checkpoint, and is made again', async () => {
    let killed = 0;
    const flowTable = allProjections.find(({ name }) => name === 'flow_table')!;
    const kill: Projection = {
      name: 'kill',
      categories: ['flowTable'],
      project: ({ position }) => {
        const statement = { name: 'kill', merges: true, sql: 'select pg_terminate_backend(pg_backend_pid()) from json_array_elements($1)' };
        if (killed === 2 || Number(position) < 8) return [];
        killed += 1;
        return [{ statement, keys: [], row: { position } }];
      },
    };
    const runner = start({ projections: [...allProjections.filter((each) => each !== flowTable), flowTable, kill] });
    await runner.waitFor(await appendMany(6), 20_000);
    expect(killed).toBe(2);
    expect(await rebuild('second')).toBe(await hashOf('projection'));
  });

  describe('F15 a poison event', () => {
    const newer = (): Promise<bigint> => log.appendRaw('flowTable-fa-1@198.51.100.1', [{ type: 'QosSessionPainted', data: '{}', schemaVersion: 1 }]);

    it.each([
      ['of unknown type', { type: 'QosSessionPainted', data: '{}', schemaVersion: 1 }],
      ['of a newer schema version', { type: 'QosSessionReleased', data: '{}', schemaVersion: 2 }],
      ['of another category of streams', { type: 'HandoffCompleted', data: JSON.stringify({ handoffId: uuidOf('h'), mobileNode: 'mn-1', occurredAt: at(1) }), schemaVersion: 1 }],
      ['of which PostgreSQL refuses a value', { type: 'QosSessionReleased', data: JSON.stringify({ ...released(configured({ scope, session: 'a' }), 1), sessionId: 'no uuid' }), schemaVersion: 1 }],
      ['whose payload is no JSON', { type: 'QosSessionReleased', data: '{', schemaVersion: 1 }],
    ])('%s parks its stream, raises an alarm, and others go on', async (_, event) => {
      const alarms: ParkedStream[] = [];
      const runner = start({ onParked: (stream) => alarms.push(stream) });
      const stream = await log.provision(...scope, ['mn-1']);
      const other = await log.provision('fa-2', '198.51.100.2', ['mn-1']);
      await log.append(stream, configured({ scope, session: 'a' }));
      const poison = await log.appendRaw(stream, [event]);
      await log.append(stream, configured({ scope, session: 'b' }));
      await runner.waitFor(await log.append(other, configured({ scope: ['fa-2', '198.51.100.2'], session: 'c' })), 20_000);
      await until(() => alarms.length > 0);
      expect(alarms.find(({ projection }) => projection === 'flow_table')).toMatchObject({ stream, position: poison, eventType: event.type });
      const parked = `select stream, position::int, event_type from projection.parked_streams where projection = 'sessions'`;
      expect(await query(parked)).toEqual([{ stream, position: Number(poison), event_type: event.type }]);
      const shown = await query('select session_id from projection.flow_table where to_position is null order by established_position');
      expect(shown).toEqual(['a', 'c'].map((session) => ({ session_id: uuidOf(session) })));
      // What needs no payload knows every command.
      expect(await query('select count(*)::int as commands from projection.commands')).toEqual([{ commands: 8 }]);
    });

    it.each(['x-flowTable-fa-1@198.51.100.1', '2flowTable-fa-1@198.51.100.1', 'elsewhere'])('in %s, which is no stream of ours, is a command of another ledger: nobody repeats it here', async (stream) => {
      const runner = start();
      await runner.waitFor(await log.append(stream, configured({ scope, session: 'a' })), 20_000);
      expect(await query('select stream, error from projection.parked_streams')).toEqual([{ stream, error: 'Error: The stream is of no category of the ledger.' }]);
      expect(await query('select count(*)::int as commands from projection.commands')).toEqual([{ commands: 0 }]);
    });

    it('is read again after the fix, as if it had never been parked', async () => {
      const broken: Projection[] = allProjections.map((projection) => ({
        ...projection,
        project: (logged) => {
          if (logged.recorded.type === 'QosSessionModified' && projection.name === 'flow_table') throw new Error('a fault of the program');
          return projection.project(logged);
        },
      }));
      const faulty = start({ projections: broken });
      const position = await appendMany(10);
      await faulty.waitFor(position, 20_000);
      await until(() => faulty.parked.length === 2);
      expect(faulty.parked.map(({ projection, stream, error }) => [projection, stream, error])).toEqual([
        ['flow_table', 'flowTable-fa-1@198.51.100.1', 'Error: a fault of the program'],
        ['flow_table', 'flowTable-fa-2@198.51.100.2', 'Error: a fault of the program'],
      ]);
      await faulty.stop();
      const fixed = start();
      await until(async () => (await query('select from projection.parked_streams')).length === 0);
      await until(() => fixed.parked.length === 0);
      expect(await rebuild('second')).toBe(await hashOf('projection'));
    });

    it('behind a hole of its stream parks it, whoever saw the events before, until what is missing is there again', async () => {
      const stream = await log.provision(...scope, ['mn-1']);
      await log.append(stream, configured({ scope, session: 'a' }));
      const missing = await log.append(stream, configured({ scope, session: 'lost', sourcePort: 4002 }));
      const behind = await log.append(stream, configured({ scope, session: 'b', sourcePort: 4004 }));
      const other = await log.append(await log.provision('fa-2', '198.51.100.2', ['mn-1']), configured({ scope: ['fa-2', '198.51.100.2'], session: 'c' }));
      const sessions = `select count(*)::int as sessions from projection.flow_table`;
      const parked = { stream, position: Number(behind), error: `HoleInStream: Revision 3 of the stream is missing before position ${behind}.` };
      const parkedNow = `select stream, position::int, error from projection.parked_streams where projection = 'flow_table'`;

      const alarms: object[] = [];
      const silent = (): void => undefined;
      const runner = start({ store: without(store, missing), log: { info: silent, warn: silent, error: (facts) => alarms.push(facts) } });
      await runner.waitFor(other, 20_000);
      expect(alarms).toContainEqual({ after: String(missing - 1n), before: String(behind) });
      expect(await query(parkedNow)).toEqual([parked]);
      expect(await query(sessions)).toEqual([{ sessions: 2 }]);
      await runner.stop();

      const restarted = start({ store: without(store, missing) });
      await restarted.waitFor(await log.append(stream, configured({ scope, session: 'd', sourcePort: 4006 })), 20_000);
      await restarted.stop();
      expect(await query(parkedNow)).toEqual([parked]);

      const mended = start();
      await until(async () => (await query('select from projection.parked_streams')).length === 0);
      await mended.waitFor(await store.head(), 20_000);
      expect(await query(sessions)).toEqual([{ sessions: 5 }]);
      expect(await rebuild('second')).toBe(await hashOf('projection'));
    });

    it.each(['while it runs', 'while nobody runs'])('that took the place of the last one %s stops the tables: they are not told two truths', async (when) => {
      const stream = await log.provision(...scope, ['mn-1']);
      const replaced = await log.append(stream, configured({ scope, session: 'a' }));
      const first = start();
      await first.waitFor(replaced, 20_000);
      if (when === 'while nobody runs') await first.stop();
      let isReplaced = true;
      const readAll = store.readAll.bind(store);
      jest.spyOn(store, 'readAll').mockImplementation(async function* (options) {
        for await (const event of readAll(options)) yield isReplaced && event.position === replaced ? { ...event, id: uuidOf('another') } : event;
      });
      const runner = when === 'while nobody runs' ? start() : first;
      const behind = await log.append(stream, configured({ scope, session: 'b', sourcePort: 4002 }));
      await until(() => runner.changed !== null);
      expect([runner.changed?.position, runner.position]).toEqual([replaced, expect.any(BigInt)]);
      expect(await query('select position::int from projection.checkpoints')).toEqual([{ position: Number(replaced) }]);
      isReplaced = false;
      await runner.waitFor(behind, 9000);
      expect(runner.changed).toBeNull();
    }, 20_000);

    it('behind a hole that a runner finds at its first event is not applied', async () => {
      const stream = await log.provision(...scope, ['mn-1']);
      const first = start();
      await first.waitFor(await log.append(stream, configured({ scope, session: 'a' })), 20_000);
      await first.stop();
      const missing = await log.append(stream, configured({ scope, session: 'lost', sourcePort: 4002 }));
      const behind = await log.append(stream, configured({ scope, session: 'b', sourcePort: 4004 }));
      const second = start({ store: without(store, missing) });
      await second.waitFor(behind, 20_000);
      await until(() => second.parked.some((parked) => parked.projection === 'flow_table'));
      expect(second.parked[0]).toMatchObject({ stream, revision: 3n, position: behind });
      expect(await query('select count(*)::int as sessions from projection.flow_table')).toEqual([{ sessions: 1 }]);
    });

    it('that still cannot be read stays parked', async () => {
      await log.provision(...scope, ['mn-1']);
      const position = await newer();
      const errors: string[] = [];
      const silent = (): void => undefined;
      const runner = start({ log: { info: silent, warn: silent, error: (_, message) => errors.push(message) } });
      await runner.waitFor(position, 20_000);
      await until(() => runner.parked.length > 0);
      runner.retryParked();
      await until(() => errors.includes('A parked stream still cannot be applied.'));
      await runner.waitFor(await newer(), 20_000);
      expect(await query(`select distinct position::int from projection.parked_streams`)).toEqual([{ position: Number(position) }]);
    });
  });

  describe('two servers', () => {
    it('one runs, the other stands by, knows the checkpoint, and takes over', async () => {
      const first = start();
      await until(() => first.state === 'running');
      const otherPool = openPool(database.connection);
      const second = start({ pool: otherPool });
      const stream = await log.provision(...scope, ['mn-1']);
      await second.waitFor(await log.append(stream, configured({ scope, session: 'a' })), 20_000);
      expect([first.state, second.state]).toEqual(['running', 'standing-by']);
      await first.stop();
      await second.waitFor(await log.append(stream, configured({ scope, session: 'b' })), 20_000);
      expect(second.state).toBe('running');
      await second.stop();
      await otherPool.end();
    });

    it('a runner that was paused and lost its lock writes nothing any more', async () => {
      let release = (): void => undefined;
      const paused = new Promise<void>((resolve) => (release = resolve));
      let isPaused = false;
      const zombie = start({ store: withFaults({ onBatch: async () => { isPaused = true; await paused; } }) });
      const position = await appendMany(3);
      await until(() => isPaused);
      // As the server does with a peer that is gone: the lock is free, the other runner goes on.
      await query(backends);
      const second = start();
      await second.waitFor(position, 20_000);
      release();
      const stream = 'flowTable-fa-1@198.51.100.1';
      await second.waitFor(await log.append(stream, configured({ scope, session: 'late' })), 20_000);
      await until(() => zombie.state === 'standing-by');
      expect(await rebuild('second')).toBe(await hashOf('projection'));
    });

    it('a checkpoint that another has moved fences a runner that still believes in its lock', async () => {
      const stream = await log.provision(...scope, ['mn-1']);
      const warnings: unknown[] = [];
      const silent = (): void => undefined;
      const runner = start({ log: { info: silent, error: silent, warn: ({ err }: { err?: Error }) => warnings.push(err?.name) } });
      await runner.waitFor(await log.append(stream, configured({ scope, session: 'a' })), 20_000);
      // As if a rival had applied the next event.
      await query('update projection.checkpoints set position = position + 1');
      await log.append(stream, configured({ scope, session: 'b' }));
      await runner.waitFor(await log.append(stream, configured({ scope, session: 'c' })), 20_000);
      expect(warnings).toEqual(['Fenced']);
      expect(await query('select session_id from projection.flow_table order by established_position')).toEqual([{ session_id: uuidOf('a') }, { session_id: uuidOf('c') }]);
    });
  });

  it('a position that does not come in time is behind', async () => {
    const runner = start();
    await expect(runner.waitFor(1n, 30)).rejects.toThrow(ProjectionBehind);
  });

  it('whoever waits for the tables is let go when the runner stops', async () => {
    const runner = start();
    const waiting = runner.waitFor(1_000n, 3_600_000);
    await Promise.all([expect(waiting).rejects.toThrow(ProjectionBehind), runner.stop()]);
  });

  it('begins again where the store was lost', async () => {
    let losses = 3;
    const runner = start({ store: withFaults({ onBatch: () => { if (losses-- > 0) throw new Error('injected: the store is away'); } }) });
    const position = await appendMany(2);
    await runner.waitFor(position, 20_000);
    expect(losses).toBeLessThan(0);
    expect(await rebuild('second')).toBe(await hashOf('projection'));
  });

  it('F13 given every batch twice, writes the rows once', async () => {
    let delivered = 0;
    const parked: unknown[] = [];
    const store = withFaults({ onBatch: () => ((delivered += 1), 'duplicate') });
    const runner = start({ store, onParked: (stream) => parked.push(stream) });
    const stream = await log.provision(...scope, ['mn-1']);
    for (const session of ['a', 'b', 'c']) await runner.waitFor(await log.append(stream, configured({ scope, session })), 20_000);
    await runner.waitFor(await appendMany(3), 20_000);
    expect(delivered).toBeGreaterThan(2);
    expect(parked).toEqual([]);
    expect(await rebuild('second')).toBe(await hashOf('projection'));
  });

  it('given that another one has the turn and hangs, tells the streams that are parked, and that the log was changed', async () => {
    const first = start();
    const stream = await log.provision(...scope, ['mn-1']);
    await store.append(stream, (await store.streamRevision(stream)), [{ id: uuidOf('poison'), type: 'Poison', data: '{}', metadata: '{"schemaVersion":"1"}' }]);
    await first.waitFor(await store.head(), 20_000);
    await first.stop();
    const hanging = await database.pool.connect();
    await hanging.query(`select pg_advisory_lock(hashtextextended('projection projection read_tables 1', 0))`);
    const standby = start();
    await until(() => standby.parked.length > 0);
    expect([standby.state, new Set(standby.parked.map((parked) => parked.stream)), standby.changed]).toEqual(['standing-by', new Set([stream]), null]);
    await standby.stop();
    const other = start({ store: without(store, await store.head()) });
    await until(() => other.changed !== null);
    expect(other.changed!.position).toBe(await store.head());
    hanging.release(true);
  });

  it('F16 an event that was committed late is never skipped', async () => {
    const real = new PostgresEventStore({ pool: database.pool, listen: (options) => listen(database.connection, options) });
    try {
      const runner = start({ store: real });
      const writers = Array.from({ length: 8 }, (_, index) => `fa-${index}`);
      await Promise.all(
        writers.map(async (foreignAgent, index) => {
          // Its own pool: appends of several servers race for the log's lock.
          const writer = new LogWriter(real, foreignAgent);
          const stream = `flowTable-${foreignAgent}@198.51.100.${index}`;
          for (let event = 0; event < 25; event += 1) {
            await writer.append(stream, configured({ scope: [foreignAgent, `198.51.100.${index}`], session: `${foreignAgent} ${event}`, sourcePort: event }));
          }
        }),
      );
      const head = await real.head();
      expect(head).toBe(200n);
      await runner.waitFor(head, 20_000);
      const seen = await query('select count(*)::int as rows, count(distinct from_position)::int as positions, max(from_position)::int as last from projection.flow_table');
      expect(seen).toEqual([{ rows: 200, positions: 200, last: 200 }]);
    } finally {
      await Promise.all(runners.splice(0).map((runner) => runner.stop()));
      await real.close();
    }
  });
});
