import { configureBody, registrationBody, scene, setScene, startTestService, type TestAnswer, type TestService } from './service.testing';

let service: TestService;
beforeEach(async () => {
  service = await startTestService();
  await setScene(service);
});
afterEach(() => service.close());

const configure = (mobileNode: string, flow: object = scene.flow): Promise<TestAnswer> => service.call('POST', '/v1/qos-sessions', { body: configureBody(mobileNode, flow) });

describe('POST /v1/foreign-agents/{fa}/reboots', () => {
  it('loses everything of the agent; nodes register again before they configure', async () => {
    await configure('mn-1');
    const key = { 'idempotency-key': 'boot-1' };
    const rebooted = await service.call('POST', '/v1/foreign-agents/fa-1/reboots', { body: {}, headers: key });
    expect([rebooted.status, rebooted.body]).toMatchObject([201, { foreignAgent: 'fa-1', careOfAddresses: [scene.careOfAddress], visitors: 2, released: 1 }]);
    const again = await service.call('POST', '/v1/foreign-agents/fa-1/reboots', { body: {}, headers: key });
    expect([again.status, again.headers.get('idempotency-replayed'), again.body]).toEqual([201, 'true', rebooted.body]);
    expect((await configure('mn-1')).body.type).toBe('/problems/no-binding');
    const { position } = (await service.call('GET', '/v1/events?direction=backwards&limit=1')).body;
    expect(rebooted.body.position).toBe(position);
    const table = await service.call('GET', `/v1/foreign-agents/fa-1/flow-table?minPosition=${position}`);
    const node = await service.call('GET', '/v1/mobile-nodes/mn-1');
    expect([table.body.items, node.body.bindings, node.body.registrations[0].cause]).toEqual([[], [], 'reboot']);
    expect((await service.call('POST', '/v1/mobile-nodes/mn-1/registrations', { body: registrationBody('10.0.0.1') })).status).toBe(201);
    expect((await configure('mn-1')).status).toBe(201);
  });

  it('given no body, when a command is posted, then it is refused and nothing is lost: {} says that nothing is said', async () => {
    const { position } = (await configure('mn-1')).body;
    for (const path of ['/v1/foreign-agents/fa-1/reboots', '/v1/mobile-nodes/mn-1/revocations', '/v1/handoffs']) {
      const { status, body } = await service.call('POST', path);
      expect({ path, status, errors: body.errors }).toEqual({ path, status: 400, errors: [{ pointer: '', detail: expect.stringMatching(/missing/) }] });
    }
    expect((await service.call('GET', '/v1/events?direction=backwards&limit=1')).body.position).toBe(position);
  });

  it('is the same command under its key, alone or as a line of a batch', async () => {
    const alone = await service.call('POST', '/v1/foreign-agents/fa-1/reboots', { body: {}, headers: { 'idempotency-key': 'boot-2' } });
    const raw = JSON.stringify({ command: 'reboot-foreign-agent', idempotencyKey: 'boot-2', body: { foreignAgent: 'fa-1' } });
    const { body } = await service.call('POST', '/v1/batch', { raw, headers: { 'content-type': 'application/x-ndjson' } });
    expect(JSON.parse(body as string)).toMatchObject({ status: 201, body: alone.body });
  });

  it('answers 404 for an agent that nobody knows, 400 for a body with fields, 412 where it changed', async () => {
    expect((await service.call('POST', '/v1/foreign-agents/fa-404/reboots', { body: {} })).status).toBe(404);
    expect((await service.call('POST', '/v1/foreign-agents/fa-1/reboots', { body: { now: true } })).body.errors[0].pointer).toBe('/now');
    expect((await service.call('POST', '/v1/foreign-agents/fa-1/reboots', { body: {}, headers: { 'if-match': '"x"' } })).status).toBe(412);
  });
});

describe('POST /v1/mobile-nodes/{mn}/revocations', () => {
  it('revokes what the body names, or all, and says what ended', async () => {
    const { sessionId } = (await configure('mn-1')).body;
    const elsewhere = await service.call('POST', '/v1/mobile-nodes/mn-1/revocations', { body: { careOfAddress: '198.51.100.77' } });
    expect([elsewhere.status, elsewhere.body.revoked]).toEqual([200, []]);
    const revoked = await service.call('POST', '/v1/mobile-nodes/mn-1/revocations', { body: {}, headers: { 'idempotency-key': 'revoke-1' } });
    expect([revoked.status, revoked.body]).toMatchObject([201, { mobileNode: 'mn-1', revoked: [{ foreignAgent: 'fa-1', careOfAddress: scene.careOfAddress }], released: [sessionId] }]);
    const again = await service.call('POST', '/v1/mobile-nodes/mn-1/revocations', { body: {}, headers: { 'idempotency-key': 'revoke-1' } });
    expect(again.body).toEqual(revoked.body);
    expect((await configure('mn-1')).body.type).toBe('/problems/no-binding');
    expect((await configure('mn-2')).status).toBe(201);
    expect((await service.call('POST', '/v1/mobile-nodes/nobody/revocations', { body: {} })).status).toBe(404);
    expect((await service.call('POST', '/v1/mobile-nodes/mn-1/revocations', { body: { homeAgent: '10.1' } })).body.errors[0].pointer).toBe('/homeAgent');
  });

  it('is a line of a batch, too', async () => {
    const lines = [{ command: 'revoke-registrations', body: { mobileNode: 'mn-2' } }, { command: 'reboot-foreign-agent', body: { foreignAgent: 'fa-1' } }];
    const raw = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    const { body } = await service.call('POST', '/v1/batch', { raw, headers: { 'content-type': 'application/x-ndjson' } });
    expect((body as string).trim().split('\n').map((line) => (JSON.parse(line) as { status: number }).status)).toEqual([201, 201]);
  });
});

describe('registrations under nonces (RFC 5944 §5.7.2)', () => {
  it('F33 answer the nonce that the next request must begin with, a denial too', async () => {
    await service.call('PUT', '/v1/foreign-agents/fa-1', { body: { careOfAddresses: [scene.careOfAddress], policy: { replayProtection: 'nonces' } } });
    const register = (identification: bigint): Promise<TestAnswer> =>
      service.call('POST', '/v1/mobile-nodes/nonce/registrations', { body: registrationBody('10.0.0.99', { identification: String(identification) }) });
    const first = await register(1n);
    const next = (BigInt(first.body.identification) & ~0xffffffffn) | 2n;
    expect([(await register(next)).status, first.status]).toEqual([201, 201]);
    const replayed = await register(next);
    expect([replayed.status, replayed.body.code, replayed.body.codeName]).toEqual([409, 133, 'registration identification mismatch']);
    expect((await register((BigInt(replayed.body.identification) & ~0xffffffffn) | 3n)).status).toBe(201);
  });
});

describe('GET /v1/foreign-agents/{fa}/refusals', () => {
  it('F33 tells how often what was refused, and the last example of each', async () => {
    for (const node of ['nobody-1', 'nobody-2']) await configure(node);
    await service.call('POST', '/v1/mobile-nodes/mn-1/registrations', { body: registrationBody('10.0.0.1', { identification: '9' }) });
    await service.call('POST', '/v1/mobile-nodes/mn-1/registrations', { body: registrationBody('10.0.0.1', { identification: '9' }) });
    const list = await service.call('GET', '/v1/foreign-agents/fa-1/refusals?sort=reason');
    expect(list.body.items).toMatchObject([
      { kind: 'refusal', reason: 'no-binding', code: null, count: 2, lastExample: { command: 'ConfigureSession', mobileNode: 'nobody-2' } },
      { kind: 'refusal', reason: 'registration-denied', code: 133, count: 1, lastExample: { facts: { codeName: 'registration identification mismatch' } } },
    ]);
    expect((await service.call('GET', '/v1/foreign-agents/fa-1/refusals?code=133')).body.items).toHaveLength(1);
    const lines = await service.call('GET', '/v1/foreign-agents/fa-1/refusals', { headers: { accept: 'application/x-ndjson' } });
    expect((lines.body as string).trim().split('\n')).toHaveLength(2);
    expect((await service.call('GET', '/v1/foreign-agents/fa-404/refusals')).status).toBe(404);
  });
});
