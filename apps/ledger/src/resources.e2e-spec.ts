import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { configureBody, registrationBody, scene, setScene, startTestService, type TestAnswer, type TestService } from './service.testing';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  await setScene(service);
});
afterAll(() => service.close());

const configure = (mobileNode: string, flow: object = scene.flow, headers = {}): Promise<TestAnswer> =>
  service.call('POST', '/v1/qos-sessions', { body: configureBody(mobileNode, flow), headers });

describe('foreign agents', () => {
  it('are provisioned, read with a tag, changed under it and removed', async () => {
    const created = await service.call('PUT', '/v1/foreign-agents/fa-9', {
      body: { careOfAddresses: ['2001:DB8::9'], pools: { greKey: null, flowLabel: { first: 1, last: 10, reserved: [{ first: 2, last: 5 }] } } },
    });
    expect([created.status, created.body.careOfAddresses, created.body.pools.greKey]).toEqual([201, ['2001:db8::9'], null]);
    expect(created.body.pools.flowLabel).toEqual({ first: 1, last: 10, reserved: [{ first: 2, last: 5 }] });
    const shown = await service.call('GET', `/v1/foreign-agents/fa-9?minPosition=${created.body.position}`);
    expect([shown.body.pools.flowLabel.reserved, shown.body.counts.free.flowLabel, shown.body.counts.free.greKey]).toEqual([[{ first: 2, last: 5 }], 6, 0]);
    const one = await service.call('GET', `/v1/foreign-agents/fa-9?minPosition=${created.body.position}`);
    expect([one.status, one.headers.get('etag')]).toEqual([200, created.headers.get('etag')]);
    expect(one.body.counts).toMatchObject({ live: 0, temporary: 0 });
    const ifMatch = { 'if-match': created.headers.get('etag')! };
    const changed = await service.call('PUT', '/v1/foreign-agents/fa-9', { body: { name: 'Nine' }, headers: ifMatch });
    expect(changed.status).toBe(200);
    const stale = await service.call('PUT', '/v1/foreign-agents/fa-9', { body: { name: 'Ten' }, headers: ifMatch });
    expect([stale.status, stale.headers.get('etag')]).toEqual([412, changed.headers.get('etag')]);
    expect((await service.call('DELETE', '/v1/foreign-agents/fa-9')).status).toBe(200);
    expect((await service.call('GET', '/v1/foreign-agents/fa-never')).status).toBe(404);
    expect((await service.call('PUT', '/v1/foreign-agents/fa-8', { body: { careOfAddresses: [scene.careOfAddress] } })).body.type).toBe('/problems/care-of-address-taken');
  });

  it('are listed in pages that link to each other', async () => {
    for (const id of ['fa-a', 'fa-b', 'fa-c']) await service.call('PUT', `/v1/foreign-agents/${id}`, { body: {} });
    const { position } = (await service.call('GET', '/v1/events?direction=backwards&limit=1')).body;
    const found: string[] = [];
    for (let next: string | undefined = `/v1/foreign-agents?limit=2&sort=foreignAgent&minPosition=${position}`; next; ) {
      const page: TestAnswer = await service.call('GET', next);
      expect(page.status).toBe(200);
      found.push(...page.body.items.map((row: { foreignAgent: string }) => row.foreignAgent));
      next = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
    }
    expect(found).toEqual([...found].sort());
    expect(found).toEqual(expect.arrayContaining(['fa-1', 'fa-a', 'fa-b', 'fa-c']));
  });
});

describe('mobile nodes', () => {
  it('register, are denied with the code of the RFC, and deregister', async () => {
    const accepted = await service.call('POST', '/v1/mobile-nodes/alice%40example.org/registrations', { body: registrationBody('10.0.0.50', { identification: '18446744073709551615' }) });
    expect([accepted.status, accepted.body.code, accepted.body.mobileNode]).toEqual([201, 0, 'alice@example.org']);
    const denied = await service.call('POST', '/v1/mobile-nodes/alice%40example.org/registrations', { body: registrationBody('10.0.0.50', { identification: '1' }) });
    expect([denied.status, denied.body.type, denied.body.code]).toEqual([409, '/problems/registration-denied', 133]);
    const one = await service.call('GET', `/v1/mobile-nodes/alice%40example.org?minPosition=${accepted.body.position}`);
    expect(one.body.bindings).toMatchObject([{ foreignAgent: 'fa-1', careOfAddress: scene.careOfAddress }]);
    const gone = await service.call('POST', '/v1/mobile-nodes/bob/registrations', { body: registrationBody('10.0.0.51', { lifetimeSeconds: 0 }) });
    expect(gone.body).toMatchObject({ grantedLifetimeSeconds: 0, expiresAt: null });
  });

  it('whose id is two addresses must agree with the body', async () => {
    const id = encodeURIComponent('10.0.0.60@203.0.113.1');
    expect((await service.call('POST', `/v1/mobile-nodes/${id}/registrations`, { body: registrationBody('10.0.0.60') })).status).toBe(201);
    const { status, body } = await service.call('POST', `/v1/mobile-nodes/${id}/registrations`, { body: registrationBody('10.0.0.61', { homeAgent: '203.0.113.2' }) });
    expect([status, body.errors.map(({ pointer }: { pointer: string }) => pointer)]).toEqual([400, ['/homeAddress', '/homeAgent']]);
  });
});

describe('QoS sessions', () => {
  it('that match get a temporary id, and are read, filtered and released', async () => {
    const first = await configure('mn-1');
    const second = await configure('mn-2');
    expect([first.status, first.body.temporary, first.body.matched]).toEqual([201, null, []]);
    expect(second.body).toMatchObject({ outcome: 'configured', temporary: { field: 'sourcePort' }, matched: [{ sessionId: first.body.sessionId, state: 'live' }] });
    expect(second.headers.get('ledger-position')).toBe(second.body.position);
    const refreshed = await configure('mn-1');
    expect([refreshed.status, refreshed.body.outcome, refreshed.body.position]).toEqual([200, 'refreshed', first.body.position]);

    const table = await service.call('GET', `/v1/foreign-agents/fa-1/flow-table?minPosition=${second.body.position}&mobileNode=mn-2`);
    expect(table.body.items).toMatchObject([{ sessionId: second.body.sessionId, collidesWith: [first.body.sessionId] }]);
    const one = await service.call('GET', `/v1/qos-sessions/${second.body.sessionId}`);
    expect([one.status, one.headers.get('etag')]).toEqual([200, second.headers.get('etag')]);
    const history = await service.call('GET', `/v1/qos-sessions/${second.body.sessionId}/history`);
    expect(history.body.items.map(({ type }: { type: string }) => type)).toEqual(expect.arrayContaining(['TemporaryFlowIdAllocated', 'QosSessionConfigured']));

    const claimed = await service.call('DELETE', `/v1/qos-sessions/${second.body.sessionId}?mobileNode=mn-1`);
    expect([claimed.status, claimed.body.type]).toEqual([409, '/problems/not-owner']);
    const released = await service.call('DELETE', `/v1/qos-sessions/${second.body.sessionId}?cause=path-tear&mobileNode=mn-2`);
    expect([released.status, released.body.outcome]).toEqual([200, 'released']);
    const again = await service.call('DELETE', `/v1/qos-sessions/${second.body.sessionId}`);
    expect([again.status, again.body.outcome]).toEqual([200, 'already-released']);
  });

  it('F11 runs a command once under its key, answers it again, and refuses another under it', async () => {
    const flow = { ...scene.flow, destinationPort: 6000 };
    const key = { 'idempotency-key': 'once-1' };
    const answers = await Promise.all(Array.from({ length: 20 }, () => configure('mn-1', flow, key)));
    expect(new Set(answers.map(({ status, body }) => `${status} ${JSON.stringify(body)}`)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(19);
    const spaced = await service.call('POST', '/v1/qos-sessions', { raw: JSON.stringify(configureBody('mn-1', flow), null, 2), headers: { ...key, 'content-type': 'application/json' } });
    expect([spaced.status, spaced.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    const other = await configure('mn-2', flow, key);
    expect([other.status, other.body.type]).toEqual([422, '/problems/idempotency-key-reused']);
    const refused = [await configure('mn-404', flow, { 'idempotency-key': 'no-1' }), await configure('mn-404', flow, { 'idempotency-key': 'no-1' })];
    expect(refused.map(({ status, headers }) => [status, headers.get('idempotency-replayed')])).toEqual([[409, null], [409, 'true']]);
  });

  it('F12 refuses a change of what changed since it was read, without an event', async () => {
    const flow = { ...scene.flow, destinationPort: 6100 };
    const created = await configure('mn-1', flow);
    const stale = await configure('mn-1', flow, { 'if-match': '"other"' });
    expect([stale.status, stale.headers.get('etag'), stale.body.errors[0].header]).toEqual([412, created.headers.get('etag'), 'If-Match']);
    expect((await configure('mn-1', flow, { 'if-match': created.headers.get('etag')! })).status).toBe(200);
    const { items } = (await service.call('GET', `/v1/qos-sessions/${created.body.sessionId}/history?minPosition=${created.body.position}`)).body;
    expect(items).toHaveLength(1);
  });

  it('are streamed as NDJSON, and as CSV that no spreadsheet takes for formulas (F34)', async () => {
    await service.call('POST', '/v1/mobile-nodes/%3Dcmd()/registrations', { body: registrationBody('10.0.0.70') });
    const { body } = await configure('=cmd()', { ...scene.flow, destinationPort: 6200 });
    const csv = await service.call('GET', `/v1/qos-sessions?minPosition=${body.position}`, { headers: { accept: 'text/csv' } });
    expect(csv.headers.get('content-type')).toMatch(/^text\/csv/);
    expect(csv.body).toContain(",'=cmd(),");
    const lines = await service.call('GET', '/v1/qos-sessions?limit=1', { headers: { accept: 'application/x-ndjson' } });
    const rows = lines.body.trim().split('\n').map((line: string) => JSON.parse(line));
    expect(rows).toHaveLength(csv.body.trim().split('\n').length - 1);
    expect(rows.length).toBeGreaterThan(3);
  });
});

describe('the ledger', () => {
  it('is read in both directions, by stream, and waits for a position', async () => {
    const forwards = (await service.call('GET', '/v1/events?limit=2')).body;
    expect(forwards.items.map(({ position }: { position: string }) => position)).toEqual(['1', '2']);
    expect(forwards.next).toBe('2');
    const backwards = (await service.call('GET', `/v1/events?direction=backwards&after=${forwards.position}&limit=1`)).body;
    expect(backwards.items[0].position).toBe(String(BigInt(forwards.position) - 1n));
    const stream = await service.call('GET', '/v1/streams/flowTable-fa-1%40198.51.100.1?limit=1');
    expect(stream.body.items[0]).toMatchObject({ revision: '0', type: 'ScopeProvisioned', metadata: { actor: 'anonymous' } });
    expect((await service.call('GET', '/v1/streams/none')).status).toBe(404);
    const behind = await service.call('GET', '/v1/events?minPosition=999999');
    expect([behind.status, behind.body.type, behind.headers.get('retry-after')]).toEqual([503, '/problems/projection-behind', '1']);
  });

  it('ingests a capture and tells the report again', async () => {
    const file = path.resolve(process.cwd(), '../shared/captures/mobile-ip/relay-public.pcap');
    if (!existsSync(file)) {
      process.stderr.write('skipped: ../shared/captures is not here\n');
      return;
    }
    const headers = { 'content-type': 'application/vnd.tcpdump.pcap' };
    const first = await service.call('POST', '/v1/captures', { raw: new Uint8Array(readFileSync(file)), headers });
    expect([first.status, first.body.state]).toEqual([201, 'ingested']);
    expect(first.body.eventsAppended).toBeGreaterThan(0);
    const again = await service.call('POST', '/v1/captures', { raw: new Uint8Array(readFileSync(file)), headers });
    expect(again.body).toMatchObject({ captureId: first.body.captureId, eventsAppended: 0 });
    expect((await service.call('GET', `/v1/captures/${first.body.captureId}`)).body.frames).toBe(first.body.frames);
    expect((await service.call('GET', `/v1/captures/${'0'.repeat(64)}`)).status).toBe(404);
  });

  it('refuses what is no capture, and a capture of another type', async () => {
    const refused = await service.call('POST', '/v1/captures', { raw: 'hello', headers: { 'content-type': 'application/octet-stream' } });
    expect([refused.status, refused.body.type]).toEqual([400, '/problems/malformed']);
    expect((await service.call('POST', '/v1/captures', { raw: '{}', headers: { 'content-type': 'application/json' } })).status).toBe(415);
  });
});

describe('the service', () => {
  it('tells its health, its figures and its interface, and names no server', async () => {
    expect((await service.call('GET', '/health/ready')).body).toMatchObject({ status: 'up', checks: { store: { status: 'up' }, projection: { status: 'up' } } });
    expect((await service.call('GET', '/metrics')).body).toMatch(/ledger_http_request_duration_seconds_bucket\{.*route="\/v1\/qos-sessions"/);
    const document = await service.call('GET', '/openapi.json');
    expect(document.body.openapi).toBe('3.1.0');
    expect(document.headers.get('server')).toBeNull();
    expect(document.headers.get('x-content-type-options')).toBe('nosniff');
    expect((await service.call('GET', '/problems/no-binding')).body).toContain('no-binding (409)');
  });

  it('has a page to try it whose every request stays here', async () => {
    const page = await service.call('GET', '/docs');
    expect(page.body).toContain('<title>QoS session ledger');
    const asked = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url as string);
    expect(asked.length).toBe(4);
    for (const url of asked) expect((await service.call('GET', url)).status).toBe(200);
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'self'/);
    expect(page.headers.get('content-security-policy')).not.toMatch(/https?:/);
  });
});
