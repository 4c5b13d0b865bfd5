import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { configureBody, registrationBody, scene, setScene, startTestService, type TestAnswer, type TestService } from './service.testing';

/** What a program writes that is not this one, or is a newer one. */
interface Foreign {
  readonly type: string;
  readonly data?: string;
  readonly metadata?: string;
}

/** Its log is in PostgreSQL, wherever that of other suites is: the tests write into it past the service. */
const postgres = { LEDGER_EVENT_STORE: 'postgres' };

describe('a log with an event that cannot be read', () => {
  let service: TestService;
  beforeEach(async () => {
    service = await startTestService(postgres);
    await setScene(service);
  });
  afterEach(() => service.close());

  async function write(stream: string, { type, data = '{}', metadata = '{"schemaVersion":"1","batchEnd":"1000"}' }: Foreign): Promise<string> {
    const client = new pg.Client({ connectionString: service.databaseUrl });
    await client.connect();
    const { rows } = await client.query<{ position: string }>(
      `select positions[1]::text as position from ledger.append(array[$1::text],
         array[coalesce((select max(revision) from ledger.events where stream = $1), -1)], array[1], array[0], array[1], array[gen_random_uuid()], array[$2], array[$3], array[$4])`,
      [stream, type, data, metadata],
    );
    await client.end();
    return rows[0]!.position;
  }

  it('lists what is no JSON as the text that it is', async () => {
    const position = await write('elsewhere-1', { type: 'binary', data: '\u0001\u0002', metadata: 'none' });
    const newest = await service.call('GET', '/v1/events?direction=backwards&limit=1');
    expect([newest.status, newest.body.items[0]]).toMatchObject([200, { position, data: { unreadable: '\u0001\u0002' }, metadata: { unreadable: 'none' } }]);
    await write('elsewhere-1', { type: 'list', data: '[1]', metadata: '{"mine":1}' });
    const { status, body } = await service.call('GET', '/v1/streams/elsewhere-1');
    expect([status, body.items[1]]).toMatchObject([200, { data: { unreadable: '[1]' }, metadata: { mine: 1 } }]);
  });

  it('goes on telling it live', async () => {
    const seen = new Promise<string>((resolve) => {
      const request = http.get(`${service.url}/v1/events/live`, { agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('error', () => undefined);
        response.on('data', (chunk: string) => {
          text += chunk;
          if (!text.includes('"behind"')) return;
          request.destroy();
          resolve(text);
        });
        void write('elsewhere-1', { type: 'binary', data: 'garbage' }).then(() => write('elsewhere-1', { type: 'behind' }));
      });
    });
    expect(await seen).toContain('"data":{"unreadable":"garbage"}');
  });

  it('says where a decider stopped, and goes on with all others', async () => {
    const stream = 'flowTable-fa-1@198.51.100.1';
    const position = await write(stream, { type: 'VisitorAbducted' });
    const { status, body, headers } = await service.call('POST', '/v1/qos-sessions', { body: configureBody('mn-1') });
    expect([status, body]).toMatchObject([503, { type: '/problems/stream-unreadable', stream, position }]);
    expect([body.revision, headers.get('retry-after')]).toEqual([expect.stringMatching(/^[0-9]+$/), '60']);
    const elsewhere = { foreignAgent: 'fa-2', careOfAddress: '198.51.100.2' };
    expect((await service.call('POST', '/v1/mobile-nodes/mn-3/registrations', { body: registrationBody('10.0.0.3', elsewhere) })).status).toBe(201);
  });

  it.each(['mobileNode-mn-1', 'flowTable-fa-1@198.51.100.1'])('F15 goes on though %s has an event of another category, and parks it', async (stream) => {
    const { pool } = service.database;
    const { rows: [agents] } = await pool.query<{ type: string; data: string; metadata: string }>(`select type, data, metadata from ledger.events where stream = 'foreignAgents' limit 1`);
    const position = await write(stream, { ...agents!, metadata: JSON.stringify({ ...(JSON.parse(agents!.metadata) as object), batchEnd: '1000' }) });
    for (let time = 0; time < 2; time++) {
      const { status, body } = await service.call('POST', '/v1/mobile-nodes/mn-1/registrations', { body: registrationBody('10.0.0.1') });
      expect([status, body]).toMatchObject([503, { type: '/problems/stream-unreadable', stream, position }]);
    }
    const others = { foreignAgent: 'fa-2', careOfAddress: '198.51.100.2' };
    expect((await service.call('POST', '/v1/mobile-nodes/mn-3/registrations', { body: registrationBody('10.0.0.3', others) })).status).toBe(201);
    await service.call('GET', `/v1/qos-sessions?minPosition=${position}`);
    const { rows } = await pool.query<{ projection: string }>('select distinct projection from projection.parked_streams where stream = $1 order by 1', [stream]);
    expect(rows.length).toBeGreaterThan(2);
  });

  it('starts though the agents cannot be read, and refuses only what needs them', async () => {
    const configured = (await service.call('POST', '/v1/qos-sessions', { body: configureBody('mn-1') })).body;
    const position = await write('foreignAgents', { type: 'AgentAbducted' });
    await service.stop();
    service = await startTestService(postgres, service.database);
    expect(service.log()).toContain(`"stream":"foreignAgents","revision":"1","position":"${position}"`);
    const registered = await service.call('POST', '/v1/mobile-nodes/mn-3/registrations', { body: registrationBody('10.0.0.3') });
    expect([registered.status, registered.body]).toMatchObject([503, { type: '/problems/stream-unreadable', stream: 'foreignAgents', revision: '1', position }]);
    expect((await service.call('POST', '/v1/qos-sessions', { body: configureBody('mn-2') })).status).toBe(201);
    expect((await service.call('DELETE', `/v1/qos-sessions/${configured.sessionId}`)).status).toBe(200);
  });

  /** As somebody with every privilege may. */
  async function change(statement: string, ...values: unknown[]): Promise<void> {
    const { pool } = service.database;
    await pool.query('alter table ledger.events disable trigger append_only');
    await pool.query(statement, values);
    await pool.query('alter table ledger.events enable always trigger append_only');
  }

  it('F39 given that the last event was taken from the log, gives its position to no other, is not ready, and goes on when it is back', async () => {
    const { body } = await service.call('POST', '/v1/qos-sessions', { body: configureBody('mn-1') });
    await service.call('GET', `/v1/qos-sessions?minPosition=${body.position}`);
    const stream = 'flowTable-fa-1@198.51.100.1';
    await service.database.pool.query(`create table taken as select * from ledger.events where position = ${body.position as string}`);
    await change('delete from ledger.events where position = $1', body.position);
    const expectRefused = async (): Promise<void> => {
      for (const { path, sent } of [
        { path: '/v1/qos-sessions', sent: configureBody('mn-2') },
        { path: '/v1/mobile-nodes/mn-9/registrations', sent: registrationBody('10.0.0.9', { foreignAgent: 'fa-9', careOfAddress: '198.51.100.9' }) },
      ]) {
        const refused = await service.call('POST', path, { body: sent });
        expect([refused.status, refused.body]).toMatchObject([503, { type: '/problems/stream-unreadable', stream, position: body.position }]);
      }
      const ready = await service.call('GET', '/health/ready');
      expect([ready.status, ready.body.checks.store]).toMatchObject([503, { status: 'down', detail: expect.stringContaining(`position ${body.position} is missing`) as string }]);
    };
    await expectRefused();
    await service.stop();
    service = await startTestService(postgres, service.database);
    await expectRefused();
    const { rows } = await service.database.pool.query<{ head: string }>('select max(position)::text as head from ledger.events');
    expect(rows[0]!.head).toBe(String(BigInt(body.position as string) - 1n));
    await change('insert into ledger.events select * from taken');
    expect((await service.call('POST', '/v1/qos-sessions', { body: configureBody('mn-2') })).status).toBe(201);
    expect((await service.call('GET', '/health/ready')).body.checks.store.status).toBe('up');
  });

  it('F39 given that the last append of a stream was taken, decides nothing on it, warm or cold, and goes on with all others', async () => {
    const registered = await service.call('POST', '/v1/mobile-nodes/mn-2/registrations', { body: registrationBody('10.0.0.2', { lifetimeSeconds: 700 }) });
    await service.call('GET', `/v1/qos-sessions?minPosition=${registered.body.position}`);
    const sql = `select position::text from ledger.events where stream = 'mobileNode-mn-1'`;
    const { rows } = await service.database.pool.query<{ position: string }>(sql);
    await change('delete from ledger.events where stream = $1', 'mobileNode-mn-1');
    for (const start of ['warm', 'cold']) {
      if (start === 'cold') {
        await service.stop();
        service = await startTestService(postgres, service.database);
      }
      const refused = await service.call('POST', '/v1/mobile-nodes/mn-1/registrations', { body: registrationBody('10.0.0.1') });
      const place = { stream: 'mobileNode-mn-1', revision: '0', position: rows[0]!.position };
      expect([start, refused.status, refused.body]).toMatchObject([start, 503, { type: '/problems/stream-unreadable', ...place }]);
      const flow = { ...scene.flow, destinationPort: start === 'warm' ? 6000 : 6001 };
      expect((await service.call('POST', '/v1/qos-sessions', { body: configureBody('mn-2', flow) })).status).toBe(201);
    }
  });

  it('is not ready when the last event was taken from the log, and another got its position', async () => {
    const { position } = (await service.call('POST', '/v1/qos-sessions', { body: configureBody('mn-1') })).body;
    await service.call('GET', `/v1/qos-sessions?minPosition=${position}`);
    await service.stop();
    await change('update ledger.events set id = gen_random_uuid() where position = $1', position);
    service = await startTestService(postgres, service.database);
    let ready = await service.call('GET', '/health/ready');
    for (let tries = 0; ready.body.checks.projection.status === 'up' && tries < 200; tries++) ready = await service.call('GET', '/health/ready');
    expect([ready.status, ready.body.checks.projection.status, ready.body.checks.store.status]).toEqual([503, 'down', 'down']);
    expect(service.log()).toContain('The read tables stand still: the log was changed from outside.');
  });

  it('given a second server, which does not write the tables, tells there as well what is parked and that they stand still', async () => {
    const stream = 'flowTable-fa-1@198.51.100.1';
    const position = await write(stream, { type: 'VisitorAbducted' });
    const standby = await startTestService(postgres, service.database);
    const until = async (holds: (ready: TestAnswer) => boolean): Promise<TestAnswer> => {
      for (let tries = 0; ; tries++) {
        const ready = await standby.call('GET', '/health/ready');
        if (holds(ready) || tries > 300) return ready;
        await pause(50);
      }
    };
    try {
      await service.call('GET', `/v1/qos-sessions?minPosition=${position}`);
      const parked = await until(({ body }) => body.checks.projection.detail !== undefined);
      expect([parked.status, parked.body.checks.projection.detail]).toEqual([200, '1 stream is parked; the log says why.']);
      const figures = async (): Promise<string[]> => ((await standby.call('GET', '/metrics')).body as string).match(/^ledger_(?:tables_stand_still|parked_streams) .*$/gm)?.toSorted() ?? [];
      expect(await figures()).toEqual(['ledger_parked_streams 1', 'ledger_tables_stand_still 0']);
      await change('update ledger.events set id = gen_random_uuid() where position = $1', position);
      const still = await until(({ body }) => body.checks.projection.status === 'down');
      expect([still.status, still.body.checks.projection.detail]).toEqual([503, expect.stringContaining('the read tables stand still')]);
      expect(await figures()).toEqual(['ledger_parked_streams 1', 'ledger_tables_stand_still 1']);
      const path = `/v1/foreign-agents/fa-1/flow-table?minPosition=${BigInt(position) + 1n}`;
      const tables = await Promise.all([service, standby].map((each) => each.call('GET', path)));
      expect(tables.map(({ status, body }) => [status, body.type])).toEqual([[503, '/problems/projection-behind'], [503, '/problems/projection-behind']]);
    } finally {
      await standby.stop();
    }
  }, 60_000);
});
