import { openTestDatabase, type TestDatabase } from '#postgres/testing';
import { Crash } from '../crash.testing';
import { accepted, openTestLedger, type TestLedger } from '../open-ledger.testing';

const [a, b] = ['198.51.100.1', '198.51.100.2'] as const;
const home = { homeAgent: '203.0.113.1', homeAddress: '10.0.0.9', lifetimeSeconds: 600 };
const flow = { correspondentNode: '192.0.2.7', protocol: 17, sourcePort: 4000, destinationPort: 5004 };

async function legsOf(ledger: TestLedger, node: string): Promise<string[]> {
  const legs: string[] = [];
  for (const [foreignAgent, place] of [['fa-a', a], ['fa-b', b]] as const) {
    const mailbox = ledger.mailboxes.flowTable(foreignAgent, place);
    await mailbox.refresh();
    const { sessions, degraded } = mailbox.fold.state;
    for (const { mobileNode, state } of sessions.values()) if (mobileNode === node) legs.push(`${place} ${state}`);
    for (const _ of degraded.ofNode(node)) legs.push(`${place} degraded`);
  }
  return legs;
}

describe('I7 I23 a reservation that is torn while a handoff has its session held at the old agent, and degraded at the new one', () => {
  let database: TestDatabase;
  let occupant: string;
  beforeAll(async () => {
    database = await openTestDatabase();
    const ledger = await openTestLedger(Date.now, database);
    const none = { sourcePort: null, destinationPort: null };
    for (const [foreignAgent, place] of [['fa-a', a], ['fa-b', b]] as const) accepted(await ledger.provision({ foreignAgent, careOfAddresses: [place], policy: { quarantineSeconds: 0 }, pools: none }));
    accepted(await ledger.register({ mobileNode: 'first', foreignAgent: 'fa-b', careOfAddress: b, ...home, lifetimeSeconds: 60_000 }));
    occupant = accepted(await ledger.configure({ foreignAgent: 'fa-b', careOfAddress: b, mobileNode: 'first', flow })).sessionId;
    await ledger.close();
  });
  afterAll(() => database.close());

  it.each(['unavailable', 'outcome-unknown'] as const)('a crash between any two appends, %s: it ends by the tear, and comes not up when an id is free', async (fault) => {
    for (let k = 2; ; k++) {
      const node = `${fault}-${k}`;
      const crash = new Crash();
      const crashing = await openTestLedger(crash.clock, database, undefined, crash);
      accepted(await crashing.register({ mobileNode: node, foreignAgent: 'fa-a', careOfAddress: a, ...home }));
      const { sessionId } = accepted(await crashing.configure({ foreignAgent: 'fa-a', careOfAddress: a, mobileNode: node, flow }));
      crash.arm(k, fault);
      const isOver = await crash.outlives([() => crashing.register({ mobileNode: node, foreignAgent: 'fa-b', careOfAddress: b, ...home })]);
      await crashing.close();
      const fresh = await openTestLedger(Date.now, database);
      await fresh.runner.waitFor(await fresh.store.head(), 20_000);
      const [before, isHeld] = [await legsOf(fresh, node), fresh.mailboxes.flowTable('fa-a', a).fold.state.holds.has(node)];
      accepted(await fresh.release({ sessionId, cause: 'resv-tear' }));
      await fresh.process.catchUp();
      await fresh.handoffProcess.catchUp();
      // What was torn before the hold comes as the path that it is.
      const comes = !isHeld && before.join() === `${a} live`;
      expect([k, await legsOf(fresh, node)]).toEqual([k, comes ? [`${b} degraded`] : []]);
      await fresh.runner.waitFor(await fresh.store.head(), 20_000);
      const { rows } = await database.pool.query<{ state: string; cause: string | null }>('select state, cause from projection.sessions where session_id = $1', [sessionId]);
      expect([k, rows]).toEqual([k, [comes ? { state: 'degraded', cause: null } : { state: 'released', cause: 'resv-tear' }]]);
      if (comes) accepted(await fresh.release({ sessionId }));
      await fresh.close();
      if (isOver) break;
    }
    const ledger = await openTestLedger(Date.now, database);
    accepted(await ledger.release({ sessionId: occupant }));
    const { sessions } = ledger.mailboxes.flowTable('fa-b', b).fold.state;
    expect([...sessions.keys()]).toEqual([]);
    occupant = accepted(await ledger.configure({ foreignAgent: 'fa-b', careOfAddress: b, mobileNode: 'first', flow })).sessionId;
    await ledger.close();
  }, 240_000);
});
