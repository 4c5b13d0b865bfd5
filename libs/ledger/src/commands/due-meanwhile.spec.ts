import type { Faults } from '#event-store';
import { accepted, openTestLedger, type TestLedger } from '../open-ledger.testing';

const [a, b] = ['198.51.100.1', '198.51.100.2'] as const;
const agentOf = { [a]: 'fa-a', [b]: 'fa-b' } as const;
type Place = keyof typeof agentOf;
const home = { homeAgent: '203.0.113.1', homeAddress: '10.0.0.9' };

interface Written {
  readonly told: string;
  readonly causation: string;
  readonly command: string;
}

/** Earlier tests leave quarantines. */
function toldOf(written: readonly Written[]): string[] {
  return written.map(({ told }) => told).filter((told) => !told.startsWith('QuarantineEnded'));
}

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

  /** `type actor` of what was written behind the position, and by which command or event each was caused. */
  const writtenSince = async (after: bigint) => {
    const events: Written[] = [];
    for await (const { type, metadata } of ledger.store.readAll({ after })) {
      const { actor, origin, $causationId, commandId } = JSON.parse(metadata) as Record<string, string>;
      events.push({ told: `${type} ${actor} ${origin}`, causation: $causationId!, command: commandId! });
    }
    return events;
  };

  it('is the timer’s, and caused by nobody who came by', async () => {
    await register('mn-by', a);
    await othersAreDue('other-by');
    const before = await ledger.store.head();
    await configure('mn-by', 4004);
    const written = await writtenSince(before);
    const [timedOut, again] = written;
    const own = written.at(-1);
    expect(toldOf(written)).toEqual([
      'QosSessionReleased timer process', 'QosSessionReleased timer process', 'QosSessionConfigured test commanded',
    ]);
    expect(timedOut!.causation).toBe(timedOut!.command);
    expect([again!.command, own!.command === timedOut!.command]).toEqual([timedOut!.command, false]);
  });

  it('is the timer’s in the stream of a node, too: a binding that expired before it registers anew', async () => {
    await register('mn-late', a);
    now += 700_000;
    const before = await ledger.store.head();
    await register('mn-late', b);
    expect(toldOf(await writtenSince(before)).slice(0, 2)).toEqual(['RegistrationEnded timer process', 'RegistrationAccepted test commanded']);
  });

  it('is written without the answer of a command that came to nothing, which its key finds all the same', async () => {
    await register('mn-key', a);
    await othersAreDue('other-key');
    const before = await ledger.store.head();
    const context = { idempotencyKey: 'came-by' };
    const body = { foreignAgent: 'fa-a', careOfAddress: a, mobileNode: 'mn-nobody', flow: { correspondentNode: '192.0.2.7', protocol: 17, sourcePort: 9, destinationPort: 9 } };
    expect(await ledger.configure(body, context)).toMatchObject({ outcome: 'refused', rejection: { rejection: 'no-binding' } });
    expect(toldOf(await writtenSince(before))).toEqual(['QosSessionReleased timer process', 'QosSessionReleased timer process']);
    const other = await openTestLedger(() => now, ledger.database);
    expect(await other.configure(body, context)).toMatchObject({ outcome: 'refused', rejection: { rejection: 'no-binding' }, replayed: true });
    await other.close();
  });

  it('stands before the answer of a command with a key, which another server finds', async () => {
    await register('mn-keyed', a);
    await othersAreDue('other-keyed');
    const context = { idempotencyKey: 'came-by-too' };
    const body = { foreignAgent: 'fa-a', careOfAddress: a, mobileNode: 'mn-keyed', flow: { correspondentNode: '192.0.2.7', protocol: 17, sourcePort: 10, destinationPort: 10 } };
    const first = await ledger.configure(body, context);
    const other = await openTestLedger(() => now, ledger.database);
    await other.runner.waitFor(await other.store.head(), 20_000);
    expect(await other.configure(body, context)).toEqual({ ...first, replayed: true });
    await other.close();
  });
});
