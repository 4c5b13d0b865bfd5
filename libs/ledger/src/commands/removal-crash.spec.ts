import { openTestDatabase, type TestDatabase } from '#postgres/testing';
import { Crash } from '../crash.testing';
import { accepted, openTestLedger, type TestLedger } from '../open-ledger.testing';

const flow = { correspondentNode: '192.0.2.7', protocol: 17, sourcePort: 4000, destinationPort: 5004 };

interface Network {
  readonly foreignAgent: string;
  readonly kept: string;
  readonly taken: string;
  readonly visitor: string;
}

interface Case {
  readonly name: string;
  readonly command: (ledger: TestLedger, network: Network, idempotencyKey: string) => Promise<{ readonly outcome: string }>;
  /** Sessions that come between the first question and the closing. */
  readonly isLate: boolean;
}

const remove: Case['command'] = (ledger, { foreignAgent }, idempotencyKey) => ledger.remove({ foreignAgent }, { idempotencyKey });
const drop: Case['command'] = (ledger, { foreignAgent, kept }, idempotencyKey) => ledger.provision({ foreignAgent, careOfAddresses: [kept] }, { idempotencyKey });
const cases: readonly Case[] = [
  { name: 'an agent is removed', command: remove, isLate: false },
  { name: 'an address is dropped', command: drop, isLate: false },
  { name: 'an agent is not removed, as a session came', command: remove, isLate: true },
];

describe('a crash between any two appends of a removal, on a real PostgreSQL', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  const scenarios = cases.flatMap((one) => (['unavailable', 'outcome-unknown'] as const).map((fault) => ({ ...one, fault })));
  it.each(scenarios)('$name, $fault: it is done or undone, nothing acknowledged is released, and its key is answered', async ({ command, isLate, fault }) => {
    const prefix = 10 * scenarios.findIndex((one) => one.command === command && one.isLate === isLate && one.fault === fault);
    for (let k = 1; k < 30; k++) {
      const crash = new Crash();
      const crashing = await openTestLedger(crash.clock, database, undefined, crash);
      const network = await networkOf(crashing, `fa-${prefix}-${k}`, `198.51.${prefix + 1}.${k}`, `198.51.${prefix + 2}.${k}`);
      const key = `take ${network.foreignAgent}`;
      if (isLate) {
        jest.spyOn(crashing.scopes, 'liveSessions').mockImplementationOnce(async () => {
          accepted(await configure(crashing, network));
          crash.arm(k, fault);
          return 0;
        });
      } else crash.arm(k, fault);
      const isOver = await crash.outlives([() => command(crashing, network, key)]);
      await crashing.close();
      if (isOver) {
        expect(k).toBeGreaterThan(3);
        return;
      }
      await checkAfter(database, network, isLate, (ledger) => command(ledger, network, key));
    }
    throw new Error('The scenario has no end.');
  }, 240_000);
});

async function networkOf(ledger: TestLedger, foreignAgent: string, kept: string, taken: string): Promise<Network> {
  const visitor = `mn of ${foreignAgent}`;
  accepted(await ledger.provision({ foreignAgent, careOfAddresses: [kept, taken] }));
  const visit = { foreignAgent, careOfAddress: taken, homeAgent: '203.0.113.1', homeAddress: '10.0.0.9', lifetimeSeconds: 600 };
  accepted(await ledger.register({ mobileNode: visitor, ...visit }));
  return { foreignAgent, kept, taken, visitor };
}

const configure = (ledger: TestLedger, { foreignAgent, taken, visitor }: Network) =>
  ledger.configure({ foreignAgent, careOfAddress: taken, mobileNode: visitor, flow });

/** Another server: what it acknowledges before it looks after the crash stands, and so does what it acknowledges then. */
type Again = (ledger: TestLedger) => ReturnType<Case['command']>;

async function checkAfter(database: TestDatabase, network: Network, isLate: boolean, again: Again): Promise<void> {
  const ledger = await openTestLedger(Date.now, database);
  const { foreignAgent, taken, visitor } = network;
  const early = await configure(ledger, network);
  await ledger.process.catchUp();
  await ledger.process.catchUp();
  const scope = ledger.mailboxes.flowTable(foreignAgent, taken);
  await scope.refresh();
  await ledger.mailboxes.foreignAgents().refresh();
  const { state } = scope.fold;
  const agent = ledger.mailboxes.knownAgents().agents.get(foreignAgent);
  const isTaken = !agent?.careOfAddresses.includes(taken);
  expect(agent?.closing ?? null).toBeNull();
  expect([state.standing, state.visitors.has(visitor)]).toEqual(isTaken ? ['withdrawn', false] : ['open', true]);
  expect(ledger.mailboxes.mobileNode(visitor).fold.state.bindings.size === 0 || !isTaken).toBe(true);
  if (early.outcome === 'accepted') expect([...state.sessions.keys()]).toEqual([early.body.sessionId]);
  if (isLate) expect([isTaken, state.sessions.size]).toEqual([false, 1]);
  // The caller asks again with its key; what the first time had not decided is decided now.
  const answer = await again(ledger);
  expect(answer.outcome).toBe(early.outcome === 'accepted' || isLate ? 'refused' : 'accepted');
  await scope.refresh();
  expect(scope.fold.state.standing).toBe(answer.outcome === 'accepted' ? 'withdrawn' : 'open');
  await ledger.close();
}
