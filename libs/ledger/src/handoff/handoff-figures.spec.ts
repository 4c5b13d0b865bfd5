import { EventStoreUnavailable } from '#event-store';
import { openTestDatabase, type TestDatabase } from '#postgres/testing';
import { Crash } from '../crash.testing';
import { accepted, openTestLedger, type TestLedger } from '../open-ledger.testing';
import { GetHandoff, GetHandoffHandler, type Handoff } from '../queries/get-handoff';
import { ReadModel } from '../queries/read-model';

const [a, b] = ['198.51.100.1', '198.51.100.2'] as const;
const agentOf = { [a]: 'fa-a', [b]: 'fa-b' } as const;
/** More than an append takes. */
const sessions = 260;

describe('a crash inside a step of several appends, on a real PostgreSQL', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase();
    const ledger = await openTestLedger(Date.now, database);
    for (const place of [a, b] as const) await ledger.provision({ foreignAgent: agentOf[place], careOfAddresses: [place], policy: { quarantineSeconds: 0 } });
    await ledger.close();
  });
  afterAll(() => database.close());

  it.each(['make-before-break', 'break-before-make'] as const)('%s: what the handoff tells is of all its appends, whoever did them', async (mode) => {
    for (let k = 1; k < 30; k += 1) {
      const mobileNode = `mn-${mode}-${k}`;
      const crash = new Crash();
      const crashing = await openTestLedger(crash.clock, database, undefined, crash);
      await settle(crashing, mobileNode);
      crash.arm(k, 'unavailable');
      const move = { mobileNode, foreignAgent: agentOf[b], careOfAddress: b, mode };
      const isOver = await crash.outlives([() => crashing.startHandoff(move, { idempotencyKey: mobileNode })]);
      await crashing.close();
      if (isOver) {
        expect(k).toBeGreaterThan(5);
        return;
      }
      const fresh = await openTestLedger(Date.now, database);
      const answer = accepted(await fresh.startHandoff(move, { idempotencyKey: mobileNode }));
      const handoff = await read(fresh, answer.handoffId);
      const gaps = handoff.legs.map(({ gapMs }) => gapMs!);
      expect({ k, state: answer.state, released: answer.released, gapMs: answer.gapMs }).toEqual({ k, state: 'completed', released: sessions, gapMs: Math.max(...gaps) });
      expect({ k, state: handoff.state, released: handoff.released, gapMs: handoff.gapMs }).toEqual({ k, state: 'completed', released: sessions, gapMs: Math.max(...gaps) });
      await fresh.close();
    }
    throw new Error('The scenario has no end.');
  }, 240_000);

  it('another server did the first part of a step while the one that began the handoff was slow: both parts count', async () => {
    const mobileNode = 'mn-slow';
    let isEnding: () => void = () => undefined;
    let goOn: () => void = () => undefined;
    const ending = new Promise<void>((resolve) => (isEnding = resolve));
    const goesOn = new Promise<void>((resolve) => (goOn = resolve));
    const slow = await openTestLedger(Date.now, database, undefined, {
      onAppend: async (stream, _expected, events) => {
        if (!stream.endsWith(a) || !events.some(({ type }) => type === 'QosSessionReleased')) return undefined;
        isEnding();
        await goesOn;
        return undefined;
      },
    });
    await settle(slow, mobileNode);
    const moving = slow.startHandoff({ mobileNode, foreignAgent: agentOf[b], careOfAddress: b });
    await ending;
    const crash = new Crash();
    const other = await openTestLedger(crash.clock, database, undefined, crash);
    await other.runner.waitFor(await other.store.head(), 20_000);
    crash.arm(2, 'unavailable');
    await expect(other.handoffProcess.catchUp()).rejects.toThrow(EventStoreUnavailable);
    await other.close();
    goOn();
    const answer = accepted(await moving);
    expect(answer).toMatchObject({ state: 'completed', released: sessions });
    expect(await read(slow, answer.handoffId)).toMatchObject({ state: 'completed', released: sessions });
    await slow.close();
  }, 60_000);
});

async function settle(ledger: TestLedger, mobileNode: string): Promise<void> {
  const home = { homeAgent: '203.0.113.1', homeAddress: '10.0.0.9', lifetimeSeconds: 600 };
  accepted(await ledger.register({ mobileNode, foreignAgent: agentOf[a], careOfAddress: a, ...home }));
  const flow = (i: number) => ({ correspondentNode: '192.0.2.7', protocol: 17, sourcePort: 1_024 + i, destinationPort: 5004 });
  const terms = { foreignAgent: agentOf[a], careOfAddress: a, mobileNode, refreshPeriodMs: 0 };
  const configured = Array.from({ length: sessions }, (_, i) => ledger.configure({ ...terms, flow: flow(i) }));
  for (const outcome of await Promise.all(configured)) accepted(outcome);
}

async function read(ledger: TestLedger, handoffId: string): Promise<Handoff> {
  const readModel = new ReadModel(ledger.database.pool, ledger.runner, ledger.store);
  return new GetHandoffHandler(readModel).execute(new GetHandoff(handoffId, await ledger.store.head()));
}
