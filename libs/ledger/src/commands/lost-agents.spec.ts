import { setTimeout as delay } from 'node:timers/promises';
import { v4 } from 'uuid';
import { NotFound } from '../idempotency/command';
import type { CommandIdentity } from '../idempotency/command-identity';
import { accepted, openTestLedger, type TestLedger } from '../open-ledger.testing';

const [coa1, coa2] = ['198.51.100.1', '198.51.100.2'] as const;
const flow = { correspondentNode: '192.0.2.7', protocol: 17, sourcePort: 4000, destinationPort: 5004 };
const visit = (mobileNode: string, careOfAddress: string) => ({
  mobileNode, foreignAgent: 'fa-1', careOfAddress, homeAgent: '203.0.113.1', homeAddress: '10.0.0.9', lifetimeSeconds: 65_535,
});
const asCommand = (): CommandIdentity => {
  const commandId = v4();
  return { commandId, idempotencyKey: null, bodyDigest: '', actor: 'test', origin: 'commanded', correlationId: commandId, causationId: commandId };
};

describe('what is lost with an agent, and what is revoked', () => {
  let ledger: TestLedger;
  let ahead = 0;

  beforeEach(async () => {
    ahead = 0;
    ledger = await openTestLedger(() => Date.now() + ahead);
    accepted(await ledger.provision({ foreignAgent: 'fa-1', careOfAddresses: [coa1, coa2] }));
    for (const [node, coa] of [['mn-1', coa1], ['mn-2', coa2]] as const) {
      accepted(await ledger.register(visit(node, coa)));
      accepted(await configure(node, coa));
    }
  });
  afterEach(async () => {
    ledger.timers.stop();
    await ledger.close();
  });

  const configure = (mobileNode: string, careOfAddress: string) => ledger.configure({ foreignAgent: 'fa-1', careOfAddress, mobileNode, flow });
  const sessionAt = async (careOfAddress: string): Promise<string> => {
    const mailbox = ledger.mailboxes.flowTable('fa-1', careOfAddress);
    await mailbox.load();
    return [...mailbox.fold.state.sessions.keys()][0]!;
  };
  const ofType = async (type: string): Promise<string[]> => (await ledger.history()).filter((line) => line.endsWith(` ${type}`)).sort();
  const everythingLost = {
    VisitorLeft: [`flowTable-fa-1@${coa1} VisitorLeft`, `flowTable-fa-1@${coa2} VisitorLeft`],
    QosSessionReleased: [`flowTable-fa-1@${coa1} QosSessionReleased`, `flowTable-fa-1@${coa2} QosSessionReleased`],
    RegistrationEnded: ['mobileNode-mn-1 RegistrationEnded', 'mobileNode-mn-2 RegistrationEnded'],
  };
  async function expectEverythingLost(): Promise<void> {
    for (const [type, lines] of Object.entries(everythingLost)) expect(await ofType(type)).toEqual(lines);
  }

  it('a reboot ends everything in every scope of the agent; nodes register again before they configure', async () => {
    const answer = accepted(await ledger.reboot({ foreignAgent: 'fa-1' }));
    expect(answer).toMatchObject({ foreignAgent: 'fa-1', careOfAddresses: [coa1, coa2], visitors: 2, released: 2 });
    await expectEverythingLost();
    expect(await configure('mn-1', coa1)).toMatchObject({ outcome: 'refused', rejection: { rejection: 'no-binding' } });
    accepted(await ledger.register(visit('mn-1', coa1)));
    expect(accepted(await configure('mn-1', coa1))).toMatchObject({ outcome: 'configured', temporary: null });
    await ledger.process.catchUp();
    expect(accepted(await configure('mn-1', coa1))).toMatchObject({ outcome: 'refreshed' });
  });

  it('a reboot is known by its key, each other one is another fact, and an unknown agent has none', async () => {
    const first = await ledger.reboot({ foreignAgent: 'fa-1' }, { idempotencyKey: 'boot-1' });
    const again = await ledger.reboot({ foreignAgent: 'fa-1' }, { idempotencyKey: 'boot-1' });
    expect(again).toEqual({ ...first, replayed: true });
    expect(accepted(await ledger.reboot({ foreignAgent: 'fa-1' }))).toMatchObject({ visitors: 0, released: 0 });
    expect(await ofType('AgentRebootReported')).toHaveLength(2);
    expect(await ofType('ForeignAgentRebooted')).toHaveLength(4);
    await expect(ledger.reboot({ foreignAgent: 'fa-9' })).rejects.toBeInstanceOf(NotFound);
  });

  it('a reboot whose scopes a crash left out is told by the process, once', async () => {
    await ledger.mailboxes.foreignAgents().send({ identity: asCommand(), command: { type: 'ReportReboot', foreignAgent: 'fa-1', reportedBy: 'command', sequenceNumbers: null } });
    expect(await ofType('ForeignAgentRebooted')).toEqual([]);
    await ledger.process.catchUp();
    await expectEverythingLost();
    await ledger.process.catchUp();
    expect(await ofType('ForeignAgentRebooted')).toHaveLength(2);
  });

  it('a crash between the two appends of a reboot spares who registers again before it is told', async () => {
    await ledger.mailboxes.foreignAgents().send({ identity: asCommand(), command: { type: 'ReportReboot', foreignAgent: 'fa-1', reportedBy: 'command', sequenceNumbers: null } });
    accepted(await ledger.register(visit('mn-1', coa1)));
    const { sessionId } = accepted(await configure('mn-1', coa1));
    await ledger.process.catchUp();
    expect(accepted(await configure('mn-1', coa1))).toMatchObject({ outcome: 'refreshed', sessionId });
    await expectEverythingLost();
  });

  it('a revocation is answered with what ended; again it finds nothing; what a crash left out is told by the process', async () => {
    const answer = accepted(await ledger.revoke({ mobileNode: 'mn-1', foreignAgent: 'fa-1' }));
    expect(answer).toMatchObject({ revoked: [{ foreignAgent: 'fa-1', careOfAddress: coa1, expiresAt: null }], released: [expect.any(String)] });
    expect(await configure('mn-1', coa1)).toMatchObject({ outcome: 'refused', rejection: { rejection: 'no-binding' } });
    expect(accepted(await ledger.revoke({ mobileNode: 'mn-1' }))).toMatchObject({ revoked: [], released: [] });
    await expect(ledger.revoke({ mobileNode: 'nobody' })).rejects.toBeInstanceOf(NotFound);

    const all = { foreignAgent: null, careOfAddress: null, homeAgent: null, homeAddress: null };
    await ledger.mailboxes.mobileNode('mn-2').send({ identity: asCommand(), command: { type: 'Revoke', ...all } });
    await ledger.process.catchUp();
    await expectEverythingLost();
    const causes = (await ledger.database.pool.query<{ cause: string }>(`select data::json ->> 'cause' as cause from ledger.events where type = 'QosSessionReleased'`)).rows;
    expect(causes).toEqual([{ cause: 'revocation' }, { cause: 'revocation' }]);
  });

  it('a revocation that was answered is answered the same under its key', async () => {
    const first = await ledger.revoke({ mobileNode: 'mn-1' }, { idempotencyKey: 'revoke-1' });
    const other = await openTestLedger(Date.now, ledger.database);
    try {
      expect(await other.revoke({ mobileNode: 'mn-1' }, { idempotencyKey: 'revoke-1' })).toEqual({ ...first, replayed: true });
    } finally {
      await other.close();
    }
  });

  it('a removed agent leaves nothing live: neither sessions nor visitors nor bindings, learned addresses included', async () => {
    accepted(await ledger.register({ ...visit('mn-3', '198.51.100.9'), foreignAgent: 'fa-learned' }));
    accepted(await ledger.configure({ foreignAgent: 'fa-learned', careOfAddress: '198.51.100.9', mobileNode: 'mn-3', flow, refreshPeriodMs: 0 }));
    expect(await ledger.remove({ foreignAgent: 'fa-1' })).toMatchObject({ outcome: 'refused', rejection: { rejection: 'foreign-agent-in-use' } });
    for (const foreignAgent of ['fa-1', 'fa-learned']) accepted(await ledger.remove({ foreignAgent, force: true }));
    await ledger.process.catchUp();
    await ledger.runner.waitFor(await ledger.store.head(), 20_000);
    const open = `select (select count(*) from projection.flow_table where to_position is null)::int as legs,
      (select count(*) from projection.visitors where to_position is null)::int as visitors,
      (select count(*) from projection.registrations where state = 'active')::int as bindings`;
    expect((await ledger.database.pool.query(open)).rows).toEqual([{ legs: 0, visitors: 0, bindings: 0 }]);
    expect((await ofType('RegistrationEnded')).length).toBe(3);
  });

  it('given sessions that come between the question and the closing, refuses, releases nothing, and opens what it had closed', async () => {
    for (const careOfAddress of [coa1, coa2]) accepted(await ledger.release({ sessionId: await sessionAt(careOfAddress) }));
    const released = await ofType('QosSessionReleased');
    jest.spyOn(ledger.scopes, 'liveSessions').mockImplementationOnce(async () => {
      accepted(await configure('mn-1', coa1));
      return 0;
    });
    const first = await ledger.remove({ foreignAgent: 'fa-1' }, { idempotencyKey: 'remove-1' });
    expect(first).toMatchObject({ outcome: 'refused', rejection: { rejection: 'foreign-agent-in-use', facts: { sessions: 1, careOfAddresses: [coa1, coa2] } } });
    expect(await ledger.remove({ foreignAgent: 'fa-1' }, { idempotencyKey: 'remove-1' })).toEqual({ ...first, replayed: true });
    expect(await ofType('QosSessionReleased')).toEqual(released);
    expect(accepted(await configure('mn-1', coa1))).toMatchObject({ outcome: 'refreshed' });
    expect(accepted(await configure('mn-2', coa2))).toMatchObject({ outcome: 'configured' });
  });

  it('an orphaned leg that neither soft state nor a registration ends has a deadline, which a restart keeps', async () => {
    accepted(await ledger.provision({ foreignAgent: 'fa-1', careOfAddresses: [coa1, coa2], policy: { maximumLifetimeSeconds: 600, handoff: 'none' } }));
    accepted(await ledger.register({ ...visit('mn-3', coa1), lifetimeSeconds: 65_535 }));
    const { sessionId } = accepted(await ledger.configure({ foreignAgent: 'fa-1', careOfAddress: coa1, mobileNode: 'mn-3', flow: { ...flow, sourcePort: 1 }, refreshPeriodMs: 0 }));
    await ledger.mailboxes.flowTable('fa-1', coa1).send({
      identity: asCommand(),
      command: { type: 'DismissVisitor', mobileNode: 'mn-3', cause: 'superseded', registrationRevision: 9n, orphanedUntil: null },
    });
    await ledger.runner.waitFor(await ledger.store.head(), 20_000);
    const leg = `select state, orphaned_until is not null as ends from projection.flow_table where session_id = $1 and to_position is null`;
    expect((await ledger.database.pool.query(leg, [sessionId])).rows).toEqual([{ state: 'orphaned', ends: true }]);
    ahead = 601_000;
    const restarted = await openTestLedger(() => Date.now() + ahead, ledger.database);
    try {
      await restarted.timers.start((error) => {
        throw error;
      });
      for (let attempt = 0; attempt < 200 && (await ledger.database.pool.query(leg, [sessionId])).rows.length > 0; attempt++) await delay(25);
      expect((await ledger.database.pool.query(leg, [sessionId])).rows).toEqual([]);
    } finally {
      restarted.timers.stop();
      await restarted.close();
    }
  });
});
