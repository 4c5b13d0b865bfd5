import type { LedgerEvent } from '#domain';
import { CommandedParts } from './commanded-parts';
import { readEvent } from './read-event';
import type { MobileNodeFold } from './stream-fold';
import { FlowTableFold } from './stream-fold';
import { accepted, openTestLedger, type TestLedger } from '../open-ledger.testing';

const coa = '198.51.100.1';
const scope = { foreignAgent: 'fa-1', careOfAddress: coa };
const visit = { mobileNode: 'mn-1', ...scope, homeAgent: '203.0.113.1', homeAddress: '10.0.0.9', lifetimeSeconds: 12 };
const flow = { correspondentNode: '192.0.2.7', protocol: 17, sourcePort: 4000, destinationPort: 5004 };
const start = Date.UTC(2026, 0, 1);

describe('Deadlines of what was commanded, where captures show something of the same scope or node', () => {
  let ledger: TestLedger;
  let now = start;

  beforeEach(async () => {
    now = start;
    ledger = await openTestLedger(() => now);
  });
  afterEach(() => ledger.close());

  const observe = (command: { readonly type: string } & Record<string, unknown>, isNode = false, at = now) => {
    const commandId = `observed-${Math.random()}`;
    const cause = { commandId, idempotencyKey: null, bodyDigest: '', actor: 'test', origin: 'observed', correlationId: commandId, causationId: commandId } as const;
    const mail = { identity: cause, command: { observedAt: at, violations: [], ...command } as never, at };
    return isNode ? ledger.mailboxes.mobileNode('mn-1').send(mail) : ledger.mailboxes.flowTable('fa-1', coa).send(mail);
  };
  const path = (port: number) => ({
    type: 'ObservePath', sessionId: `seen-${port}`, mobileNode: null, flow: { ...flow, sourcePort: port }, service: null, tspec: null, refreshPeriodMs: 30_000,
  });
  const reply = { type: 'ObserveReply', mobileNode: 'mn-1', homeAgent: '203.0.113.1', homeAddress: '10.0.0.9', identification: '77', code: 0, lifetimeSeconds: 600, handoffId: 'h' };
  const scopeFold = (of = ledger): FlowTableFold => of.mailboxes.flowTable('fa-1', coa).fold;
  const nodeFold = (of = ledger): MobileNodeFold => of.mailboxes.mobileNode('mn-1').fold;

  const command = async (): Promise<void> => {
    accepted(await ledger.register(visit));
    accepted(await ledger.configure({ ...scope, mobileNode: 'mn-1', flow, refreshPeriodMs: 1_000 }));
  };

  it('I15 stand while one observed message is the last of the scope and of the node', async () => {
    await command();
    const [inScope, ofNode] = [scopeFold().nextDeadline, nodeFold().nextDeadline];
    expect([typeof inScope, ofNode]).toEqual(['number', start + 12_000]);
    now += 100;
    await observe(path(7000));
    await observe(reply, true);
    expect(scopeFold().nextDeadline).toBe(inScope);
    expect(nodeFold().nextDeadline).toBe(ofNode);
  });

  it('F14 stand where frames are ahead of the clock: those count as the clock, and are kept as they were seen', async () => {
    await command();
    const [inScope, ofNode] = [scopeFold().nextDeadline, nodeFold().nextDeadline];
    const hoursAhead = now + 7_200_000;
    await observe(path(7000), false, hoursAhead);
    await observe({ type: 'Tick' }, false, hoursAhead + 900_000);
    await observe(reply, true, hoursAhead);
    expect(scopeFold().nextDeadline).toBe(inScope);
    expect(nodeFold().nextDeadline).toBe(ofNode);
    expect(scopeFold().state).toMatchObject({ lastOccurredAt: now, sessions: { size: 2 }, visitors: { size: 1 } });
    const told = [];
    for await (const recorded of ledger.store.readStream(`flowTable-fa-1@${coa}`)) told.push(readEvent(recorded));
    const { event, metadata } = told.at(-1)!;
    expect(event).toMatchObject({ type: 'QosSessionConfigured', occurredAt: new Date(now).toISOString() });
    expect(JSON.parse(metadata.command!)).toMatchObject({ type: 'ObservePath', observedAt: hoursAhead });
    accepted(await ledger.register({ ...visit, mobileNode: 'mn-2', homeAddress: '10.0.0.8' }));
    accepted(await ledger.configure({ ...scope, mobileNode: 'mn-2', flow: { ...flow, sourcePort: 4001 } }));
  });

  it('F14 are none of a scope that captures alone have shown: frames ahead of the clock are its time', async () => {
    await observe(path(7000), false, now + 7_200_000);
    expect(scopeFold().state.lastOccurredAt).toBe(now + 7_200_000);
    accepted(await ledger.register(visit));
    expect(scopeFold().state.visitors.get('mn-1')?.expiresAt).toBe(now + 7_212_000);
    await observe(path(7001), false, now + 7_200_500);
    expect(scopeFold().state).toMatchObject({ lastOccurredAt: start + 7_200_000, visitors: { size: 1 } });
  });

  it('are known to a server that folds the streams anew, and in a snapshot', async () => {
    await command();
    await observe(path(7000));
    await observe(reply, true);
    const other = await openTestLedger(() => now, ledger.database);
    try {
      await other.mailboxes.flowTable('fa-1', coa).load();
      await other.mailboxes.mobileNode('mn-1').load();
      expect(scopeFold(other).nextDeadline).toBe(scopeFold().nextDeadline);
      expect(scopeFold(other).nextDeadline).not.toBeNull();
      expect(nodeFold(other).nextDeadline).toBe(start + 12_000);
    } finally {
      await other.close();
    }
    const restored = new FlowTableFold('fa-1', coa);
    restored.restore(scopeFold().snapshot());
    expect(restored.nextDeadline).toBe(scopeFold().nextDeadline);
  });

  it('are over with it: what is left was observed, and waits for its frames', async () => {
    await command();
    await observe(path(7000));
    now += 3_600_000;
    const identity = { commandId: 'tick', idempotencyKey: null, bodyDigest: '', actor: 'timer', origin: 'process', correlationId: 'tick', causationId: 'tick' } as const;
    await ledger.mailboxes.flowTable('fa-1', coa).send({ identity, command: { type: 'Tick' } });
    now += 1;
    await observe(path(7001));
    expect(scopeFold().state.sessions.size).toBe(1);
    expect(scopeFold().nextDeadline).toBeNull();
  });

  it('are none of a scope that captures alone have shown, whatever is provisioned for it', async () => {
    await observe(path(7000));
    now += 3_600_000;
    accepted(await ledger.provision({ foreignAgent: 'fa-1', careOfAddresses: [coa] }));
    expect(scopeFold().state.sessions.size).toBe(1);
    expect(scopeFold().nextDeadline).toBeNull();
    now = start + 31_000;
    await observe(path(7000));
    await observe(path(7001));
    expect(scopeFold().state.sessions.size).toBe(2);
    expect((await ledger.history()).slice(-2)).toEqual([`flowTable-fa-1@${coa} ScopeProvisioned`, `flowTable-fa-1@${coa} QosSessionConfigured`]);
  });

  it.each([false, true])('nothing of a capture is late behind an address that was closed, taken and given again while nothing stood there (seen there before: %s)', async (isSeen) => {
    const own = { foreignAgent: 'fa-1', careOfAddresses: [coa] };
    const types = async () => (await ledger.history()).filter((line) => line.includes(`fa-1@${coa}`)).map((line) => line.split(' ')[1]);
    if (isSeen) {
      await observe(path(7000));
      await observe({ type: 'ObservePathTear', mobileNode: null, flow: { ...flow, sourcePort: 7000 } });
    }
    now += 3_600_000;
    accepted(await ledger.provision(own));
    accepted(await ledger.provision({ ...own, careOfAddresses: ['198.51.100.200'] }));
    accepted(await ledger.provision(own));
    expect((await types()).slice(-3)).toEqual(['ScopeClosed', 'ScopeWithdrawn', 'ScopeProvisioned']);
    now = start + 1_000;
    await observe(path(7001));
    expect((await types()).at(-1)).toBe('QosSessionConfigured');
  });

  it('nothing of a capture is late behind what was provisioned before anything stood there', async () => {
    now += 3_600_000;
    accepted(await ledger.provision({ foreignAgent: 'fa-1', careOfAddresses: [coa] }));
    now += 3_600_000;
    accepted(await ledger.provision({ foreignAgent: 'fa-1', name: 'again', careOfAddresses: [coa] }));
    now = start;
    await observe(path(7000));
    expect((await ledger.history()).at(-1)).toBe(`flowTable-fa-1@${coa} QosSessionConfigured`);
    expect(scopeFold().state.lastOccurredAt).toBe(start);
  });
});

describe('CommandedParts', () => {
  const admitted = { type: 'VisitorAdmitted', mobileNode: 'mn-1' } as LedgerEvent;

  it('is by the clock where nothing was ever observed, and in a snapshot of that all counts as commanded', () => {
    const parts = new CommandedParts(() => true);
    parts.note(admitted, 'process');
    expect([parts.areObserved, parts.snapshot()]).toEqual([false, null]);
    const restored = new CommandedParts(() => true);
    restored.restore(null, ['visitor mn-1']);
    restored.note({ type: 'SignallingObserved' } as LedgerEvent, 'observed');
    expect(restored.areObserved).toBe(false);
  });

  it('has a visitor or binding as whoever admitted it last', () => {
    const parts = new CommandedParts(() => true);
    parts.note(admitted, 'process');
    parts.note(admitted, 'observed');
    expect(parts.areObserved).toBe(true);
    parts.note(admitted, 'process');
    expect(parts.areObserved).toBe(false);
  });

  it('forgets what is over', () => {
    const standing = new Set<string>();
    const parts = new CommandedParts((name) => standing.has(name));
    parts.note({ type: 'QosSessionConfigured', sessionId: 's' } as LedgerEvent, 'commanded');
    parts.note({ type: 'SignallingObserved' } as LedgerEvent, 'observed');
    parts.forget();
    expect(parts.snapshot()).toEqual([]);
  });
});
