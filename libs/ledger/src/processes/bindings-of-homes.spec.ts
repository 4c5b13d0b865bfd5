import { accepted, openTestLedger, type TestLedger } from '../open-ledger.testing';

const scope = { foreignAgent: 'fa-1', careOfAddress: '198.51.100.1' };
const start = Date.UTC(2026, 0, 1);
const first = { homeAgent: '203.0.113.1', homeAddress: '10.0.0.1' };
const second = { homeAgent: '203.0.113.2', homeAddress: '10.0.0.2' };
const flow = { correspondentNode: '192.0.2.7', protocol: 17, sourcePort: 4000, destinationPort: 5004 };

describe('One node through two home agents at one care-of address, and its scope', () => {
  let ledger: TestLedger;
  let now = start;
  beforeEach(async () => {
    now = start;
    ledger = await openTestLedger(() => now);
  });
  afterEach(() => ledger.close());

  const register = async (home: typeof first, lifetimeSeconds = 600, more = {}) => accepted(await ledger.register({ mobileNode: 'mn-1', ...scope, ...home, lifetimeSeconds, ...more }));
  const state = async () => {
    const mailbox = ledger.mailboxes.flowTable(scope.foreignAgent, scope.careOfAddress);
    await mailbox.refresh();
    return mailbox.fold.state;
  };
  const visitor = async () => (await state()).visitors.get('mn-1');
  const sessions = async () => [...(await state()).sessions.values()].map((session) => session.state);
  const types = async () => (await ledger.history()).map((line) => line.split(' ')[1]);

  const both = async () => {
    await register(first, 600);
    await register(second, 300);
    accepted(await ledger.configure({ ...scope, mobileNode: 'mn-1', flow, refreshPeriodMs: 0 }));
  };
  const end = async (home: typeof first) => register(home, 0);

  it('I15 keeps the session until the last binding is deregistered, in either order', async () => {
    for (const [one, other] of [[first, second], [second, first]] as const) {
      await both();
      await end(one);
      expect([await visitor(), await sessions()]).toMatchObject([other, ['live']]);
      await end(other);
      expect([await visitor(), await sessions()]).toEqual([undefined, []]);
    }
  });

  it('I15 knows the visitor until the latest expiry, by itself', async () => {
    await both();
    expect(await visitor()).toMatchObject({ ...first, expiresAt: start + 600_000 });
    now = start + 300_000;
    const tick = { identity: { commandId: 'tick', idempotencyKey: null, bodyDigest: '', actor: 'timer', origin: 'process', correlationId: 'tick', causationId: 'tick' }, command: { type: 'Tick' } } as const;
    await ledger.mailboxes.mobileNode('mn-1').send(tick);
    await ledger.mailboxes.flowTable(scope.foreignAgent, scope.careOfAddress).send(tick);
    expect([await visitor(), await sessions()]).toMatchObject([first, ['live']]);
    now = start + 600_000;
    await ledger.mailboxes.flowTable(scope.foreignAgent, scope.careOfAddress).send({ ...tick, identity: { ...tick.identity, commandId: 'tick-2' } });
    expect([await visitor(), await sessions()]).toEqual([undefined, []]);
  });

  it('releases no session by the revocation of one of them, and all by that of both', async () => {
    await both();
    const one = accepted(await ledger.revoke({ mobileNode: 'mn-1', homeAgent: first.homeAgent }));
    expect(one).toMatchObject({ revoked: [first], released: [] });
    expect([await visitor(), await sessions()]).toMatchObject([{ ...second, expiresAt: start + 300_000 }, ['live']]);
    await register(first);
    const all = accepted(await ledger.revoke({ mobileNode: 'mn-1' }));
    expect(all).toMatchObject({ revoked: [second, first], released: [expect.any(String)] });
    expect([await visitor(), await sessions()]).toEqual([undefined, []]);
    // One word for both.
    expect((await types()).filter((type) => type === 'VisitorLeft')).toHaveLength(1);
  });

  it('loses both with the agent, and has them again one by one', async () => {
    await both();
    accepted(await ledger.reboot({ foreignAgent: 'fa-1' }));
    expect(ledger.mailboxes.mobileNode('mn-1').fold.state.bindings.size).toBe(0);
    await register(second, 300);
    expect(await visitor()).toMatchObject(second);
  });

  it.each(['deregistration of one', 'deregistration of both', 'revocation of both', 'registration of another'])('is told after a crash between the two appends: %s', async (what) => {
    await both();
    const cause = { commandId: 'crash', idempotencyKey: null, bodyDigest: '', actor: 'test', origin: 'commanded', correlationId: 'crash', causationId: 'crash' } as const;
    const terms = { type: 'Register', mobileNode: 'mn-1', ...scope, identification: null, flags: [], careOfAddressValid: true, nonce: 0 } as const;
    const policy = { replayProtection: 'rising', maximumLifetimeSeconds: 65_535, handoff: 'none' } as const;
    const revoke = { type: 'Revoke', foreignAgent: null, careOfAddress: null, homeAgent: null, homeAddress: null } as const;
    const third = { homeAgent: '203.0.113.2', homeAddress: '10.0.0.3' };
    const command = {
      'deregistration of one': { ...terms, ...first, lifetimeSeconds: 0, policy },
      'deregistration of both': { ...terms, homeAgent: second.homeAgent, homeAddress: '0.0.0.0', lifetimeSeconds: 0, policy },
      'revocation of both': revoke,
      'registration of another': { ...terms, ...third, lifetimeSeconds: 100, policy },
    }[what]!;
    if (what === 'deregistration of both') {
      await register(third, 200);
      await end(first);
    }
    await ledger.mailboxes.mobileNode('mn-1').send({ identity: cause, command });
    const before = (await types()).length;
    await ledger.process.catchUp();
    const stays = { 'deregistration of one': second, 'registration of another': first }[what];
    expect(await visitor()).toEqual(stays === undefined ? undefined : expect.objectContaining(stays));
    expect(await sessions()).toEqual(stays === undefined ? [] : ['live']);
    const told = (await types()).slice(before);
    expect(told.filter((type) => type!.startsWith('Visitor'))).toEqual([stays === undefined ? 'VisitorLeft' : 'VisitorAdmitted']);
    const length = (await types()).length;
    await ledger.process.catchUp();
    expect(await types()).toHaveLength(length);
  });

  it('is told once where nobody crashed', async () => {
    await both();
    await register({ homeAgent: second.homeAgent, homeAddress: '10.0.0.3' }, 200);
    await register({ homeAgent: second.homeAgent, homeAddress: '0.0.0.0' }, 0);
    await end(first);
    const before = await types();
    await ledger.process.catchUp();
    expect(await types()).toEqual(before);
  });

  it('I23 takes its sessions along in a handoff, by registration and by command', async () => {
    await both();
    const there = { foreignAgent: 'fa-2', careOfAddress: '198.51.101.1' };
    await ledger.provision({ foreignAgent: 'fa-2', careOfAddresses: [there.careOfAddress] });
    await register(second, 300, there);
    await register(first, 600, there);
    expect([await visitor(), await sessions()]).toEqual([undefined, []]);
    accepted(await ledger.startHandoff({ mobileNode: 'mn-1', ...scope }));
    expect([await visitor(), await sessions()]).toMatchObject([{ ...first, expiresAt: start + 600_000 }, ['live']]);
    await end(first);
    expect([await visitor(), await sessions()]).toMatchObject([{ ...second, expiresAt: start + 300_000 }, ['live']]);
  });
});

it('A visitor that a command moves is known by the home that was registered last, also while it moved, where both last as long', async () => {
  const there = { foreignAgent: 'fa-2', careOfAddress: '198.51.101.1' };
  let goOn: () => void = () => undefined;
  let isComing: () => void = () => undefined;
  const goesOn = new Promise<void>((resolve) => (goOn = resolve));
  const comes = new Promise<void>((resolve) => (isComing = resolve));
  const ledger = await openTestLedger(Date.now, undefined, undefined, {
    onAppend: async (stream, _expected, events) => {
      if (!stream.endsWith(there.careOfAddress) || !events.some(({ type }) => type === 'VisitorAdmitted')) return undefined;
      isComing();
      await goesOn;
      return undefined;
    },
  });
  for (const { foreignAgent, careOfAddress } of [scope, there]) accepted(await ledger.provision({ foreignAgent, careOfAddresses: [careOfAddress] }));
  const register = (home: typeof first) => ledger.register({ mobileNode: 'mn-1', ...scope, ...home, lifetimeSeconds: 65_535 });
  accepted(await register(first));
  const moving = ledger.startHandoff({ mobileNode: 'mn-1', ...there });
  await comes;
  const registering = register(second);
  const node = ledger.mailboxes.mobileNode('mn-1');
  for (let n = 0; n < 500 && !node.fold.state.bindings.get(scope.careOfAddress)?.beside; n++) await new Promise((resolve) => setTimeout(resolve, 10));
  goOn();
  accepted(await moving);
  accepted(await registering);
  expect(ledger.mailboxes.flowTable(there.foreignAgent, there.careOfAddress).fold.state.visitors.get('mn-1')).toMatchObject(second);
  await ledger.close();
});
