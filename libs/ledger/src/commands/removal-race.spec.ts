import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import type { Faults } from '#event-store';
import { openTestDatabase, type TestDatabase } from '#postgres/testing';
import { accepted, openTestLedger, type TestLedger } from '../open-ledger.testing';

const asked = process.env['PROPERTY_RUNS'];
const runs = { endOnFailure: true, ...(asked === undefined ? { numRuns: 40, seed: 20_261_126 } : { numRuns: Number(asked) }) };
const flow = (port: number) => ({ correspondentNode: '192.0.2.7', protocol: 17, sourcePort: port, destinationPort: 5004 });

/** Every append of both servers waits here until the example lets it through: how they interleave is its choice. */
class Gate implements Faults {
  private held: (() => void)[] = [];
  isOpen = true;

  readonly onAppend = (): Promise<undefined> | undefined => {
    if (this.isOpen) return undefined;
    return new Promise((pass) => this.held.push(() => pass(undefined)));
  };

  /** Until all is done; whoever waits to be let through longer than all others came last. */
  async letThrough(choices: readonly number[], work: Promise<unknown>): Promise<void> {
    let isOver = false;
    const over = (): void => void (isOver = true);
    work.then(over, over);
    for (let step = 0; !isOver; ) {
      await delay(2);
      if (this.held.length === 0) continue;
      const [pass] = this.held.splice((choices[step++ % choices.length] ?? 0) % this.held.length, 1);
      pass!();
    }
  }
}

describe('removals without force, raced by two servers on one store', () => {
  let database: TestDatabase;
  let servers: readonly TestLedger[];
  const gate = new Gate();
  let networks = 0;
  beforeAll(async () => {
    database = await openTestDatabase();
    servers = [await openTestLedger(Date.now, database, undefined, gate), await openTestLedger(Date.now, database, undefined, gate)];
  });
  afterAll(async () => {
    for (const server of servers) await server.close();
    await database.close();
  });

  /** A command of the race: what it is, on which server, and at which step it begins. */
  const begun = fc.record({
    kind: fc.constantFrom('remove', 'drop', 'configure', 'configure', 'configure', 'register', 'processes'),
    server: fc.nat(1), place: fc.nat(1), node: fc.nat(2), afterMs: fc.nat(40),
  });
  type Begun = typeof begun extends fc.Arbitrary<infer T> ? T : never;

  async function race(commands: readonly Begun[], choices: readonly number[]): Promise<void> {
    const network = ++networks;
    const foreignAgent = `fa-${network}`;
    const places = [`198.18.${network >> 8}.${network & 255}`, `198.19.${network >> 8}.${network & 255}`];
    accepted(await servers[0]!.provision({ foreignAgent, careOfAddresses: places }));
    const visit = (server: TestLedger, place: number, node: number) => server.register({
      mobileNode: `mn-${network}-${place}-${node}`, foreignAgent, careOfAddress: places[place]!, homeAgent: '203.0.113.1',
      homeAddress: `10.${place}.${network & 255}.${node}`, lifetimeSeconds: 600,
    });
    for (const place of [0, 1]) for (const node of [0, 1]) accepted(await visit(servers[place]!, place, node));
    const acknowledged = new Map<string, string>();
    const perform = async ({ kind, server: at, place, node, afterMs }: Begun, index: number): Promise<void> => {
      await delay(afterMs);
      const server = servers[at]!;
      if (kind === 'remove') await server.remove({ foreignAgent }).catch(expectNotFound);
      else if (kind === 'drop') await server.provision({ foreignAgent, careOfAddresses: [places[place]!] });
      else if (kind === 'register') await visit(server, place, node);
      else if (kind === 'processes') await server.process.catchUp();
      else {
        const outcome = await server.configure({ foreignAgent, careOfAddress: places[place]!, mobileNode: `mn-${network}-${place}-${node}`, flow: flow(index) });
        if (outcome.outcome === 'accepted') acknowledged.set(outcome.body.sessionId, places[place]!);
      }
    };
    gate.isOpen = false;
    const work = Promise.all(commands.map(perform));
    await gate.letThrough(choices, work);
    gate.isOpen = true;
    await work;
    await servers[1]!.process.catchUp();
    const history = await historyOf(servers[0]!, foreignAgent);
    const released: string[] = [];
    for (const careOfAddress of places) {
      const scope = servers[0]!.mailboxes.flowTable(foreignAgent, careOfAddress);
      await scope.refresh();
      const { state } = scope.fold;
      if (state.standing === 'closed') throw new Error(`${careOfAddress} stays closed:\n${history.join('\n')}`);
      for (const [sessionId, at] of acknowledged) if (at === careOfAddress && !state.sessions.has(sessionId)) released.push(sessionId);
      if (state.standing === 'withdrawn') expect(state.sessions.size).toBe(0);
    }
    if (released.length > 0) throw new Error(`${released.join()} released:\n${history.join('\n')}`);
  }

  it('no session that was acknowledged is released, none is acknowledged behind the removal, and nothing stays closed', async () => {
    const commands = fc.array(begun, { minLength: 4, maxLength: 9 });
    const choices = fc.array(fc.nat(7), { minLength: 10, maxLength: 40 });
    await fc.assert(fc.asyncProperty(commands, choices, race), runs);
  }, 600_000);
});

/** What the agents' stream and the scopes say of the agent, in order. */
async function historyOf({ store }: TestLedger, foreignAgent: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const { stream, type, data } of store.readAll()) {
    if (stream.startsWith(`flowTable-${foreignAgent}@`) || (stream === 'foreignAgents' && data.includes(`"${foreignAgent}"`))) lines.push(`${stream} ${type} ${data}`);
  }
  return lines;
}

function expectNotFound(error: unknown): void {
  expect((error as Error).name).toBe('NotFound');
}
