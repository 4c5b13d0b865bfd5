import fc from 'fast-check';
import { MemoryEventStore } from '#event-store';
import { openTestDatabase, type TestDatabase } from '#postgres/testing';
import { ClosedStore } from './closed-store.testing';
import { HandoffLife } from './handoff-life.testing';
import { LogWriter, uuidOf } from './log-writer.testing';
import { ProjectionRunner } from './projection-runner';
import { readTables } from './projection-session';
import { createTables, emptyTables, hashOfTables } from './read-tables.testing';

const asked = process.env['PROPERTY_RUNS'];
/** As many as every invariant is tried on in CI, and the same in every run of it; `PROPERTY_RUNS` asks for new ones, more or fewer. */
const runs = asked === undefined ? { numRuns: 1_000, seed: 20_261_126 } : { numRuns: Number(asked) };

/**
 * One log and one database for all lives. Each has names of its own, and what its tables came to is taken out before the next: the one
 * set of tables is empty when a life is built from zero, and grew with the log in the other.
 */
describe('I19', () => {
  const store = new MemoryEventStore();
  const log = new LogWriter(store);
  const closed = new ClosedStore(store);
  let database: TestDatabase;
  let growing: ProjectionRunner;
  let rebuilding: ProjectionRunner;

  beforeAll(async () => {
    database = await openTestDatabase();
    const { connection, pool } = database;
    await createTables(pool, 'second');
    growing = new ProjectionRunner({ store, connection, pool });
    rebuilding = new ProjectionRunner({ store: closed.shown, connection, pool, tables: { ...readTables, schema: 'second', channel: null } });
    growing.start();
    rebuilding.start();
  });
  afterAll(async () => {
    await growing.stop();
    await rebuilding.stop();
    await store.close();
    await database.close();
  });

  let lives = 0;

  it('tables built from zero equal those that grew with the log, and a session is where its best leg is', async () => {
    const property = fc.asyncProperty(fc.array(fc.nat(9999), { minLength: 10, maxLength: 80 }), async (tape) => {
      await emptyTables(database.pool, 'projection', 'second');
      const life = new HandoffLife(log, tape, `.${(lives += 1)}`);
      let steps = 0;
      // They grow by some steps at a time.
      await life.play(async () => ((steps += 1) % 16 === 0 ? growing.waitFor(await store.head(), 20_000) : undefined));
      const head = await store.head();
      closed.openUpTo(head);
      await Promise.all([growing.waitFor(head, 10_000), rebuilding.waitFor(head, 20_000)]);
      expect([...growing.parked, ...rebuilding.parked]).toEqual([]);
      const told = await toldLegs();
      const sessions = [...new Set(life.legs.map(({ session }) => session))].map((session) => {
        const leg = life.presentLeg(session);
        return `${uuidOf(session)} ${leg === null ? 'released' : `${leg.state} ${leg.scope[0]}`}`;
      });
      expect(told.sessions).toEqual(sessions.sort());
      expect(told.legs).toEqual(life.legs.filter(({ state }) => state !== 'ended').map(({ session, scope, state }) => `${uuidOf(session)} ${scope[0]} ${state}`).sort());
      const [rebuilt, grown] = await Promise.all([hashOfTables(database.pool, 'second'), hashOfTables(database.pool, 'projection')]);
      expect(rebuilt).toBe(grown);
    });
    await fc.assert(property, runs);
  }, 600_000);

  /** What the tables say of sessions and open legs. */
  async function toldLegs(): Promise<{ readonly sessions: readonly string[]; readonly legs: readonly string[] }> {
    const lines = async (sql: string): Promise<string[]> => (await database.pool.query<{ line: string }>(sql)).rows.map(({ line }) => line).sort();
    const session = `session_id || ' ' || case when closed_at is null then state || ' ' || foreign_agent else 'released' end`;
    const [sessions, legs] = await Promise.all([
      lines(`select ${session} as line from projection.sessions`),
      lines(`select session_id || ' ' || foreign_agent || ' ' || state as line from projection.flow_table where to_position is null`),
    ]);
    return { sessions, legs };
  }
});
