import { MemoryEventStore } from '#event-store';
import { openTestDatabase, type TestDatabase } from '#postgres/testing';
import { handoffStarted, legRefused, legsHeld, type TestScope } from './handoff-events.testing';
import { admitted, at, configured, LogWriter, released, uuidOf } from './log-writer.testing';
import { ProjectionRunner } from './projection-runner';
import { readTables } from './projection-session';

const [old, next]: readonly TestScope[] = [['fa-1', '198.51.100.1'], ['fa-2', '198.51.100.2']];
const oldStream = 'flowTable-fa-1@198.51.100.1';
const nextStream = 'flowTable-fa-2@198.51.100.2';
const nodeStream = 'mobileNode-mn-1';

describe('the tables of handoffs', () => {
  let database: TestDatabase;
  let store: MemoryEventStore;
  let log: LogWriter;
  let runner: ProjectionRunner;

  const begin = (): void => {
    store = new MemoryEventStore();
    log = new LogWriter(store);
  };
  const rows = async (sql: string): Promise<readonly Record<string, unknown>[]> => (await database.pool.query<Record<string, unknown>>(sql)).rows;
  const sessionOf = async (session: string): Promise<Record<string, unknown> | undefined> =>
    (await rows(`select state, foreign_agent, closed_at, cause, effective, stream, revision::int from projection.sessions where session_id = '${uuidOf(session)}'`))[0];
  const project = async (schema = 'projection'): Promise<void> => {
    const tables = { ...readTables, schema, channel: schema === 'projection' ? readTables.channel : null };
    runner = new ProjectionRunner({ store, connection: database.connection, pool: database.pool, tables });
    runner.start();
    await runner.waitFor(await store.head(), 20_000);
    const { parked } = runner;
    await runner.stop();
    expect(parked).toEqual([]);
  };

  beforeEach(async () => {
    database = await openTestDatabase();
    begin();
  });
  afterEach(async () => {
    await store.close();
    await database.close();
  });

  describe('a session that is handed off', () => {
    const a = configured({ scope: old!, session: 'a' });
    const started = handoffStarted({ handoff: 'h', from: [old!], to: next!, seconds: 10 });
    const { handoffId, mobileNode } = started;
    const onward = configured({ scope: next!, session: 'a', seconds: 11, temporary: { field: 'sourcePort', value: 49152 }, more: { handoffId } });
    const leg = `select foreign_agent, state, effective is not null as holds, ended_at is null as stands, cause, handoff_id is not null as handed from projection.session_legs order by started_position`;
    const flows = `select foreign_agent, state from projection.flow_table where to_position is null order by established_position`;

    beforeEach(async () => {
      await log.provision(...old!, ['mn-1']);
      await log.provision(...next!, []);
      await log.append(oldStream, a);
      await log.append(nodeStream, started);
      await log.appendStep(handoffId, oldStream, legsHeld(started, [a], 10));
    });

    it('has a leg in both scopes, and is one session that goes on with the new one', async () => {
      await log.appendStep(handoffId, nextStream, admitted('mn-1', { expiresAt: at(3600) }), onward);
      await project();
      expect(await rows(flows)).toEqual([{ foreign_agent: 'fa-1', state: 'live' }, { foreign_agent: 'fa-2', state: 'live' }]);
      expect(await sessionOf('a')).toMatchObject({ state: 'live', foreign_agent: 'fa-2', closed_at: null });
      await log.appendStep(handoffId, oldStream, released(a, 12, { cause: 'handoff' }));
      await project();
      expect(await rows(flows)).toEqual([{ foreign_agent: 'fa-2', state: 'live' }]);
      expect(await sessionOf('a')).toMatchObject({ state: 'live', foreign_agent: 'fa-2', closed_at: null, cause: null, stream: nextStream, revision: 2 });
    });

    it('stays with the new one while the old one is orphaned, and when it ends', async () => {
      await log.appendStep(handoffId, nextStream, admitted('mn-1', { expiresAt: at(3600) }), onward);
      const orphaned = { type: 'QosSessionModified', sessionId: a.sessionId, state: 'orphaned', orphanedUntil: at(3600), occurredAt: at(12) } as const;
      await log.appendStep(handoffId, oldStream, orphaned);
      await project();
      expect(await sessionOf('a')).toMatchObject({ state: 'live', foreign_agent: 'fa-2' });
      expect(await rows(flows)).toEqual([{ foreign_agent: 'fa-1', state: 'orphaned' }, { foreign_agent: 'fa-2', state: 'live' }]);
      await log.append(oldStream, released(a, 3600, { cause: 'registration-expiry' }));
      await project();
      expect(await sessionOf('a')).toMatchObject({ state: 'live', foreign_agent: 'fa-2', closed_at: null });
    });

    it('is given back to the old one where the new one is rolled back', async () => {
      await log.appendStep(handoffId, nextStream, admitted('mn-1', { expiresAt: at(3600) }), onward);
      await log.appendStep(handoffId, nodeStream, { type: 'HandoffRolledBack', handoffId, mobileNode, reason: 'deadline', detail: 'Not committed within 30 s.', occurredAt: at(40) });
      await log.appendStep(handoffId, nextStream, released(onward, 41, { cause: 'handoff-rolled-back' }));
      await project();
      expect(await sessionOf('a')).toEqual({ state: 'live', foreign_agent: 'fa-1', closed_at: null, cause: null, effective: a.effective, stream: oldStream, revision: 2 });
      expect(await rows('select state, reason, ended_at is not null as ended from projection.handoffs')).toEqual([{ state: 'rolled-back', reason: 'deadline', ended: true }]);
    });

    it('is degraded once nothing carries it, gets its id later in the same scope, and is closed once', async () => {
      await log.appendStep(handoffId, nextStream, admitted('mn-1', { expiresAt: at(3600) }), legRefused(started, a, 11));
      await project();
      expect(await sessionOf('a')).toMatchObject({ state: 'live', foreign_agent: 'fa-1' });
      await log.appendStep(handoffId, nodeStream, { type: 'HandoffCommitted', handoffId, mobileNode, configured: [], degraded: [a.sessionId], occurredAt: at(12) });
      await log.appendStep(handoffId, oldStream, released(a, 12, { cause: 'handoff' }));
      await project();
      expect(await sessionOf('a')).toMatchObject({ state: 'degraded', foreign_agent: 'fa-2', effective: null, closed_at: null });
      expect(await rows(flows)).toEqual([{ foreign_agent: 'fa-2', state: 'degraded' }]);
      await log.append(nextStream, configured({ scope: next!, session: 'a', seconds: 60 }));
      await project();
      expect(await sessionOf('a')).toMatchObject({ state: 'live', foreign_agent: 'fa-2' });
      expect(await rows(flows)).toEqual([{ foreign_agent: 'fa-2', state: 'live' }]);
      expect(await rows(leg)).toEqual([
        { foreign_agent: 'fa-1', state: 'live', holds: true, stands: false, cause: 'handoff', handed: false },
        { foreign_agent: 'fa-2', state: 'degraded', holds: false, stands: false, cause: null, handed: true },
        { foreign_agent: 'fa-2', state: 'live', holds: true, stands: true, cause: null, handed: false },
      ]);
      expect(await rows('select gap_ms::int from qos.session_legs order by started_position')).toEqual([{ gap_ms: null }, { gap_ms: null }, { gap_ms: 48_000 }]);
    });

    it('ends with the degraded leg, for its cause', async () => {
      await log.appendStep(handoffId, nextStream, admitted('mn-1', { expiresAt: at(3600) }), legRefused(started, a, 11));
      await log.appendStep(handoffId, oldStream, released(a, 12, { cause: 'handoff' }));
      await log.append(nextStream, { type: 'DegradedLegEnded', sessionId: a.sessionId, mobileNode: 'mn-1', cause: 'soft-state-timeout', occurredAt: at(200) });
      await project();
      expect(await sessionOf('a')).toMatchObject({ state: 'released', foreign_agent: 'fa-2', cause: 'soft-state-timeout' });
      expect(await rows(flows)).toEqual([]);
    });

    it('has each of its steps in the order of the log, and none that is another node’s', async () => {
      await log.appendStep(handoffId, nextStream, admitted('mn-1', { expiresAt: at(3600) }), onward);
      await log.appendStep(handoffId, nodeStream, { type: 'HandoffCommitted', handoffId, mobileNode, configured: [a.sessionId], degraded: [], occurredAt: at(12) });
      const other = configured({ scope: old!, session: 'of another', mobileNode: 'mn-2', sourcePort: 9 });
      await log.append(oldStream, other);
      const due = [released(other, 12, { cause: 'soft-state-timeout' }), { type: 'QuarantineEnded', quarantines: [], occurredAt: at(12) } as const];
      const left = { type: 'VisitorLeft', mobileNode, cause: 'handoff', registrationRevision: '1', occurredAt: at(12) } as const;
      await log.appendStep(handoffId, oldStream, ...due, left, released(a, 12, { cause: 'handoff' }), { type: 'LegsUnheld', handoffId, mobileNode, outcome: 'committed', occurredAt: at(12) });
      await log.appendStep(handoffId, nodeStream, { type: 'HandoffCompleted', handoffId, mobileNode, released: 1, orphaned: 0, gapMs: 0, occurredAt: at(12) });
      await project();
      const steps = await rows(`select ordinal::int, type, coalesce(foreign_agent, 'node') as at from qos.handoff_steps where handoff_id = '${handoffId}' order by ordinal`);
      expect(steps.map(({ ordinal, type, at: where }) => `${String(ordinal)} ${String(where)} ${String(type)}`)).toEqual([
        '1 node HandoffStarted', '2 fa-1 LegsHeld', '3 fa-2 VisitorAdmitted', '4 fa-2 QosSessionConfigured', '5 node HandoffCommitted',
        '6 fa-1 VisitorLeft', '7 fa-1 QosSessionReleased', '8 fa-1 LegsUnheld', '9 node HandoffCompleted',
      ]);
      expect(await rows('select state, configured, degraded, released, orphaned, gap_ms::int, to_foreign_agent, superseded_by from projection.handoffs')).toEqual([
        { state: 'completed', configured: 1, degraded: 0, released: 1, orphaned: 0, gap_ms: 0, to_foreign_agent: 'fa-2', superseded_by: null },
      ]);
    });

    it('goes back and forth within its quarantine: each id that it leaves is quarantined under a name of its own', async () => {
      await log.append(oldStream, released(a, 12));
      const back = configured({ scope: old!, session: 'a', seconds: 13, temporary: { field: 'sourcePort', value: 50_000 } });
      await log.append(oldStream, back);
      await log.append(oldStream, released(back, 14));
      const open = 'select quarantine from projection.quarantines where to_position is null order by from_position';
      await project();
      expect(await rows(open)).toEqual([{ quarantine: a.sessionId }, { quarantine: `${a.sessionId}/6` }]);
      await log.append(oldStream, { type: 'QuarantineEnded', quarantines: [a.sessionId], occurredAt: at(170) });
      await project();
      expect(await rows(open)).toEqual([{ quarantine: `${a.sessionId}/6` }]);
    });
  });

  it('one handoff takes the place of another: both say so, and one is active', async () => {
    const first = handoffStarted({ handoff: 'first', from: [old!], to: next!, seconds: 10 });
    const second = handoffStarted({ handoff: 'second', from: [old!, next!], to: ['fa-3', '198.51.100.3'], seconds: 11, more: { supersedes: first.handoffId } });
    await log.append(nodeStream, first);
    await log.append(nodeStream, { type: 'HandoffSuperseded', handoffId: first.handoffId, mobileNode: 'mn-1', by: second.handoffId, committed: false, occurredAt: at(11) }, second);
    await project();
    expect(await rows('select state, supersedes, superseded_by from projection.handoffs order by started_position')).toEqual([
      { state: 'superseded', supersedes: null, superseded_by: second.handoffId },
      { state: 'started', supersedes: first.handoffId, superseded_by: null },
    ]);
  });
});
