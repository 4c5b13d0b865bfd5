import { gzipSync } from 'node:zlib';
import { configureBody, registrationBody, scene, setScene, startTestService, type TestAnswer, type TestService } from './service.testing';

describe('faults of requests', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService();
    await setScene(service);
  });
  afterAll(() => service.close());

  const post = (raw: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Promise<TestAnswer> =>
    service.call('POST', '/v1/qos-sessions', { raw, headers: { 'content-type': 'application/json', ...headers } });
  const expectProblem = ({ status, headers, body }: TestAnswer, expected: number, name: string): void => {
    expect({ status, type: headers.get('content-type'), body }).toMatchObject({
      status: expected,
      type: expect.stringMatching(/^application\/problem\+json/),
      body: { type: `/problems/${name}`, status: expected, title: expect.any(String), detail: expect.any(String) },
    });
  };

  it('F21 refuses 25,000-deep JSON before it is parsed and goes on', async () => {
    expectProblem(await post('['.repeat(25_000) + ']'.repeat(25_000)), 400, 'malformed');
    expectProblem(await post('{"flow":'.repeat(25_000)), 400, 'malformed');
    expect((await service.call('GET', '/health/live')).status).toBe(200);
  });

  it('F22 F23 F27 tells every fault of the text with its pointer, and stores nothing', async () => {
    const before = (await service.call('GET', '/v1/events?limit=1')).body.position;
    const text = '{"foreignAgent":"fa\\u0000","mobileNode":"\\ud800","refreshPeriodMs":9007199254740993,"tspec":{"r":1e400},"style":"FF","style":"WF","__proto__":{"x":1},"flow":{"constructor":{}}}';
    const answer = await post(text);
    expectProblem(answer, 400, 'malformed');
    expect(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      '/foreignAgent', '/mobileNode', '/refreshPeriodMs', '/tspec/r', '/style', '/__proto__', '/flow/constructor',
    ]);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
    expect((await service.call('GET', '/v1/events?limit=1')).body.position).toBe(before);
  });

  it.each(['limit=', 'limit=0x10', 'limit=1e2', 'limit=0', 'limit=1001', 'limit=+5', 'limit=5&limit=6', 'limit=%zz', 'after=-1', 'after=01', 'after=9223372036854775808', 'minPosition=1.0', 'nonsense=1'])(
    'F24 refuses ?%s',
    async (query) => expectProblem(await service.call('GET', `/v1/events?${query}`), 400, 'malformed'),
  );

  it('provisions nothing for `direct`, which names what has no foreign agent, alone or in a batch', async () => {
    const body = { careOfAddresses: ['198.51.100.200'] };
    const answer = await service.call('PUT', '/v1/foreign-agents/direct', { body });
    expectProblem(answer, 400, 'malformed');
    expect(answer.body.errors).toMatchObject([{ parameter: 'foreignAgent' }]);
    const raw = JSON.stringify({ command: 'provision-foreign-agent', body: { ...body, foreignAgent: 'direct' } });
    const { body: line } = await service.call('POST', '/v1/batch', { raw, headers: { 'content-type': 'application/x-ndjson' } });
    expect(JSON.parse(line)).toMatchObject({ status: 400, body: { errors: [{ pointer: '/body/foreignAgent' }] } });
    expect((await service.call('GET', '/v1/foreign-agents/direct')).status).toBe(404);
  });

  it('F25 gives every spelling of an address the same verdict in body, path and filter', async () => {
    for (const address of ['010.0.0.1', '10.1', '::ffff:10.0.0.1', 'fe80::1%eth0', '１０.0.0.1']) {
      expectProblem(await service.call('POST', '/v1/mobile-nodes/mn-9/registrations', { body: registrationBody(address) }), 400, 'malformed');
      expectProblem(await service.call('GET', `/v1/foreign-agents/fa-1/flow-table?careOfAddress=${encodeURIComponent(address)}`), 400, 'malformed');
    }
  });

  it.each(['now', 'yesterday', 'infinity', '2026-02-30T00:00:00Z', '+300000-01-01T00:00:00Z', '2026-01-01T00:00:00', '2026-01-01', '2026-01-01T24:00:00Z'])(
    'F26 refuses the time %s',
    async (time) => expectProblem(await service.call('GET', `/v1/foreign-agents/fa-1/flow-table?asOfTime=${encodeURIComponent(time)}`), 400, 'malformed'),
  );

  it('refuses a node, a home agent and a home address that nobody can have, and a flow of which no packet could be', async () => {
    const { careOfAddress, foreignAgent } = scene;
    const body = { foreignAgent, careOfAddress, homeAgent: '203.0.113.1', homeAddress: '10.0.0.5', lifetimeSeconds: 60 };
    const register = (mobileNode: string, differs: object) => service.call('POST', `/v1/mobile-nodes/${encodeURIComponent(mobileNode)}/registrations`, { body: { ...body, ...differs } });
    const expectFault = (given: TestAnswer, fault: object): void => {
      expectProblem(given, 400, 'malformed');
      expect(given.body).toMatchObject({ errors: [fault] });
    };
    for (const id of ['@', 'x@', '10.0.0.5', '2001:db8::1']) expectFault(await register(id, {}), { parameter: 'mobileNode' });
    for (const homeAgent of ['0.0.0.0', '255.255.255.255', '224.0.0.1']) expectFault(await register('mn-odd', { homeAgent }), { pointer: '/homeAgent' });
    expectFault(await register('mn-odd', { homeAddress: '224.0.0.5' }), { pointer: '/homeAddress' });
    const flows: [pointer: string, flow: object, style: string][] = [
      ['sourcePort', { ...scene.flow, destinationPort: 0 }, 'FF'],
      ['senders/0/sourcePort', { protocol: 17, destinationPort: 0, senders: [{ correspondentNode: '192.0.2.7', sourcePort: 5 }] }, 'SE'],
      ['protocol', { correspondentNode: '192.0.2.7', protocol: 0 }, 'FF'],
      ...['0.0.0.0', '224.1.1.1', '255.255.255.255'].map((correspondentNode): [string, object, string] => ['correspondentNode', { ...scene.flow, correspondentNode }, 'FF']),
    ];
    for (const [pointer, flow, style] of flows) expectFault(await post(JSON.stringify({ ...configureBody('mn-1', flow), style })), { pointer: `/flow/${pointer}` });
  });

  it('takes every node id that a capture takes, in path, body, filter and stream, and no other', async () => {
    const id = 'ü@例え.example';
    const path = `/v1/mobile-nodes/${encodeURIComponent(id)}`;
    expect((await service.call('POST', `${path}/registrations`, { body: registrationBody('10.0.0.77') })).status).toBe(201);
    const { body: { position } } = await service.call('POST', '/v1/qos-sessions', { body: configureBody(id, { ...scene.flow, sourcePort: 777 }) });
    const node = await service.call('GET', `${path}?minPosition=${position}`);
    expect([node.status, node.body.mobileNode]).toEqual([200, id]);
    for (const query of ['qos-sessions', 'mobile-nodes', `foreign-agents/${scene.foreignAgent}/flow-table`]) {
      const { body } = await service.call('GET', `/v1/${query}?mobileNode=${encodeURIComponent(id)}`);
      expect([query, body.items.length, body.items[0]?.mobileNode]).toEqual([query, 1, id]);
    }
    expect((await service.call('GET', `/v1/streams/${encodeURIComponent(`mobileNode-${id}`)}`)).body.items).toHaveLength(1);
    for (const odd of ['a b', 'a\u00a0b', 'a\u202eb', 'a\u2028b', 'ü'.repeat(127)]) {
      expectProblem(await service.call('POST', `/v1/mobile-nodes/${encodeURIComponent(odd)}/registrations`, { body: registrationBody('10.0.0.78') }), 400, 'malformed');
    }
    const longest = `/v1/mobile-nodes/${encodeURIComponent('ü'.repeat(126))}`;
    expect((await service.call('POST', `${longest}/registrations`, { body: registrationBody('10.0.0.79') })).status).toBe(201);
  });

  it('F28 refuses bodies of other types, charsets and sizes, and compressed ones', async () => {
    const body = JSON.stringify(configureBody('mn-1'));
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-7', 'application/json; charset=utf-16', 'nonsense', 'application/octet-stream']) {
      expectProblem(await post(body, { 'content-type': type }), 415, 'unsupported-media-type');
    }
    expectProblem(await post(gzipSync('0'.repeat(10_000_000)), { 'content-encoding': 'gzip' }), 415, 'unsupported-media-type');
    expectProblem(await post(`"${'x'.repeat(1024 * 1024)}"`), 413, 'body-too-large');
    expectProblem(await post(`"${'x'.repeat(1024 * 1024 - 2)}"`), 400, 'malformed');
    expectProblem(await post(`\ufeff${body}`), 400, 'malformed');
    expectProblem(await post(Buffer.from([0x22, 0xff, 0x22])), 400, 'malformed');
    expectProblem(await post(''), 400, 'malformed');
    expect((await post(body, { 'content-type': 'application/json; charset="UTF-8"' })).status).toBe(201);
  });

  it('F29 refuses what can be read in two ways', async () => {
    const head = 'POST /v1/qos-sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    const heads = ['Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}', 'Content-Length: -1\r\n\r\n', 'X : y\r\n\r\n'];
    for (const more of heads) {
      const answer = await service.raw(head + more);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).toContain('application/problem+json');
    }
    expect(await service.raw(`GET / HTTP/1.1\r\nHost: localhost\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('F29 gives up on slow headers and slow bodies in 10 s', async () => {
    const began = Date.now();
    const slow = await Promise.all([
      service.raw('GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Slow: '),
      service.raw('POST /v1/qos-sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"a'),
      service.raw('POST /v1/captures HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\nContent-Length: 100\r\n\r\n\n\r'),
    ]);
    expect(Date.now() - began).toBeLessThan(10_000);
    for (const answer of slow) {
      expect(answer).toMatch(/^HTTP\/1\.1 408 /);
      expect(answer).toContain('/problems/request-timeout');
    }
  });

  it('F30 refuses paths that are no path, and logs nothing of them as it came', async () => {
    const paths = [
      '/v1/foreign-agents/fa%00/flow-table', '/v1/foreign-agents/..%2ffa-1', '/v1/foreign-agents/%zz/flow-table', '/v1/streams/%1b%5b31m',
      '/docs/..%2f..%2fpackage.json', '/v1/foreign-agents//flow-table', '/%0d%0aX-Injected:%201',
    ];
    for (const path of paths) {
      const answer = await service.raw(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 (400|404) /);
      expect(answer).toContain('application/problem+json');
      expect(answer).not.toMatch(/^x-injected/im);
    }
    await service.raw(Buffer.from('GET /\x9b31m\x85 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 'latin1'));
    // eslint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(service.log()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    for (const line of service.log().trim().split('\n')) expect(() => { JSON.parse(line); }).not.toThrow();
  });

  it('F35 refuses filters, sorts and cursors that name no column or were tampered with', async () => {
    for (const query of ['sort=position;drop', 'sort=nonsense', 'sort=sessionId%20desc', 'protocol=17%20or%201=1', 'a%27b=1', 'after=WyJ4Il0', 'after=%00']) {
      expectProblem(await service.call('GET', `/v1/foreign-agents/fa-1/flow-table?${query}`), 400, 'malformed');
    }
  });

  it('answers 404 for a path that is not there, whatever the method', async () => {
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'PATCH', 'PROPFIND']) {
      const { status, headers } = await service.call(method, '/v1/nothing');
      expect({ method, status, allow: headers.get('allow') }).toEqual({ method, status: 404, allow: null });
    }
    expectProblem(await service.call('GET', '/v1/foreign-agents/fa-1/nothing'), 404, 'not-found');
  });

  it.each([
    ['PATCH', '/v1/qos-sessions', 'GET, HEAD, OPTIONS, POST'],
    ['PUT', '/v1/qos-sessions', 'GET, HEAD, OPTIONS, POST'],
    ['GET', `/v1/mobile-nodes/${scene.foreignAgent}/registrations`, 'OPTIONS, POST'],
    ['POST', '/v1/foreign-agents/fa-1', 'DELETE, GET, HEAD, OPTIONS, PUT'],
    ['DELETE', '/v1/events/live', 'GET, HEAD, OPTIONS'],
    ['PROPFIND', '/v1/handoffs', 'GET, HEAD, OPTIONS, POST'],
    ['POST', '/health/live', 'GET, HEAD, OPTIONS'],
  ])('given a path without that method, when it is asked by %s %s, then it says which it has', async (method, path, allow) => {
    const answer = await service.call(method, path);
    expectProblem(answer, 405, 'method-not-allowed');
    expect(answer.headers.get('allow')).toBe(allow);
    const asked = await service.call('OPTIONS', path);
    expect({ status: asked.status, allow: asked.headers.get('allow'), body: asked.body }).toEqual({ status: 204, allow, body: '' });
  });

  it('answers HEAD where there is a GET, without a body, and 405 where there is none', async () => {
    const [head, none] = [await service.call('HEAD', '/v1/foreign-agents/fa-1'), await service.call('HEAD', '/v1/batch')];
    expect({ status: head.status, body: head.body }).toEqual({ status: 200, body: '' });
    expect({ status: none.status, allow: none.headers.get('allow'), body: none.body }).toEqual({ status: 405, allow: 'OPTIONS, POST', body: '' });
  });

  it('given a body that never ends, when the path does not have the method, then it is refused before it is read', async () => {
    const answer = await service.raw('PATCH /v1/captures HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 99999999999\r\nConnection: close\r\n\r\nx');
    expect(answer).toMatch(/^HTTP\/1\.1 405 /);
    expect(answer).toMatch(/^allow: OPTIONS, POST\r$/m);
  });

  it('tells faults of headers, parameters and body together', async () => {
    const { body } = await service.call('POST', '/v1/qos-sessions?dry=1', { body: { flow: {} }, headers: { 'idempotency-key': 'x'.repeat(129) } });
    expect(body.errors).toEqual(
      expect.arrayContaining([
        { parameter: 'dry', detail: 'No parameter of this name is known here.' },
        { header: 'Idempotency-Key', detail: 'The key must have 1 to 128 visible ASCII characters.' },
        { pointer: '/foreignAgent', detail: 'The field is missing.' },
        { pointer: '/flow/protocol', detail: 'The field is missing.' },
      ]),
    );
  });

  it('refuses a foreign host name while there are no tokens, so that no page of another site can reach it under its own', async () => {
    const under = (host: string): Promise<string> => service.raw(`GET /v1/events HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
    for (const host of ['evil.example', 'evil.example:7434', 'localhost.evil.example', '127.0.0.1.evil.example', '192.0.2.1', '[2001:db8::1]:7434', '']) {
      expect([host, (await under(host)).split('\r\n')[0]]).toEqual([host, 'HTTP/1.1 421 Misdirected Request']);
    }
    for (const host of ['localhost:1', 'LOCALHOST', '127.0.0.1', '127.9.9.9:7434', '[::1]:7434']) expect(await under(host)).toMatch(/^HTTP\/1.1 200 /);
  });
});
