import { EventStoreUnavailable, type AppendFault } from '#event-store';
import { openTestDatabase, type TestDatabase } from '#postgres/testing';
import { accepted, openTestLedger, type TestLedger } from '../open-ledger.testing';

const start = Date.UTC(2026, 0, 1);
const ahead = 120_000;
const after = (seconds: number): string => new Date(start + seconds * 1000).toISOString();
const flow = { correspondentNode: '192.0.2.7', protocol: 17, sourcePort: 4000, destinationPort: 5004 };

describe('F14 a server that is started again by a clock that was set back by two minutes', () => {
  let database: TestDatabase;
  let now = start;
  let agents = 0;
  let scope = { foreignAgent: '', careOfAddress: '' };
  const running: TestLedger[] = [];

  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterEach(() => Promise.all(running.splice(0).map((ledger) => ledger.close())));
  afterAll(() => database.close());

  const serve = async (clock: () => number, onAppend?: () => AppendFault | undefined): Promise<TestLedger> => {
    const ledger = await openTestLedger(clock, database, undefined, onAppend && { onAppend });
    running.push(ledger);
    return ledger;
  };
  const byTheClock = (): number => now;
  const node = (n: number) => ({ mobileNode: `mn-${agents}-${n}`, ...scope, homeAgent: '203.0.113.1', homeAddress: `10.0.${agents}.${n}` });
  /** One node without end and its session; the scope has the time of a clock that is two minutes ahead. */
  const scopeAhead = async (): Promise<TestLedger> => {
    now = start;
    agents += 1;
    scope = { foreignAgent: `fa-${agents}`, careOfAddress: `198.51.100.${agents}` };
    const first = await serve(() => now + ahead);
    accepted(await first.provision({ foreignAgent: scope.foreignAgent, careOfAddresses: [scope.careOfAddress] }));
    accepted(await first.register({ ...node(0), lifetimeSeconds: 65_535 }));
    accepted(await first.configure({ ...scope, mobileNode: node(0).mobileNode, flow }));
    return first;
  };
  const fold = (ledger: TestLedger) => ledger.mailboxes.flowTable(scope.foreignAgent, scope.careOfAddress).fold;
  const tick = (ledger: TestLedger) => {
    const commandId = `tick ${Math.random()}`;
    const identity = { commandId, idempotencyKey: null, bodyDigest: '', actor: 'timer', origin: 'process', correlationId: commandId, causationId: commandId } as const;
    return ledger.mailboxes.flowTable(scope.foreignAgent, scope.careOfAddress).send({ identity, command: { type: 'Tick' } });
  };

  it('a node that registers for a minute may configure, and leaves when that is over by the time of its scope', async () => {
    await (await scopeAhead()).mailboxes.close();
    const again = await serve(byTheClock);
    expect(accepted(await again.register({ ...node(1), lifetimeSeconds: 60 }))).toMatchObject({ expiresAt: after(60) });
    accepted(await again.configure({ ...scope, mobileNode: node(1).mobileNode, flow: { ...flow, sourcePort: 4001 } }));
    expect(fold(again).state.visitors.get(node(1).mobileNode)?.expiresAt).toBe(start + 180_000);
    now = start + 179_000;
    await tick(again);
    expect(fold(again).state.sessions.size).toBe(2);
    now = start + 180_000;
    const { events } = await tick(again);
    expect(events).toEqual([]);
    expect(fold(again).state.sessions.size).toBe(1);
    expect((await again.history()).slice(-2)).toEqual(['VisitorLeft', 'QosSessionReleased'].map((type) => `flowTable-${scope.foreignAgent}@${scope.careOfAddress} ${type}`));
  });

  it('a renewal of what was infinite ends none of its sessions', async () => {
    await (await scopeAhead()).mailboxes.close();
    const again = await serve(byTheClock);
    // Its own stream is ahead as well.
    expect(accepted(await again.register({ ...node(0), lifetimeSeconds: 60 }))).toMatchObject({ expiresAt: after(180) });
    expect(fold(again).state.visitors.get(node(0).mobileNode)?.expiresAt).toBe(start + 180_000);
    expect(fold(again).state.sessions.size).toBe(1);
  });

  it('a crash between the two appends of a registration: whoever tells the scope counts from the acceptance', async () => {
    await (await scopeAhead()).mailboxes.close();
    let appends = 0;
    const crashing = await serve(byTheClock, () => (++appends > 1 ? 'unavailable' : undefined));
    await expect(crashing.register({ ...node(1), lifetimeSeconds: 60 })).rejects.toThrow(EventStoreUnavailable);
    now += 5_000;
    const again = await serve(byTheClock);
    await again.process.catchUp();
    expect(fold(again).state.visitors.get(node(1).mobileNode)?.expiresAt).toBe(start + 175_000);
    accepted(await again.configure({ ...scope, mobileNode: node(1).mobileNode, flow: { ...flow, sourcePort: 4001 } }));
  });

  it('told when the clock is right again, a registration that ran out meanwhile is over', async () => {
    await (await scopeAhead()).mailboxes.close();
    let appends = 0;
    const crashing = await serve(byTheClock, () => (++appends > 1 ? 'unavailable' : undefined));
    await expect(crashing.register({ ...node(1), lifetimeSeconds: 60 })).rejects.toThrow(EventStoreUnavailable);
    now = start + 600_000;
    const again = await serve(byTheClock);
    await again.process.catchUp();
    expect(fold(again).state.visitors.has(node(1).mobileNode)).toBe(false);
  });

  it('two servers whose clocks differ: what one admits stands while the other decides beside it', async () => {
    const fast = await scopeAhead();
    const slow = await serve(byTheClock);
    accepted(await slow.register({ ...node(1), lifetimeSeconds: 60 }));
    now += 30_000;
    accepted(await fast.configure({ ...scope, mobileNode: node(0).mobileNode, flow: { ...flow, sourcePort: 4002 } }));
    accepted(await slow.configure({ ...scope, mobileNode: node(1).mobileNode, flow: { ...flow, sourcePort: 4001 } }));
    accepted(await slow.register({ ...node(2), lifetimeSeconds: 60 }));
    accepted(await slow.configure({ ...scope, mobileNode: node(2).mobileNode, flow: { ...flow, sourcePort: 4003 } }));
    expect(fold(slow).state).toMatchObject({ visitors: { size: 3 }, sessions: { size: 4 } });
  });

  it('a handoff to the scope brings its legs, and they stay', async () => {
    await (await scopeAhead()).mailboxes.close();
    const again = await serve(byTheClock);
    const [to, old] = [scope, { foreignAgent: `fb-${agents}`, careOfAddress: `198.51.101.${agents}` }];
    accepted(await again.provision({ foreignAgent: old.foreignAgent, careOfAddresses: [old.careOfAddress] }));
    accepted(await again.register({ ...node(1), ...old, lifetimeSeconds: 60 }));
    accepted(await again.configure({ ...old, mobileNode: node(1).mobileNode, flow: { ...flow, sourcePort: 4001 } }));
    accepted(await again.register({ ...node(1), ...to, lifetimeSeconds: 60 }));
    expect(fold(again).state.visitors.get(node(1).mobileNode)?.expiresAt).toBe(start + 180_000);
    expect(fold(again).state.sessions.size).toBe(2);
  });
});
