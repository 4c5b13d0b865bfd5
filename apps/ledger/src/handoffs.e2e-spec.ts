import { configureBody, registrationBody, scene, setScene, startTestService, type TestAnswer, type TestService } from './service.testing';

const next = { foreignAgent: 'fa-2', careOfAddress: '198.51.100.2' } as const;
/** One value to give away: the second match finds none. */
const small = { foreignAgent: 'fa-3', careOfAddress: '198.51.100.3' } as const;
const old = { foreignAgent: scene.foreignAgent, careOfAddress: scene.careOfAddress } as const;

/** Every answer is held to its description by `call`. */
describe('handoffs, from outside', () => {
  let service: TestService;

  const get = async (path: string): Promise<TestAnswer> => {
    const end = await service.call('GET', '/v1/events?direction=backwards&limit=1');
    return service.call('GET', `${path}${path.includes('?') ? '&' : '?'}minPosition=${end.body.position}`);
  };
  const start = (body: object, headers: Record<string, string> = {}) => service.call('POST', '/v1/handoffs', { body, headers });
  const register = (mobileNode: string, homeAddress: string, where: object = {}) =>
    service.call('POST', `/v1/mobile-nodes/${mobileNode}/registrations`, { body: registrationBody(homeAddress, where) });
  const configure = (mobileNode: string, where: object = {}) => service.call('POST', '/v1/qos-sessions', { body: { ...configureBody(mobileNode), ...where } });
  const rows = async (foreignAgent: string) => (await get(`/v1/foreign-agents/${foreignAgent}/flow-table`)).body.items;

  beforeAll(async () => {
    service = await startTestService();
    await setScene(service, ['mn-1', 'mn-2', 'mn-3', 'mn-4']);
    await service.call('PUT', '/v1/foreign-agents/fa-2', { body: { careOfAddresses: [next.careOfAddress] } });
    const pools = { sourcePort: { first: 50000, last: 50000 } };
    await service.call('PUT', '/v1/foreign-agents/fa-3', { body: { careOfAddresses: [small.careOfAddress], pools, policy: { quarantineSeconds: 0 } } });
  });
  afterAll(() => service.close());

  it('given a registration elsewhere, the session goes along under its own id, and the node and its tag say so', async () => {
    const there = await configure('mn-1');
    await register('mn-9', '10.0.0.9', next);
    await configure('mn-9', next);
    const registered = await register('mn-1', '10.0.0.1', next);
    const { body: handoff } = await get(`/v1/handoffs/${registered.body.handoffId}`);
    expect(handoff).toMatchObject({ kind: 'make-before-break', cause: 'registration', state: 'completed', configured: 1, released: 1, gapMs: 0 });
    expect(handoff.legs).toMatchObject([{ sessionId: there.body.sessionId, outcome: 'configured', to: { temporary: { field: 'sourcePort' } } }]);
    const node = await get('/v1/mobile-nodes/mn-1');
    expect(node.body).toMatchObject({ activeHandoff: null, bindings: [next], liveSessions: [{ sessionId: there.body.sessionId, ...next }] });
    expect(node.headers.get('etag')).toBe(registered.headers.get('etag'));
    expect((await configure('mn-1', next)).body).toMatchObject({ outcome: 'refreshed', sessionId: there.body.sessionId });
    expect((await configure('mn-1')).body.type).toBe('/problems/no-binding');
  });

  it('given a command with the tag of the node, the binding moves; repeated under its key it is answered again', async () => {
    const { headers } = await get('/v1/mobile-nodes/mn-1');
    const ifMatch = { 'if-match': headers.get('etag')! };
    const first = await start({ mobileNode: 'mn-1', ...old, mode: 'break-before-make' }, { ...ifMatch, 'idempotency-key': 'there' });
    expect([first.status, first.body]).toMatchObject([201, { kind: 'break-before-make', state: 'completed', to: old, released: 1, gapMs: expect.any(Number) }]);
    const again = await start({ mobileNode: 'mn-1', ...old, mode: 'break-before-make' }, { ...ifMatch, 'idempotency-key': 'there' });
    expect([again.status, again.headers.get('idempotency-replayed'), again.body]).toEqual([201, 'true', first.body]);
    expect((await start({ mobileNode: 'mn-1', ...next }, { 'idempotency-key': 'there' })).status).toBe(422);
    expect((await start({ mobileNode: 'mn-1', ...next }, ifMatch)).status).toBe(412);
    const { body } = await get(`/v1/handoffs/${first.body.handoffId}`);
    expect(body.steps.map(({ type }: { type: string }) => type).at(-1)).toBe('HandoffCompleted');
  });

  it('given an agent that cannot be reached, the old leg is orphaned, and a removal of that agent is refused for it', async () => {
    const { body } = await start({ mobileNode: 'mn-1', ...next, oldAgent: 'unreachable' });
    expect(body).toMatchObject({ state: 'completed', released: 0, orphaned: 1 });
    expect(await rows('fa-1')).toMatchObject([{ state: 'orphaned', mobileNode: 'mn-1' }]);
    expect((await get('/v1/foreign-agents/fa-1')).body.counts).toMatchObject({ live: 0, orphaned: 1 });
    expect((await service.call('DELETE', '/v1/foreign-agents/fa-1')).body.type).toBe('/problems/foreign-agent-in-use');
  });

  it('given a pool that is used up, the handoff is rolled back, or the session is degraded until a value is free', async () => {
    for (const [mobileNode, homeAddress] of [['mn-5', '10.0.0.5'], ['mn-6', '10.0.0.6']] as const) {
      await register(mobileNode, homeAddress, small);
      await configure(mobileNode, small);
    }
    const { body: session } = await configure('mn-2');
    const rolledBack = await start({ mobileNode: 'mn-2', ...small, ifRefused: 'roll-back' });
    expect(rolledBack.body).toMatchObject({ state: 'rolled-back', reason: 'leg-refused', configured: null });
    expect((await configure('mn-2')).body).toMatchObject({ outcome: 'refreshed', sessionId: session.sessionId });
    expect((await start({ mobileNode: 'mn-2', ...small })).body).toMatchObject({ state: 'completed', degraded: [session.sessionId] });
    const [, rival, degraded] = await rows('fa-3');
    expect(degraded).toMatchObject({ sessionId: session.sessionId, state: 'degraded', effective: null });
    const tag = (await get(`/v1/qos-sessions/${session.sessionId}`)).headers.get('etag')!;
    const under = async (ifMatch: string) =>
      (await service.call('POST', '/v1/qos-sessions', { body: { ...configureBody('mn-2'), ...small }, headers: { 'if-match': ifMatch } })).body.type;
    expect([await under(tag), await under('*'), await under('"other"')]).toEqual([
      '/problems/flow-id-pool-exhausted', '/problems/flow-id-pool-exhausted', '/problems/precondition-failed',
    ]);
    await service.call('DELETE', `/v1/qos-sessions/${rival.sessionId}`);
    expect((await rows('fa-3'))[1]).toMatchObject({ sessionId: session.sessionId, state: 'live', temporary: { value: 50000 } });
  });

  it('F12 given the tag of a session from before it was moved, a release is refused; under that of now it is done, and so is its repeat', async () => {
    // Two agents that nothing else happened at: the revisions of the two legs are the same.
    const [here, there] = [{ foreignAgent: 'fa-7', careOfAddress: '198.51.100.7' }, { foreignAgent: 'fa-8', careOfAddress: '198.51.100.8' }] as const;
    for (const { foreignAgent, careOfAddress } of [here, there]) {
      await service.call('PUT', `/v1/foreign-agents/${foreignAgent}`, { body: { careOfAddresses: [careOfAddress] } });
    }
    await register('mn-7', '10.0.0.7', here);
    const { body: session, headers: created } = await configure('mn-7', here);
    const one = `/v1/qos-sessions/${session.sessionId}`;
    const tagOf = async (): Promise<string> => (await get(one)).headers.get('etag')!;
    const release = (tag: string) => service.call('DELETE', one, { headers: { 'if-match': tag } });
    const before = await tagOf();
    expect(created.get('etag')).toBe(before);
    await start({ mobileNode: 'mn-7', ...there });
    const [moved, tag] = [await get(one), await tagOf()];
    expect([moved.body.foreignAgent, moved.body.revision]).toEqual(['fa-8', session.revision]);
    const refused = await release(before);
    expect([refused.status, refused.headers.get('etag')]).toEqual([412, tag]);
    const changed = await service.call('POST', '/v1/qos-sessions', { body: { ...configureBody('mn-7'), ...there, refreshPeriodMs: 10_000 }, headers: { 'if-match': before } });
    expect([changed.status, changed.headers.get('etag')]).toEqual([412, tag]);
    const released = await release(tag);
    expect([released.status, released.body.outcome, released.headers.get('etag')]).toEqual([200, 'released', await tagOf()]);
    const over = await release(tag);
    expect([over.status, over.headers.get('etag')]).toEqual([412, released.headers.get('etag')]);
    for (const any of [await tagOf(), '*']) expect([(await release(any)).status, (await release(any)).body.outcome]).toEqual([200, 'already-released']);
  });

  it('F12 given an orphan at an agent that was not told, a release that ends it, too, tells no tag; the session has that of the last to end', async () => {
    await register('mn-7', '10.0.0.7', old);
    const { body: session } = await configure('mn-7');
    await start({ mobileNode: 'mn-7', ...next, oldAgent: 'unreachable' });
    const one = `/v1/qos-sessions/${session.sessionId}`;
    const { headers } = await get(one);
    const released = await service.call('DELETE', one, { headers: { 'if-match': headers.get('etag')! } });
    expect([released.status, released.body.outcome, released.headers.get('etag')]).toEqual([200, 'released', null]);
    const ifMatch = { 'if-match': (await get(one)).headers.get('etag')! };
    expect((await service.call('DELETE', one, { headers: ifMatch })).body.outcome).toBe('already-released');
  });

  it('given lifetime 0, the node is home and its legs are released', async () => {
    const { body: session } = await configure('mn-3');
    const { body } = await register('mn-3', '10.0.0.3', { careOfAddress: '10.0.0.3', lifetimeSeconds: 0 });
    expect((await get(`/v1/handoffs/${body.handoffId}`)).body).toMatchObject({ kind: 'return-home', state: 'completed', to: null, released: 1 });
    expect((await get(`/v1/qos-sessions/${session.sessionId}`)).body).toMatchObject({ state: 'released', cause: 'deregistration' });
    expect((await get('/v1/handoffs?kind=return-home')).body.items).toMatchObject([{ mobileNode: 'mn-3' }]);
  });

  it('finds a node however the addresses of its id are written', async () => {
    const registered = await service.call('POST', '/v1/mobile-nodes/2001%3Adb8%3A%3A1%402001%3Adb8%3A%3A2/registrations', {
      body: registrationBody('2001:db8::1', { homeAgent: '2001:db8::2' }),
    });
    expect(registered.status).toBe(201);
    const { body } = await start({ mobileNode: '2001:DB8:0::1@2001:db8::0:2', ...next });
    expect(body).toMatchObject({ mobileNode: '2001:db8::1@2001:db8::2', state: 'completed' });
  });

  it('refuses what cannot be, and names every field of what is malformed', async () => {
    const nodeAt = { mobileNode: 'mn-4', ...old };
    expect((await start(nodeAt)).body.type).toBe('/problems/already-bound-there');
    expect((await start({ ...nodeAt, mobileNode: 'nobody' })).body.type).toBe('/problems/no-binding');
    const toNobody = await start({ ...nodeAt, foreignAgent: 'fa-404' });
    expect([toNobody.status, toNobody.body.type]).toEqual([409, '/problems/foreign-agent-unknown']);
    expect((await start({ ...nodeAt, careOfAddress: next.careOfAddress })).body.type).toBe('/problems/foreign-agent-unknown');
    const malformed = await start({ mobileNode: 'mn-4', careOfAddress: '010.0.0.1', mode: 'never', ifRefused: 'pray', oldAgent: 'asleep', deadlineSeconds: 0, more: 1 });
    expect(malformed.status).toBe(400);
    const pointers = malformed.body.errors.map(({ pointer }: { pointer: string }) => pointer);
    expect(pointers.sort()).toEqual(['/careOfAddress', '/deadlineSeconds', '/foreignAgent', '/ifRefused', '/mode', '/more', '/oldAgent']);
  });
});
