import type { FlowTableState } from '#domain';
import { openTestDatabase, type TestDatabase } from '#postgres/testing';
import { Crash } from '../crash.testing';
import { openTestLedger, type TestLedger } from '../open-ledger.testing';

const [a, b, c] = ['198.51.100.1', '198.51.100.2', '198.51.100.3'] as const;
const agentOf = { [a]: 'fa-a', [b]: 'fa-b', [c]: 'fa-c' } as const;
type Place = keyof typeof agentOf;
const home = { homeAgent: '203.0.113.1', homeAddress: '10.0.0.9', lifetimeSeconds: 600 };
const flow = { correspondentNode: '192.0.2.7', protocol: 17, sourcePort: 4000, destinationPort: 5004 };

interface Case {
  readonly name: string;
  /** What is told to the server that crashes, one after the other. */
  readonly commands: (ledger: TestLedger, node: string) => readonly (() => Promise<unknown>)[];
  /** Of the handoffs, once all is over. */
  readonly ends: readonly RegExp[];
  readonly keepsLegs: boolean;
  /** Where the node may be bound then; empty: home. */
  readonly bound: readonly Place[];
}

const register = (ledger: TestLedger, mobileNode: string, place: Place, terms: object = {}) => () =>
  ledger.register({ mobileNode, foreignAgent: agentOf[place], careOfAddress: place, ...home, ...terms });
const move = (ledger: TestLedger, mobileNode: string, place: Place, terms: object = {}) => () =>
  ledger.startHandoff({ mobileNode, foreignAgent: agentOf[place], careOfAddress: place, ...terms });

const completed = /^(HandoffCompleted|HandoffSuperseded)$/;
const cases: readonly Case[] = [
  { name: 'make-before-break, by registration', commands: (l, n) => [register(l, n, b)], ends: [completed], keepsLegs: true, bound: [a, b] },
  { name: 'return home', commands: (l, n) => [register(l, n, a, { lifetimeSeconds: 0 })], ends: [completed], keepsLegs: false, bound: [a] },
  { name: 'superseded: A, B, then C at once', commands: (l, n) => [register(l, n, b), register(l, n, c)], ends: [completed], keepsLegs: true, bound: [a, b, c] },
  { name: 'ping-pong: A, B, A', commands: (l, n) => [register(l, n, b), register(l, n, a)], ends: [completed], keepsLegs: true, bound: [a, b] },
  { name: 'make-before-break, by command', commands: (l, n) => [move(l, n, b)], ends: [/^Handoff(Completed|RolledBack)$/], keepsLegs: true, bound: [a, b] },
  { name: 'break-before-make, by command', commands: (l, n) => [move(l, n, b, { mode: 'break-before-make' })], ends: [/^Handoff(Completed|RolledBack)$/], keepsLegs: false, bound: [a, b] },
  { name: 'an old agent that cannot be reached', commands: (l, n) => [move(l, n, b, { oldAgent: 'unreachable' })], ends: [/^Handoff(Completed|RolledBack)$/], keepsLegs: true, bound: [a, b] },
];

describe('I23 a crash between any two appends of a handoff, on a real PostgreSQL', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase();
    const ledger = await openTestLedger(Date.now, database);
    for (const place of [a, b, c] as const) await ledger.provision({ foreignAgent: agentOf[place], careOfAddresses: [place] });
    await ledger.close();
  });
  afterAll(() => database.close());

  describe.each(cases)('$name', ({ name, commands, ends, keepsLegs, bound }) => {
    it.each(['unavailable', 'outcome-unknown'] as const)('%s: it ends completed, superseded or rolled back, no leg is leaked', async (fault) => {
      for (let k = 1; k < 40; k++) {
        const node = `mn-${cases.findIndex((one) => one.name === name)}-${fault}-${k}`;
        const crash = new Crash();
        const crashing = await openTestLedger(crash.clock, database, undefined, crash);
        await register(crashing, node, a)();
        const session = await crashing.configure({ foreignAgent: agentOf[a], careOfAddress: a, mobileNode: node, flow });
        const sessionId = session.outcome === 'accepted' ? session.body.sessionId : '';
        crash.arm(k, fault);
        const isOver = await crash.outlives(commands(crashing, node));
        await crashing.close();
        if (isOver) {
          expect(k).toBeGreaterThan(3);
          return;
        }
        const fresh = await openTestLedger(Date.now, database);
        const live = { from: legsOf(fresh, node) };
        await fresh.runner.waitFor(await fresh.store.head(), 20_000);
        if (keepsLegs) expect(await live.from).not.toEqual([]);
        await fresh.process.catchUp();
        await fresh.handoffProcess.catchUp();
        await fresh.process.catchUp();
        await check(fresh, node, sessionId, { ends, keepsLegs, bound });
        await fresh.close();
      }
      throw new Error('The scenario has no end.');
    }, 240_000);
  });
});

async function stateOf(ledger: TestLedger, place: Place): Promise<FlowTableState> {
  const mailbox = ledger.mailboxes.flowTable(agentOf[place], place);
  await mailbox.refresh();
  return mailbox.fold.state;
}

/** `place session state` of every leg of the node. */
async function legsOf(ledger: TestLedger, node: string): Promise<string[]> {
  const legs: string[] = [];
  for (const place of [a, b, c] as const) {
    const state = await stateOf(ledger, place);
    for (const { sessionId, mobileNode, state: leg } of state.sessions.values()) if (mobileNode === node) legs.push(`${place} ${sessionId} ${leg}`);
    for (const { sessionId } of state.degraded.ofNode(node)) legs.push(`${place} ${sessionId} degraded`);
  }
  return legs;
}

async function check(ledger: TestLedger, node: string, sessionId: string, expected: Pick<Case, 'ends' | 'keepsLegs' | 'bound'>): Promise<void> {
  const mailbox = ledger.mailboxes.mobileNode(node);
  await mailbox.refresh();
  const { bindings, handoff } = mailbox.fold.state;
  expect(handoff).toBeNull();
  const ends: string[] = [];
  for await (const { type } of ledger.store.readStream(`mobileNode-${node}`)) if (/^Handoff(Completed|Superseded|RolledBack)$/.test(type)) ends.push(type);
  for (const end of ends) expect(expected.ends.some((pattern) => pattern.test(end))).toBe(true);
  const places = [...bindings.keys()];
  for (const place of places) expect(expected.bound).toContain(place);
  for (const place of [a, b, c] as const) {
    const state = await stateOf(ledger, place);
    expect(state.holds.get(node)).toBeUndefined();
    // I15: a visitor stands exactly where the node is bound, and its legs only there, except orphaned ones.
    expect([place, state.visitors.has(node)]).toEqual([place, places.includes(place)]);
  }
  const legs = await legsOf(ledger, node);
  const live = legs.filter((leg) => !leg.endsWith('orphaned'));
  if (places.length > 0 && (expected.keepsLegs || places[0] === a || live.length > 0)) expect(live).toEqual([`${places[0]!} ${sessionId} live`]);
  else expect(live).toEqual([]);
}
