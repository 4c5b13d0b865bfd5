import { accepted, openTestLedger, type TestLedger } from '../open-ledger.testing';

const scope = { foreignAgent: 'fa-1', careOfAddress: '198.51.100.1' };
const visit = { mobileNode: 'mn-1', ...scope, homeAgent: '203.0.113.1', homeAddress: '10.0.0.9', lifetimeSeconds: 2 };
const flow = { correspondentNode: '192.0.2.7', protocol: 17, sourcePort: 4000, destinationPort: 5004 };
const start = Date.UTC(2026, 0, 1);
const expiry = start + 2_000;

describe('A registration that is renewed just before it expires', () => {
  let ledger: TestLedger;
  let now = start;

  beforeEach(async () => {
    now = start;
    ledger = await openTestLedger(() => now);
    accepted(await ledger.register(visit));
    accepted(await ledger.configure({ ...scope, mobileNode: 'mn-1', flow }));
  });
  afterEach(() => ledger.close());

  const mailbox = () => ledger.mailboxes.flowTable(scope.foreignAgent, scope.careOfAddress);
  const identity = (commandId: string) =>
    ({ commandId, idempotencyKey: null, bodyDigest: '', actor: 'test', origin: 'process', correlationId: commandId, causationId: commandId }) as const;
  /** What the time came to, which is no part of what a command came to. */
  const tick = async (name: string) => {
    const before = (await ledger.history()).length;
    await mailbox().send({ identity: identity(name), command: { type: 'Tick' } });
    return (await ledger.history()).slice(before).map((line) => line.split(' ')[1]);
  };
  const renewal = { ...visit, lifetimeSeconds: 600, expiresAt: expiry + 600_000 };

  it('keeps its sessions where its scope is told behind the old expiry', async () => {
    now = expiry + 7;
    await ledger.registrations.admit(renewal, 100n, identity('renewed'), undefined, expiry - 3);
    expect(mailbox().fold.state.sessions.size).toBe(1);
    expect(mailbox().fold.state.visitors.get('mn-1')?.expiresAt).toBe(expiry + 600_000);
    expect(await tick('later')).toEqual([]);
  });

  it('keeps them where the scope is told the time between the two appends', async () => {
    now = expiry - 3;
    await ledger.mailboxes.renewals.during(scope, 'mn-1', async () => {
      now = expiry + 1;
      expect(await tick('between')).toEqual([]);
      await ledger.registrations.admit(renewal, 100n, identity('renewed'), undefined, expiry - 3);
    });
    expect(await tick('behind')).toEqual([]);
    expect(mailbox().fold.state.sessions.size).toBe(1);
  });

  it('loses them where it was accepted at the expiry or later, or not at all', async () => {
    await ledger.mailboxes.renewals.during(scope, 'mn-1', () => Promise.resolve((now = expiry)));
    expect(await tick('behind a denial')).toEqual(['VisitorLeft', 'QosSessionReleased']);
    await ledger.registrations.admit(renewal, 100n, identity('late'), undefined, expiry);
    expect(mailbox().fold.state.sessions.size).toBe(0);
  });

  it('is told again behind a crash as it was accepted', async () => {
    now = expiry - 3;
    Object.assign(ledger.registrations, { tellScopes: () => Promise.reject(new Error('died here')) });
    await expect(ledger.register({ ...visit, lifetimeSeconds: 600 })).rejects.toThrow('died here');
    Reflect.deleteProperty(ledger.registrations, 'tellScopes');
    now = expiry + 5_000;
    await ledger.process.catchUp();
    expect(mailbox().fold.state.sessions.size).toBe(1);
    expect(mailbox().fold.state.visitors.get('mn-1')?.expiresAt).toBe(expiry - 3 + 600_000);
  });
});
