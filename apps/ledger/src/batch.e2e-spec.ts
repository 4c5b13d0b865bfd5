import { startTestService, type TestAnswer, type TestService } from './service.testing';

interface Line {
  readonly line: number;
  readonly status: number;
  readonly replayed?: true;
  readonly body: Readonly<Record<string, any>>; // eslint-disable-line @typescript-eslint/no-explicit-any -- a test says what it expects
}

const linesOf = ({ body }: TestAnswer): Line[] => (body as string).split('\n').slice(0, -1).map((text) => JSON.parse(text) as Line);

describe('POST /v1/batch', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService();
  });
  afterAll(() => service.close());

  const batch = (raw: string | Buffer): Promise<TestAnswer> =>
    service.call('POST', '/v1/batch', { raw: typeof raw === 'string' ? raw : new Uint8Array(raw), headers: { 'content-type': 'application/x-ndjson' } });
  const text = (...lines: readonly object[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const scope = (name: string) => ({ foreignAgent: name, careOfAddress: `198.51.${name.charCodeAt(0)}.${name.length}` });
  const register = (agent: string, mobileNode: string, more: object = {}) => ({
    command: 'register-mobile-node',
    body: { mobileNode, ...scope(agent), homeAgent: '192.0.2.1', homeAddress: '10.0.0.1', lifetimeSeconds: 600 },
    ...more,
  });
  const configure = (agent: string, mobileNode: string, sourcePort = 4000, more: object = {}) => ({
    command: 'configure-qos-session',
    body: { mobileNode, ...scope(agent), flow: { correspondentNode: '203.0.113.9', protocol: 17, destinationPort: 5004, sourcePort } },
    ...more,
  });

  it('answers each line in order, each with its own status', async () => {
    const answers = linesOf(
      await batch(
        text(
          { command: 'provision-foreign-agent', body: { foreignAgent: 'a', careOfAddresses: ['198.51.97.1'] } },
          register('a', 'mn-1'),
          register('a', 'mn-2'),
          configure('a', 'mn-1'),
          configure('a', 'mn-2'),
          configure('a', 'mn-1'),
          configure('a', 'mn-3'),
        ),
      ),
    );
    expect(answers.map(({ line, status }) => [line, status])).toEqual([[1, 201], [2, 201], [3, 201], [4, 201], [5, 201], [6, 200], [7, 409]]);
    expect(answers[3]!.body).toMatchObject({ outcome: 'configured', temporary: null });
    expect(answers[4]!.body).toMatchObject({ temporary: { field: 'sourcePort', value: 49152 }, matched: [{ sessionId: answers[3]!.body['sessionId'] as string }] });
    expect(answers[5]!.body).toMatchObject({ outcome: 'refreshed', sessionId: answers[3]!.body['sessionId'] as string });
    expect(answers[6]!.body).toMatchObject({ type: '/problems/no-binding', status: 409 });
    const sessionId = answers[3]!.body['sessionId'] as string;
    const released = linesOf(await batch(text({ command: 'release-qos-session', body: { sessionId, cause: 'path-tear' } })));
    expect(released[0]).toMatchObject({ line: 1, status: 200, body: { outcome: 'released' } });
  });

  it('refuses parameters, and headers of a single command, rather than ignore them', async () => {
    const refused = async (query: string, headers: object): Promise<unknown> => {
      const raw = text(register('r', 'mn-refused'));
      const { status, body } = await service.call('POST', `/v1/batch${query}`, { raw, headers: { 'content-type': 'application/x-ndjson', ...headers } });
      return [status, (body as { errors: { parameter?: string; header?: string }[] }).errors.map(({ parameter, header }) => parameter ?? header)];
    };
    expect(await refused('?dryRun=true', {})).toEqual([400, ['dryRun']]);
    expect(await refused('', { 'idempotency-key': 'k-1' })).toEqual([400, ['Idempotency-Key']]);
    expect(await refused('', { 'if-match': '"1"' })).toEqual([400, ['If-Match']]);
    expect((await service.call('GET', '/v1/mobile-nodes/mn-refused')).status).toBe(404);
  });

  it('answers neighbours that are begun together each for itself, in order, over several scopes and around lines that are not taken with them', async () => {
    linesOf(await batch(text(register('n', 'near-1'), register('o', 'near-2'))));
    const lines = [
      configure('n', 'near-1'), configure('o', 'near-2'), configure('n', 'near-9'), configure('n', 'near-1', -1), configure('n', 'near-1'),
      configure('n', 'near-1', 4001, { idempotencyKey: 'batch-together' }), configure('n', 'near-1', 4001), configure('o', 'near-2'), { command: 'none' },
    ];
    const answers = linesOf(await batch(text(...lines)));
    expect(answers.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 409, 400, 200, 201, 200, 200, 400]);
    expect(answers[3]!.body).toMatchObject({ errors: [{ pointer: '/body/flow/sourcePort' }] });
    expect(answers[4]!.body['sessionId']).toBe(answers[0]!.body['sessionId']);
    expect(answers[6]!.body).toMatchObject({ outcome: 'refreshed', sessionId: answers[5]!.body['sessionId'] as string });
    expect(answers[7]!.body['sessionId']).toBe(answers[1]!.body['sessionId']);
    const history = await service.call('GET', `/v1/qos-sessions/${answers[0]!.body['sessionId'] as string}/history?minPosition=${answers[6]!.body['position'] as string}`);
    expect(history).toMatchObject({ body: { items: [{ type: 'QosSessionConfigured', metadata: { actor: 'anonymous', origin: 'commanded' } }] } });
  });

  it('F31 takes CRLF, a byte order mark and a last line without end, and tells of each bad line by its number', async () => {
    const good = JSON.stringify(register('bb', 'mn-1'));
    const long = Buffer.alloc(3 * 1024 * 1024, 'x');
    const answers = linesOf(
      await batch(
        Buffer.concat([
          Buffer.from(`\ufeff${good}\r\n\r\n{"command":\n["no object"]\n{"command":"fly","body":{}}\n`),
          long,
          Buffer.from(`\n${JSON.stringify({ ...configure('bb', 'mn-1'), extra: 1 })}\n${JSON.stringify(configure('bb', 'mn-1', 99999))}\n`),
          Buffer.from([0x22, 0xff, 0x22, 0x0a]),
          Buffer.from(JSON.stringify(configure('bb', 'mn-1'))),
        ]),
      ),
    );
    const told = answers.map(({ line, status }) => `${line}: ${status}`);
    expect(told).toEqual(['1: 201', '3: 400', '4: 400', '5: 400', '6: 413', '7: 400', '8: 400', '9: 400', '10: 201']);
    expect(answers[5]!.body['errors']).toEqual([{ pointer: '/extra', detail: 'No field of this name is known here.' }]);
    expect(answers[6]!.body['errors']).toMatchObject([{ pointer: '/body/flow/sourcePort' }]);
  });

  it.each([
    ['no line has a key', () => false],
    ['every line has one', () => true],
    ['some have one', (index: number) => index % 3 === 0],
  ])('keeps the order of one scope, where %s: whoever stands first has the native id', async (name, hasKey) => {
    const nodes = Array.from({ length: 200 }, (_, index) => `mn-${index}`);
    const agents = ['c', 'd'].map((letter) => letter.repeat(name.length));
    await batch(text(...agents.flatMap((agent) => nodes.map((node) => register(agent, `${agent}-${node}`)))));
    const key = (index: number): object => (hasKey(index) ? { idempotencyKey: `${name.replaceAll(' ', '-')}-${index}` } : {});
    const lines = nodes.flatMap((node) => agents.map((agent) => ({ agent, node: `${agent}-${node}` })));
    const answers = linesOf(await batch(text(...lines.map(({ agent, node }, index) => configure(agent, node, 4000, key(index))))));
    for (const parity of [0, 1]) {
      const own = answers.filter((_, index) => index % 2 === parity).map(({ body }) => body['temporary'] as { value: number } | null);
      expect(own.map((temporary) => temporary?.value ?? null)).toEqual([null, ...Array.from({ length: 199 }, (_, index) => 49152 + index)]);
    }
  });

  it('is under one key the same command as the request alone', async () => {
    const commands = [register('eeeee', 'mn-9', { idempotencyKey: 'batch-r' }), configure('eeeee', 'mn-9', 4000, { idempotencyKey: 'batch-c' })];
    const first = linesOf(await batch(text(...commands)));
    const { body } = configure('eeeee', 'mn-9');
    const alone = await service.call('POST', '/v1/qos-sessions', { body, headers: { 'idempotency-key': 'batch-c' } });
    expect(alone.status).toBe(201);
    expect(alone.headers.get('idempotency-replayed')).toBe('true');
    expect(alone.body).toEqual(first[1]!.body);
    const path = `/v1/qos-sessions/${String(first[1]!.body['sessionId'])}?cause=path-tear`;
    const released = await service.call('DELETE', path, { headers: { 'idempotency-key': 'batch-d' } });
    const body2 = { cause: 'path-tear', sessionId: first[1]!.body['sessionId'] as string };
    const release = { command: 'release-qos-session', idempotencyKey: 'batch-d', body: body2 };
    const again = linesOf(await batch(text(release, configure('eeeee', 'mn-9', 4001, { idempotencyKey: 'batch-c' }))));
    expect(again[0]).toEqual({ line: 1, status: 200, replayed: true, etag: released.headers.get('etag'), body: released.body as object });
    expect(again[1]).toMatchObject({ status: 422, body: { type: '/problems/idempotency-key-reused', errors: [{ pointer: '/idempotencyKey' }] } });
  });

  it('refuses what is no NDJSON, and stops behind 10,000 lines', async () => {
    const empty = await batch('');
    expect([empty.status, (empty.body as { errors: object[] }).errors]).toEqual([400, [{ pointer: '', detail: 'The body is empty; lines of JSON are needed.' }]]);
    const wrongType = await service.call('POST', '/v1/batch', { body: {} });
    expect(wrongType.status).toBe(415);
    const refresh = JSON.stringify(configure('eeeee', 'mn-9', 4002));
    const answers = linesOf(await batch(`${refresh}\n`.repeat(10_001)));
    expect(answers.length).toBe(10_001);
    expect(answers[9_999]!.status).toBe(200);
    expect(answers[10_000]).toMatchObject({ line: 10_001, status: 413 });
  }, 60_000);
});
