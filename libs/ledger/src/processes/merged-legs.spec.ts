import type { AppendFault } from '#event-store';
import { openTestDatabase, type TestDatabase } from '#postgres/testing';
import { accepted, openTestLedger, type TestLedger } from '../open-ledger.testing';
import { a, b, c, cn, homeAddress, homeAgent, ingest, ingestOfNow, legs, registered, reserved, told, type Frame } from './moved-node.testing';

type Life = readonly [atA: Frame[], atB: Frame[], served: string];

/** What the node has at `a`, what at `b` takes it over, and what that is. */
const lives: readonly [string, Life][] = [
  ['a list takes over a path', [[told(1, a, 'path')], [reserved(12, b, 'resv', 'SE', 4000)], 'SE live']],
  ['a wildcard takes over a path', [[told(1, a, 'path')], [reserved(12, b, 'resv', 'WF')], 'WF live']],
  ['a reservation of another style follows a list that was torn',
    [[told(1, a, 'path'), reserved(2, a, 'resv', 'SE', 4000)], [reserved(12, b, 'resv-tear', 'SE', 4000), reserved(13, b, 'resv', 'FF', 4000)], 'FF live']],
];

/** From the k-th append on nothing is written any more. */
class Stop {
  appends = 0;
  at = Number.POSITIVE_INFINITY;
  readonly onAppend = (): AppendFault | undefined => (++this.appends < this.at ? undefined : 'unavailable');
}

describe('what a handoff left of a session that merges into another at the new agent', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await openTestDatabase();
  });
  afterEach(() => database.close());

  const flow = { protocol: 17, destinationPort: 5004, senders: [{ correspondentNode: cn, sourcePort: 4000 }] };
  const open = (stop?: Stop): Promise<TestLedger> => openTestLedger(Date.now, database, undefined, stop);

  async function recover(): Promise<TestLedger> {
    const fresh = await open();
    await fresh.runner.waitFor(await fresh.store.head(), 20_000);
    await fresh.process.catchUp();
    await fresh.handoffProcess.catchUp();
    await fresh.process.catchUp();
    return fresh;
  }

  it.each(lives)('I3 %s: the orphan ends, and the node comes back to the id that it has there', async (_, [atA, atB, served]) => {
    const ledger = await open();
    await ingest(ledger, ...registered(0, a), ...atA, ...registered(10, b), ...atB);
    const [standing, ended] = await legs(ledger);
    expect([standing, ended.slice(-2)]).toEqual([[`${b} ${served}`], [`${b} merged`, `${a} merged`]]);
    await ingest(ledger, ...registered(40, a));
    expect((await legs(ledger))[0]).toEqual([`${a} ${served}`, `${b} ${served.replace('live', 'orphaned')}`]);
    await ledger.close();
  }, 60_000);

  it('I3 in one capture, with the way back behind it', async () => {
    const ledger = await open();
    const [, [atA, atB]] = lives[0]!;
    await ingest(ledger, ...registered(0, a), ...atA, ...registered(10, b), ...atB, ...registered(13, c), ...registered(14, a), told(15, a, 'path', 4001));
    expect((await legs(ledger))[0]).toEqual([`${a} SE live`, `${a} path-only`, `${b} SE orphaned`, `${c} SE orphaned`]);
    await ledger.close();
  }, 60_000);

  it('a crash between any two appends of the capture leaves no orphan, also before it is read again', async () => {
    const [, [atA, atB]] = lives[0]!;
    const frames = [...registered(0, a), ...atA, ...registered(10, b), ...atB];
    const seen = new Set<string>();
    for (let k = 1, isOver = false; !isOver; k++) {
      await database.close();
      database = await openTestDatabase();
      const stop = new Stop();
      stop.at = k;
      const crashing = await open(stop);
      isOver = await ingest(crashing, ...frames).then(() => true, () => false);
      await crashing.close();
      const fresh = await recover();
      const [standing, ended] = await legs(fresh);
      const isMerged = ended.includes(`${b} merged`);
      if (isMerged) expect({ k, standing, ended }).toEqual({ k, standing: [`${b} SE live`], ended: [`${b} merged`, `${a} merged`] });
      seen.add(isMerged ? 'merged' : standing.join(' and '));
      await ingest(fresh, ...frames);
      expect({ k, standing: (await legs(fresh))[0] }).toEqual({ k, standing: [`${b} SE live`] });
      await fresh.close();
    }
    expect([...seen]).toEqual(expect.arrayContaining(['merged', `${a} orphaned and ${b} path-only`]));
  }, 240_000);

  async function movedByCommand(ledger: TestLedger): Promise<void> {
    for (const [foreignAgent, place] of [['fa-1', a], ['fa-2', b]] as const) await ledger.provision({ foreignAgent, careOfAddresses: [place] });
    await ingestOfNow(ledger, ...registered(0, a), told(1, a, 'path'), ...registered(10, b));
    expect(await legs(ledger)).toEqual([[`${a} orphaned`, `${b} path-only`], []]);
  }

  it('I23 before the commit of a commanded handoff the old leg stands, and it ends behind it', async () => {
    const stop = new Stop();
    const ledger = await open();
    for (const [foreignAgent, place] of [['fa-1', a], ['fa-2', b]] as const) await ledger.provision({ foreignAgent, careOfAddresses: [place] });
    await ingestOfNow(ledger, ...registered(0, a), told(1, a, 'path'));
    await ledger.close();
    stop.at = 4;
    const crashing = await open(stop);
    const mobileNode = `${homeAddress}@${homeAgent}`;
    await expect(crashing.startHandoff({ mobileNode, foreignAgent: 'fa-2', careOfAddress: b, oldAgent: 'unreachable' })).rejects.toThrow();
    await crashing.close();
    const fresh = await open();
    expect((await legs(fresh))[0]).toEqual([`${a} path-only`, `${b} path-only`]);
    accepted(await fresh.configure({ foreignAgent: 'fa-2', careOfAddress: b, mobileNode, flow, style: 'SE' }));
    await fresh.process.catchUp();
    expect(await legs(fresh)).toEqual([[`${a} path-only`, `${b} SE live`], [`${b} merged`]]);
    await fresh.handoffProcess.catchUp();
    expect(await legs(fresh)).toEqual([[`${b} SE live`], [`${b} merged`, `${a} merged`]]);
    await fresh.close();
  }, 60_000);

  it.each(['at once', 'behind a crash'])('I23 a command takes the path over: the orphan ends, %s', async (when) => {
    const ledger = await open();
    await movedByCommand(ledger);
    await ledger.close();
    const stop = new Stop();
    if (when === 'behind a crash') stop.at = 2;
    const serving = await open(stop);
    const told = serving.configure({ foreignAgent: 'fa-2', careOfAddress: b, mobileNode: `${homeAddress}@${homeAgent}`, flow, style: 'SE' });
    await (when === 'at once' ? told : expect(told).rejects.toThrow());
    await serving.close();
    const fresh = when === 'at once' ? await open() : await recover();
    expect(await legs(fresh)).toEqual([[`${b} SE live`], [`${b} merged`, `${a} merged`]]);
    await fresh.close();
  }, 60_000);

  it('what the agent that serves it has not in its table is released there, and ends where it was left', async () => {
    const ledger = await open();
    for (const [foreignAgent, place] of [['fa-1', a], ['fa-2', b]] as const) await ledger.provision({ foreignAgent, careOfAddresses: [place] });
    const home = { mobileNode: 'mn-1', homeAgent, homeAddress, lifetimeSeconds: 600 };
    await ledger.register({ ...home, foreignAgent: 'fa-1', careOfAddress: a });
    accepted(await ledger.configure({ foreignAgent: 'fa-1', careOfAddress: a, mobileNode: 'mn-1', flow, style: 'SE' }));
    accepted(await ledger.startHandoff({ mobileNode: 'mn-1', foreignAgent: 'fa-2', careOfAddress: b, oldAgent: 'unreachable' }));
    expect((await legs(ledger))[0]).toEqual([`${a} SE orphaned`, `${b} SE live`]);
    await ledger.reconcile('fa-2', [], { apply: true, careOfAddress: null, asOfPosition: null });
    expect(await legs(ledger)).toEqual([[], [`${b} reconciled`, `${a} reconciled`]]);
    await ledger.close();
  }, 60_000);

  it('what the old agent has not in its table is the orphan alone', async () => {
    const ledger = await open();
    await movedByCommand(ledger);
    await ledger.reconcile('fa-1', [], { apply: true, careOfAddress: null, asOfPosition: null });
    await ledger.process.catchUp();
    expect(await legs(ledger)).toEqual([[`${b} path-only`], [`${a} reconciled`]]);
    await ledger.close();
  }, 60_000);
});
