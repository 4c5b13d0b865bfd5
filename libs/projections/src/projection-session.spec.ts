import { migrate } from '#postgres';
import { openTestDatabase, type TestDatabase } from '#postgres/testing';
import { allProjections } from './all-projections';
import { LoggedEvent } from './logged-event';
import { configured, uuidOf } from './log-writer.testing';
import { ProjectionSession, readTables } from './projection-session';
import { WritePlan } from './write-plan';

const [legs, legsABatch] = [4_000, 100];

function logged(nth: number): LoggedEvent {
  const { type, ...payload } = configured({ scope: ['fa', '198.51.100.1'], session: `session ${nth}`, sourcePort: nth });
  const metadata = JSON.stringify({ schemaVersion: '1', commandId: uuidOf(`command ${nth}`), bodyDigest: '', batchEnd: `${nth}` });
  const place = { position: BigInt(nth), stream: 'flowTable-fa@198.51.100.1', revision: BigInt(nth), id: uuidOf(`event ${nth}`) };
  return new LoggedEvent({ ...place, type, data: JSON.stringify(payload), metadata, recordedAt: '2026-11-25T00:00:00.000Z' });
}

describe('ProjectionSession', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase();
    await migrate(database.pool);
  });
  afterAll(() => database.close());

  it('looks legs up by key once the tables have grown, though its plans were made while they were empty', async () => {
    const session = await ProjectionSession.open(database.connection, readTables, () => undefined);
    let { position: from } = await session.checkpoint();
    for (let first = 1; first <= legs; first += legsABatch) {
      const plan = new WritePlan();
      for (let nth = first; nth < first + legsABatch; nth += 1) {
        for (const { categories, project } of allProjections) if (categories === null || categories.includes('flowTable')) plan.add(project(logged(nth)));
      }
      const to = BigInt(first + legsABatch - 1);
      await session.apply(from, { position: to, eventId: null }, plan.statements);
      from = to;
    }
    await session.close();
    const { rows: counts } = await database.pool.query<{ flows: number; legs: number }>(`select
      (select count(*)::int from projection.flow_table) as flows, (select count(*)::int from projection.session_legs) as legs`);
    expect(counts).toEqual([{ flows: legs, legs }]);
    const { rows } = await database.pool.query<{ walked: number }>(`select idx_tup_fetch::int as walked
      from pg_stat_user_tables where schemaname = 'projection' and relname in ('flow_table', 'session_legs')`);
    expect(rows).toHaveLength(2);
    // A walk of all legs for each batch would be legs² / (2 · legsABatch).
    for (const { walked } of rows) expect(walked).toBeLessThan(legs ** 2 / legsABatch / 8);
  });
});
