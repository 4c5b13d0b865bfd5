import { defaultPolicy, defaultPools, type LedgerEvent } from '#domain';
import { MemoryEventStore } from '#event-store';
import { openTestDatabase, type TestDatabase } from '#postgres/testing';
import { findCommands, ProjectionRunner } from '#projections';
import { at, configured, copyLog, LogWriter, matchOf, released, uuidOf } from '#projections/testing';
import { NotFound } from '../idempotency/command';
import type { EventMetadata } from '../mailbox/metadata';
import { ReadModel } from './read-model';
import { GetEvents, GetEventsHandler, GetStream, GetStreamHandler, type EventsRequest } from './get-events';
import { GetForeignAgent, GetForeignAgentHandler, GetForeignAgents, GetForeignAgentsHandler, type ForeignAgentRow } from './get-foreign-agents';
import { GetMobileNode, GetMobileNodeHandler, GetMobileNodes, GetMobileNodesHandler } from './get-mobile-nodes';
import { handoffColumns } from './get-handoffs';
import { readListRequest } from './list-request';
import { ParameterFaults } from './parameter-faults';
import { GetQosSessionHistory, GetQosSessionHistoryHandler } from './get-qos-session-history';
import { GetQosSession, GetQosSessionHandler, GetQosSessions, GetQosSessionsHandler, StreamQosSessions, StreamQosSessionsHandler } from './get-qos-sessions';

const scope = ['fa-1', '198.51.100.1'] as const;
const native = configured({ scope, session: 'a', mobileNode: 'mn-1' });
const temporary = configured({ scope, session: 'b', mobileNode: 'mn-2', temporary: { field: 'sourcePort', value: 49152 }, matched: [matchOf(native)], seconds: 2 });
const unknown = uuidOf('nobody');
/** What dashboards and notebooks may rely on. */
const views = ['flow_table', 'sessions', 'session_legs', 'registrations', 'handoffs', 'handoff_steps', 'collisions', 'temporary_flow_ids', 'foreign_agents', 'mobile_nodes', 'refusals', 'events'];

describe('queries', () => {
  let database: TestDatabase;
  let store: MemoryEventStore;
  let log: LogWriter;
  let runner: ProjectionRunner;
  let readModel: ReadModel;
  let stream: string;

  beforeEach(async () => {
    database = await openTestDatabase();
    store = new MemoryEventStore();
    log = new LogWriter(store);
    runner = new ProjectionRunner({ store, connection: database.connection, pool: database.pool });
    readModel = new ReadModel(database.pool, runner, store);
    runner.start();
    stream = await log.provision(...scope, ['mn-1', 'mn-2']);
  });
  afterEach(async () => {
    const { parked } = runner;
    await runner.stop();
    await store.close();
    await database.close();
    expect(parked).toEqual([]);
  });

  const agent = async (foreignAgent: string): Promise<ForeignAgentRow> =>
    new GetForeignAgentHandler(readModel).execute(new GetForeignAgent(foreignAgent, await store.head()));

  describe('foreign agents', () => {
    const size = { sourcePort: 16_384, destinationPort: 16_384, flowLabel: 1_048_575, greKey: 4_294_967_295 };

    it('counts what is held, quarantined and free', async () => {
      await log.append(stream, native);
      await log.append(stream, temporary, { type: 'QosSessionModified', sessionId: uuidOf('b'), state: 'orphaned', occurredAt: at(3) });
      expect((await agent('fa-1')).counts).toMatchObject({ live: 1, orphaned: 1, temporary: 1, quarantined: 0, free: { ...size, sourcePort: 16_383 } });
      await log.append(stream, released(native, 4), released(temporary, 4));
      const counts = { live: 0, orphaned: 0, degraded: 0, pathOnly: 0, temporary: 0, quarantined: 2, free: { ...size, sourcePort: 16_383 } };
      expect((await agent('fa-1')).counts).toEqual({ ...counts, scopes: [{ careOfAddress: '198.51.100.1', ...counts }] });
      await log.append(stream, { type: 'QuarantineEnded', quarantines: [uuidOf('a'), uuidOf('b')], occurredAt: at(500) });
      expect((await agent('fa-1')).counts).toMatchObject({ quarantined: 0, free: size });
    });

    it('a collision tells until when what it came to was there', async () => {
      const until = async (): Promise<unknown> =>
        (await database.pool.query('select until from qos.collisions order by position')).rows.map((row: { until: string | null }) => row.until);
      await log.append(stream, native, temporary);
      await agent('fa-1');
      expect(await until()).toEqual([null]);
      await log.append(stream, released(temporary, 4), configured({ scope, session: 'b', mobileNode: 'mn-2', sourcePort: 9, seconds: 5 }));
      await agent('fa-1');
      expect(await until()).toEqual([at(4)]);
    });

    it('an id that its flow has back is quarantined no more', async () => {
      await log.append(stream, native, released(native, 4));
      await log.append(stream, configured({ scope, session: 'again', mobileNode: 'mn-1', seconds: 5, more: { reclaimed: true } }));
      expect((await agent('fa-1')).counts).toMatchObject({ live: 1, quarantined: 0 });
    });

    it('of senders that left a list the one whose path has its id back is quarantined no more, and the others are', async () => {
      const [one, two] = [4000, 6000].map((sourcePort) => ({ source: '192.0.2.9', sourcePort }));
      const open = async () => (await database.pool.query('select quarantine, effective, quarantined_until from projection.quarantines where to_position is null')).rows;
      await log.append(stream, native, temporary, { type: 'QosSessionModified', sessionId: uuidOf('b'), sendersLeft: { senders: [one!, two!], quarantinedUntil: at(500) }, occurredAt: at(3) });
      await agent('fa-1');
      const { quarantine } = (await open())[0] as { quarantine: string };
      const path = (session: string, sourcePort: number, seconds: number) =>
        configured({ scope, session, sourcePort, seconds, more: { reclaimed: true, reclaimedFrom: [quarantine], style: null, state: 'path-only' } });
      await log.append(stream, path('c', 4000, 4));
      expect((await agent('fa-1')).counts).toMatchObject({ quarantined: 1 });
      expect(await open()).toMatchObject([{ quarantine, effective: { senders: [two] }, quarantined_until: at(500) }]);
      await log.append(stream, path('d', 6000, 5));
      expect((await agent('fa-1')).counts).toMatchObject({ quarantined: 0 });
      expect(await open()).toEqual([]);
    });

    it('pools are counted per scope, as each was told', async () => {
      const pools = { sourcePort: { first: 50_000, last: 50_000 }, destinationPort: null, flowLabel: null, greKey: { first: 1, last: 4_294_967_295 } };
      const terms = { foreignAgent: 'fa-2', pools, policy: defaultPolicy, occurredAt: at(0) };
      const careOfAddresses = ['198.51.100.2', '198.51.100.3'];
      await log.append('foreignAgents', { type: 'ForeignAgentProvisioned', name: 'Second', careOfAddresses, ...terms });
      for (const careOfAddress of careOfAddresses) {
        await log.append(`flowTable-fa-2@${careOfAddress}`, { type: 'ScopeProvisioned', careOfAddress, revision: '1', ...terms });
      }
      const outside = configured({ scope: ['fa-2', '198.51.100.2'], session: 'c', temporary: { field: 'sourcePort', value: 49_152 } });
      const inside = configured({ scope: ['fa-2', '198.51.100.3'], session: 'd', temporary: { field: 'sourcePort', value: 50_000 } });
      await log.append('flowTable-fa-2@198.51.100.2', outside);
      await log.append('flowTable-fa-2@198.51.100.3', inside);
      const { counts } = await agent('fa-2');
      expect(counts.free).toEqual({ sourcePort: 1, destinationPort: 0, flowLabel: 0, greKey: 8_589_934_590 });
      expect(counts.scopes.map(({ careOfAddress, free }) => [careOfAddress, free.sourcePort])).toEqual([['198.51.100.2', 1], ['198.51.100.3', 0]]);
    });

    it('learns, is given a name, and is removed', async () => {
      const learned = (careOfAddress: string): LedgerEvent => ({
        type: 'ForeignAgentLearned', foreignAgent: '198.51.100.9', careOfAddresses: [careOfAddress], learnedFrom: 'registration', occurredAt: at(1),
      });
      await log.append('foreignAgents', learned('198.51.100.9'));
      await log.append('foreignAgents', learned('198.51.100.10'));
      expect(await agent('198.51.100.9')).toMatchObject({ name: null, provisioned: false, learnedFrom: 'registration', careOfAddresses: ['198.51.100.9', '198.51.100.10'], pools: defaultPools, policy: defaultPolicy });
      const list = await new GetForeignAgentsHandler(readModel).execute(new GetForeignAgents({ minPosition: await store.head(), filters: { careOfAddresses: '198.51.100.10' } }));
      expect(list.items.map(({ foreignAgent }) => foreignAgent)).toEqual(['198.51.100.9']);
      await log.append('foreignAgents', { type: 'ForeignAgentRemoved', foreignAgent: '198.51.100.9', careOfAddresses: ['198.51.100.9', '198.51.100.10'], occurredAt: at(2) });
      await expect(agent('198.51.100.9')).rejects.toThrow(NotFound);
    });
  });

  describe('sessions', () => {
    it('shows a session with its legs, and once it is released with the cause', async () => {
      await log.append(stream, native, temporary);
      const read = async (): Promise<unknown> => new GetQosSessionHandler(readModel).execute(new GetQosSession(uuidOf('b'), await store.head()));
      const matched = [{ sessionId: uuidOf('a'), mobileNode: 'mn-1', state: 'live' }];
      const leg = { foreignAgent: 'fa-1', careOfAddress: '198.51.100.1', temporary: { field: 'sourcePort', value: 49152 }, matched, from: at(2), gapMs: null };
      expect(await read()).toMatchObject({ state: 'live', cause: null, closedAt: null, expiresAt: at(159.5), registrationExpiresAt: at(3600), legs: [{ ...leg, to: null }] });
      await log.append(stream, released(temporary, 9, { cause: 'path-tear' }));
      const position = `${await store.head()}`;
      expect(await read()).toMatchObject({
        state: 'released', cause: 'path-tear', closedAt: at(9), expiresAt: null, revision: '5', position, lastPosition: position,
        legs: [{ ...leg, to: at(9), cause: 'path-tear', quarantinedUntil: at(166.5) }],
      });
    });

    it('finds by any column, and streams', async () => {
      await log.append(stream, native, temporary, released(native, 9));
      const list = await new GetQosSessionsHandler(readModel).execute(new GetQosSessions({ filters: { state: 'released' }, minPosition: await store.head() }));
      expect(list.items.map(({ sessionId }) => sessionId)).toEqual([uuidOf('a')]);
      const { rows } = await new StreamQosSessionsHandler(readModel).execute(new StreamQosSessions({ sort: '-establishedAt' }));
      const seen: string[] = [];
      for await (const { sessionId } of rows) seen.push(sessionId);
      expect(seen).toEqual([uuidOf('b'), uuidOf('a')]);
    });

    it('given a state that no handoff has, then the filter is a fault', () => {
      expect(readListRequest(handoffColumns, { filters: { state: '!completed' } }).conditions).toMatchObject([{ value: 'completed', negated: true }]);
      expect(() => readListRequest(handoffColumns, { filters: { state: 'bogus' } })).toThrow(ParameterFaults);
    });

    it('given a session that was rekeyed twice, then the history of each is one line', async () => {
      const names = ['k1', 'k2', 'k3'] as const;
      for (const [index, session] of names.entries()) {
        const event = { ...configured({ scope, session, sourcePort: 7_000 + index }), replaces: index === 0 ? null : uuidOf(names[index - 1]!) };
        await log.append(stream, event);
        if (index > 0) await log.append(stream, { ...released(configured({ scope, session: names[index - 1]!, sourcePort: 6_999 + index }), 2), cause: 'replaced' });
      }
      await log.append(stream, configured({ scope, session: 'stranger', sourcePort: 7_100 }));
      const handler = new GetQosSessionHistoryHandler(readModel);
      for (const session of names) {
        const { items } = await handler.execute(new GetQosSessionHistory(uuidOf(session), { minPosition: await store.head() }));
        expect(items.map(({ type, data }) => [type, (data as { sessionId: string }).sessionId])).toEqual([
          ['QosSessionConfigured', uuidOf('k1')],
          ['QosSessionConfigured', uuidOf('k2')],
          ['QosSessionReleased', uuidOf('k1')],
          ['QosSessionConfigured', uuidOf('k3')],
          ['QosSessionReleased', uuidOf('k2')],
        ]);
      }
    });

    it('tells the history from the log: its own events, its leases, and who matched it', async () => {
      await log.append(stream, native);
      await log.append(stream, configured({ scope, session: 'other', sourcePort: 1 }));
      await log.append(stream, {
        type: 'TemporaryFlowIdAllocated', sessionId: uuidOf('b'), mobileNode: 'mn-2', field: 'sourcePort', value: 49152, matched: [matchOf(native)],
        allocatedBy: 'foreign-agent', choice: 'never-used', occurredAt: at(2),
      }, temporary);
      await log.append(stream, { type: 'LeasesExtended', sessions: [uuidOf('a')], until: at(400), occurredAt: at(60) });
      await log.append(stream, { type: 'LeasesExtended', sessions: [uuidOf('b')], until: at(400), occurredAt: at(61) });
      await log.append(stream, { type: 'LeasesExtended', sessions: [], reservations: [uuidOf('a')], until: at(400), occurredAt: at(62) });
      await log.append(stream, released(native, 70));
      await log.append(stream, { type: 'QuarantineEnded', quarantines: [uuidOf('a')], occurredAt: at(300) });
      await copyLog(store, database.pool);
      const handler = new GetQosSessionHistoryHandler(readModel);
      const whole = await handler.execute(new GetQosSessionHistory(uuidOf('a'), { minPosition: await store.head() }));
      expect(whole.items.map(({ type, cause, actor, occurredAt }) => [type, cause, actor, occurredAt])).toEqual([
        ['QosSessionConfigured', null, 'test', at(1)],
        ['TemporaryFlowIdAllocated', null, 'test', at(2)],
        ['LeasesExtended', null, 'test', at(60)],
        ['LeasesExtended', null, 'test', at(62)],
        ['QosSessionReleased', 'administrator', 'test', at(70)],
        ['QuarantineEnded', null, 'test', at(300)],
      ]);
      const first = await handler.execute(new GetQosSessionHistory(uuidOf('a'), { limit: 2 }));
      const rest = await handler.execute(new GetQosSessionHistory(uuidOf('a'), { after: BigInt(first.next!) }));
      expect([...first.items, ...rest.items]).toEqual(whole.items);
      await expect(handler.execute(new GetQosSessionHistory(unknown))).rejects.toThrow(NotFound);
      await expect(new GetQosSessionHandler(readModel).execute(new GetQosSession(unknown))).rejects.toThrow(NotFound);
    });
  });

  it('shows the bindings of one node at one care-of address by their homes, and what old events made of them', async () => {
    const terms = { mobileNode: 'mn-2', foreignAgent: 'fa-1', careOfAddress: '198.51.100.1', identification: null };
    const [first, second] = [{ homeAgent: '192.0.2.1', homeAddress: '10.0.0.1' }, { homeAgent: '192.0.2.2', homeAddress: '10.0.0.2' }] as const;
    const accepted = (home: typeof first | typeof second, seconds: number, refresh: boolean): LedgerEvent => ({
      type: 'RegistrationAccepted', ...terms, ...home, lifetimeSeconds: 600, grantedLifetimeSeconds: 600, flags: [], code: 0, codeName: 'registration accepted',
      expiresAt: at(seconds + 600), refresh, occurredAt: at(seconds),
    });
    const ended = (seconds: number, home: object): LedgerEvent => ({ type: 'RegistrationEnded', ...terms, ...home, cause: 'deregistration', bindingExpiresAt: at(600), occurredAt: at(seconds) });
    const read = async (): Promise<string[]> => {
      await runner.waitFor(await store.head(), 10_000);
      const { rows } = await database.pool.query<{ text: string }>(
        `select home_agent || ' ' || home_address || ' ' || state as text from qos.registrations where mobile_node = 'mn-2' order by accepted_at, home_agent`,
      );
      return rows.map(({ text }) => text);
    };
    await log.append('mobileNode-mn-2', accepted(first, 0, false));
    await log.append('mobileNode-mn-2', accepted(second, 1, false));
    expect(await read()).toEqual(['192.0.2.1 10.0.0.1 active', '192.0.2.2 10.0.0.2 active']);
    await log.append('mobileNode-mn-2', ended(2, first));
    expect(await read()).toEqual(['192.0.2.1 10.0.0.1 ended', '192.0.2.2 10.0.0.2 active']);
    // As it was told before: one binding at an address, whose home the refresh changed, and an end that names none.
    await log.append('mobileNode-mn-2', accepted(first, 3, true));
    expect(await read()).toEqual(['192.0.2.1 10.0.0.1 ended', '192.0.2.1 10.0.0.1 active']);
    await log.append('mobileNode-mn-2', accepted(first, 4, true));
    await log.append('mobileNode-mn-2', ended(5, {}));
    expect(await read()).toEqual(['192.0.2.1 10.0.0.1 ended', '192.0.2.1 10.0.0.1 ended']);
  });

  it('shows mobile nodes with bindings and live sessions', async () => {
    const terms = { mobileNode: 'mn-1', foreignAgent: 'fa-1', careOfAddress: '198.51.100.1', homeAgent: '192.0.2.1', homeAddress: '10.0.0.1', identification: '18446744073709551615' };
    const accepted = (seconds: number, refresh: boolean): LedgerEvent => ({
      type: 'RegistrationAccepted', ...terms, lifetimeSeconds: 600, grantedLifetimeSeconds: 600, flags: ['T'], code: 0, codeName: 'registration accepted',
      expiresAt: at(seconds + 600), refresh, occurredAt: at(seconds),
    });
    await log.append('mobileNode-mn-1', accepted(0, false));
    await log.append('mobileNode-mn-1', accepted(300, true));
    await log.append(stream, native);
    const read = async () => new GetMobileNodeHandler(readModel).execute(new GetMobileNode('mn-1', await store.head()));
    const binding = { state: 'active', expiresAt: at(900), acceptedAt: at(0), renewedAt: at(300), identification: '18446744073709551615', flags: ['T'] };
    expect(await read()).toMatchObject({ mobileNode: 'mn-1', bindings: [binding], registrations: [binding], liveSessions: [{ sessionId: uuidOf('a'), state: 'live' }], revision: '1' });
    await log.append('mobileNode-mn-1', { type: 'RegistrationEnded', ...terms, cause: 'deregistration', bindingExpiresAt: at(900), occurredAt: at(400) });
    const ended = await read();
    expect(ended).toMatchObject({ bindings: [], registrations: [{ ...binding, state: 'ended', endedAt: at(400), cause: 'deregistration' }] });
    const list = await new GetMobileNodesHandler(readModel).execute(new GetMobileNodes({ filters: { homeAddress: '10.0.0.1' } }));
    expect(list.items.map(({ mobileNode }) => mobileNode)).toEqual(['mn-1']);
    await expect(new GetMobileNodeHandler(readModel).execute(new GetMobileNode('mn-9'))).rejects.toThrow(NotFound);
  });

  it('reads the log, either way, filtered and in pages', async () => {
    await log.append(stream, native, temporary);
    const handler = new GetEventsHandler(readModel);
    const first = await handler.execute(new GetEvents({ limit: 2 }));
    expect(first.items.map(({ position, type }) => [position, type])).toEqual([['1', 'ForeignAgentProvisioned'], ['2', 'ScopeProvisioned']]);
    expect(first).toMatchObject({ position: '6', next: '2' });
    const types = async (request: EventsRequest): Promise<readonly string[]> =>
      (await handler.execute(new GetEvents(request))).items.map(({ position }) => position);
    expect(await types({ after: 2n, type: 'QosSessionConfigured' })).toEqual(['5', '6']);
    expect(await types({ direction: 'backwards', after: 5n, limit: 2 })).toEqual(['4', '3']);
    expect(await types({ category: 'foreignAgents' })).toEqual(['1']);
    const inStream = new GetStreamHandler(readModel);
    const page = await inStream.execute(new GetStream(stream, { after: 3n }));
    expect(page.items.map(({ revision, data }) => [revision, (data as Readonly<Record<string, unknown>>)['sessionId']])).toEqual([['4', uuidOf('b')]]);
    expect((await inStream.execute(new GetStream(stream, { direction: 'backwards', limit: 2, after: 1n }))).items.map(({ revision }) => revision)).toEqual(['0']);
    await expect(inStream.execute(new GetStream('flowTable-none', {}))).rejects.toThrow(NotFound);
  });

  it('knows every command that appended events', async () => {
    const position = await log.append(stream, native, temporary);
    await runner.waitFor(position, 20_000);
    const [last] = (await new GetEventsHandler(readModel).execute(new GetEvents({ direction: 'backwards', limit: 1 }))).items;
    const { commandId } = last!.metadata as EventMetadata;
    const bodyDigest = `digest of ${commandId}`;
    expect([...(await findCommands(database.pool, [unknown, commandId])).values()]).toEqual([
      { commandId, bodyDigest, stream, firstRevision: 3n, lastRevision: 4n, batchEnd: 4n, position },
    ]);
  });

  it.each(views)(
    'ledger_reader may read qos.%s and nothing beneath',
    async (view) => {
      await runner.waitFor(await log.append(stream, native, temporary), 20_000);
      const client = await database.pool.connect();
      try {
        await client.query('set role ledger_reader');
        await client.query(`select * from qos.${view}`);
        await expect(client.query('select * from projection.flow_table')).rejects.toThrow('permission denied');
      } finally {
        client.release(true);
      }
      const { rows } = await database.pool.query(`select collides_with from qos.flow_table order by established_at`);
      expect(rows).toEqual([{ collides_with: [uuidOf('b')] }, { collides_with: [uuidOf('a')] }]);
    },
  );

  it('every view and every column of it says what it is', async () => {
    const { rows } = await database.pool.query<{ view: string; silent: readonly string[] }>(`
      select c.relname as view, array_agg(a.attname::text order by a.attnum) filter (where col_description(c.oid, a.attnum) is null) as silent
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
      where c.relnamespace = 'qos'::regnamespace and c.relkind = 'v' and obj_description(c.oid) is not null group by c.relname order by 1`);
    expect(rows).toEqual([...views].sort().map((view) => ({ view, silent: null })));
  });
});
