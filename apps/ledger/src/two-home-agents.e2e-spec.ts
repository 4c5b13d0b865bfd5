import { configureBody, registrationBody, scene, setScene, startTestService, type TestAnswer, type TestService } from './service.testing';

const first = { homeAgent: '203.0.113.1', homeAddress: '10.0.0.1' };
const second = { homeAgent: '203.0.113.2', homeAddress: '10.0.0.2' };
const node = 'ann@example.net';

/** RFC 5944: a binding is of a home address and its home agent. */
describe('a mobile node through two home agents at one care-of address, from outside', () => {
  let service: TestService;
  const path = `/v1/mobile-nodes/${encodeURIComponent(node)}`;

  const get = async (of: string): Promise<TestAnswer> => {
    const end = await service.call('GET', '/v1/events?direction=backwards&limit=1');
    return service.call('GET', `${of}${of.includes('?') ? '&' : '?'}minPosition=${end.body.position}`);
  };
  const register = ({ homeAddress, ...home }: typeof first, lifetimeSeconds: number) =>
    service.call('POST', `${path}/registrations`, { body: registrationBody(homeAddress, { ...home, lifetimeSeconds }) });
  const rows = async () => (await get(`/v1/foreign-agents/${scene.foreignAgent}/flow-table`)).body.items;
  const eventsOf = async (type: string) => (await get(`/v1/events?type=${type}&stream=${encodeURIComponent(`mobileNode-${node}`)}`)).body.items.map(({ data }: { data: object }) => data);

  beforeAll(async () => {
    service = await startTestService();
    await setScene(service, []);
  });
  afterAll(() => service.close());

  it('given a registration through each, both bindings stand', async () => {
    expect((await register(first, 600)).status).toBe(201);
    expect((await register(second, 300)).body).toMatchObject({ code: 0, ...second, grantedLifetimeSeconds: 300, handoffId: null });
    const { body } = await get(path);
    expect(body.bindings).toMatchObject([{ ...second, state: 'active', renewedAt: null }, { ...first, state: 'active', renewedAt: null }]);
    expect(body.registrations).toHaveLength(2);
    expect(await eventsOf('RegistrationAccepted')).toMatchObject([{ refresh: false }, { refresh: false, visitor: first }]);
  });

  it('given a session, its registration lasts as long as the longer of them, and one that is renewed is renewed alone', async () => {
    expect((await service.call('POST', '/v1/qos-sessions', { body: configureBody(node) })).status).toBe(201);
    const { body: before } = await get(path);
    const [row] = await rows();
    expect(row).toMatchObject({ mobileNode: node, ...first, registrationExpiresAt: before.bindings[1].expiresAt });
    const renewed = await register(second, 400);
    const { body } = await get(path);
    expect(body.registrations).toMatchObject([{ ...second, renewedAt: expect.any(String), expiresAt: renewed.body.expiresAt }, { ...first, renewedAt: null }]);
    expect((await rows())[0].registrationExpiresAt).toBe(row.registrationExpiresAt);
  });

  it('given a deregistration through one, that one ends, and the session stands by the other', async () => {
    expect((await register(first, 0)).body).toMatchObject({ grantedLifetimeSeconds: 0, handoffId: null });
    const { body } = await get(path);
    expect(body.bindings).toMatchObject([second]);
    expect(body.registrations).toMatchObject([{ ...second, state: 'active' }, { ...first, state: 'ended', cause: 'deregistration' }]);
    expect(await eventsOf('RegistrationEnded')).toMatchObject([{ ...first, cause: 'deregistration', visitor: second }]);
    expect(await rows()).toMatchObject([{ state: 'live', registrationExpiresAt: body.bindings[0].expiresAt }]);
    expect((await service.call('POST', '/v1/qos-sessions', { body: configureBody(node) })).body.outcome).toBe('refreshed');
  });

  it('given a revocation of one of two, no session ends', async () => {
    await register(first, 600);
    const { body } = await service.call('POST', `${path}/revocations`, { body: { homeAgent: first.homeAgent } });
    expect(body).toMatchObject({ revoked: [first], released: [] });
    expect(await rows()).toMatchObject([{ state: 'live' }]);
  });

  it('given the deregistration of the last, the session is released, and every binding has its end', async () => {
    expect((await register(second, 0)).body.handoffId).toEqual(expect.any(String));
    expect(await rows()).toEqual([]);
    const { body } = await get(path);
    expect(body.bindings).toEqual([]);
    const states = body.registrations.map(({ homeAgent, state, cause }: Record<string, string>) => `${homeAgent} ${state} ${cause}`);
    expect(states).toEqual([`${first.homeAgent} ended revocation`, `${second.homeAgent} ended deregistration`, `${first.homeAgent} ended deregistration`]);
    expect((await service.call('POST', '/v1/qos-sessions', { body: configureBody(node) })).body.type).toBe('/problems/no-binding');
  });
});
