import { setTimeout as delay } from 'node:timers/promises';
import { accepted, openTestLedger, type TestLedger } from '../open-ledger.testing';

const coa = '198.51.100.1';
const visit = { foreignAgent: 'fa-1', careOfAddress: coa, homeAgent: '203.0.113.1', homeAddress: '10.0.0.9', lifetimeSeconds: 65535 };
const flow = { correspondentNode: '192.0.2.7', protocol: 17, sourcePort: 4000, destinationPort: 5004 };
const session = { foreignAgent: 'fa-1', careOfAddress: coa, mobileNode: 'mn-1', flow };
const hour = 3_600_000;

describe('a gap without any server', () => {
  let now = Date.parse('2026-03-01T00:00:00Z');
  let ran = 0;
  const clock = (): number => now;
  const opened: TestLedger[] = [];
  let first: TestLedger;

  const open = async (shared?: TestLedger): Promise<TestLedger> => {
    const ledger = await openTestLedger(clock, shared?.database, () => ran);
    opened.push(ledger);
    return ledger;
  };
  /** Of the scope, what soft state came to. */
  const told = async (): Promise<string[]> => {
    const lines: string[] = [];
    for await (const { type, data } of first.store.readAll()) {
      const { cause } = JSON.parse(data) as { cause?: string };
      if (['LeasesExtended', 'QosSessionReleased', 'RegistrationEnded'].includes(type)) lines.push([type, cause].filter(Boolean).join(' '));
    }
    return lines;
  };

  beforeEach(async () => {
    first = await open();
    accepted(await first.register({ ...visit, mobileNode: 'mn-1' }));
    accepted(await first.configure(session));
  });
  afterEach(async () => {
    for (const ledger of opened.splice(0).reverse()) {
      ledger.timers.stop();
      await ledger.close();
    }
  });
  const pass = (milliseconds: number): void => {
    now += milliseconds;
    ran += milliseconds;
  };

  it('gives soft state one more L, told by the timers of a server that starts, though nobody asks', async () => {
    await first.runner.waitFor(await first.store.head(), 20_000);
    pass(hour);
    const restarted = await open(first);
    await restarted.timers.start(fail);
    for (let attempt = 0; attempt < 200 && (await told()).length === 0; attempt++) await delay(25);
    expect(await told()).toEqual(['LeasesExtended outage']);
    pass(60_000);
    expect(accepted(await restarted.configure(session)).outcome).toBe('refreshed');
  });

  it('gives a leg an end that nothing else would end, though nobody asks and nothing of its scope falls due; the agent\'s table confirms it', async () => {
    const elsewhere = { foreignAgent: 'fa-2', careOfAddress: '198.51.100.2' };
    accepted(await first.register({ ...visit, ...elsewhere, mobileNode: 'mn-2', homeAddress: '10.0.0.10' }));
    const { sessionId, effective } = accepted(await first.configure({ ...session, ...elsewhere, mobileNode: 'mn-2', refreshPeriodMs: 0 }));
    await first.runner.waitFor(await first.store.head(), 20_000);
    pass(hour);
    const restarted = await open(first);
    await restarted.timers.start(fail);
    for (let attempt = 0; attempt < 200 && (await told()).length < 2; attempt++) await delay(25);
    expect(await told()).toEqual(['LeasesExtended outage', 'LeasesExtended outage']);
    const { state } = restarted.mailboxes.flowTable('fa-2', elsewhere.careOfAddress).fold;
    expect(state.sessions.get(sessionId)).toMatchObject({ state: 'live', leaseUntil: now + 65_534_000 });
    const flows = [{ careOfAddress: elsewhere.careOfAddress, effective, sessionId: null, mobileNode: null, flow: null, line: 1 }];
    const options = { careOfAddress: null, asOfPosition: null };
    const reconcile = async (apply: boolean): Promise<unknown> => accepted(await restarted.reconcile('fa-2', flows, { ...options, apply })).counts;
    expect(await reconcile(false)).toMatchObject({ same: 1, released: 0 });
    expect(state.sessions.get(sessionId)).toMatchObject({ leaseUntil: now + 65_534_000 });
    expect(await reconcile(true)).toMatchObject({ same: 1, released: 0 });
    expect(state.sessions.get(sessionId)).toMatchObject({ state: 'live', leaseUntil: null });
  });

  it('is told before the first command, once, by whichever of two servers that start together is asked', async () => {
    pass(hour);
    const restarted = await Promise.all([open(first), open(first)]);
    const gaps = await first.database.pool.query('select cause from ledger.gaps');
    expect(gaps.rows).toEqual([{ cause: 'outage' }]);
    const answers = await Promise.all([0, 1, 2, 3].map((index) => restarted[index % 2]!.configure(session)));
    expect(answers.map((answer) => accepted(answer).outcome)).toEqual(Array(4).fill('refreshed'));
    expect(await told()).toEqual(['LeasesExtended outage']);
  });

  it('of a few seconds is one, too: what ended in them stands, and its next refresh is a refresh', async () => {
    const short = { ...session, flow: { ...flow, sourcePort: 4001 }, refreshPeriodMs: 1_000 };
    accepted(await first.configure(short));
    pass(8_000);
    const restarted = await open(first);
    expect(accepted(await restarted.configure(short)).outcome).toBe('refreshed');
    expect(await told()).toEqual(['LeasesExtended outage']);
  });

  it('is none where a server ran, and none for a registration: that expired with its own deadline', async () => {
    accepted(await first.register({ ...visit, mobileNode: 'mn-2', homeAddress: '10.0.0.10', lifetimeSeconds: 600 }));
    accepted(await first.configure({ ...session, mobileNode: 'mn-2', refreshPeriodMs: 0 }));
    pass(2_900);
    const second = await open(first);
    expect((await first.database.pool.query('select from ledger.gaps')).rowCount).toBe(0);
    pass(hour);
    const third = await open(second);
    accepted(await third.configure(session));
    expect((await told()).sort()).toEqual(['LeasesExtended outage', 'QosSessionReleased registration-expiry']);
    expect((await third.history()).filter((line) => line.endsWith('VisitorLeft'))).toHaveLength(1);
  });

  it('F14 a jump of the wall clock by an hour ends no lease early, and the next refresh is a refresh', async () => {
    now += hour;
    expect(accepted(await first.configure(session)).outcome).toBe('refreshed');
    expect(await told()).toEqual(['LeasesExtended clock-jump']);
    pass(150_000);
    expect(accepted(await first.configure(session)).outcome).toBe('refreshed');
  });

  it('F14 a jump back by an hour ends nothing early, and nothing in the stream goes back', async () => {
    now -= hour;
    ran += 1_000;
    expect(accepted(await first.configure(session)).outcome).toBe('refreshed');
    pass(hour + 150_000);
    expect(accepted(await first.configure(session)).outcome).toBe('refreshed');
    const times: string[] = [];
    for await (const { data } of first.store.readStream(`flowTable-fa-1@${coa}`)) times.push((JSON.parse(data) as { occurredAt: string }).occurredAt);
    expect(times).toEqual([...times].sort());
  });
});

function fail(error: unknown): never {
  throw error;
}
