import type { HandoffStarted } from '#domain';
import { MemoryEventStore } from '#event-store';
import { openTestDatabase, type TestDatabase } from '#postgres/testing';
import { ProjectionRunner } from '#projections';
import { admitted, at, configured, handoffStarted, legRefused, legsHeld, LogWriter, matchOf, released, type TestScope, uuidOf } from '#projections/testing';
import { NotFound } from '../idempotency/command';
import { ReadModel } from './read-model';
import { GetFlowTable, GetFlowTableHandler } from './get-flow-table';
import { GetForeignAgent, GetForeignAgentHandler } from './get-foreign-agents';
import { GetHandoff, GetHandoffHandler, type Handoff } from './get-handoff';
import { GetHandoffs, GetHandoffsHandler, StreamHandoffs, StreamHandoffsHandler, type HandoffRow } from './get-handoffs';
import type { ListRequest } from './list-request';
import { GetMobileNode, GetMobileNodeHandler } from './get-mobile-nodes';
import { GetQosSession, GetQosSessionHandler } from './get-qos-sessions';
import { GetQosSessionHistory, GetQosSessionHistoryHandler } from './get-qos-session-history';

const old: TestScope = ['fa-1', '198.51.100.1'];
const next: TestScope = ['fa-2', '198.51.100.2'];
const oldStream = 'flowTable-fa-1@198.51.100.1';
const nextStream = 'flowTable-fa-2@198.51.100.2';
const nodeStream = 'mobileNode-mn-1';

const moved = configured({ scope: old, session: 'moved', sourcePort: 4000 });
const refused = configured({ scope: old, session: 'refused', sourcePort: 4001 });
const started = handoffStarted({ handoff: 'h', from: [old], to: next, seconds: 10 });
const { handoffId, mobileNode } = started;
const rival = configured({ scope: next, session: 'rival', mobileNode: 'mn-2', sourcePort: 4000 });
const onward = configured({
  scope: next, session: 'moved', sourcePort: 4000, seconds: 11, temporary: { field: 'sourcePort', value: 49152 }, matched: [matchOf(rival)], more: { handoffId },
});
const registration = {
  type: 'RegistrationAccepted', mobileNode, foreignAgent: next[0], careOfAddress: next[1], homeAgent: '192.0.2.1', homeAddress: '10.0.0.1', identification: null,
  lifetimeSeconds: 600, grantedLifetimeSeconds: 600, flags: [], code: 0, codeName: 'accepted', expiresAt: at(610), refresh: false, occurredAt: at(10),
} as const;

describe('queries of handoffs', () => {
  let database: TestDatabase;
  let store: MemoryEventStore;
  let log: LogWriter;
  let runner: ProjectionRunner;
  let readModel: ReadModel;

  beforeEach(async () => {
    database = await openTestDatabase();
    store = new MemoryEventStore();
    log = new LogWriter(store);
    runner = new ProjectionRunner({ store, connection: database.connection, pool: database.pool });
    readModel = new ReadModel(database.pool, runner, store);
    runner.start();
    await log.provision(...old, ['mn-1']);
    await log.provision(...next, ['mn-2']);
    await log.append(nextStream, rival);
    await log.append(oldStream, moved);
    await log.append(oldStream, refused);
  });
  afterEach(async () => {
    const { parked } = runner;
    await runner.stop();
    await store.close();
    await database.close();
    expect(parked).toEqual([]);
  });

  const read = async (id = handoffId): Promise<Handoff> => new GetHandoffHandler(readModel).execute(new GetHandoff(id, await store.head()));
  const list = async (request: ListRequest = {}): Promise<readonly HandoffRow[]> =>
    (await new GetHandoffsHandler(readModel).execute(new GetHandoffs({ minPosition: await store.head(), ...request }))).items;
  const node = async () => new GetMobileNodeHandler(readModel).execute(new GetMobileNode('mn-1', await store.head()));

  /** One leg is configured in the new scope, the other refused. */
  const begin = async (as: HandoffStarted = started): Promise<void> => {
    await log.append(nodeStream, registration, as);
    await log.appendStep(handoffId, oldStream, legsHeld(as, [moved, refused], 10));
    const refusal = legRefused(as, refused, 11, { matched: [matchOf(rival)] });
    await log.appendStep(handoffId, nextStream, admitted('mn-1', { expiresAt: at(600) }), onward, refusal);
  };
  const commit = async (): Promise<void> => {
    const sessions = { configured: [moved.sessionId], degraded: [refused.sessionId] };
    await log.appendStep(handoffId, nodeStream, { type: 'HandoffCommitted', handoffId, mobileNode, ...sessions, occurredAt: at(12) });
    const gone = [moved, refused].map((leg) => released(leg, 13, { cause: 'handoff' }));
    await log.appendStep(handoffId, oldStream, ...gone, { type: 'LegsUnheld', handoffId, mobileNode, outcome: 'committed', occurredAt: at(13) });
    await log.appendStep(handoffId, nodeStream, { type: 'HandoffCompleted', handoffId, mobileNode, released: 2, orphaned: 0, gapMs: 0, occurredAt: at(13) });
  };

  it('tell what became of each session: before, after, why not, and for how long nothing carried it', async () => {
    await begin();
    await commit();
    const told = await read();
    expect(told).toMatchObject({ state: 'completed', configured: 1, degraded: 1, released: 2, toForeignAgent: 'fa-2', from: [{ foreignAgent: 'fa-1' }], endedAt: at(13) });
    expect(told.steps.map(({ ordinal, type, foreignAgent }) => `${ordinal} ${foreignAgent ?? 'node'} ${type}`)).toEqual([
      '1 node HandoffStarted', '2 fa-1 LegsHeld', '3 fa-2 VisitorAdmitted', '4 fa-2 QosSessionConfigured', '5 fa-2 LegRefused', '6 node HandoffCommitted',
      '7 fa-1 QosSessionReleased', '8 fa-1 QosSessionReleased', '9 fa-1 LegsUnheld', '10 node HandoffCompleted',
    ]);
    const matched = [{ sessionId: rival.sessionId, mobileNode: 'mn-2', state: 'live' }];
    expect(told.legs).toMatchObject([
      {
        sessionId: moved.sessionId, outcome: 'configured', gapMs: 0, rejection: null, recoveredAt: null, sourcePort: 4000,
        from: { foreignAgent: 'fa-1', effective: moved.effective, temporary: null, until: at(13), cause: 'handoff', state: 'ended' },
        to: { foreignAgent: 'fa-2', effective: onward.effective, temporary: { field: 'sourcePort', value: 49152 }, matched, since: at(11), until: null, state: 'live' },
      },
      {
        sessionId: refused.sessionId, outcome: 'degraded', rejection: 'flow-id-pool-exhausted', detail: 'No value of the pool is free.', recoveredAt: null, gapMs: null,
        from: { foreignAgent: 'fa-1', cause: 'handoff' }, to: { foreignAgent: 'fa-2', effective: null, matched, state: 'degraded' },
      },
    ]);
    await log.append(nextStream, configured({ scope: next, session: 'refused', sourcePort: 4001, seconds: 73, more: { handoffId } }));
    const later = await read();
    expect(later.steps.at(-1)).toMatchObject({ ordinal: 11, type: 'QosSessionConfigured', occurredAt: at(73) });
    expect(later.legs[1]).toMatchObject({ outcome: 'degraded', recoveredAt: at(73), gapMs: 60_000, to: { effective: { destination: next[1] } } });
  });

  it('tell what is not moved, rolled back, orphaned', async () => {
    await begin({ ...started, cause: 'command', deadline: at(40) });
    expect((await read()).legs.map(({ outcome }) => outcome)).toEqual(['configured', 'degraded']);
    await log.appendStep(handoffId, nodeStream, { type: 'HandoffRolledBack', handoffId, mobileNode, reason: 'leg-refused', detail: 'fa-2 refused one.', occurredAt: at(12) });
    await log.appendStep(handoffId, nextStream, released(onward, 12, { cause: 'handoff-rolled-back' }));
    const back = await read();
    expect(back).toMatchObject({ state: 'rolled-back', reason: 'leg-refused', detail: 'fa-2 refused one.', committedAt: null });
    expect(back.legs[0]).toMatchObject({ outcome: 'rolled-back', gapMs: 0, from: { state: 'live', until: null }, to: { cause: 'handoff-rolled-back' } });
    const home = handoffStarted({ handoff: 'home', from: [old], to: null, seconds: 20, more: { oldLegs: 'orphan' } });
    await log.append(nodeStream, home);
    await log.appendStep(home.handoffId, oldStream, legsHeld(home, [moved], 20));
    expect((await read(home.handoffId)).legs).toMatchObject([{ outcome: 'not-moved', to: null, gapMs: null }]);
    const orphaned = { type: 'QosSessionModified', sessionId: moved.sessionId, state: 'orphaned', orphanedUntil: at(3600), occurredAt: at(21) } as const;
    await log.appendStep(home.handoffId, oldStream, orphaned);
    expect((await read(home.handoffId)).legs).toMatchObject([{ outcome: 'orphaned', from: { state: 'orphaned' }, to: null }]);
  });

  it('are listed by node and state, in either order, page by page and whole', async () => {
    await begin();
    await commit();
    const back = handoffStarted({ handoff: 'back', from: [next], to: old, seconds: 20 });
    const other = handoffStarted({ handoff: 'other', mobileNode: 'mn-2', from: [next], to: old, seconds: 30, more: { kind: 'break-before-make' } });
    await log.append(nodeStream, back);
    await log.append('mobileNode-mn-2', other);
    const ids = async (request: ListRequest): Promise<readonly string[]> => (await list(request)).map((row) => row.handoffId);
    expect(await ids({})).toEqual([handoffId, back.handoffId, other.handoffId]);
    expect(await ids({ sort: '-startedAt' })).toEqual([other.handoffId, back.handoffId, handoffId]);
    expect(await ids({ filters: { mobileNode: 'mn-1', state: '!completed' } })).toEqual([back.handoffId]);
    expect(await ids({ filters: { toForeignAgent: 'fa-2' } })).toEqual([handoffId]);
    expect(await ids({ filters: { kind: 'break-before-make', committedAt: 'null' } })).toEqual([other.handoffId]);
    const page = await new GetHandoffsHandler(readModel).execute(new GetHandoffs({ limit: 2, sort: 'mobileNode' }));
    expect(await ids({ limit: 2, sort: 'mobileNode', after: page.next })).toEqual([other.handoffId]);
    const all: HandoffRow[] = [];
    for await (const row of (await new StreamHandoffsHandler(readModel).execute(new StreamHandoffs({}))).rows) all.push(row);
    expect(all).toHaveLength(3);
    await expect(read(uuidOf('nobody'))).rejects.toThrow(NotFound);
  });

  it('a node shows the handoff that is not over, and each session once', async () => {
    await begin();
    const { activeHandoff, liveSessions } = await node();
    expect(activeHandoff).toEqual({
      handoffId, kind: 'make-before-break', cause: 'registration', state: 'started', to: { foreignAgent: 'fa-2', careOfAddress: '198.51.100.2' }, startedAt: at(10), deadline: null,
    });
    expect(liveSessions).toEqual([
      { sessionId: refused.sessionId, foreignAgent: 'fa-1', careOfAddress: old[1], state: 'live' },
      { sessionId: moved.sessionId, foreignAgent: 'fa-2', careOfAddress: next[1], state: 'live' },
    ]);
    await commit();
    expect((await node()).activeHandoff).toBeNull();
  });

  it('a degraded leg that got its id says so', async () => {
    await begin();
    await commit();
    await log.append(nextStream, configured({ scope: next, session: 'refused', sourcePort: 4001, seconds: 73, more: { handoffId } }));
    const { legs } = await new GetQosSessionHandler(readModel).execute(new GetQosSession(refused.sessionId, await store.head()));
    expect(legs.map(({ foreignAgent, state, cause, to }) => [foreignAgent, state, cause, to])).toEqual([
      ['fa-1', 'ended', 'handoff', at(13)], ['fa-2', 'ended', 'configured', at(73)], ['fa-2', 'live', null, null],
    ]);
  });

  it('the last position of a session is where its last leg to end ended, though another one stands', async () => {
    await begin();
    await commit();
    const ends = await log.append(nextStream, configured({ scope: next, session: 'later', sourcePort: 9, seconds: 20 }));
    const read = async (sessionId: string) => new GetQosSessionHandler(readModel).execute(new GetQosSession(sessionId, await store.head()));
    const { items } = await new GetQosSessionHistoryHandler(readModel).execute(new GetQosSessionHistory(moved.sessionId));
    const session = await read(moved.sessionId);
    expect(session).toMatchObject({ state: 'live', foreignAgent: 'fa-2', lastPosition: items.at(-1)!.position });
    const { rows } = await database.pool.query(`select last_position::text as "lastPosition" from qos.sessions where session_id = $1`, [moved.sessionId]);
    expect(rows).toEqual([{ lastPosition: session.lastPosition }]);
    expect(BigInt((await read(uuidOf('later'))).lastPosition)).toBe(ends);
  });

  it('a session shows its legs and the gaps, the agents count a degraded one by itself', async () => {
    await begin();
    await commit();
    const session = await new GetQosSessionHandler(readModel).execute(new GetQosSession(moved.sessionId, await store.head()));
    expect(session.legs).toMatchObject([
      { foreignAgent: 'fa-1', state: 'ended', gapMs: null, cause: 'handoff', handoffId: null, to: at(13) },
      { foreignAgent: 'fa-2', state: 'live', gapMs: 0, handoffId, to: null, temporary: { value: 49152 } },
    ]);
    const degraded = await new GetQosSessionHandler(readModel).execute(new GetQosSession(refused.sessionId));
    expect(degraded).toMatchObject({ state: 'degraded', effective: null, foreignAgent: 'fa-2', expiresAt: at(11 + 157.5), closedAt: null });
    const { items } = await new GetQosSessionHistoryHandler(readModel).execute(new GetQosSessionHistory(refused.sessionId));
    expect(items.map(({ type }) => type)).toEqual(['QosSessionConfigured', 'LegsHeld', 'LegRefused', 'HandoffCommitted', 'QosSessionReleased']);
    const { counts } = await new GetForeignAgentHandler(readModel).execute(new GetForeignAgent('fa-2'));
    expect(counts).toMatchObject({ live: 2, degraded: 1, orphaned: 0, temporary: 1 });
    const rows = await new GetFlowTableHandler(readModel).execute(new GetFlowTable('fa-2', { filters: { state: 'degraded' } }));
    expect(rows.items).toMatchObject([{ sessionId: refused.sessionId, effective: null, temporary: null, collidesWith: [] }]);
    // The table as it was while both legs stood.
    const before = await new GetFlowTableHandler(readModel).execute(new GetFlowTable('fa-1', { asOfPosition: BigInt((await read()).steps[5]!.position) }));
    expect(before.items.map(({ state }) => state)).toEqual(['live', 'live']);
  });
});
