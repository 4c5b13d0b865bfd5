import type { Faults } from '#event-store';
import { accepted, openTestLedger, type TestLedger } from './open-ledger.testing';

const [a, b] = ['198.51.100.1', '198.51.100.2'] as const;
const agentOf = { [a]: 'fa-a', [b]: 'fa-b' } as const;
type Place = keyof typeof agentOf;
const home = { homeAgent: '203.0.113.1', homeAddress: '10.0.0.9' };

describe('what falls due in a scope while a command is decided there', () => {
  let now = Date.UTC(2026, 0, 1);
  let ledger: TestLedger;
  /** Between two steps of a handoff. */
  const onAppend: Faults['onAppend'] = (_stream, _expected, events) => {
    if (events.some(({ type }) => type === 'HandoffCommitted')) now += 20_000;
    return undefined;
  };
  beforeAll(async () => {
    ledger = await openTestLedger(() => now, undefined, undefined, { onAppend });
    for (const place of [a, b] as const) accepted(await ledger.provision({ foreignAgent: agentOf[place], careOfAddresses: [place] }));
  });
  afterAll(() => ledger.close());

  const register = async (mobileNode: string, careOfAddress: Place) =>
    accepted(await ledger.register({ mobileNode, foreignAgent: agentOf[careOfAddress], careOfAddress, ...home, lifetimeSeconds: 600 }));
  const configure = async (mobileNode: string, sourcePort: number, refreshPeriodMs = 30_000): Promise<string> => {
    const flow = { correspondentNode: '192.0.2.7', protocol: 17, sourcePort, destinationPort: 5004 };
    return accepted(await ledger.configure({ foreignAgent: 'fa-a', careOfAddress: a, mobileNode, flow, refreshPeriodMs })).sessionId;
  };
  /** Two sessions of another node that are not refreshed any more. */
  const othersEndSoon = async (name: string): Promise<void> => {
    await register(name, a);
    for (const sourcePort of [1, 2]) await configure(name, sourcePort, 1_000);
  };
  const othersAreDue = async (name: string): Promise<void> => {
    await othersEndSoon(name);
    now += 20_000;
  };

  it.each([
    ['make-before-break', othersEndSoon],
    ['break-before-make', othersAreDue],
  ] as const)('is not counted by a handoff, %s', async (mode, meanwhile) => {
    await register(`mn-${mode}`, a);
    await configure(`mn-${mode}`, 4000);
    await meanwhile(`other-${mode}`);
    const handoff = await ledger.startHandoff({ mobileNode: `mn-${mode}`, foreignAgent: 'fa-b', careOfAddress: b, mode });
    expect(accepted(handoff)).toMatchObject({ state: 'completed', released: 1, orphaned: 0 });
  });

  it('is not counted by a return home', async () => {
    await register('mn-home', a);
    await configure('mn-home', 4001);
    await configure('mn-home', 4002, 1_000);
    await othersAreDue('other-home');
    accepted(await ledger.register({ mobileNode: 'mn-home', foreignAgent: 'fa-a', careOfAddress: a, ...home, lifetimeSeconds: 0 }));
    const completed: unknown[] = [];
    for await (const { data } of ledger.store.readStream('mobileNode-mn-home')) if (data.includes('"released"')) completed.push(JSON.parse(data));
    expect(completed).toEqual([expect.objectContaining({ released: 1 })]);
  });

  it('is not answered as released by a revocation', async () => {
    await register('mn-revoked', a);
    const own = await configure('mn-revoked', 4003);
    await othersAreDue('other-revoked');
    expect(accepted(await ledger.revoke({ mobileNode: 'mn-revoked' }))).toMatchObject({ revoked: [{ careOfAddress: a }], released: [own] });
  });
});
