import { EventStoreUnavailable, type Faults } from '#event-store';
import { openTestDatabase, type TestDatabase } from '#postgres/testing';
import type { CommandIdentity } from '../idempotency/command-identity';
import { accepted, openTestLedger, type TestLedger } from '../open-ledger.testing';

const [a, b] = ['198.51.100.1', '198.51.100.2'] as const;
const home = { homeAgent: '203.0.113.1', homeAddress: '10.0.0.9', lifetimeSeconds: 600 };
const flow = { correspondentNode: '192.0.2.7', protocol: 17, sourcePort: 4000, destinationPort: 5004 };

/** From the k-th append on nothing is written any more. */
class Stop {
  appends = 0;
  at = Number.POSITIVE_INFINITY;
  onStarted: () => void = () => undefined;
  readonly onAppend: NonNullable<Faults['onAppend']> = (_stream, _expected, events) => {
    if (events.some(({ type }) => type === 'HandoffStarted')) this.onStarted();
    return ++this.appends < this.at ? undefined : 'unavailable';
  };
}

type Begin = (ledger: TestLedger, mobileNode: string) => Promise<unknown>;
const byRegistration: Begin = (ledger, mobileNode) => ledger.register({ mobileNode, foreignAgent: 'fa-b', careOfAddress: b, ...home });
const byCommand: Begin = (ledger, mobileNode) => ledger.startHandoff({ mobileNode, foreignAgent: 'fa-b', careOfAddress: b });
type End = (ledger: TestLedger, mobileNode: string) => Promise<unknown>;
const reboot: End = (ledger) => ledger.reboot({ foreignAgent: 'fa-b' });
const revoke: End = (ledger, mobileNode) => ledger.revoke({ mobileNode, foreignAgent: 'fa-b' });

describe('what ends the binding at the new agent during a handoff ends the sessions, wherever a leg of them still stood', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase();
    const ledger = await openTestLedger(Date.now, database);
    for (const [foreignAgent, place] of [['fa-a', a], ['fa-b', b]] as const) accepted(await ledger.provision({ foreignAgent, careOfAddresses: [place], policy: { quarantineSeconds: 0 } }));
    await ledger.close();
  });
  afterAll(() => database.close());

  it.each<[string, Begin, End, string, number]>([
    ['a reboot, the handoff by registration', byRegistration, reboot, 'reboot', 0],
    ['a reboot, the handoff by command', byCommand, reboot, 'reboot', 0],
    ['a revocation, the handoff by registration', byRegistration, revoke, 'revocation', 0],
    ['a reboot, behind a clock that was set back when the handoff had begun', byRegistration, reboot, 'reboot', 20],
  ])('%s: between any two of its appends', async (name, begin, end, cause, backSeconds) => {
    const seen = new Set<string>();
    let aheadMs = 0;
    const clock = (): number => Date.now() + aheadMs;
    for (let k = 2; ; k++) {
      const node = `${name.replaceAll(/[^a-z]/g, '')}-${k}`;
      const stop = new Stop();
      aheadMs += 3_000 * backSeconds;
      stop.onStarted = () => void (aheadMs -= 1_000 * backSeconds);
      const crashing = await openTestLedger(clock, database, undefined, stop);
      accepted(await crashing.register({ mobileNode: node, foreignAgent: 'fa-a', careOfAddress: a, ...home }));
      const { sessionId } = accepted(await crashing.configure({ foreignAgent: 'fa-a', careOfAddress: a, mobileNode: node, flow }));
      Object.assign(stop, { appends: 0, at: k });
      const isOver = await begin(crashing, node).then(() => true, (error: unknown) => {
        if (!(error instanceof EventStoreUnavailable)) throw error;
        return false;
      });
      await crashing.close();
      const fresh = await openTestLedger(clock, database);
      const before = await legsOf(fresh, node);
      await end(fresh, node);
      await fresh.runner.waitFor(await fresh.store.head(), 20_000);
      await fresh.process.catchUp();
      await fresh.handoffProcess.catchUp();
      await fresh.process.catchUp();
      const after = await legsOf(fresh, node);
      const told = await ends(fresh, sessionId);
      await fresh.close();
      if (isOver) break;
      // The new agent had it and lost it. Before the commit of one that a command started, the node is bound at the old agent still.
      if (!before.includes(b)) continue;
      const stands = begin === byCommand && after.includes(a);
      expect({ k, before, after, last: told.at(-1) }).toEqual({ k, before, after: stands ? [a] : [], last: cause });
      seen.add(`${before.join(' and ')}: ${stands ? 'stands' : 'lost'}`);
    }
    expect([...seen]).toContain(`${a} and ${b}: lost`);
  }, 120_000);
});

it('I15 a binding that was renewed to an earlier end while a command moved it, and expired behind a crash: nothing of it stays, between any two appends', async () => {
  const database = await openTestDatabase();
  let now = Date.parse('2026-01-01T00:00:00Z');
  const clock = (): number => now;
  const stop = new Stop();
  const seen = new Set<string>();
  for (let k = 1; ; k++) {
    const node = `renewed-${k}`;
    Object.assign(stop, { appends: 0, at: Number.POSITIVE_INFINITY });
    const crashing = await openTestLedger(clock, database, undefined, stop);
    for (const [foreignAgent, place] of [['fa-a', a], ['fa-b', b]] as const) accepted(await crashing.provision({ foreignAgent, careOfAddresses: [place], policy: { quarantineSeconds: 0 } }));
    accepted(await crashing.register({ mobileNode: node, foreignAgent: 'fa-a', careOfAddress: a, ...home, lifetimeSeconds: 65_535 }));
    accepted(await crashing.configure({ foreignAgent: 'fa-a', careOfAddress: a, mobileNode: node, flow, refreshPeriodMs: 0 }));
    Object.assign(stop, { appends: 0, at: 2 });
    await expect(crashing.startHandoff({ mobileNode: node, foreignAgent: 'fa-b', careOfAddress: b, deadlineSeconds: 3_600 })).rejects.toThrow(EventStoreUnavailable);
    // Whoever renews a binding finds the handoff that a crash left, and finishes it.
    Object.assign(stop, { appends: 0, at: k });
    const isOver = await crashing.register({ mobileNode: node, foreignAgent: 'fa-a', careOfAddress: a, ...home, lifetimeSeconds: 60 }).then(() => true, () => false);
    await crashing.close();
    now += 61_000;
    const fresh = await openTestLedger(clock, database);
    if ((await fresh.mailboxes.mobileNode(node).load(), fresh.mailboxes.mobileNode(node).fold.state.handoff?.committed)) seen.add('committed');
    await fresh.mailboxes.mobileNode(node).send({ identity: anyIdentity(`tick ${k}`), command: { type: 'Tick' } });
    await fresh.runner.waitFor(await fresh.store.head(), 20_000);
    await fresh.process.catchUp();
    await fresh.handoffProcess.catchUp();
    await fresh.process.catchUp();
    const left: string[] = [];
    for (const [agent, place] of [['fa-a', a], ['fa-b', b]] as const) {
      const mailbox = fresh.mailboxes.flowTable(agent, place);
      await mailbox.send({ identity: anyIdentity(`tick ${k} ${place}`), command: { type: 'Tick' } });
      if (mailbox.fold.state.visitors.has(node)) left.push(`visitor at ${place}`);
    }
    // The first append of all is the renewal: where that was lost, the binding moves without end.
    const expected = k === 1 ? { legs: [b], left: [`visitor at ${b}`] } : { legs: [], left: [] };
    expect({ k, legs: await legsOf(fresh, node), left }).toEqual({ k, ...expected });
    await fresh.close();
    if (isOver) break;
  }
  expect([...seen]).toEqual(['committed']);
  await database.close();
}, 120_000);

/** Places where a leg of the node stands. */
async function legsOf(ledger: TestLedger, node: string): Promise<string[]> {
  const places: string[] = [];
  for (const [agent, place] of [['fa-a', a], ['fa-b', b]] as const) {
    const mailbox = ledger.mailboxes.flowTable(agent, place);
    await mailbox.refresh();
    if ([...mailbox.fold.state.sessions.values()].some(({ mobileNode }) => mobileNode === node)) places.push(place);
  }
  return places;
}

/** Causes of the ends of its legs, in order. */
async function ends(ledger: TestLedger, sessionId: string): Promise<string[]> {
  const causes: string[] = [];
  for await (const { type, data } of ledger.store.readAll()) {
    const event = JSON.parse(data) as { sessionId?: string; cause?: string };
    if (type === 'QosSessionReleased' && event.sessionId === sessionId) causes.push(event.cause!);
  }
  return causes;
}

function anyIdentity(commandId: string): CommandIdentity {
  return { commandId, idempotencyKey: null, bodyDigest: '', actor: 'test', origin: 'process', correlationId: commandId, causationId: commandId };
}
