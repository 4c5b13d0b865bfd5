import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { EventStoreDbDouble } from '#event-store/testing';
import { configureBody, scene, setScene, startTestService, type TestAnswer, type TestService } from './service.testing';

describe('the service with its log in EventStoreDB', () => {
  let node: EventStoreDbDouble;
  let service: TestService;
  beforeAll(async () => {
    node = await new EventStoreDbDouble().start();
    service = await startTestService({ LEDGER_EVENT_STORE: node.connectionString });
    await setScene(service);
  });
  afterAll(async () => {
    await service.close();
    node.stop();
  });

  const ready = (): Promise<TestAnswer> => service.call('GET', '/health/ready');
  const configure = (mobileNode: string, destinationPort: number, headers = {}): Promise<TestAnswer> =>
    service.call('POST', '/v1/qos-sessions', { body: configureBody(mobileNode, { ...scene.flow, destinationPort }), headers });
  const until = async (status: number): Promise<number> => {
    const from = performance.now();
    while ((await ready()).status !== status) await pause(50);
    return performance.now() - from;
  };

  it('decides on what the node holds and reads from the mirror', async () => {
    const first = await configure('mn-1', 5004);
    const second = await configure('mn-2', 5004);
    expect([first.status, first.body.temporary]).toEqual([201, null]);
    expect([second.status, second.body.temporary, second.body.matched]).toMatchObject([201, { field: 'sourcePort' }, [{ sessionId: first.body.sessionId }]]);
    const table = await service.call('GET', `/v1/foreign-agents/fa-1/flow-table?minPosition=${second.body.position}`);
    expect(table.body.items).toHaveLength(2);
    const events = await service.call('GET', '/v1/events?direction=backwards&limit=1');
    expect(events.body.items[0].position).toBe(second.body.position);
    expect(node.log.all.some(({ stream }) => stream === 'flowTable-fa-1@198.51.100.1')).toBe(true);
  });

  it('F2 says within two seconds that the node is gone, acknowledges nothing meanwhile, and is back by itself', async () => {
    const { body } = await configure('mn-1', 6000);
    node.stop();
    expect(await until(503)).toBeLessThan(2_000);
    expect((await configure('mn-1', 6001)).status).toBe(503);
    expect((await service.call('GET', '/v1/foreign-agents/fa-1/flow-table')).status).toBe(200);
    await node.start();
    await until(200);
    const after = await configure('mn-1', 6002);
    expect(after.status).toBe(201);
    expect(BigInt(after.body.position)).toBeGreaterThan(BigInt(body.position));
  }, 60_000);

  it('F9 settles a lost answer within the request: one session, and a repeat of the key gets the same', async () => {
    let lost = 0;
    node.fault = (call) => (call === 'append' && lost++ === 0 ? 'unavailable-after' : undefined);
    const headers = { 'idempotency-key': 'lost-answer' };
    const first = await configure('mn-2', 7000, headers);
    const again = await configure('mn-2', 7000, headers);
    node.fault = () => undefined;
    expect([first.status, again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 201, 'true']);
    expect(again.body).toEqual(first.body);
  });

  it('given an event that the mirror does not take, is not ready until it does', async () => {
    const database = new Client({ connectionString: service.databaseUrl });
    await database.connect();
    await database.query(`alter table ledger.events add constraint none check (type <> 'Poison')`);
    node.log.append('foreign-1', null, [{ id: randomUUID(), type: 'Poison', contentType: 'application/json', data: Buffer.from('{}'), metadata: Buffer.alloc(0) }]);
    await until(503);
    expect((await ready()).body.checks.store).toMatchObject({ status: 'down', detail: expect.stringContaining('mirror') as string });
    await database.query('alter table ledger.events drop constraint none');
    await until(200);
    await database.end();
  }, 60_000);

  it('refuses a database that holds a log of its own', async () => {
    const other = await startTestService({ LEDGER_EVENT_STORE: 'postgres' });
    await setScene(other);
    const { databaseUrl } = other;
    await other.stop();
    await expect(startTestService({ LEDGER_DATABASE_URL: databaseUrl, LEDGER_EVENT_STORE: node.connectionString })).rejects.toThrow(/LEDGER_EVENT_STORE/);
    await other.close();
  });
});
