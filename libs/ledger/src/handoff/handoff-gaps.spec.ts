import type { Faults } from '#event-store';
import { accepted, openTestLedger, type TestLedger } from '../open-ledger.testing';
import { GetHandoff, GetHandoffHandler, type Handoff } from '../queries/get-handoff';
import { GetHandoffs, GetHandoffsHandler } from '../queries/get-handoffs';
import { ReadModel } from '../queries/read-model';

const [a, b, none, c] = ['198.51.100.1', '198.51.100.2', '198.51.100.3', '198.51.100.4'] as const;
const agentOf = { [a]: 'fa-a', [b]: 'fa-b', [none]: 'fa-none', [c]: 'fa-c' } as const;
type Place = keyof typeof agentOf;

describe('break-before-make releases first and records the gap (domain.md §6)', () => {
  let now = Date.UTC(2026, 0, 1);
  let ledger: TestLedger;
  let readModel: ReadModel;
  /** Streams of that beginning cannot be written. */
  let unreachable = 'none';
  /** Behind an append of one of that beginning none can. */
  let lastWritten = 'none';
  /** Each append of a scope takes 10 ms. */
  const onAppend: Faults['onAppend'] = (stream) => {
    if (stream.startsWith(unreachable)) return 'unavailable';
    if (stream.startsWith(lastWritten)) [unreachable, lastWritten] = ['', 'none'];
    if (stream.startsWith('flowTable')) now += 10;
    return undefined;
  };
  beforeAll(async () => {
    ledger = await openTestLedger(() => now, undefined, undefined, { onAppend });
    readModel = new ReadModel(ledger.database.pool, ledger.runner, ledger.store);
    const policy = { quarantineSeconds: 0 };
    for (const place of [a, b, c] as const) accepted(await ledger.provision({ foreignAgent: agentOf[place], careOfAddresses: [place], policy }));
    // Whose one flow id is taken.
    accepted(await provisionFull(null));
    await register('mn-there', none);
    await configure('mn-there', none, 4000);
  });
  afterAll(() => ledger.close());

  const provisionFull = (sourcePort: { first: number; last: number } | null) =>
    ledger.provision({ foreignAgent: 'fa-none', careOfAddresses: [none], policy: { quarantineSeconds: 0 }, pools: { sourcePort } });
  const register = async (mobileNode: string, careOfAddress: Place) =>
    accepted(await ledger.register({
      mobileNode, foreignAgent: agentOf[careOfAddress], careOfAddress, homeAgent: '203.0.113.1', homeAddress: '10.0.0.9', lifetimeSeconds: 600,
    }));
  const configure = async (mobileNode: string, careOfAddress: Place, sourcePort: number) => {
    const flow = { correspondentNode: '192.0.2.7', protocol: 17, sourcePort, destinationPort: 5004 };
    return accepted(await ledger.configure({ foreignAgent: agentOf[careOfAddress], careOfAddress, mobileNode, flow })).sessionId;
  };
  const handOff = async (mobileNode: string, careOfAddress: Place, terms: object = {}) =>
    accepted(await ledger.startHandoff({ mobileNode, foreignAgent: agentOf[careOfAddress], careOfAddress, mode: 'break-before-make', ...terms }));
  /** As it is read, alone and in the list. */
  const read = async (handoffId: string): Promise<Handoff> => {
    const head = await ledger.store.head();
    const handoff = await new GetHandoffHandler(readModel).execute(new GetHandoff(handoffId, head));
    const { items } = await new GetHandoffsHandler(readModel).execute(new GetHandoffs({ minPosition: head, filters: { handoffId } }));
    expect(items).toMatchObject([{ gapMs: handoff.gapMs }]);
    return handoff;
  };
  const gapsOfLegs = ({ legs }: Handoff): (number | null)[] => [...new Set(legs.map(({ gapMs }) => gapMs))].sort((x, y) => Number(x) - Number(y));

  it('of each session, and the longest of the handoff', async () => {
    await register('mn-two', a);
    for (const sourcePort of [1, 2]) await configure('mn-two', a, sourcePort);
    const { handoffId, gapMs } = await handOff('mn-two', b);
    const handoff = await read(handoffId);
    expect([gapMs, handoff.gapMs, gapsOfLegs(handoff)]).toEqual([10, 10, [10]]);
  });

  it('also where the legs take several appends', async () => {
    await register('mn-many', a);
    for (let i = 0; i < 260; i += 1) await configure('mn-many', a, 1_000 + i);
    const { handoffId, gapMs, configured } = await handOff('mn-many', b);
    const handoff = await read(handoffId);
    expect(configured).toHaveLength(260);
    expect(gapsOfLegs(handoff).length).toBeGreaterThan(1);
    expect([gapMs, handoff.gapMs]).toEqual([gapsOfLegs(handoff).at(-1), gapsOfLegs(handoff).at(-1)]);
  });

  it('is none where the old leg is only orphaned', async () => {
    await register('mn-orphan', a);
    await configure('mn-orphan', a, 3);
    const { handoffId, gapMs, orphaned } = await handOff('mn-orphan', b, { oldAgent: 'unreachable' });
    const handoff = await read(handoffId);
    expect([orphaned, gapMs, handoff.gapMs, gapsOfLegs(handoff)]).toEqual([1, 0, 0, [0]]);
  });

  it.each(['break-before-make', 'make-before-break'])('is not known while a session waits for its id; then it is as long as that took, %s', async (mode) => {
    accepted(await provisionFull(null));
    await register(`mn-${mode}`, a);
    await configure(`mn-${mode}`, a, 4000);
    const { handoffId, gapMs, degraded } = await handOff(`mn-${mode}`, none, { mode });
    expect(degraded).toHaveLength(1);
    const waiting = await read(handoffId);
    expect([gapMs, waiting.gapMs, gapsOfLegs(waiting)]).toEqual([null, null, [null]]);
    now += 60_000;
    accepted(await provisionFull(mode === 'break-before-make' ? { first: 5, last: 5 } : { first: 5, last: 6 }));
    const later = await read(handoffId);
    expect(later.gapMs).toBeGreaterThanOrEqual(60_000);
    expect(gapsOfLegs(later)).toEqual([later.gapMs]);
  });

  it('of one that was rolled back: until the old legs stand again', async () => {
    accepted(await provisionFull(null));
    await register('mn-back', a);
    await configure('mn-back', a, 4000);
    const { handoffId, state, gapMs } = await handOff('mn-back', none, { ifRefused: 'roll-back' });
    const handoff = await read(handoffId);
    expect([state, gapMs, handoff.gapMs]).toEqual(['rolled-back', gapsOfLegs(handoff).at(-1), gapsOfLegs(handoff).at(-1)]);
    expect(handoff.gapMs).toBeGreaterThan(0);
  });

  it('of one that was rolled back and had broken nothing is 0', async () => {
    await register('mn-kept', a);
    await configure('mn-kept', a, 4000);
    const { handoffId, gapMs } = await handOff('mn-kept', none, { mode: 'make-before-break', ifRefused: 'roll-back' });
    expect(gapMs).toBe(0);
    expect(await read(handoffId)).toMatchObject({ state: 'rolled-back', gapMs: 0 });
  });

  it('behind one that was rolled back is none where the old leg stood all along, and no longer than it was where it broke', async () => {
    accepted(await provisionFull(null));
    await register('mn-after', a);
    // One is refused there; the other one has a leg there until it is undone.
    for (const sourcePort of [4000, 77]) await configure('mn-after', a, sourcePort);
    await handOff('mn-after', none, { mode: 'make-before-break', ifRefused: 'roll-back' });
    now += 3_000;
    const { handoffId: undone, gapMs } = await handOff('mn-after', none, { ifRefused: 'roll-back' });
    const rolledBack = await read(undone);
    expect([rolledBack.gapMs, gapsOfLegs(rolledBack).at(-1)]).toEqual([gapMs, gapMs]);
    expect(gapMs).toBeLessThan(100);
    await handOff('mn-after', none, { mode: 'make-before-break', ifRefused: 'roll-back' });
    now += 3_000;
    const { handoffId } = await handOff('mn-after', b, { mode: 'make-before-break' });
    const moved = await read(handoffId);
    expect([moved.gapMs, gapsOfLegs(moved)]).toEqual([0, [0]]);
  });

  /** Broken off at `a`, and not come to `b` when the node registers elsewhere. */
  const breakOff = async (mobileNode: string): Promise<void> => {
    await register(mobileNode, a);
    for (const sourcePort of [1, 2]) await configure(mobileNode, a, sourcePort);
    unreachable = 'flowTable-fa-b';
    await expect(handOff(mobileNode, b)).rejects.toThrow();
    unreachable = 'none';
    now += 5_000;
  };

  it('of one that a registration elsewhere superseded is the gap of the handoff that makes its legs', async () => {
    await breakOff('mn-overtaken');
    const { handoffId } = await register('mn-overtaken', c);
    const handoff = await read(handoffId!);
    expect(handoff).toMatchObject({ kind: 'make-before-break', state: 'completed', configured: 2 });
    expect(handoff.gapMs).toBeGreaterThanOrEqual(5_000);
    expect(gapsOfLegs(handoff)).toEqual([handoff.gapMs]);
  });

  it('of one that a further one superseded in its turn, which moved no leg either, likewise', async () => {
    await breakOff('mn-twice');
    unreachable = 'flowTable-fa-c';
    await expect(register('mn-twice', c)).rejects.toThrow();
    unreachable = 'none';
    const { handoffId } = await register('mn-twice', none);
    const handoff = await read(handoffId!);
    expect(handoff.gapMs).toBeGreaterThanOrEqual(5_000);
    expect(gapsOfLegs(handoff)).toEqual([handoff.gapMs]);
  });

  it('of one that had brought its legs is none of the next, which they leave only when they are made again', async () => {
    await register('mn-came', a);
    await configure('mn-came', a, 9);
    lastWritten = 'flowTable-fa-b';
    await expect(handOff('mn-came', b)).rejects.toThrow();
    unreachable = 'none';
    now += 5_000;
    const { handoffId } = await register('mn-came', c);
    const handoff = await read(handoffId!);
    expect([handoff.state, handoff.configured, handoff.gapMs, gapsOfLegs(handoff)]).toEqual(['completed', 1, 0, [0]]);
  });
});
