import { configureBody, registrationBody, scene, setScene, startTestService, type TestAnswer, type TestService } from './service.testing';

let service: TestService;
beforeEach(async () => {
  service = await startTestService();
  await setScene(service);
});
afterEach(() => service.close());

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a test says what it expects
const configured = async (mobileNode: string, flow: object = scene.flow): Promise<any> =>
  (await service.call('POST', '/v1/qos-sessions', { body: configureBody(mobileNode, flow) })).body;
const reconcile = (lines: readonly object[] | string, query = '', headers: Record<string, string> = {}): Promise<TestAnswer> => {
  const raw = typeof lines === 'string' ? lines : lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  return service.call('POST', `/v1/foreign-agents/fa-1/reconcile${query}`, { raw, headers: { 'content-type': 'application/x-ndjson', ...headers } });
};
const { careOfAddress } = scene;
const line = ({ effective }: { effective: object }, more: object = {}): object => ({ careOfAddress, effective, ...more });

describe('POST /v1/foreign-agents/{fa}/reconcile', () => {
  it('tells what only the ledger, what only the agent and what both hold otherwise, and applies nothing by itself', async () => {
    const [a, b, c] = [await configured('mn-1'), await configured('mn-2'), await configured('mn-1', { ...scene.flow, destinationPort: 7000 })];
    const unknown = { source: '192.0.2.9', destination: careOfAddress, protocol: 17, sourcePort: 1, destinationPort: 2 };
    const renumbered = { ...c.effective, sourcePort: 60_000 };
    const { status, body, headers } = await reconcile([
      line(a, { sessionId: a.sessionId, mobileNode: 'mn-2', flow: scene.flow }),
      line({ effective: unknown }),
      line({ effective: renumbered }, { sessionId: c.sessionId }),
    ]);
    expect([status, headers.get('ledger-position')]).toEqual([200, body.position]);
    expect(body.counts).toEqual({ ledger: 3, agent: 3, same: 0, missingAtAgent: 1, unknownToLedger: 1, different: 2, released: 0 });
    expect(body.differences).toMatchObject([
      { difference: 'missing-at-agent', ledger: { sessionId: b.sessionId, effective: b.effective, state: 'live' }, agent: null, released: false },
      { difference: 'different', fields: ['mobileNode'], ledger: { mobileNode: 'mn-1' }, agent: { mobileNode: 'mn-2', line: 1 } },
      { difference: 'unknown-to-ledger', ledger: null, agent: { effective: unknown, line: 2 } },
      { difference: 'different', fields: ['effective'], ledger: { sessionId: c.sessionId }, agent: { effective: renumbered } },
    ]);
    expect((await reconcile([a, b, c].map((session) => line(session)))).body).toMatchObject({ counts: { same: 3, released: 0 }, differences: [] });
  });

  it('applied, releases what the agent no longer holds with its cause, and again nothing', async () => {
    const [a, b] = [await configured('mn-1'), await configured('mn-2')];
    const applied = await reconcile([line(a)], '?apply=true');
    expect(applied.body).toMatchObject({ applied: true, counts: { missingAtAgent: 1, released: 1 } });
    expect(applied.body.differences).toMatchObject([{ released: true, ledger: { sessionId: b.sessionId } }]);
    const again = await reconcile([line(a)], '?apply=true');
    expect(again.body).toMatchObject({ position: applied.body.position, counts: { ledger: 1, same: 1, released: 0 }, differences: [] });
    const session = await service.call('GET', `/v1/qos-sessions/${b.sessionId}?minPosition=${applied.body.position}`);
    expect(session.body).toMatchObject({ state: 'released', cause: 'reconciled' });
    expect((await reconcile('', '?apply=true')).body.counts).toMatchObject({ agent: 0, released: 1 });
  });

  it('takes no body at all for no table, not for an empty one, and says so', async () => {
    const a = await configured('mn-1');
    const bare = await service.call('POST', '/v1/foreign-agents/fa-1/reconcile?apply=true');
    expect(bare).toMatchObject({ status: 400, body: { type: '/problems/malformed', errors: [{ pointer: '' }] } });
    expect((await reconcile([line(a)])).body.counts).toMatchObject({ ledger: 1, same: 1 });
  });

  it('under a key gives the first answer again, and is another command with another table, query or key', async () => {
    const [a, b] = [await configured('mn-1'), await configured('mn-2')];
    const key = { 'idempotency-key': 'table-1' };
    const first = await reconcile([line(a)], '?apply=true', key);
    expect([first.status, first.body.counts.released]).toEqual([200, 1]);
    const again = await reconcile([line(a)], '?apply=true', key);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    for (const other of [await reconcile([line(b)], '?apply=true', key), await reconcile([line(a)], '', key)]) expect([other.status, other.body.type]).toEqual([422, '/problems/idempotency-key-reused']);
    expect(await reconcile([line(a)], '?apply=true', { 'idempotency-key': 'a b' })).toMatchObject({ status: 400, body: { errors: [{ header: 'Idempotency-Key' }] } });
    const history = await service.call('GET', `/v1/qos-sessions/${b.sessionId}/history?minPosition=${first.body.position}`);
    expect(history.body.items.at(-1).metadata.commandId).not.toBe(history.body.items.at(-1).metadata.$causationId);
  });

  it('applied at two agents that each have a leg of one session, tells two events, each with its own id', async () => {
    // Nothing else happened in the second scope but what makes the revisions of the two legs the same.
    const there = { foreignAgent: 'fa-2', careOfAddress: '198.51.100.2' };
    const [a] = [await configured('mn-1'), await service.call('PUT', '/v1/foreign-agents/fa-2', { body: { careOfAddresses: [there.careOfAddress] } })];
    for (const n of [6, 7, 8, 9]) await service.call('POST', `/v1/mobile-nodes/mn-${n}/registrations`, { body: registrationBody(`10.0.0.${n}`, there) });
    const { body: { position } } = await service.call('POST', '/v1/handoffs', { body: { mobileNode: 'mn-1', ...there, oldAgent: 'unreachable' } });
    const revisionAt = async (foreignAgent: string) =>
      (await service.call('GET', `/v1/foreign-agents/${foreignAgent}/flow-table?minPosition=${position}`)).body.items[0].revision;
    expect(await revisionAt('fa-1')).toBe(await revisionAt('fa-2'));
    // The orphan first: with the leg that serves the session it would end as well.
    for (const foreignAgent of ['fa-1', 'fa-2']) {
      const path = `/v1/foreign-agents/${foreignAgent}/reconcile?apply=true`;
      const { body } = await service.call('POST', path, { raw: '', headers: { 'content-type': 'application/x-ndjson' } });
      expect(body).toMatchObject({ counts: { released: 1 }, differences: [{ ledger: { sessionId: a.sessionId } }] });
    }
    const { body } = await service.call('GET', '/v1/events?type=QosSessionReleased');
    expect(body.items).toHaveLength(2);
    expect(body.items[0].id).not.toBe(body.items[1].id);
  });

  it('F12 refuses an agent that changed since it was read', async () => {
    const a = await configured('mn-1');
    expect((await reconcile([], '?apply=true', { 'if-match': '"zz"' })).status).toBe(412);
    expect((await reconcile([line(a)])).body.counts.same).toBe(1);
    const { headers } = await service.call('PUT', '/v1/foreign-agents/fa-1', { body: { careOfAddresses: [careOfAddress], name: 'one' } });
    expect((await reconcile([line(a)], '', { 'if-match': headers.get('etag')! })).status).toBe(200);
  });

  it.each([['asOfPosition', '99999999'], ['careOfAddress', '198.51.100.99']])('takes no table of what is not: %s', async (name, value) => {
    await configured('mn-1');
    expect(await reconcile('', `?apply=true&${name}=${value}`)).toMatchObject({ status: 400, body: { errors: [{ parameter: name }] } });
    expect((await reconcile('')).body.counts.ledger).toBe(1);
  });

  it('leaves out what came after the table was made, and may be told of one care-of address', async () => {
    const a = await configured('mn-1');
    const b = await configured('mn-2');
    const old = await reconcile([line(a)], `?apply=true&asOfPosition=${a.position}`);
    expect(old.body).toMatchObject({ counts: { ledger: 1, same: 1, released: 0 }, differences: [] });
    expect((await reconcile([line(b)], '?careOfAddress=198.51.100.99')).body.errors).toMatchObject([{ line: 1, pointer: '/careOfAddress' }]);
  });

  it('F31 tells of bad lines by their number and pointer, and applies nothing', async () => {
    const a = await configured('mn-1');
    const bad = [
      JSON.stringify(line(a)), '{"careOfAddress":', JSON.stringify({ ...line(a), extra: 1 }), JSON.stringify(line(a)),
      JSON.stringify(line({ effective: { ...a.effective, sourcePort: 70_000 } })), JSON.stringify(line({ effective: { destination: '10.0.0.1', protocol: 17 } })), '[]',
    ].join('\n');
    const { status, body } = await reconcile(bad, '?apply=true');
    expect([status, body.type]).toEqual([400, '/problems/malformed']);
    expect(body.errors.map(({ line: number, pointer }: { line: number; pointer: string }) => `${number} ${pointer}`)).toEqual([
      '2 ', '3 /extra', '4 /effective', '5 /effective/sourcePort', '6 /effective', '6 /effective/destination', '7 ',
    ]);
    expect((await reconcile([line(a)])).body.counts.same).toBe(1);
    const many = await reconcile(`${JSON.stringify(line(a))}\n`.repeat(10_001));
    expect([many.status, many.body.type]).toEqual([413, '/problems/body-too-large']);
    expect((await service.call('POST', '/v1/foreign-agents/fa-404/reconcile', { raw: '', headers: { 'content-type': 'application/x-ndjson' } })).status).toBe(404);
    expect((await service.call('POST', '/v1/foreign-agents/fa-1/reconcile', { body: {} })).status).toBe(415);
  });
});
