import type { QosSessionConfigured } from '#domain';
import { MemoryEventStore } from '#event-store';
import { openTestDatabase, type TestDatabase } from '#postgres/testing';
import { ProjectionRunner } from '#projections';
import { admitted, at, configured, copyLog, LogWriter, matchOf, released, uuidOf } from '#projections/testing';
import { NotFound } from '../idempotency/command';
import { ReadModel } from './read-model';
import { GetFlowTable, GetFlowTableHandler, StreamFlowTable, StreamFlowTableHandler, type FlowTableRequest, type FlowTableRow } from './get-flow-table';
import { GetQosSessions, GetQosSessionsHandler } from './get-qos-sessions';
import type { Page } from './listing';
import type { ParameterFaults } from './parameter-faults';

const scope = ['fa-1', '198.51.100.1'] as const;
const native = configured({ scope, session: 'a', mobileNode: 'mn-1' });
const temporary = configured({ scope, session: 'b', mobileNode: 'mn-2', temporary: { field: 'sourcePort', value: 49152 }, matched: [matchOf(native)], seconds: 2 });

describe('GetFlowTable', () => {
  let database: TestDatabase;
  let store: MemoryEventStore;
  let log: LogWriter;
  let runner: ProjectionRunner;
  let readModel: ReadModel;
  let stream: string;
  let recordedAt = Date.UTC(2026, 0, 1);

  const read = async (request: FlowTableRequest = {}, foreignAgent = 'fa-1'): Promise<Page<FlowTableRow>> =>
    new GetFlowTableHandler(readModel).execute(new GetFlowTable(foreignAgent, { minPosition: await store.head(), ...request }));
  const ids = async (request: FlowTableRequest = {}): Promise<readonly string[]> => (await read(request)).items.map(({ sessionId }) => sessionId);
  const faults = async (request: FlowTableRequest): Promise<unknown> =>
    read(request).then(
      () => 'answered',
      (error: unknown) => (error as ParameterFaults).faults.map(({ parameter }) => parameter),
    );
  const many = (count: number, from = 0): QosSessionConfigured[] =>
    Array.from({ length: count }, (_, index) => configured({ scope, session: `s${from + index}`, sourcePort: 5000 + from + index, seconds: 10 }));

  beforeEach(async () => {
    database = await openTestDatabase();
    store = new MemoryEventStore({ clock: () => (recordedAt += 1000) });
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

  it.each([
    ['without soft state', { refreshPeriodMs: 0, expiresAt: null }, 3_600],
    ['with a lease that ends before', { refreshPeriodMs: 30_000, expiresAt: at(160) }, 160],
  ] as const)('tells when an orphaned leg ends: %s', async (_, lease, ends) => {
    const before = await log.append(stream, { ...native, ...lease });
    const orphaned = { type: 'QosSessionModified', sessionId: native.sessionId, state: 'orphaned', orphanedUntil: at(3_600), occurredAt: at(3) } as const;
    const then = await log.append(stream, orphaned);
    const told = { state: 'orphaned', expiresAt: at(ends) };
    expect((await read()).items).toMatchObject([told]);
    expect((await read({ filters: { expiresAt: at(ends) } })).items).toHaveLength(1);
    const sessions = await new GetQosSessionsHandler(readModel).execute(new GetQosSessions({ minPosition: then }));
    expect(sessions.items).toMatchObject([told]);
    expect((await database.pool.query('select state, expires_at as "expiresAt" from qos.flow_table')).rows).toEqual([told]);
    await log.append(stream, { type: 'QosSessionModified', sessionId: native.sessionId, state: 'live', occurredAt: at(4) });
    expect((await read()).items).toMatchObject([{ state: 'live', expiresAt: lease.expiresAt }]);
    expect((await read({ asOfPosition: before })).items).toMatchObject([{ state: 'live', expiresAt: lease.expiresAt }]);
    expect((await read({ asOfPosition: then })).items).toMatchObject([told]);
  });

  it('answers a row with every column', async () => {
    const position = await log.append(stream, native);
    expect(await read()).toEqual({
      position: `${position}`,
      next: null,
      items: [
        {
          sessionId: uuidOf('a'), foreignAgent: 'fa-1', careOfAddress: '198.51.100.1', state: 'live', mobileNode: 'mn-1',
          homeAddress: '10.0.0.1', homeAgent: '192.0.2.1', correspondentNode: '192.0.2.9', protocol: 17, destinationPort: 5004, sourcePort: 4000,
          flowLabel: null, spi: null, senders: null, effective: native.effective, temporary: null, collidesWith: [], style: 'FF',
          service: 'controlled-load', tspec: { r: 1000, b: 2000, p: 'Infinity', m: 64, M: 1500 }, refreshPeriodMs: 30_000, expiresAt: at(158.5),
          reservationExpiresAt: null,
          registrationExpiresAt: at(3600), establishedAt: at(1), changedAt: at(1), revision: '3', position: `${position}`,
        },
      ],
    });
  });

  it('tells a collision on both sides, while both are open', async () => {
    await log.append(stream, native);
    await log.append(stream, temporary);
    expect((await read()).items.map(({ collidesWith }) => collidesWith)).toEqual([[uuidOf('b')], [uuidOf('a')]]);
    expect(await ids({ filters: { collidesWith: uuidOf('a') } })).toEqual([uuidOf('b')]);
    await log.append(stream, released(native, 5));
    expect((await read()).items.map(({ collidesWith }) => collidesWith)).toEqual([[]]);
  });

  it('shows leases and registrations as they were extended, without another row', async () => {
    await log.append(stream, native);
    await log.append(stream, { type: 'LeasesExtended', sessions: [uuidOf('a')], until: at(400), occurredAt: at(60) });
    await log.append(stream, admitted('mn-1', { expiresAt: null, registrationRevision: '1', occurredAt: at(61) }));
    expect((await read()).items).toMatchObject([{ expiresAt: at(400), registrationExpiresAt: null, changedAt: at(1), revision: '3' }]);
    const { rows } = await database.pool.query('select from projection.flow_table');
    expect(rows).toHaveLength(1);
  });

  it('a change keeps the lease that was extended, and a lease that the change tells stands over it', async () => {
    await log.append(stream, native);
    await log.append(stream, { type: 'LeasesExtended', sessions: [uuidOf('a')], until: at(400), occurredAt: at(60) });
    await log.append(stream, { type: 'QosSessionModified', sessionId: uuidOf('a'), service: 'guaranteed', occurredAt: at(62) });
    expect((await read()).items).toMatchObject([{ expiresAt: at(400), service: 'guaranteed', revision: '5', changedAt: at(62), tspec: native.tspec }]);
    await log.append(stream, { type: 'QosSessionModified', sessionId: uuidOf('a'), expiresAt: at(300), tspec: null, occurredAt: at(63) });
    expect((await read()).items).toMatchObject([{ expiresAt: at(300), service: 'guaranteed', tspec: null, revision: '6' }]);
  });

  it('shows the lease of a reservation beside its path\'s, extended apart, until the reservation is no more', async () => {
    const both = { reservation: { refreshPeriodMs: 30_000, expiresAt: at(200) } };
    await log.append(stream, { ...native, ...both });
    expect((await read()).items).toMatchObject([{ reservationExpiresAt: at(200) }]);
    await log.append(stream, { type: 'LeasesExtended', sessions: [], reservations: [uuidOf('a')], until: at(400), occurredAt: at(60) });
    expect((await read()).items).toMatchObject([{ expiresAt: native.expiresAt, reservationExpiresAt: at(400) }]);
    await log.append(stream, { type: 'QosSessionModified', sessionId: uuidOf('a'), expiresAt: at(500), occurredAt: at(61) });
    expect((await read()).items).toMatchObject([{ expiresAt: at(500), reservationExpiresAt: at(400) }]);
    await log.append(stream, { type: 'LeasesExtended', sessions: [uuidOf('a')], until: at(600), occurredAt: at(62) },
      { type: 'LeasesExtended', sessions: [], reservations: [uuidOf('a')], until: at(601), occurredAt: at(62) });
    expect((await read()).items).toMatchObject([{ expiresAt: at(600), reservationExpiresAt: at(601) }]);
    await log.append(stream, { type: 'QosSessionModified', sessionId: uuidOf('a'), state: 'path-only', occurredAt: at(63) });
    expect((await read()).items).toMatchObject([{ state: 'path-only', expiresAt: at(600), reservationExpiresAt: null }]);
  });

  it('what stands of leases follows the legs that are open, however often they were extended', async () => {
    await log.append(stream, native);
    for (const seconds of [60, 90, 120]) await log.append(stream, { type: 'LeasesExtended', sessions: [uuidOf('a')], until: at(seconds + 400), occurredAt: at(seconds) });
    await read();
    expect((await database.pool.query('select from projection.leases')).rowCount).toBe(1);
    await log.append(stream, released(native, 130));
    await log.append(stream, { type: 'LeasesExtended', sessions: [uuidOf('a')], until: at(900), occurredAt: at(131) });
    await read();
    expect((await database.pool.query('select from projection.leases')).rowCount).toBe(0);
  });

  it('as of a position or a time answers what was read then', async () => {
    const seen: Page<FlowTableRow>[] = [];
    const steps = [
      [native],
      [temporary],
      [{ type: 'LeasesExtended', sessions: [uuidOf('a'), uuidOf('b')], until: at(400), occurredAt: at(60) }],
      [{ type: 'QosSessionModified', sessionId: uuidOf('b'), service: null, occurredAt: at(62) }],
      [admitted('mn-2', { expiresAt: at(9000), registrationRevision: '1', occurredAt: at(63) })],
      [{ type: 'LeasesExtended', sessions: [uuidOf('b')], until: at(600), occurredAt: at(64) }],
      [{ type: 'QosSessionModified', sessionId: uuidOf('b'), reservation: { refreshPeriodMs: 30_000, expiresAt: at(500) }, occurredAt: at(65) }],
      [{ type: 'LeasesExtended', sessions: [], reservations: [uuidOf('b')], until: at(700), occurredAt: at(66) }],
      [released(native, 70)],
    ] as const;
    for (const events of steps) {
      await log.append(stream, ...events);
      seen.push(await read());
    }
    await copyLog(store, database.pool);
    for (const { position, items } of seen) {
      const [last] = await toArray(store.readAll({ after: BigInt(position) - 1n, limit: 1 }));
      expect((await read({ asOfPosition: BigInt(position) })).items).toEqual(items);
      expect((await read({ asOfTime: last!.recordedAt })).items).toEqual(items);
    }
    expect((await read({ asOfTime: '2025-01-01T00:00:00Z' })).items).toEqual([]);
    expect(await faults({ asOfPosition: (await store.head()) + 1n })).toEqual(['asOfPosition']);
    expect(await faults({ asOfTime: '2026-02-30T00:00:00Z' })).toEqual(['asOfTime']);
  });

  it('filters by any column, negated or null', async () => {
    await log.append(stream, native);
    await log.append(stream, temporary);
    expect(await ids({ filters: { mobileNode: 'mn-1' } })).toEqual([uuidOf('a')]);
    expect(await ids({ filters: { mobileNode: '!mn-1' } })).toEqual([uuidOf('b')]);
    expect(await ids({ filters: { temporary: 'null' } })).toEqual([uuidOf('a')]);
    expect(await ids({ filters: { temporary: '!null', careOfAddress: '198.51.100.1' } })).toEqual([uuidOf('b')]);
    expect(await ids({ filters: { temporary: '{"value":49152,"field":"sourcePort"}' } })).toEqual([uuidOf('b')]);
    expect(await ids({ filters: { establishedAt: at(1), tspec: '!null', protocol: '17', refreshPeriodMs: '30000' } })).toEqual([uuidOf('a')]);
    expect(await ids({ filters: { careOfAddress: '198.51.100.2' } })).toEqual([]);
  });

  it('F35 nothing of a request becomes SQL, and every fault is told by its parameter', async () => {
    await log.append(stream, ...many(3));
    const { next } = await read({ limit: 1, sort: 'sourcePort' });
    const tampered = Buffer.from(JSON.stringify(['sourcePort', '1; drop table x', '1'])).toString('base64url');
    expect(await faults({ sort: 'sourcePort; drop table projection.flow_table' })).toEqual(['sort']);
    expect(await faults({ sort: 'effective' })).toEqual(['sort']);
    expect(await faults({ sort: '__proto__' })).toEqual(['sort']);
    expect(await faults({ sort: 'sourcePort', after: tampered })).toEqual(['after']);
    expect(await faults({ sort: 'protocol', after: next })).toEqual(['after']);
    expect(await faults({ after: `${next}A` })).toEqual(['after']);
    expect(await faults({ after: '' })).toEqual(['after']);
    const wrong = { constructor: 'x', protocol: '0x11', careOfAddress: '010.0.0.1', sessionId: "' or 1=1 --", mobileNode: 'a\0b', spi: '9223372036854775808' };
    expect(await faults({ filters: wrong, limit: 0 })).toEqual([...Object.keys(wrong), 'limit']);
  });

  it('pages by any order, nulls last, and stays stable under writes', async () => {
    await log.append(stream, ...many(20));
    await log.append(stream, { ...configured({ scope, session: 'icmp' }), flow: { correspondentNode: '192.0.2.9', protocol: 1 } });
    const pageThrough = async (sort: string | null): Promise<string[]> => {
      const seen: string[] = [];
      for (let after: string | null = null, page = 0; page === 0 || after !== null; page += 1) {
        const answer: Page<FlowTableRow> = await read({ sort, after, limit: 6 });
        seen.push(...answer.items.map(({ sessionId }) => sessionId));
        after = answer.next;
        // What comes or goes on pages that were read already, or in front of them, moves nothing.
        if (sort === null && page === 0) await log.append(stream, released(many(1)[0]!, 20), configured({ scope, session: 'late', sourcePort: 1 }));
      }
      return seen;
    };
    const started = many(20).map(({ sessionId }) => sessionId);
    expect(await pageThrough(null)).toEqual([...started, uuidOf('icmp'), uuidOf('late')]);
    const present = started.slice(1);
    expect(await pageThrough('sourcePort')).toEqual([uuidOf('late'), ...present, uuidOf('icmp')]);
    expect(await pageThrough('-sourcePort')).toEqual([...present.toReversed(), uuidOf('late'), uuidOf('icmp')]);
    expect(await pageThrough('-changedAt')).toHaveLength(21);
  });

  it('streams the whole set of one moment', async () => {
    for (const from of [0, 500, 1000]) await log.append(stream, ...many(500, from));
    await runner.waitFor(await store.head(), 20_000);
    const { rows } = await new StreamFlowTableHandler(readModel).execute(new StreamFlowTable('fa-1', { filters: { service: 'controlled-load' } }));
    const seen: string[] = [];
    for await (const row of rows) {
      if (seen.push(row.sessionId) === 1) {
        await runner.waitFor(await log.append(stream, released(many(1, 1400)[0]!, 30), ...many(1, 1500)), 20_000);
      }
    }
    expect(seen).toEqual(many(1500).map(({ sessionId }) => sessionId));
  });

  it('an agent that nobody knows is not found', async () => {
    await expect(read({}, 'fa-2')).rejects.toThrow(NotFound);
  });
});

async function toArray<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
