import { v4 } from 'uuid';
import { accepted, openTestLedger, type TestLedger } from '../open-ledger.testing';

const coa = '198.51.100.1';
const flow = { correspondentNode: '192.0.2.7', protocol: 17, sourcePort: 4000, destinationPort: 5004 };
const visit = { mobileNode: 'mn-1', foreignAgent: 'fa-1', careOfAddress: coa, homeAgent: '203.0.113.1', homeAddress: '10.0.0.9', lifetimeSeconds: 600 };

describe('RefusalCounts', () => {
  let ledger: TestLedger;
  beforeEach(async () => {
    ledger = await openTestLedger();
    accepted(await ledger.provision({ foreignAgent: 'fa-1', careOfAddresses: [coa] }));
  });
  afterEach(() => ledger.close());

  const rows = async (): Promise<Record<string, unknown>[]> => {
    await ledger.refusals.flush();
    const { rows: found } = await ledger.database.pool.query<Record<string, unknown>>(
      'select foreign_agent, kind, reason, code, count::int, last_example from qos.refusals order by reason, code nulls first, foreign_agent nulls last',
    );
    return found;
  };
  const configure = (mobileNode: string, foreignAgent = 'fa-1') => ledger.configure({ foreignAgent, careOfAddress: coa, mobileNode, flow });

  it('counts per agent and reason, with the last example, and appends nothing', async () => {
    const head = await ledger.store.head();
    for (const node of ['mn-7', 'mn-8', 'mn-9']) await configure(node);
    expect(await ledger.store.head()).toBe(head);
    const example = { command: 'ConfigureSession', mobileNode: 'mn-9', detail: expect.stringContaining('mn-9'), facts: { code: 2 } };
    expect(await rows()).toEqual([{ foreign_agent: 'fa-1', kind: 'refusal', reason: 'no-binding', code: null, count: 3, last_example: example }]);
    await configure('mn-7');
    expect(await rows()).toMatchObject([{ count: 4, last_example: { mobileNode: 'mn-7' } }]);
  });

  it('counts denied registrations by their code, whoever denied them', async () => {
    accepted(await ledger.register({ ...visit, identification: '5' }));
    for (let n = 0; n < 2; n++) await ledger.register({ ...visit, identification: '5' });
    expect((await ledger.history()).filter((line) => line.endsWith('RegistrationDenied'))).toHaveLength(1);
    await ledger.register({ ...visit, careOfAddress: '198.51.100.66' });
    expect(await rows()).toMatchObject([
      { foreign_agent: 'fa-1', reason: 'registration-denied', code: 77, count: 1 },
      { foreign_agent: 'fa-1', reason: 'registration-denied', code: 133, count: 2, last_example: { facts: { codeName: 'registration identification mismatch' } } },
    ]);
  });

  it('a repeat of a refused command is answered and not counted, and invented agents make one row', async () => {
    for (let n = 0; n < 2; n++) await ledger.configure({ foreignAgent: 'fa-1', careOfAddress: coa, mobileNode: 'mn-7', flow }, { idempotencyKey: 'once' });
    for (let n = 0; n < 40; n++) await configure('mn-7', `invented-${n}`);
    expect(await rows()).toMatchObject([{ foreign_agent: 'fa-1', reason: 'no-binding', count: 1 }, { foreign_agent: null, reason: 'no-binding', count: 40 }]);
  });

  it('given an agent without ids to give, when a handoff brings it a leg that it refuses, then that is counted', async () => {
    accepted(await ledger.provision({ foreignAgent: 'fa-2', careOfAddresses: ['198.51.101.1'], pools: { sourcePort: null, destinationPort: null, flowLabel: null, greKey: null } }));
    const there = { foreignAgent: 'fa-2', careOfAddress: '198.51.101.1' };
    accepted(await ledger.register({ ...visit, mobileNode: 'mn-2', ...there }));
    accepted(await ledger.configure({ ...there, mobileNode: 'mn-2', flow }));
    accepted(await ledger.register(visit));
    const { sessionId } = accepted(await ledger.configure({ foreignAgent: 'fa-1', careOfAddress: coa, mobileNode: 'mn-1', flow }));
    accepted(await ledger.startHandoff({ mobileNode: 'mn-1', ...there }));
    const facts = { sessionId, pool: { field: 'sourcePort', size: 0 }, code: 1, value: expect.any(Number) };
    const example = { command: 'AdmitLegs', mobileNode: 'mn-1', facts };
    expect(await rows()).toMatchObject([{ foreign_agent: 'fa-2', kind: 'refusal', reason: 'flow-id-pool-exhausted', count: 1, last_example: example }]);
  });

  it('counts what is refused before a stream is asked: an agent in use, and a handoff to nobody known', async () => {
    accepted(await ledger.register(visit));
    accepted(await ledger.configure({ foreignAgent: 'fa-1', careOfAddress: coa, mobileNode: 'mn-1', flow }));
    await ledger.remove({ foreignAgent: 'fa-1' });
    await ledger.provision({ foreignAgent: 'fa-1', careOfAddresses: [] });
    for (const foreignAgent of ['fa-1', 'fa-404']) await ledger.startHandoff({ mobileNode: 'mn-1', foreignAgent, careOfAddress: '198.51.101.1' });
    expect(await rows()).toMatchObject([
      { foreign_agent: 'fa-1', reason: 'foreign-agent-in-use', count: 2, last_example: { command: 'Provision', facts: { sessions: 1 } } },
      { foreign_agent: 'fa-1', reason: 'foreign-agent-unknown', count: 1, last_example: { command: 'StartHandoff', mobileNode: 'mn-1' } },
      { foreign_agent: null, reason: 'foreign-agent-unknown', count: 1 },
    ]);
  });

  it('counts what was seen to break a rule', async () => {
    const commandId = v4();
    const at = Date.now();
    await ledger.mailboxes.mobileNode('mn-5').send({
      at,
      identity: { commandId, idempotencyKey: null, bodyDigest: '', actor: 'test', origin: 'observed', correlationId: commandId, causationId: commandId },
      command: {
        type: 'ObserveRequest', ...visit, mobileNode: 'mn-5', identification: '1', flags: [], pendingAtAgent: 5, observedAt: at, violations: [],
        policy: { replayProtection: 'rising', maximumLifetimeSeconds: 600 },
      },
    });
    expect(await rows()).toMatchObject([{ foreign_agent: 'fa-1', kind: 'violation', reason: 'too-many-pending-registrations', last_example: { mobileNode: 'mn-5' } }]);
  });

  it('counts each sight of what makes no sense and is refreshed, with the last example, where the log has the first; so does the next server', async () => {
    const seen = async (server: TestLedger, seconds: number) => {
      const commandId = v4();
      const identity = { commandId, idempotencyKey: null, bodyDigest: '', actor: 'test', origin: 'observed', correlationId: commandId, causationId: commandId } as const;
      const observedAt = Date.parse('2026-01-01T00:00:00Z') + 1_000 * seconds;
      const violations = [{ name: 'checksum-wrong', detail: `frame of second ${seconds}` }];
      const command = { type: 'ObserveOther', message: 'path', mobileNode: 'mn-5', flow: null, detail: {}, digest: 'a1', observedAt, violations } as const;
      return (await server.mailboxes.flowTable('fa-1', coa).send({ at: observedAt, identity, command })).events.length;
    };
    expect([await seen(ledger, 0), await seen(ledger, 30), await seen(ledger, 60)]).toEqual([1, 0, 0]);
    const next = await openTestLedger(Date.now, ledger.database);
    expect(await seen(next, 90)).toBe(0);
    await next.refusals.flush();
    await next.close();
    expect(await rows()).toMatchObject([
      { foreign_agent: 'fa-1', kind: 'violation', reason: 'checksum-wrong', count: 4, last_example: { command: 'ObserveOther', mobileNode: 'mn-5', detail: expect.stringMatching(/^frame of second (60|90)$/) } },
    ]);
    expect((await ledger.history()).filter((line) => line.endsWith('SignallingObserved'))).toHaveLength(1);
  });

  it('keeps its numbers while the table is away, and tells them when it stops', async () => {
    await configure('mn-7');
    const { pool } = ledger.database;
    await pool.query('alter table ledger.refusals rename to away');
    await expect(ledger.refusals.flush()).rejects.toThrow(/refusals/);
    await configure('mn-8');
    await pool.query('alter table ledger.away rename to refusals');
    await ledger.refusals.stop();
    expect((await pool.query('select count::int from ledger.refusals')).rows).toEqual([{ count: 2 }]);
  });
});
